"""The page of `atwin trace plot` in a browser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.app import run
from support.modules.traced import written
from support.page.browser import keep_pictures
from support.page.hostile import HOSTILE, harm_done

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import FloatRect, Locator, Page

#: Seconds that a part of the file takes on the line, and all of it.
PART, WHOLE = 30.0, 1586.0


def download() -> list[dict[str, Any]]:
    """Part by part, with a fault in the middle."""
    module = {"event": "air724ug", "buffer": 319_488, "connections": 8}
    records: list[dict[str, Any]] = [{"t": 0.25, "kind": "module", **module}]
    at, part = 1.0, 0
    while at + PART < WHOLE:
        records += [
            {"t": at, "kind": "command", "dir": ">", "text": "AT+HTTPACTION=0"},
            {"t": at + 0.25, "kind": "net", "event": "slot taken", "open": 1},
            {"t": at + 0.5, "kind": "buffer", "event": "fill", "bytes": 307_200},
            {"t": at + 0.75, "kind": "net", "event": "slot free", "open": 0},
            {
                "t": at + 1,
                "kind": "urc",
                "dir": "<",
                "text": f"+HTTPACTION: 0,206,{307_200 - part}",
            },
            {"t": at + 28, "kind": "data", "dir": "<", "text": "", "bytes": 307_200, "took": 26.7},
            {"t": at + 28, "kind": "buffer", "event": "empty", "bytes": 0},
            {"t": at + 28.5, "kind": "host", "event": "kept", "bytes": 307_200 * (part + 1)},
        ]
        if part == 25:
            records.append({"t": at + 29, "kind": "fault", "event": "pdp_loss begins"})
            records.append({"t": at + 29, "kind": "answer", "dir": "<", "text": "+CME ERROR: 3"})
        at, part = at + PART, part + 1
    return [*records, {"t": WHOLE, "kind": "end", "event": "ended", "code": 0}]


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of the page of a download."""
    return plotted(written(tmp_path / "f.trace", *download()))


def plotted(trace: Path) -> str:
    page = trace.with_name("page.html")
    assert run(["trace", "plot", str(trace), "-o", str(page)]) == 0
    return page.as_uri()


async def box(drawing: Locator) -> FloatRect:
    found = await drawing.bounding_box()
    assert found is not None
    return found


async def seen(page: Page) -> tuple[float, float]:
    """The visible span, in seconds."""
    text = await page.locator(".visible").inner_text()
    found = re.match(r"([\d.,]+) (?:to|至) ([\d.,]+)", text)
    assert found is not None, text
    return float(found[1].replace(",", "")), float(found[2].replace(",", ""))


async def inked(page: Page, drawing: int) -> int:
    """Pixels of the canvas that are not transparent."""
    count: int = (
        await page.locator("canvas")
        .nth(drawing)
        .evaluate(
            """canvas => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height)
            .data.filter((value, index) => index % 4 === 3 && value).length"""
        )
    )
    return count


