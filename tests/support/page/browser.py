"""A real headless Chromium for tests of pages, one for a process; pages that see no other host.

    async def test_it(page: Page) -> None:
        await page.goto(url)

Such a test runs in the loop of the browser, where it may run a twin and its panel too. Those tests
come first, so that with xdist one process has them all and one browser is started.
A page that logs an error, or asks for anything that is not on this machine, fails its test;
what a test means to provoke it takes out of `complaints`.
"""

from __future__ import annotations

import asyncio
import inspect
import re
import shutil
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest

from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from playwright.async_api import Browser, ConsoleMessage, Page, Request

T = TypeVar("T")

#: Where pictures of pages are kept; git ignores it.
SCREENS = Path(__file__).parents[3] / ".screens"
#: Widths and heights of them.
_SIZES = {"wide": (1280, 800), "narrow": (360, 740)}
_ARGUMENTS = [
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    # One process for the pages of a test, not one more for each address.
    "--disable-site-isolation-trials",
    "--renderer-process-limit=1",
    # Names and addresses alike: nothing leaves this machine, whatever a page asks for.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE [::1], EXCLUDE localhost",
]
_OWN = re.compile(r"(https?://(127\.0\.0\.1|\[::1\]|localhost)[:/]|file:|data:|blob:|about:)")


def chromium() -> str | None:
    """Its path, when it is here; the one without a window costs half of the other."""
    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine function in the loop that its page belongs to."""
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    loop = pyfuncitem.funcargs["page_loop"]
    assert isinstance(loop, asyncio.Runner)
    arguments = {
        name: pyfuncitem.funcargs[name] for name in inspect.signature(pyfuncitem.obj).parameters
    }
    loop.run(pyfuncitem.obj(**arguments))
    return True


@pytest.fixture(scope="session")
def page_loop() -> Iterator[asyncio.Runner]:
    """Stands still between tests, so that others may have loops of their own."""
    with asyncio.Runner() as loop:
        yield loop


@pytest.fixture(scope="session")
def browser(page_loop: asyncio.Runner) -> Iterator[Browser]:
    """The one of this process."""
    path = chromium()
    if path is None:
        pytest.skip("no Chromium here (Debian: chromium)")
    with _inside(page_loop, launched(path)) as browser:
        yield browser


@asynccontextmanager
async def launched(path: str) -> AsyncIterator[Browser]:
    """Chromium at `path`, started and ended."""
    from playwright.async_api import async_playwright, expect

    expect.set_options(timeout=PATIENCE * 1000)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path, args=_ARGUMENTS, chromium_sandbox=False
        )
        yield browser
        await browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What the page of this test has complained of so far; what is left at the end fails it."""
    return []


@pytest.fixture
def page(page_loop: asyncio.Runner, browser: Browser, complaints: list[str]) -> Iterator[Page]:
    """An empty one that shares nothing with another test's, 1280 × 800, light, English."""
    with _inside(page_loop, _page(browser, complaints)) as page:
        yield page
    assert complaints == []


@asynccontextmanager
async def _page(browser: Browser, complaints: list[str]) -> AsyncIterator[Page]:
    def logged(message: ConsoleMessage) -> None:
        if message.type == "error":
            complaints.append(message.text)

    def asked(request: Request) -> None:
        if not _OWN.match(request.url):
            complaints.append(f"asked for {request.url}")

    width, height = _SIZES["wide"]
    async with await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="light", locale="en-GB"
    ) as context:
        context.set_default_timeout(PATIENCE * 1000)
        context.on("console", logged)
        context.on("request", asked)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        yield await context.new_page()


@contextmanager
def _inside(loop: asyncio.Runner, block: AbstractAsyncContextManager[T]) -> Iterator[T]:
    value = loop.run(block.__aenter__())
    try:
        yield value
    finally:
        loop.run(block.__aexit__(None, None, None))


async def keep_pictures(page: Page, name: str, *, whole: bool = False) -> None:
    """Of the page as it is now, at two sizes, light and dark: `.screens/NAME-wide-dark.png`, …

    `whole`: with what is below.
    """
    before = page.viewport_size
    for size, (width, height) in _SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            if whole:
                await page.evaluate("scrollTo(0, 0)")
            await page.screenshot(path=SCREENS / f"{name}-{size}-{theme}.png", full_page=whole)
    await page.emulate_media(color_scheme="light")
    if before is not None:
        await page.set_viewport_size(before)
