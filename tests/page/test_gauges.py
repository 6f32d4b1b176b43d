"""The panel's instruments, in a real browser over a real twin: they show what the state says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.control.state import state
from atwin.faults import fault_from_table
from support.page.browser import keep_pictures
from support.page.panelled import panelled

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.async_api import Locator, Page


def card(page: Page, name: str) -> Locator:
    return page.locator(f"section.{name}")


async def shows(page: Page, name: str, text: str) -> None:
    """Wait until the card says it."""
    await card(page, name).get_by_text(text).first.wait_for()


async def test_the_bar_of_the_buffer_is_the_number_of_the_state(page: Page) -> None:
    async with panelled(page) as panel:
        twin, host = panel.module.twin, panel.module.host
        for line in (
            "AT+SAPBR=1,1",
            "AT+HTTPINIT",
            'AT+HTTPPARA="URL","http://files.example/20000"',
            "AT+HTTPACTION=0",
        ):
            host.write(f"{line}\r".encode())
        await shows(page, "buffer", "overflow: 15,904 bytes dropped")
        meter = page.get_by_role("meter")
        assert await meter.get_attribute("aria-valuenow") == "4096"
        assert await meter.get_attribute("aria-valuemax") == "4096"
        assert state(twin)["buffer"]["bytes"] == 4096
        assert await meter.locator("i").evaluate("it => it.style.width") == "100%"
        await shows(page, "buffer", "GET http://files.example/20000")
        await shows(page, "buffer", "602")
        host.write(b"AT+HTTPTERM\r")
        await shows(page, "buffer", "0 of 4,096 bytes")
        assert await meter.get_attribute("aria-valuenow") == "0"
        assert not await card(page, "buffer").locator(".bad").is_visible()


async def test_traffic_and_throughput_of_a_download(page: Page, tmp_path: Path) -> None:
    async with panelled(page) as panel:
        await page.clock.install()
        await page.reload()
        await shows(page, "line", "To the host")
        await page.clock.run_for(1000)
        await panel.module.download(tmp_path / "f", 20_000)
        now = state(panel.module.twin)
        await shows(page, "line", f"{now['counters']['to_host']:,} bytes")
        rows = {
            await row.get_attribute("class"): [
                int(text.replace(",", "")) for text in await row.locator("td").all_inner_texts()
            ]
            for row in await card(page, "traffic").locator("tr[class]:not(.overhead)").all()
        }
        whole, boot = rows.pop("total")
        assert whole == boot == now["traffic"]["whole"]["total"]
        assert [sum(column) for column in zip(*rows.values(), strict=True)] == [whole, boot]
        assert rows["payload"] == [20_000, 20_000]
        await shows(page, "traffic", f"{100 * (whole - 20_000) / whole:.0f} %")
        await page.clock.run_for(2000)
        await page.wait_for_function(_DRAWN, arg=0)


#: More pixels than so many of the colour of what goes to the host: an area has more than a line.
_DRAWN = """least => {
    const canvas = document.querySelector(".throughput canvas");
    const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    let blue = 0;
    for (let at = 0; at < data.length; at += 4)
        if (data[at + 2] > data[at] + 100 && data[at + 3] > 50) blue += 1;
    return blue > least;
}"""


#: Of three seconds, of two before them, of one that had begun before, and of another run.
_BEFORE = [
    {"t": 7.0, "kind": "data", "dir": "<", "bytes": 999},
    {"t": 0.0, "kind": "restarted"},
    {"t": 0.1, "kind": "command", "dir": ">", "text": "AT"},
    {"t": 2.5, "kind": "data", "dir": "<", "bytes": 1000, "took": 2.0},
    {"t": 4.6, "kind": "urc", "dir": "<", "text": "RING"},
    {"t": 4.7, "kind": "typed", "dir": ">", "text": "AT+CSQ"},
    {"t": 4.8, "kind": "buffer", "event": "fill", "bytes": 100},
    {"t": 5.5, "kind": "data", "dir": "<", "bytes": 100, "took": 1.0},
]
_EARLIER = """async ([records, until, most]) => {
    const { earlier } = await import("/page/js/gauges/earlier.js");
    const entries = records.map(record => ({ record }));
    return earlier(entries, until, most, ["to_host", "to_module"]);
}"""


async def test_the_throughput_begins_before_the_page_was_opened(page: Page, tmp_path: Path) -> None:
    async with panelled(page) as panel:
        told = await page.evaluate(_EARLIER, [_BEFORE, 5.0, 3])
        assert told == [[2.0, 3.0, 4.0], [250.0, 0.0, 56.0], [0.0, 0.0, 0.0]]
        assert (await page.evaluate(_EARLIER, [_BEFORE, 5.0, 300]))[2] == [4, 0, 0, 0, 0]
        assert await page.evaluate(_EARLIER, [[], 5.0, 300]) == [[], [], []]
        await panel.module.download(tmp_path / "f", 20_000)
        await page.clock.install()
        await page.reload()
        await shows(page, "line", "To the host")
        await page.clock.run_for(1000)
        await page.wait_for_function(_DRAWN, arg=1000)


async def test_slots_lamps_and_signal_in_two_languages(page: Page) -> None:
    async with panelled(page) as panel:
        twin, host = panel.module.twin, panel.module.host
        slots = card(page, "connections")
        await shows(page, "connections", "0 of 8 in use")
        twin.faults.add(fault_from_table({"kind": "pdp_loss", "at_action": 3}))
        await shows(page, "faults", "0 at work, 1 waiting")
        assert await slots.get_by_text("free", exact=True).count() == 8
        assert await page.get_by_label("RTS: nobody has set it").count() == 1
        host.write(b'AT+CIPSTART="TCP","files.example",80\r')
        await shows(page, "connections", "files.example:80")
        assert await slots.get_by_text("free", exact=True).count() == 7
        host.write(b"AT+IFC=2,2\r")
        await shows(page, "line", "RTS/CTS")
        twin.module.hardware.uart.drive("rts", False)
        twin.change_cell(rssi=5)
        await shows(page, "line", "module by RTS")
        await page.get_by_label("RTS: not asserted").wait_for()
        await shows(page, "radio", "CSQ 5 · −103 dBm")
        assert await card(page, "radio").locator(".bars .on").count() == 1
        await keep_pictures(page, "gauges", whole=True)
        await page.get_by_role("button", name="中文").click()
        await shows(page, "radio", "已注册（本地网络）")
        await shows(page, "line", "模块被 RTS 暂停")
        await shows(page, "faults", "网络收回 PDP")
        await shows(page, "faults", "进行中 0，等待 1")
        await page.get_by_label("VBAT: 已供电").wait_for()


async def test_of_a_real_module_there_is_what_is_known(page: Page) -> None:
    async with panelled(page) as panel:
        panel.module.subject.twin = None
        panel.module.subject.line = lambda: {"rate": 115200, "rts": 1}
        await page.reload()
        await shows(page, "line", "115,200 bit/s")
        await shows(page, "line", "A real module")
        assert not await page.get_by_text("Held up").is_visible()
        assert await card(page, "line").locator(".lamps").is_visible()
        panel.module.subject.line = lambda: {"rate": 115200}
        await page.reload()
        await shows(page, "line", "115,200 bit/s")
        assert not await card(page, "line").locator(".lamps").is_visible()
        seen = [await one.get_attribute("class") for one in await page.locator("section").all()]
        hidden = [await one.is_hidden() for one in await page.locator("section").all()]
        shown = {name for name, gone in zip(seen, hidden, strict=True) if not gone}
        assert shown == {"card dialogue", "card line", "card throughput", "card recording"}