async def test_it_draws_and_zooms_and_tells(page: Page, url: str) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(url)
    drawings = page.locator(".u-over")
    assert await drawings.count() == 4
    assert [await inked(page, n) > 2000 for n in range(4)] == [True] * 4
    assert await seen(page) == (0, WHOLE)
    overview = await page.locator(".visible").inner_text()

    # The cursor, on the third of them.
    place = await box(drawings.nth(2))
    x, y = place["x"] + place["width"] * 0.5, place["y"] + place["height"] / 2
    await page.mouse.move(x, y)
    told = await page.locator(".readout").inner_text()
    values = (
        r"79\d(\.\d+)? s \(09:13:\d\d\) · to the host 11\.\d* kB/s · to the module 0(\.\d+)? kB/s"
    )
    assert re.search(rf"^{values} · buffer [\d,]+ of 319,488 · connections 0 of 8$", told, re.M), (
        told
    )
    assert await page.locator(".u-cursor-x").evaluate_all(
        "lines => new Set(lines.map(line => line.style.transform)).size"
    ) == 1  # fmt: skip

    # Thirty seconds of it, dragged out on the first one.
    place = await box(drawings.first)
    begin = place["x"] + place["width"] * 0.5
    await page.mouse.move(begin, place["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(begin + place["width"] * PART / WHOLE, place["y"] + 30, steps=3)
    await page.mouse.up()
    low, high = await seen(page)
    assert high - low == pytest.approx(PART, rel=0.1)
    steps = [float(t.split("steps of ")[1][:-2]) for t in (
        overview, await page.locator(".visible").inner_text())]  # fmt: skip
    assert steps[0] > 16 * steps[1]
    listed = page.locator(".events li")
    assert 3 < await listed.count() < 10
    assert await listed.filter(has_text="+HTTPACTION: 0,206,").count() == 1

    # By keys, and all again.
    for key, width in (("+", PART / 2), ("-", PART), ("-", PART * 2)):
        await page.keyboard.press(key)
        assert (await seen(page))[1] - (await seen(page))[0] == pytest.approx(width, rel=0.1)
    before = await seen(page)
    await page.keyboard.press("ArrowRight")
    assert (await seen(page))[0] == pytest.approx(before[0] + PART / 2, rel=0.05)
    await page.keyboard.press("0")
    assert await seen(page) == (0, WHOLE)
    await page.mouse.wheel(0, -100)
    assert (await seen(page))[1] - (await seen(page))[0] == pytest.approx(WHOLE * 0.8, rel=0.01)
    await drawings.first.dblclick()
    assert await seen(page) == (0, WHOLE)
    assert asked == [url]


async def test_an_overview_of_many_values_has_the_extremes(page: Page, tmp_path: Path) -> None:
    values = [{"t": n, "kind": "buffer", "bytes": 77 if n == 5000 else n % 3} for n in range(9999)]
    await page.goto(plotted(written(tmp_path / "trace", *values)))
    blue: list[int] = (
        await page.locator("canvas")
        .nth(1)
        .evaluate(
            """canvas => {
            const {data, width} = canvas.getContext("2d").getImageData(90, 20, 1100, 20);
            const found = new Set();
            for (let at = 0; at < data.length; at += 4) {
                if (data[at + 3] && data[at] < 100 && data[at + 2] > 150) found.add(at / 4 % width);
            }
            return [...found];
        }"""
        )
    )
    assert 0 < len(blue) <= 3
    assert blue[0] == pytest.approx(540, abs=60)


async def test_its_list_of_events(page: Page, url: str) -> None:
    await page.goto(url)
    listed = page.locator(".events li")
    assert await listed.count() == 200
    assert await page.locator(".card > .dim").inner_text() == "and 63 more"
    for kind in ("commands", "URC", "network", "host"):
        await page.get_by_role("button", name=kind, exact=True).click()
    assert sorted(await listed.all_inner_texts()) == [
        "780.000000\nerrors\n+CME ERROR: 3",
        "780.000000\nfaults\nfault: pdp_loss begins",
    ]
    await listed.first.get_by_role("button").click()
    low, high = await seen(page)
    assert low < 780 < high
    assert high - low == pytest.approx(WHOLE / 4, rel=0.01)
    assert "pdp_loss begins" in await page.locator(".readout").inner_text()


async def test_hostile_content_is_text(page: Page, tmp_path: Path) -> None:
    records = [
        {"t": n, "kind": kind, "dir": "<", "text": text, "event": text, "host": text}
        for n, text in enumerate(HOSTILE.values())
        for kind in ("urc", "net")
    ]
    trace = written(tmp_path / "<img src=x onerror=harm=1>", *records, command=HOSTILE["script"])
    await page.goto(plotted(trace))
    assert await page.locator("h1").inner_text() == str(trace)
    listed = await page.locator(".events li").all_inner_texts()
    assert len(listed) == 2 * len(HOSTILE) + 1  # it has no end
    assert any(HOSTILE["end of a script"] in text for text in listed)
    for key in ("+", "+", "ArrowRight", "0"):
        await page.keyboard.press(key)
    place = await box(page.locator(".u-over").last)
    for part in range(10):
        await page.mouse.move(place["x"] + place["width"] * part / 10, place["y"] + 10)
    assert await harm_done(page) == []


@pytest.mark.parametrize("records", [[], [{"t": 1e15, "kind": "net", "open": 8}]])
async def test_nothing_and_endless(records: list[Any], page: Page, tmp_path: Path) -> None:
    await page.goto(plotted(written(tmp_path / "trace", *records)))
    for key in ("+", "-", "ArrowLeft", "0"):
        await page.keyboard.press(key)
    assert await page.locator(".u-over").count() == 2 + len(records)


async def test_it_speaks_chinese(page: Page, url: str) -> None:
    await page.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'language', {value: 'zh-CN'})"
    )
    await page.goto(url)
    assert "至主机" in await page.locator("figcaption").first.inner_text()
    assert await page.locator("html").get_attribute("lang") == "zh-CN"
    assert await page.get_by_role("button", name="显示全部").count() == 1


async def test_it_fits_a_telephone_and_the_night(page: Page, url: str) -> None:
    await page.goto(url)
    await page.set_viewport_size({"width": 360, "height": 740})
    await page.wait_for_function("document.documentElement.scrollWidth === 360")
    await keep_pictures(page, "plot")
