"""What a panel costs: the 12 MB file on an unpaced line, unwatched, fed, and with a tab open.

`python -m bench.panel`, or `make bench`. "Unwatched": no trace. "Fed": as with `--panel` while no
browser is there. "A tab": headless Chromium shows the panel, and draws it; it is a neighbour that
takes a share of the processors, and that is measured too. The other two have a tab with an empty
page. First on a PTY, as users have it: the module is `atwin twin` in a process of its own. Then in
memory, both ends in this one process, where every microsecond of the watching counts.
The three take turns, each of them first as often as the others, so that whatever else the machine
does meets all of them. Then 10,000 events a second for ten seconds, to see how long the page stands
still, and what is left when its tab is closed.
Exit code 1: on the PTY the tab costs more than it may, or something is left.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bench.line import CHUNK, MODEL, SIZE, new_table
from bench.servers import nginx
from playwright.async_api import async_playwright
from rich.console import Console

from atwin.clock import LoopClock
from atwin.control.subject import Subject
from atwin.control.web.panel import bound, panel
from atwin.host.modem import Modem
from atwin.line.opener import open_port
from atwin.line.ports.memory import memory_pair
from atwin.session.tracing import tracing
from atwin.session.twins import made_twin
from atwin.session.url import parse_twin_url
from atwin.testing.origin import Generated
from atwin.trace import NO_TRACE, Trace
from atwin.trace.recent import Recent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

    from playwright.async_api import Browser, Page
    from rich.table import Table

#: Part of the time without anybody watching that an open panel may cost.
MOST = 0.05
RUNS = 15
SIDES = ("unwatched", "fed", "a tab")
EMPTY = "about:blank"
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


@asynccontextmanager
async def tab(browser: Browser, url: str) -> AsyncIterator[Page]:
    """Open, and drawn where it is a panel, until the block is left."""
    async with await browser.new_context() as context:
        page = await context.new_page()
        await page.goto(url)
        if url != EMPTY:
            await page.locator(".card.dialogue").wait_for()
        await page.wait_for_timeout(700)
        yield page


class Line(Protocol):
    """A module by one way, and a panel."""

    title: str

    def module(self, side: str) -> AbstractAsyncContextManager[tuple[Modem, str]]:
        """A host with a twin, as `side` says, and the address of the panel."""


class Memory:
    """Both ends in this process; one panel for all twins that come and go."""

    title = "both ends in one process"

    def __init__(self, subject: Subject, url: str) -> None:
        self.subject, self.url = subject, url

    @asynccontextmanager
    async def module(self, side: str) -> AsyncIterator[tuple[Modem, str]]:
        near, far = memory_pair()
        with tracing(NO_TRACE if side == "unwatched" else self.subject.recent.trace):
            twin = made_twin(parse_twin_url(MODEL), far)
        async with twin, Modem(near) as modem:
            await modem.bring_up()
            self.subject.twin = None if side == "unwatched" else twin
            yield modem, self.url
            self.subject.twin = None


class Served:
    """A module of `atwin twin` on a PTY."""

    title = "on a PTY, the module by `atwin twin`"

    @asynccontextmanager
    async def module(self, side: str) -> AsyncIterator[tuple[Modem, str]]:
        watched = [] if side == "unwatched" else ["--panel"]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "atwin.cli", "twin", *watched,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            path = (await process.stdout.readline()).split()[1].decode()
            url = EMPTY
            while watched and url == EMPTY:
                found = re.search(r"http://\S+", (await process.stderr.readline()).decode())
                url = EMPTY if found is None else found[0]
            reader = asyncio.create_task(process.stderr.read())
            async with Modem(await open_port(path)) as modem:
                await modem.bring_up()
                yield modem, url
        finally:
            process.terminate()
            await process.wait()
            await reader


class Bench:
    """Downloads of one file, and a browser."""

    def __init__(self, browser: Browser, url: str, sha256: str, directory: Path) -> None:
        self.browser, self.url, self.sha256, self.directory = browser, url, sha256, directory

    async def download(self, line: Line, side: str) -> Cost:
        """One, as `bench.line.download`, by a twin of its own."""
        target = self.directory / "file"
        async with (
            line.module(side) as (modem, address),
            tab(self.browser, address if side == "a tab" else EMPTY),
        ):
            wall, own = time.perf_counter(), time.process_time()
            await modem.download(
                self.url, target, sha256=self.sha256, chunk=CHUNK, strategy="range"
            )
            cost = Cost(time.perf_counter() - wall, time.process_time() - own)
        target.unlink()
        return cost

    async def turns(self, line: Line) -> dict[str, list[Cost]]:
        """Every side `RUNS` times."""
        costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
        for number in range(RUNS):
            first = number % len(SIDES)
            for side in SIDES[first:] + SIDES[:first]:
                costs[side].append(await self.download(line, side))
        return costs


async def flood(memory: Memory, browser: Browser) -> tuple[float, int, int, str]:
    """The longest frame in ms, elements, tasks that are left, and what the page says."""
    trace = memory.subject.recent.trace
    async with memory.module("a tab"):
        tasks = len(asyncio.all_tasks())
        async with tab(browser, memory.url) as page:
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


def table_of(title: str, costs: dict[str, list[Cost]], limit: str) -> tuple[Table, float]:
    """What was measured, and what a tab costs of the time without."""
    table = new_table(f"{SIZE:,} bytes in 39 parts, unpaced, {title}, median of {RUNS}")
    for heading in ("", "seconds", "of unwatched", "CPU of the host", "of unwatched"):
        table.add_column(heading, justify="right" if heading else "left")
    ratio = 1.0
    for side, runs in costs.items():
        pairs = list(zip(costs["unwatched"], runs, strict=True))
        ratio = statistics.median(run.wall / first.wall for first, run in pairs)
        own = statistics.median(run.own / first.own for first, run in pairs)
        wall = statistics.median(run.wall for run in runs)
        cpu = statistics.median(run.own for run in runs)
        table.add_row(side, f"{wall:.3f}", f"{ratio:.3f}", f"{cpu:.3f}", f"{own:.3f}")
    table.caption = f"a tab costs {ratio - 1:+.1%} of the time{limit}"
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
        memory = Memory(subject, url)
        with nginx({"file.bin": data}) as base, tempfile.TemporaryDirectory() as name:
            bench = Bench(browser, f"{base}/file.bin", sha256, Path(name))
            table, cost = table_of(
                Served.title, await bench.turns(Served()), f", at most {MOST:.0%}"
            )
            console.print(table)
            table, _ = table_of(Memory.title, await bench.turns(memory), "")
            console.print(table)
        longest, elements, left, says = await flood(memory, browser)
        console.print(
            f"{EVENTS:,} events a second for {SECONDS} s: the page stood still for {longest:.0f} "
            f"ms at most (of {LONGEST}), has {elements:,} elements and says “{says}”;\n"
            f"tasks left when its tab is closed: {left}"
        )
        await browser.close()
    return int(cost > MOST or longest > LONGEST or left > 0 or not says)


if __name__ == "__main__":
    sys.exit(asyncio.run(measured()))
