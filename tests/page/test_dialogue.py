"""The dialogue of the panel, in a real browser over a real twin."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from playwright.async_api import expect

from atwin.text import shown
from atwin.trace.described import Record, describe, look
from support.page.browser import keep_pictures
from support.page.hostile import HOSTILE, harm_done
from support.page.panelled import panelled

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Locator, Page


def rows(page: Page, text: str | re.Pattern[str] = "") -> Locator:
    return page.locator(".row").filter(has_text=text)


async def said(page: Page) -> list[str]:
    """The rows that are drawn, without their times."""
    return [
        re.sub(r"^\s*[\d.]+", "", text) for text in await page.locator(".row").all_text_contents()
    ]


async def shows(page: Page, text: str | re.Pattern[str]) -> None:
    await rows(page, text).last.wait_for()


async def test_it_moves_while_a_file_comes(page: Page, tmp_path: Path) -> None:
    async with panelled(page) as panel:
        await shows(page, "has been on for a while")
        await panel.module.download(tmp_path / "f", 20_000)
        await page.get_by_role("searchbox").first.fill("/^> AT.HTTP(READ|EXGET)|bytes/")
        await shows(page, re.compile(r"> AT\+HTTP(READ|EXGET)"))
        await shows(page, re.compile(r"< \([\d,]+ bytes.*\)"))
        await keep_pictures(page, "dialogue")


async def test_rows_are_filtered_and_searched(page: Page) -> None:
    async with panelled(page) as panel:
        said_there = page.locator(".row .said")
        for text in ("AT+CSQ", "AT+CREG?", "ATI"):
            panel.module.trace.says("command", ">", text)
        panel.module.trace.says("answer", "<", "ERROR")
        panel.module.trace.says("urc", "<", "+A: " + "a" * 60 + "!")
        await shows(page, "aaaa")
        await page.keyboard.press("/")
        await page.keyboard.type("at+c")
        await expect(said_there).to_have_text(["AT+CSQ", "AT+CREG?"])
        field = page.locator("input.filter")
        await field.fill(r"/^> ATI$|^< E/")
        await expect(said_there).to_have_text(["ATI", "ERROR"])
        await page.get_by_role("button", name="> command").click()
        await expect(said_there).to_have_text(["ERROR"])
        await field.fill("/(/")
        await page.get_by_text("This is not a regular expression.").wait_for()
        await field.fill("/(a+)+$/")
        await page.get_by_text("This regular expression takes too long").wait_for()
        await shows(page, "aaaa")
        await field.fill("")
        for number in range(200):
            panel.module.trace.says("urc", "<", f"+N: {number}")
        await shows(page, "+N: 199")
        await field.press("Escape")
        await page.keyboard.press("s")
        await page.keyboard.type("N: 1")
        await page.get_by_text("0/111").wait_for()
        chosen = page.locator(".row.chosen")
        for hit in ("1", "10", "11"):
            await page.keyboard.press("Enter")
            await expect(chosen).to_have_text(re.compile(rf": {hit}$"))
        await expect(chosen.locator("mark")).to_have_text("N: 1")
        await page.keyboard.press("Shift+Enter")
        await expect(chosen).to_have_text(re.compile(": 10$"))
        await page.get_by_text("2/111").wait_for()


async def test_a_row_shows_its_bytes(page: Page) -> None:
    async with panelled(page) as panel:
        for line in (b"AT\r", b"ATE0\r"):
            panel.module.host.write(line)
            await shows(page, re.compile("< OK"))
        bytes_shown = page.get_by_role("region", name="Bytes of the row")
        await rows(page, "> ATE0").click()
        await expect(bytes_shown.locator("pre")).to_have_text(
            re.compile(r"^000000  41 54 45 30 0d +ATE0\.$")
        )
        await page.keyboard.press("Escape")
        await bytes_shown.wait_for(state="hidden")
        panel.module.trace.says("urc", "<", "+N: 1")
        await rows(page, "+N: 1").click()
        await page.get_by_text("to the host: no bytes").wait_for()


async def test_rows_are_chosen_copied_and_followed(page: Page) -> None:
    await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    async with panelled(page) as panel:
        for number in range(200):
            panel.module.trace.says("urc", "<", f"+N: {number}")
        await rows(page, "+N: 190").click()
        await page.keyboard.press("Shift+ArrowDown")
        await page.keyboard.press("Control+C")
        copied = await page.evaluate("navigator.clipboard.readText()")
        assert re.fullmatch(r" +\d+\.\d{6} < \+N: 190\n +\d+\.\d{6} < \+N: 191\n", copied)
        await page.keyboard.press("PageUp")
        panel.module.trace.says("urc", "<", "+N: new")
        await page.get_by_role("button", name="Follow (1 new)").wait_for()
        await expect(rows(page, "+N: new")).not_to_be_in_viewport()
        await page.keyboard.press("f")
        await expect(rows(page, "+N: new")).to_be_in_viewport()


async def test_hostile_texts_are_texts(page: Page) -> None:
    async with panelled(page) as panel:
        for text in HOSTILE.values():
            panel.module.trace.says("urc", "<", text)
            panel.module.trace.notes("net", text, address=text, why=text)
        panel.module.trace.says("urc", "<", "+LAST: 1")
        await shows(page, "+LAST: 1")
        drawn = ""
        for key in ("End", "PageUp", "PageUp", "Home"):
            await page.locator(".log").press(key)
            drawn += "".join(await said(page))
        await page.keyboard.press("Enter")
        assert await harm_done(page) == []
        assert "<script data-harm>" in drawn
        assert r"a\u202egnp.exe\u202c" in drawn
        assert r"\x1b[31m" in drawn
        assert not re.search(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", drawn)


RECORDS: list[Record] = [
    {"kind": "start", "version": "1", "command": "get x", "wall": "2026-11-30T09:12:55+00:00"},
    {"kind": "command", "dir": ">", "text": 'AT+HTTPPARA="URL","http://a/\x1b[1m<b>"'},
    {"kind": "answer", "dir": "<", "text": "OK", "damaged": True},
    {"kind": "data", "dir": "<", "bytes": 123_456, "took": 10.5, "announced": 130_048},
    {"kind": "data", "dir": ">", "bytes": 12, "took": 0.0002, "text": "no command"},
    {"kind": "typed", "dir": "<", "text": "+CSQ: 1,1"},
    {"kind": "script", "event": "says", "text": "+A: 1"},
    {"kind": "script", "event": "passed", "by": "x"},
    {"kind": "module", "event": "air780e-at", "seed": 0, "buffer": 131_072, "rate": None},
    {"kind": "line", "event": "XOFF", "on": True, "waiting": 12, "rate": 921_600, "took": 0.25},
    {"kind": "net", "event": "connected", "open": False, "ms": 1.23456789, "why": "a\u202eb"},
    {"kind": "buffer", "event": "fill", "bytes": 4096},
    {"kind": "host", "event": "kept", "bytes": 1, "of": 100_000},
    {"kind": "what comes one day", "event": "new"},
    {"kind": "end", "event": "done", "code": 0},
]
_SHOWN = """async texts => {
    const { shown } = await import("/page/js/dom.js");
    return texts.map(codes => shown(String.fromCodePoint(...codes), 100000));
}"""
_TOLD = """async records => {
    const { describe, mark } = await import("/page/js/dialogue/described.js");
    return records.map(record => `${mark(record)} ${describe(record)}`);
}"""


async def test_a_record_is_told_and_escaped_as_trace_show_does(page: Page) -> None:
    codes = (*range(0x2100), *range(0xFE00, 0x10000), *range(0xD7FC, 0xE000), 0xE0041, 0x1F600)
    # What Python does not know yet the browser may.
    known = [chr(code) for code in codes if unicodedata.category(chr(code)) != "Cn"]
    hostile = [*HOSTILE.values(), *known]
    async with panelled(page):
        # In whatever language the page is: these are the records of a file.
        await page.get_by_role("button", name="中文").click()
        told = await page.evaluate(_TOLD, RECORDS)
        assert told == [f"{look(record)[0]} {describe(record)}" for record in RECORDS]
        escaped = await page.evaluate(_SHOWN, [[*map(ord, text)] for text in hostile])
        assert escaped == [shown(text, limit=None) for text in hostile]
