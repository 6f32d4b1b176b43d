"""`python -m tests.docs.pictures docs/images`: the panel, as the pages of docs show it.

An air780e-at starts, and a host downloads a file at 115,200 bit/s; some of what can go wrong does.
Light and dark, wide and narrow: `panel-wide-dark.png` and so on; `panel-wide-light.zh.png` too.
The page of the campaign in examples/fleet is `campaign-wide-light.png`, `.zh` too: 400 devices are
simulated for it, which stay in .screens/fleet.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1]))

from atwin.cli.app import run as atwin
from atwin.clock import LoopClock
from atwin.control.subject import Subject
from atwin.control.web.panel import bound, panel
from atwin.faults import fault_from_table
from atwin.host.modem import Modem
from atwin.testing.origin import File, Origin, Stored
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import Trace
from atwin.trace.recent import Recent
from atwin.twin.twin import Twin
from docs.small_png import small
from support.page.browser import SCREENS, chromium, launched

if TYPE_CHECKING:
    from playwright.async_api import Page

#: Widths and heights in pixels.
_SIZES = {"wide": (1280, 860), "narrow": (360, 860)}
#: Rows of 256 bytes in the file, and bit/s of the line.
_ROWS, _BAUD = 15_000, 115_200
_PLAN = "examples/fleet/air780e_50000.toml"
_URL = "http://ota.example.com/firmware.bin"
#: Where the pictures begin.
_FROM = {"wide": ".dialogue", "narrow": ".buffer"}
_SCROLL = """at => {
    const { bottom } = document.querySelector("#header").getBoundingClientRect();
    scrollBy(0, document.querySelector(at).getBoundingClientRect().top - bottom - 8);
}"""


async def take(target: Path) -> None:
    """Make the pictures in the folder `target`."""
    path = chromium()
    if path is None:
        sys.exit("there is no Chromium (Debian: chromium)")
    clock = LoopClock()
    recent = Recent(Trace(clock))
    network = SimulatedNetwork(clock, latency=0.04)
    origin = Origin({"/firmware.bin": File(Stored(bytes(range(256)) * _ROWS))}, wall=clock.wall)
    network.serve("ota.example.com", 80, origin.handle)
    recent.trace.begin(version="0.2", command="twin --panel")
    async with Twin(
        "air780e-at",
        network=network,
        trace=recent.trace,
        baud=_BAUD,
        hosts={"*.example.org": "127.0.0.1:8080"},
    ) as twin:
        twin.faults.add(fault_from_table({"kind": "pdp_loss", "at_action": 3, "seconds": 20}))
        twin.change_cell(rssi=18)
        subject = Subject("air780e-at", "/tmp/modem", recent, twin)
        async with (
            panel([subject], bound("127.0.0.1", 0), "127.0.0.1") as url,
            launched(path) as browser,
            Modem(twin.port) as modem,
        ):
            page = await browser.new_page(locale="en-GB")
            await page.goto(url)
            # Started, and with its rate saved, as a module is that somebody uses.
            await modem.command(f"AT+IPR={_BAUD};&W")
            await modem.command("AT+RESET")
            await page.get_by_text("PDP is up").nth(1).wait_for()
            with tempfile.TemporaryDirectory() as folder:
                job = asyncio.create_task(modem.download(_URL, Path(folder, "firmware.bin")))
                taken = await _pictures(page)
                job.cancel()
                with suppress(asyncio.CancelledError):
                    await job
            await page.close()
    for name, picture in taken.items():
        (target / name).write_bytes(small(picture))


async def take_campaign(target: Path) -> None:
    """Make those of the page of a campaign."""
    kept = SCREENS / "fleet"
    html = kept / "campaign.html"
    kept.mkdir(parents=True, exist_ok=True)
    if atwin(["fleet", _PLAN, "--out", str(kept), "--resume", "--html", str(html)]):
        sys.exit("the campaign could not be simulated")
    path = chromium()
    assert path is not None
    width, height = _SIZES["wide"]
    async with launched(path) as browser:
        for name, locale in (("", "en-GB"), (".zh", "zh-CN")):
            page = await browser.new_page(
                locale=locale, viewport={"width": width, "height": height}, color_scheme="light"
            )
            await page.goto(html.absolute().as_uri())
            await page.locator(".u-over").last.wait_for()
            picture = small(await page.screenshot())
            (target / f"campaign-wide-light{name}.png").write_bytes(picture)


async def _pictures(page: Page) -> dict[str, bytes]:
    """Of a download under way: their names and bytes."""
    taken = {}
    await page.locator(".connections .open").first.wait_for()
    await page.wait_for_timeout(12_000)
    for size, (width, height) in _SIZES.items():
        await page.set_viewport_size({"width": width, "height": height})
        await page.evaluate(_SCROLL, _FROM[size])
        for theme in ("light", "dark"):
            await page.emulate_media(color_scheme=theme)
            await page.wait_for_timeout(300)
            taken[f"panel-{size}-{theme}.png"] = await page.screenshot()
    width, height = _SIZES["wide"]
    await page.set_viewport_size({"width": width, "height": height})
    await page.emulate_media(color_scheme="light")
    await page.get_by_role("button", name="中文").click()
    await page.evaluate("scrollTo(0, 0)")
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(300)
    taken["panel-wide-light.zh.png"] = await page.screenshot()
    return taken


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1])))
    asyncio.run(take_campaign(Path(sys.argv[1])))
