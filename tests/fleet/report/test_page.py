"""The page of a campaign in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from atwin.fleet.device.causes import CAUSES
from atwin.fleet.report.breakdown import BILL
from atwin.fleet.report.page import page_of
from atwin.fleet.report.worst import MOST
from atwin.fleet.server.run import LATE
from atwin.page import asset
from support.fleet.results import result
from support.page.browser import keep_pictures
from support.page.hostile import HOSTILE, harm_done

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Page

_ENTRY = re.compile(r'^ {4}"?([\w.]+)"?: \[\s*"(.*?)",\s*"(.*?)",?\s*\],$', re.M | re.S)
WORDS = {key: (en, zh) for key, en, zh in _ENTRY.findall(asset("fleet/words.js")[0].decode())}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "page.html"


def written(path: Path, **given: Any) -> str:
    path.write_text(page_of(result(**given)), "utf-8")
    return path.as_uri()


async def test_it_answers_draws_and_zooms(page: Page, path: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    url = written(path, stage=[{"share": 0.1}], server={"connections": 30})
    await page.goto(url)
    told = await page.locator(".figures").inner_text()
    for text in ("billed a device", "1.5", "% have the file after", "connections at once"):
        assert text in told
    assert await page.locator(".u-over").count() == 4
    titles = await page.locator("section h2").all_inner_texts()
    assert titles == [
        "Bill", "Failures by cause", "Recovery", "Faults that happened", "Stages",
        "Worst of the simulated devices", "Plan", "Notes",
    ][: len(titles)]  # fmt: skip
    assert "Plan" in titles
    causes = await page.locator("#causes tr").all_inner_texts()
    assert any(text.startswith("outage out of reach of the radio") for text in causes)
    assert await page.locator("#worst code").first.inner_text() == (
        "atwin fleet 'my plan.toml' --device 9 --trace device-9.trace"
    )
    before = await page.locator(".visible").inner_text()
    await page.keyboard.press("+")
    assert await page.locator(".visible").inner_text() != before
    await page.locator(".u-over").first.hover()
    assert "% have the file" in await page.locator(".readout").inner_text()
    assert asked == [url]


async def test_hostile_texts_are_text(page: Page, path: Path) -> None:
    """In pages of so many as one shows of the worst devices."""
    texts = [HOSTILE["end of a script"], *HOSTILE.values()]
    for first in range(0, len(texts), MOST)[::-1]:
        shown = texts[first : first + MOST]
        await page.goto(written(path, devices=50, texts=shown))
        assert await page.locator("#worst code").count() >= len(shown)
    assert "</script>" in await page.locator("#worst").inner_text()
    assert "</script>" in await page.locator("#faults").inner_text()
    assert await harm_done(page) == []


async def test_it_speaks_chinese_and_fits_a_telephone(page: Page, path: Path) -> None:
    await page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'language', {value: 'zh-CN'})"
    )
    await page.goto(written(path))
    assert "计费流量" in await page.locator(".figures").inner_text()
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.wait_for_function("document.documentElement.scrollWidth === 360")
    await keep_pictures(page, "fleet")


def test_every_text_is_there_in_both_languages() -> None:
    source = asset("fleet/words.js")[0].decode()
    assert len(WORDS) == len(re.findall(r"^ {4}\S+: \[", source, re.M)) > 50
    for english, chinese in WORDS.values():
        assert re.findall(r"\{\w+\}", english).sort() == re.findall(r"\{\w+\}", chinese).sort()
    assert {f"cause.{name}" for name in (*CAUSES, LATE)} <= {*WORDS}
    assert {f"bill.{name}" for name in (*BILL, "billed")} <= {*WORDS}


def test_every_text_is_used() -> None:
    """Those of tables by the keys of their columns."""
    source = "".join(asset(f"fleet/{name}.js")[0].decode() for name in ("fleet", "tables"))
    used = {name for name in WORDS if re.search(rf"\b{name.rpartition('.')[2]}\b", source)}
    named = {name for name in WORDS if name.startswith(("cause.", "bill.", "gate."))}
    assert {*WORDS} - used - named == set()
