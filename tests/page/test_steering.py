"""What steers the module from the panel, in a real browser: it happens to the twin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from atwin.control.faults import kinds
from atwin.control.state import state
from support.page.browser import keep_pictures
from support.page.hostile import HOSTILE, harm_done
from support.page.panelled import panelled

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Locator, Page


def group(page: Page, name: str) -> Locator:
    return page.get_by_role("group", name=name, exact=True)


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


_HAS_FOCUS = "it => it === document.activeElement"


async def test_reset_restarts_and_the_start_is_listed(page: Page) -> None:
    async with panelled(page, "air724ug") as panel:
        await page.get_by_text("not seen yet").wait_for()
        await button(page, "RESET 0.6 s").click()
        await page.get_by_text("2, the last by RESET").wait_for()
        steps = page.locator(".boot li span:last-child")
        await steps.filter(has_text="PDP is up").wait_for()
        assert (await steps.all_inner_texts())[0] == "boot (RESET)"
        await page.get_by_role("button", name="中文").click()
        assert (await steps.all_inner_texts())[0] == "启动（RESET）"
        assert panel.module.twin.module.boots == 2


async def test_pwrkey_is_low_while_it_is_held(page: Page) -> None:
    async with panelled(page) as panel:
        low = page.get_by_label("PWRKEY: low")
        high = page.get_by_label("PWRKEY: high")
        hold = page.locator(".hold")
        await hold.hover()
        await page.mouse.down()
        await low.wait_for()
        await hold.get_by_text("0.").wait_for()
        await page.mouse.up()
        await high.wait_for()
        await hold.focus()
        await page.keyboard.down("Enter")
        await low.wait_for()
        await page.evaluate("document.activeElement.blur()")
        await high.wait_for()
        await hold.focus()
        await page.keyboard.down("Enter")
        await low.wait_for()
        await page.reload()
        await high.wait_for()
        assert panel.module.twin.pins.power_key


async def test_card_network_and_supply(page: Page) -> None:
    async with panelled(page) as panel:
        twin = panel.module.twin
        await group(page, "Card").get_by_role("button", name="out").click()
        await page.locator(".radio .bad", has_text="out").wait_for()
        assert not state(twin)["sim"]["in"]
        await page.get_by_label("PIN").fill("4711")
        await button(page, "another card").click()
        await page.get_by_text("asks for its PIN, 3 tries left").wait_for()
        await group(page, "Registration").get_by_role("button", name="denied").click()
        await page.locator("[aria-pressed=true]", has_text="denied").wait_for()
        slider = page.get_by_role("slider")
        await slider.fill("9")
        await page.locator(".radio").get_by_text("CSQ 9 · −95 dBm").wait_for()
        await group(page, "Supply").get_by_role("button", name="off").click()
        await page.locator(".power").get_by_text("off", exact=True).wait_for()
        await button(page, "say").press("Enter")
        await page.get_by_role("alert").get_by_text("the module is off").wait_for()
        await button(page, "RESET 0.6 s").press("Enter")
        await page.get_by_role("alert").get_by_text("there is no supply").wait_for()
        assert (twin.pins.supply, twin.pins.reset) == (False, True)


async def test_names_calls_fresh_and_what_is_refused(page: Page, complaints: list[str]) -> None:
    async with panelled(page) as panel:
        twin = panel.module.twin
        name, address = page.get_by_label("Name"), page.get_by_label("Leads to")
        await name.fill("a.example")
        await address.fill("nowhere")
        await address.press("Enter")
        await page.get_by_role("alert").get_by_text("a.example: 'nowhere': give an addr").wait_for()
        complaints.clear()  # Chromium logs each answer 400
        await address.fill("127.0.0.1:8080")
        await address.press("Enter")
        rule = page.get_by_role("listitem").filter(has_text="a.example → 127.0.0.1:8080")
        await rule.wait_for()
        assert not await page.get_by_role("alert").get_by_text("nowhere").is_visible()
        await rule.get_by_role("button").click()
        await rule.wait_for(state="detached")
        assert dict(twin.hosts) == {}
        await button(page, "ring").click()
        await page.locator(".radio").get_by_text("+8613800138000 · rings").wait_for()
        await page.get_by_label("RI: low").wait_for()
        await button(page, "give up").click()
        await page.get_by_text("· rings").wait_for(state="hidden")
        twin.hosts.change({"b.example": "127.0.0.1"})
        rule = page.get_by_text("b.example → 127.0.0.1")
        await rule.wait_for()
        ask, keep = button(page, "make it fresh …"), button(page, "keep all")
        await ask.click()
        assert await keep.evaluate(_HAS_FOCUS)
        await page.keyboard.press("Escape")
        assert await ask.evaluate(_HAS_FOCUS)
        assert list(twin.hosts) == ["b.example"]
        await page.keyboard.press("Enter")
        await button(page, "fresh, warm").click()
        await rule.wait_for(state="detached")
        await keep.wait_for(state="hidden")


async def test_a_fault_happens_and_is_ended(page: Page) -> None:
    async with panelled(page) as panel:
        twin = panel.module.twin
        await page.get_by_role("combobox", name="Kind").select_option("weak_signal")
        await page.locator("[name=rssi]").fill("3")
        await button(page, "begin").click()
        await page.locator(".radio").get_by_text("CSQ 3 ·").wait_for()
        running = page.locator(".rules li", has_text="weak signal rssi=3")
        await running.get_by_role("button", name="end").click()
        await running.wait_for(state="detached")
        assert twin.faults.state["at_work"] == []
        assert "weak signal (1)" in await page.get_by_role("combobox", name="Kind").inner_text()
        await page.get_by_role("combobox", name="Kind").select_option("stall")
        await page.locator("[name=host]").fill(HOSTILE["image"])
        await page.get_by_label("Begins").select_option("connection")
        await page.locator("[name=at_connection]").fill("9")
        await button(page, "begin").click()
        await page.locator(".rules li", has_text=HOSTILE["image"]).wait_for()
        await keep_pictures(page, "faults", whole=True)
        assert await harm_done(page) == []


#: Fills in the form of a kind, with the moment, sends it, and waits for the answer.
_SENT = """async ([kind, values]) => {
    const form = document.querySelector("form.fault");
    const choose = (select, value) => {
        select.value = value;
        select.dispatchEvent(new Event("change"));
    };
    choose(form.querySelector("select"), kind);
    choose([...form.querySelectorAll("select")].find((it) => it.value === "now"), "connection");
    for (const [name, value] of Object.entries(values)) {
        const field = form.querySelector(`[name=${name}]`);
        if (value === true) field.checked = true;
        else field.value = value;
    }
    form.requestSubmit();
    while (form.querySelector("button").ariaBusy === "true")
        await new Promise(requestAnimationFrame);
    return document.querySelector(".faults .error:not([hidden])")?.textContent;
}"""


async def test_every_form_sends_what_the_schema_says(page: Page) -> None:
    """Each kind with all of its own fields; it waits for a connection that does not come."""
    async with panelled(page) as panel:
        await page.locator("form.fault option").last.wait_for(state="attached")
        for kind in kinds():
            wanted = {name: example(kind["fields"][name]) for name in kind["own"]}
            wanted["at_connection"] = 999
            async with page.expect_request(lambda it: it.method == "POST") as sent:
                assert await page.evaluate(_SENT, [kind["kind"], wanted]) is None
            assert (await sent.value).post_data_json == {"kind": kind["kind"], **wanted}
            assert len(panel.module.twin.faults.state["waiting"]) == 1
            panel.module.twin.faults.clear()


def example(schema: dict[str, Any]) -> Any:
    inner = schema.get("anyOf", [schema])[0]
    if inner["type"] == "string":
        return "abc"
    if inner["type"] == "boolean":
        return True
    return min(max(2, inner["minimum"]), inner["maximum"])


async def test_a_recording_is_downloaded(page: Page, tmp_path: Path) -> None:
    async with panelled(page) as panel:
        await page.get_by_label("pcap", exact=True).uncheck()
        await button(page, "record").click()
        await page.get_by_text("recording, 0 s").wait_for()
        panel.module.trace.says("urc", "<", "+NEWS: 1")
        await button(page, "stop").click()
        link = page.get_by_role("link", name="trace")
        async with page.expect_download() as download:
            await link.click()
        file = await download.value
        assert file.suggested_filename == "recording.trace"
        await file.save_as(tmp_path / "t")
        lines = (tmp_path / "t").read_text().splitlines()
        assert json.loads(lines[0])["format"] == "atwin-trace 1"
        assert json.loads(lines[-2])["text"] == "+NEWS: 1"
        assert await page.get_by_role("link", name="pcap").count() == 0
        await page.get_by_text("A pcap holds all payload").wait_for()
