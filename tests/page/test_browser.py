"""What tests of pages stand on: a page that complains, or asks another host, is noticed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.page.browser import SCREENS, keep_pictures
from support.page.hostile import HOSTILE, harm_done

if TYPE_CHECKING:
    from playwright.async_api import Page

_BAD_PAGE = """<!doctype html>
<script>nobody.knows(this)</script>
<script>console.error("so it is")</script>
<script>Promise.reject(Error("for no reason"))</script>
<script>fetch("https://elsewhere.example/b").catch(() => 0)</script>
<img src="http://192.0.2.1/a.png">
"""


async def test_what_a_page_does_wrong_is_noticed(page: Page, complaints: list[str]) -> None:
    await page.set_content(_BAD_PAGE, wait_until="networkidle")
    unreachable = "Failed to load resource: net::ERR_NAME_NOT_RESOLVED"
    assert sorted(complaints) == [
        unreachable,
        unreachable,
        "asked for http://192.0.2.1/a.png",
        "asked for https://elsewhere.example/b",
        "for no reason",
        "nobody is not defined",
        "so it is",
    ]
    complaints.clear()


async def test_pictures_have_both_sizes_and_themes(page: Page) -> None:
    await page.set_content("<!doctype html><style>:root { color-scheme: light dark }</style>短信")
    await keep_pictures(page, "browser")
    kept = {file.name: file.read_bytes() for file in SCREENS.glob("browser-*.png")}
    assert sorted(kept) == [
        f"browser-{size}-{theme}.png" for size in ("narrow", "wide") for theme in ("dark", "light")
    ]
    assert len(set(kept.values())) == 4
    assert page.viewport_size == {"width": 1280, "height": 800}


async def test_harm_is_noticed(page: Page) -> None:
    for sort in ("script", "image", "drawing", "frame", "end of an attribute"):
        await page.goto("about:blank")
        await page.set_content(f'<!doctype html><p title="{HOSTILE[sort]}">{HOSTILE[sort]}')
        assert await harm_done(page), sort


async def test_hostile_texts_as_texts_do_no_harm(page: Page) -> None:
    await page.set_content("<!doctype html><title></title><p></p>")
    await page.evaluate(
        "texts => document.querySelectorAll('title, p').forEach(e => { e.textContent = texts })",
        "".join(text for text in HOSTILE.values() if text.isprintable()),
    )
    assert await page.locator("p").inner_text()
    assert await harm_done(page) == []
