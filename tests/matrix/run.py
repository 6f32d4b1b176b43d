"""One run of the matrix: an odd server, a twin, a host, all on the virtual clock."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import signal
import sys
import tempfile
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.clock import LoopClock, run_virtual
from atwin.host import HostError, Modem
from atwin.line.memory import memory_pair
from atwin.net.simulated import SimulatedNetwork
from atwin.twin import Twin
from support.odd_servers import NEVER_SAID, Case, Either, GivesUp, Right, Unvouched
from support.odd_servers.serve import on_simulated

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import FrameType

    from atwin.host import DownloadResult, Progress
    from support.odd_servers import Expectation, OddServer

HOST = "files.example"
#: Other names of the same server, for redirects.
OTHER_HOSTS = ("cdn.example", "portal.example")
#: Seconds of a processor for one run, beyond which it spins, and real ones: then it sleeps.
CPU_LONGEST, REAL_LONGEST = 4.0, 120.0
#: Rungs a failure of the server may climb: nobody resets a module for that.
GENTLE_RUNGS = {"new PDP"}

#: Where syncing to the disk costs nothing, if there is such a place.
_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None

_LATENCY, _BANDWIDTH = 0.02, 2_000_000


class HangError(KeyboardInterrupt):
    """Time is up: asyncio hands on nothing else from inside a callback."""


@dataclass(slots=True)
class End:
    """How one process of the host ended: 0 and a file, or an exit code and a sentence."""

    code: int = 0
    sentence: str = ""
    data: bytes | None = None
    result: DownloadResult | None = None
    notes: list[str] = field(default_factory=list)
    rungs: list[str] = field(default_factory=list)
    trouble: str = ""
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.trouble:
            return self.trouble
        if self.code:
            return f"exit {self.code}: {self.sentence}"
        return f"exit 0, {len(self.data or b'')} bytes"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a case; `verdict` is one of `VERDICTS`, `detail` says what was wrong."""

    behaviour: str
    case: Case
    expected: str
    verdict: str
    happened: str
    detail: str = ""

    @property
    def good(self) -> bool:
        return self.verdict in GOOD

    def __str__(self) -> str:
        why = f" ({self.detail})" if self.detail else ""
        text = (
            f"{self.behaviour}: {self.case}: {self.verdict}{why}: expected {self.expected},"
            f" happened: {self.happened}"
        )
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())


GOOD = ("right", "gives up")
VERDICTS = (
    *GOOD,
    "WRONG FILE",
    "no file",
    "wrong end",
    "wrong sentence",
    "wrong requests",
    "not resumable",
    "hang",
    "defect",
)


def run(behaviour: type[OddServer], case: Case) -> Outcome:
    """Everything of one case, in a folder of its own."""
    expected = ""
    try:
        with _bounded(), tempfile.TemporaryDirectory(dir=_MEMORY) as folder:
            server = behaviour(case)
            expectation = server.expect(case)
            expected = str(expectation)
            last, again = run_virtual(_case(server, case, expectation, Path(folder) / "f.bin"))
        verdict, detail = _judge(server, case, expectation, last, again)
        return Outcome(behaviour.name(), case, expected, verdict, str(last), detail)
    except (HangError, TimeoutError):
        where = traceback.extract_tb(sys.exc_info()[2])[-2:]
        spot = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(where))
        return Outcome(behaviour.name(), case, expected, "hang", f"spins at {spot}")


async def _case(
    server: OddServer, case: Case, expectation: Expectation, target: Path
) -> tuple[End, End | None]:
    """The end that counts, and that of a later run at a server that is well, after a failure."""
    if case.start != "fresh":
        server.odd = case.start == "killed"
        first = await _process(server, case, target, kill=True)
        if first.trouble or (case.start == "killed" and not first.code):
            return first, None
        # A file of one part came whole: what follows is a fresh one.
        _forget(target)
        server.odd = True
    last = await _process(server, case, target)
    failed_well = isinstance(expectation, GivesUp | Either) and server.settles
    if not last.code or last.trouble or not failed_well:
        return last, None
    server.odd = False
    return last, await _process(server, case, target)


async def _process(server: OddServer, case: Case, target: Path, *, kill: bool = False) -> End:
    """One process of the host with a module of its own; `kill` ends it in the middle."""
    clock, end = LoopClock(), End()
    network = SimulatedNetwork(clock, latency=_LATENCY, bandwidth=_BANDWIDTH)
    network.add_host("refusing.example")
    for host in (HOST, *OTHER_HOSTS):
        network.serve(host, 80, on_simulated(server, clock))
    near, far = memory_pair()
    began = clock.now()
    async with Twin(case.model, far, network=network), Modem(near) as modem:
        await modem.bring_up()
        task = asyncio.ensure_future(_download(modem, server, case, target, end, kill))
        done, _ = await asyncio.wait([task], timeout=server.longest)
        if not done:
            end.trouble = f"nothing after {server.longest:g} s"
            task.cancel()
            await asyncio.wait([task], timeout=60)
    end.seconds = clock.now() - began
    return end


