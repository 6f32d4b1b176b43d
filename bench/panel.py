"""What a panel costs: the 12 MB file on an unpaced line, unwatched, fed, and with a tab open.

`python -m bench.panel`, or `make bench`. "Unwatched": no trace. "Fed": as with `--panel` while no
browser is there. "A tab": headless Chromium shows the panel, and draws it; it is a neighbour that
takes a share of the processors, and that is measured too. The three take turns, so that whatever
else the machine does meets all of them. Then 10,000 events a second for ten seconds, to see how
long the page stands still, and what is left when its tab is closed.
Exit code 1: the tab costs more than it may, or something is left.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from bench.line import CHUNK, MODEL, SIZE, new_table
from bench.servers import nginx
from playwright.async_api import async_playwright
from rich.console import Console

from atwin.clock import LoopClock
from atwin.control.subject import Subject
from atwin.control.web.panel import bound, panel
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.session.tracing import tracing
from atwin.session.twins import made_twin
from atwin.session.url import parse_twin_url
from atwin.testing.origin import Generated
from atwin.trace import NO_TRACE, Trace
from atwin.trace.recent import Recent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Browser, Page
    from rich.table import Table

#: Part of the time without anybody watching that an open panel may cost.
MOST = 0.05
RUNS = 15
SIDES = ("unwatched", "fed", "a tab")
EVENTS, SECONDS = 10_000, 10
#: Milliseconds that no frame may take while they come.
LONGEST = 500
_WATCH = """() => {
    window.longest = 0;
    let before = performance.now();
    const frame = (now) => {
        window.longest = Math.max(window.longest, now - before);
        before = now;
        requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
}"""


class Cost(NamedTuple):
    """Seconds of a download: on the wall, and of this process's processor."""

    wall: float
    own: float


class Bench:
    """A panel with one subject; its tab can be opened and closed."""

    def __init__(self, subject: Subject, url: str, browser: Browser) -> None:
        self.subject, self.url, self.browser = subject, url, browser

    @asynccontextmanager
    async def tab(self) -> AsyncIterator[Page]:
        """Open, and drawn, until the block is left."""
        async with await self.browser.new_context() as context:
            page = await context.new_page()
            await page.goto(self.url)
            await page.locator(".card.dialogue").wait_for()
            await page.wait_for_timeout(700)
            yield page

    @asynccontextmanager
    async def module(self, side: str) -> AsyncIterator[Modem]:
        """A host with a twin that nobody watches, or the panel."""
        near, far = memory_pair()
        with tracing(NO_TRACE if side == "unwatched" else self.subject.recent.trace):
            twin = made_twin(parse_twin_url(MODEL), far)
        async with twin, Modem(near) as modem:
            await modem.bring_up()
            self.subject.twin = None if side == "unwatched" else twin
            yield modem
            self.subject.twin = None

    async def download(self, side: str, url: str, sha256: str, directory: Path) -> Cost:
        """One, as `bench.line.download`, by a twin of its own."""
        target = directory / "file"
        async with self.module(side) as modem, self.tab() if side == "a tab" else nullcontext():
            wall, own = time.perf_counter(), time.process_time()
            await modem.download(url, target, sha256=sha256, chunk=CHUNK, strategy="range")
            cost = Cost(time.perf_counter() - wall, time.process_time() - own)
        target.unlink()
        return cost

    async def turns(self, url: str, sha256: str, directory: Path) -> dict[str, list[Cost]]:
        """Every side `RUNS` times."""
        costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
        for _ in range(RUNS):
            for side in SIDES:
                costs[side].append(await self.download(side, url, sha256, directory))
        return costs

    async def flood(self) -> tuple[float, int, int, str]:
        """The longest frame in ms, elements, tasks that are left, and what the page says."""
        trace = self.subject.recent.trace
        async with self.module("a tab"):
            tasks = len(asyncio.all_tasks())
            async with self.tab() as page:
                await page.evaluate(_WATCH)
                began, told = time.monotonic(), 0
                while (passed := time.monotonic() - began) < SECONDS:
                    for port in range(told, told := int(passed * EVENTS)):
                        trace.notes("net", "connected", address="192.0.2.1", port=port)
                    await asyncio.sleep(0.01)
                says = await page.locator(".thinned").inner_text()
                longest = await page.evaluate("longest")
                elements = await page.locator("*").count()
            await asyncio.sleep(1)
            return longest, elements, len(asyncio.all_tasks()) - tasks, says


def table_of(costs: dict[str, list[Cost]]) -> tuple[Table, float]:
    """What was measured, and what a tab costs of the time without."""
    table = new_table(f"{SIZE:,} bytes in 39 parts, unpaced, median of {RUNS}")
    for heading in ("", "seconds", "of unwatched", "CPU of atwin", "of unwatched"):
        table.add_column(heading, justify="right" if heading else "left")
    ratio = 1.0
    for side, runs in costs.items():
        pairs = list(zip(costs["unwatched"], runs, strict=True))
        ratio = statistics.median(run.wall / first.wall for first, run in pairs)
        own = statistics.median(run.own / first.own for first, run in pairs)
        wall = statistics.median(run.wall for run in runs)
        cpu = statistics.median(run.own for run in runs)
        table.add_row(side, f"{wall:.3f}", f"{ratio:.3f}", f"{cpu:.3f}", f"{own:.3f}")
    table.caption = f"a tab costs {ratio - 1:+.1%} of the time, at most {MOST:.0%}"
    return table, ratio - 1


async def measured() -> int:
    """Measure, show, judge."""
    console = Console(width=100)
    data = Generated(SIZE, seed=1).read(0, SIZE)
    sha256 = hashlib.sha256(data).hexdigest()
    subject = Subject("air724ug", "memory", Recent(Trace(LoopClock())))
    async with (
        async_playwright() as playwright,
        panel([subject], bound("127.0.0.1", 0), "127.0.0.1") as url,
    ):
        browser = await playwright.chromium.launch(
            executable_path=shutil.which("chromium-headless-shell") or shutil.which("chromium"),
            args=["--disable-gpu"],
            chromium_sandbox=False,
        )
        bench = Bench(subject, url, browser)
        with nginx({"file.bin": data}) as base, tempfile.TemporaryDirectory() as name:
            costs = await bench.turns(f"{base}/file.bin", sha256, Path(name))
        table, cost = table_of(costs)
        console.print(table)
        longest, elements, left, says = await bench.flood()
        console.print(
            f"{EVENTS:,} events a second for {SECONDS} s: the page stood still for {longest:.0f} "
            f"ms at most (of {LONGEST}), has {elements:,} elements and says “{says}”;\n"
            f"tasks left when its tab is closed: {left}"
        )
        await browser.close()
    return int(cost > MOST or longest > LONGEST or left > 0 or not says)


if __name__ == "__main__":
    sys.exit(asyncio.run(measured()))
