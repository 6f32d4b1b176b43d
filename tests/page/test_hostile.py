"""What a server, a host, a file or a name says comes through a twin to panel and plot as text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.cli.app import run
from atwin.control.actions import BY_NAME, perform
from support.line.ears import settled
from support.page.hostile import HOSTILE, PRINTABLE, harm_done
from support.page.panelled import panelled

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Page

    from support.page.panelled import Watched

#: How a host says a text: as a URL, a header, a file's name, and where a command should stand.
_LINES = (
    'AT+HTTPPARA="URL","http://files.example/20000?{}"',
    'AT+HTTPPARA="USERDATA","X-A: {}"',
    'AT+FSCREATE="{}"',
    "AT+{}",
)


async def say_all(module: Watched) -> None:
    """By every way that there is."""
    for text in PRINTABLE.values():
        for line in _LINES:
            module.host.write(f"{line.format(text[:200])}\r".encode())
            await settled()
        await perform(BY_NAME["urc"], module.twin, {"text": text[:200]})
    for text in HOSTILE.values():
        module.trace.notes("net", text, host=text, why=text)


async def test_in_the_panel_and_in_a_plot_of_it(page: Page, tmp_path: Path) -> None:
    trace = tmp_path / f"{HOSTILE['script'].replace('/', ' ')}.jsonl"
    async with panelled(page) as panel:
        module = panel.module
        module.subject.name = module.subject.port = HOSTILE["image"]
        module.host.write(b"AT+SAPBR=1,1;+HTTPINIT\r")
        await perform(BY_NAME["set"], module.twin, {"cell": {"long_name": "<b data-harm>"}})
        await say_all(module)
        module.trace.says("urc", "<", "+LAST: 1")
        await page.reload()
        await page.locator(".row").filter(has_text="+LAST: 1").wait_for()
        for text in ("script", "image", "frame"):
            await page.get_by_role("searchbox").first.fill(HOSTILE[text])
            await page.locator(".row").filter(has_text=HOSTILE[text]).first.wait_for()
        assert HOSTILE["image"] in await page.locator("#header").inner_text()
        assert await harm_done(page) == []
        trace.write_text("\n".join(module.subject.recent.feed.after(0).records) + "\n", "utf-8")
    assert run(["trace", "plot", str(trace), "-o", str(tmp_path / "plot.html")]) == 0
    await page.goto((tmp_path / "plot.html").as_uri())
    await page.get_by_text(HOSTILE["drawing"]).first.wait_for()
    assert await harm_done(page) == []
