"""What a panel costs: a file on an unpaced line, unwatched, fed, and with a tab open.

"Unwatched": no trace. "Fed": as with `--panel` while no browser is there. "A tab": headless
Chromium shows the panel, and draws it; the other two have a tab with an empty page. The three take
turns. First on a PTY, as users have it: the module is `atwin twin` in a process of its own. Then in
memory, both ends in this one process, where every microsecond of the watching counts.

What the panel is to blame for is CPU of host and module, and that has a goal. The browser is a
neighbour: it draws with a processor of its own if there is one, which an unpaced download on a PTY,
with host, module and server, has use for; so real time with a tab has none. A paced line leaves it.

Then 10,000 events a second for ten seconds, to see how long the page stands still, and what is left
when its tab is closed.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

from bench.download import MODEL
from bench.figures import Figure
from bench.file import CHUNK, PARTS, SIZE, served
from playwright.async_api import async_playwright

from atwin.clock import LoopClock
from atwin.control.subject import Subject
from atwin.control.web.panel import bound, panel
from atwin.host.modem import Modem
from atwin.line.opener import open_port
from atwin.line.ports.memory import memory_pair
from atwin.session.tracing import tracing
from atwin.session.twins import made_twin
from atwin.session.url import parse_twin_url
from atwin.trace import NO_TRACE, Trace
from atwin.trace.recent import Recent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from contextlib import AbstractAsyncContextManager

    from bench.figures import Scale
    from bench.file import Served
    from playwright.async_api import Browser, Page

#: CPU of host and module, of that without a panel: with one that nobody opens, and with a tab. The
#: download lasts less than a second, and ten batches of records a second go to a tab.
MOST = {"fed": 1.1, "a tab": 1.4}
RUNS = 7
SIDES = ("unwatched", "fed", "a tab")
WHERE = {"pty": "on a PTY, by `atwin twin`", "memory": "both ends in one process"}
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
    """Seconds of a download: on the wall, and of the processor, of host and module."""

    wall: float
    work: float


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

    def module(self, side: str) -> AbstractAsyncContextManager[tuple[Modem, str, list[int]]]:
        """A host with a twin, as `side` says; the panel's address, and the module's processes."""


class Memory:
    """Both ends in this process; one panel for all twins that come and go."""

    def __init__(self, subject: Subject, url: str) -> None:
        self.subject, self.url = subject, url

    @asynccontextmanager
    async def module(self, side: str) -> AsyncIterator[tuple[Modem, str, list[int]]]:
        near, far = memory_pair()
        with tracing(NO_TRACE if side == "unwatched" else self.subject.recent.trace):
            twin = made_twin(parse_twin_url(MODEL), far)
        async with twin, Modem(near) as modem:
            await modem.bring_up()
            self.subject.twin = None if side == "unwatched" else twin
            yield modem, self.url, []
            self.subject.twin = None


class OnPty:
    """A module of `atwin twin` on a PTY."""

    @asynccontextmanager
    async def module(self, side: str) -> AsyncIterator[tuple[Modem, str, list[int]]]:
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
                yield modem, url, [process.pid]
        finally:
            process.terminate()
            await process.wait()
            await reader


class Bench:
    """Downloads of one file, and a browser."""

    def __init__(self, browser: Browser, file: Served, directory: Path) -> None:
        self.browser, self.file, self.target = browser, file, directory / "file"

    async def download(self, line: Line, side: str) -> Cost:
        """One, as `bench.download.download`, by a twin of its own."""
        async with (
            line.module(side) as (modem, address, processes),
            tab(self.browser, address if side == "a tab" else EMPTY),
        ):
            wall, work = time.perf_counter(), _work(processes)
            await modem.download(
                self.file.url, self.target, sha256=self.file.sha256, chunk=CHUNK, strategy="range"
            )
            cost = Cost(time.perf_counter() - wall, _work(processes) - work)
        self.target.unlink()
        return cost

    async def turns(self, line: Line, runs: int) -> dict[str, list[Cost]]:
        """Every side `runs` times."""
        costs: dict[str, list[Cost]] = {side: [] for side in SIDES}
        for number in range(runs):
            first = number % len(SIDES)
            for side in SIDES[first:] + SIDES[:first]:
                costs[side].append(await self.download(line, side))
        return costs


def _work(processes: list[int]) -> float:
    """CPU seconds of this process and of some others that are still there."""
    words = [Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split() for one in processes]
    others = sum(int(each[11]) + int(each[12]) for each in words)
    return time.process_time() + others / os.sysconf("SC_CLK_TCK")


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


def compared(where: str, costs: dict[str, list[Cost]], goals: dict[str, float]) -> Iterator[Figure]:
    """What it costs of an unwatched download."""
    for side, what in (("fed", "a panel that nobody opens"), ("a tab", "a tab that draws it")):
        yield Figure.of_runs(
            f"panel.{where}.{side.split()[-1]}",
            f"{SIZE:,} bytes in {PARTS} parts, {WHERE[where]}, with {what}",
            "s of CPU of host and module",
            [run.work for run in costs[side]],
            "without a panel",
            [run.work for run in costs["unwatched"]],
            limit="records for the panel; the state, and events some times a second for a tab",
            goal=goals.get(side),
            better="less",
            of="ratio",
        )
    yield Figure.of_runs(
        f"panel.{where}.time",
        f"the same, {WHERE[where]}, with a tab, in real time",
        "s",
        [run.wall for run in costs["a tab"]],
        "without a panel",
        [run.wall for run in costs["unwatched"]],
        limit=f"the browser takes one of {os.cpu_count()} processors from host, module and server",
        better="less",
        of="ratio",
    )


def figures(scale: Scale) -> Iterator[Figure]:
    yield from asyncio.run(measured(scale.runs(RUNS)))


async def measured(runs: int) -> list[Figure]:
    """All of it."""
    subject = Subject("air724ug", "memory", Recent(Trace(LoopClock())))
    found: list[Figure] = []
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
        with served() as file, tempfile.TemporaryDirectory() as name:
            bench = Bench(browser, file, Path(name))
            found += compared("pty", await bench.turns(OnPty(), runs), MOST)
            found += compared("memory", await bench.turns(memory, runs), {})
        longest, elements, left, says = await flood(memory, browser)
        await browser.close()
    assert says, "the page does not say that it leaves events out"
    flooded = f"{EVENTS:,} events a second for {SECONDS} s"
    found += (
        Figure.of_runs(
            "panel.frame", f"the longest time a page stands still in {flooded}", "ms", [longest],
            limit=f"{elements:,} elements are drawn", goal=LONGEST, better="less",
        ),
        Figure.of_runs(
            "panel.left", "tasks left when its tab is closed after that", "", [left],
            goal=0, better="less",
        ),
    )  # fmt: skip
    return found