async def _download(
    modem: Modem, server: OddServer, case: Case, target: Path, end: End, kill: bool
) -> None:
    task = asyncio.current_task()
    assert task is not None

    def progress(event: Progress) -> None:
        if event.note and not event.rung:
            end.notes.append(event.note)
        if event.rung:
            end.rungs.append(event.rung)
        if kill and server.size * 0.3 < event.kept < server.size:
            task.cancel()

    try:
        end.result = await modem.download(
            f"http://{HOST}{server.path}",
            target,
            sha256=hashlib.sha256(server.truths()[0]).hexdigest() if case.sha256 else None,
            chunk=case.chunk if case.small else None,
            # A stream of an ordinary server is not on disk in the middle of a small file.
            strategy=case.strategy if server.odd else "range",
            timeout=server.timeout,
            give_up=server.give_up,
            progress=progress,
        )
        end.data = _bytes_of(target)
    except HostError as error:
        end.code, end.sentence = error.exit_code, str(error)
    except asyncio.CancelledError:
        end.code, end.sentence = 130, "killed"
    except Exception:
        end.trouble = "defect: " + " < ".join(reversed(traceback.format_exc().splitlines()))


def _forget(target: Path) -> None:
    target.unlink(missing_ok=True)


def _bytes_of(target: Path) -> bytes:
    return target.read_bytes()


def _judge(
    server: OddServer, case: Case, expectation: Expectation, last: End, again: End | None
) -> tuple[str, str]:
    """The verdict, and what was wrong."""
    if last.trouble:
        return ("defect" if last.trouble.startswith("defect") else "hang"), ""
    verdict, detail = _judge_end(server, case, expectation, last)
    if verdict not in GOOD:
        return verdict, detail
    if strong := [rung for rung in last.rungs if rung not in GENTLE_RUNGS]:
        return "wrong requests", f"the module was brought back for the server's fault: {strong}"
    if server.count > server.most_requests:
        return "wrong requests", f"{server.count} requests"
    if wrong := server.check():
        return "wrong requests", wrong
    if again is not None:
        if again.data is None or again.data not in server.truths():
            return "not resumable", f"a later run at a server that is well: {again}"
        keeps = isinstance(expectation, GivesUp) and expectation.keeps and case.start == "resumed"
        if keeps and again.result is not None and not again.result.resumed_from:
            return "not resumable", "the good bytes were thrown away"
    return verdict, ""


def _judge_end(
    server: OddServer, case: Case, expectation: Expectation, last: End
) -> tuple[str, str]:
    if not last.code:
        return _judge_file(server, expectation, last)
    untrue = () if server.changing else (r"kept changing",)
    in_vain = () if case.streams else (r"(use|with|try) (--)?strategy stream",)
    for pattern in (*NEVER_SAID, *untrue, *in_vain):
        if re.search(pattern, last.sentence):
            return "wrong sentence", f"says /{pattern}/"
    if last.code not in (1, 3, 4, 5):
        return "wrong end", f"exit {last.code} is no answer to a server"
    match expectation:
        case GivesUp() as failure:
            blame = failure.blame(last.code, last.sentence)
        case Either(failure):
            blame = failure.blame(last.code, last.sentence)
        case Unvouched() if last.code in (1, 5):
            blame = None  # noticed after all: an overlap, a total, or the hash told
        case _:
            return "no file", ""
    if blame is None:
        return "gives up", ""
    return ("wrong end" if blame.startswith("exit") else "wrong sentence"), blame


def _judge_file(server: OddServer, expectation: Expectation, last: End) -> tuple[str, str]:
    told = "\n".join(last.notes)
    if last.data not in server.truths():
        if isinstance(expectation, Unvouched) and re.search(expectation.warned, told, re.I):
            return "right", ""
        return "WRONG FILE", f"notes: {told!r}"
    if last.result is not None and last.result.bytes != len(last.data or b""):
        return "WRONG FILE", f"told {last.result.bytes} bytes"
    if isinstance(expectation, GivesUp):
        return "wrong end", "it cannot be had, and was"
    if isinstance(expectation, Right) and not re.search(expectation.noted, told, re.I):
        return "wrong sentence", f"no note says /{expectation.noted}/: {told!r}"
    return "right", ""


@contextmanager
def _bounded() -> Iterator[None]:
    """No more than `CPU_LONGEST` and `REAL_LONGEST` seconds; and no word on the log.

    The signals come again and again: closing the loop may spin as well.
    """

    def give_up(number: int, frame: FrameType | None) -> None:
        raise HangError

    logs = [logging.getLogger(name) for name in ("atwin", "asyncio")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    clocks = (
        (signal.ITIMER_PROF, signal.SIGPROF, CPU_LONGEST),
        (signal.ITIMER_REAL, signal.SIGALRM, REAL_LONGEST),
    )
    before = [signal.signal(number, give_up) for _, number, _ in clocks]
    for timer, _, seconds in clocks:
        signal.setitimer(timer, seconds, 2)
    try:
        yield
    finally:
        for (timer, number, _), handler in zip(clocks, before, strict=True):
            signal.setitimer(timer, 0)
            signal.signal(number, handler)
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
