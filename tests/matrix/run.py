"""One run of the matrix: an odd server, a twin, a host, all on the virtual clock."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import sys
import tempfile
import traceback
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.host.tls import TlsSettings
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from matrix.judge import NAME, End, Outcome, judge
from prove.frame import MEMORY, HangError, bounded, tasks_left
from support.odd_servers import Either, GivesUp
from support.odd_servers.serve import on_secure, on_simulated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from atwin.host.download.reports import DownloadResult, Progress
    from support.odd_servers import Case, OddServer

HOST = "files.example"
#: Other names of the same server, for redirects.
OTHER_HOSTS = ("cdn.example", "portal.example")
#: Seconds of a processor for one run, beyond which it spins, and real ones: then it sleeps.
CPU_LONGEST, REAL_LONGEST = 4.0, 120.0

#: The exit code of a process that was killed in the middle.
KILLED = 130

_LATENCY, _BANDWIDTH = 0.02, 2_000_000


def run(behaviour: type[OddServer], case: Case) -> Outcome:
    """Everything of one case, in a folder of its own."""
    server = behaviour(case)
    expectation = server.expect(case)
    expected = str(expectation)
    try:
        last, again = ends(server)
        verdict, detail = judge(server, case, expectation, last, again)
        return Outcome(behaviour.name(), case, expected, verdict, str(last), detail, last.goes_on)
    except (HangError, TimeoutError):
        where = traceback.extract_tb(sys.exc_info()[2])[-2:]
        spot = " < ".join(f"{Path(f.filename).name}:{f.lineno}" for f in reversed(where))
        return Outcome(behaviour.name(), case, expected, "hang", f"spins at {spot}")


def ends(
    server: OddServer, *, secure: bool = False, headers: Mapping[str, str] | None = None
) -> tuple[End, End | None]:
    """How the processes of the host ended: the one that counts, and a later one after a failure.

    With `secure` all is asked for by HTTPS; `headers` go along. Raises `HangError` and
    `TimeoutError`.
    """
    with _bounded(), tempfile.TemporaryDirectory(dir=MEMORY) as folder:
        asked = partial(_process, server, Path(folder) / NAME, secure, headers or {})
        return run_virtual(_case(server, Path(folder) / NAME, asked))


async def _case(
    server: OddServer, target: Path, process: Callable[..., Awaitable[End]]
) -> tuple[End, End | None]:
    """The end that counts, and that of a later run at a server that is well, after a failure."""
    case, killed = server.case, False
    if case.start != "fresh":
        server.odd = case.start == "killed"
        first = await process(kill=True)
        if first.trouble or (case.start == "killed" and not first.code):
            return first, None
        killed = first.code == KILLED
        # A file of one part came whole: what follows is a fresh one.
        _forget(target)
        server.odd = True
    last = await process()
    last.goes_on = killed
    failed_well = isinstance(server.expect(case), GivesUp | Either) and server.settles
    if not last.code or last.trouble or not failed_well:
        return last, None
    server.odd = False
    return last, await process()


async def _process(
    server: OddServer,
    target: Path,
    secure: bool,
    headers: Mapping[str, str],
    *,
    kill: bool = False,
) -> End:
    """One process of the host with a module of its own; `kill` ends it in the middle."""
    clock, end = LoopClock(), End()
    network = SimulatedNetwork(clock, latency=_LATENCY, bandwidth=_BANDWIDTH)
    network.add_host("refusing.example")
    for host in (HOST, *OTHER_HOSTS):
        network.serve(host, 80, on_simulated(server, clock))
        network.serve(host, 443, on_secure(server, clock))
    near, far = memory_pair()
    began = clock.now()
    twin = Twin(server.case.model, far, network=network)
    tls = TlsSettings() if secure else None
    async with twin, Modem(near, tls=tls) as modem:
        await modem.bring_up()
        url = f"{'https' if secure else 'http'}://{HOST}{server.path}"
        download = partial(modem.download, url, target, headers=headers)
        task = asyncio.ensure_future(_download(download, server, target, end, kill))
        done, _ = await asyncio.wait([task], timeout=server.longest)
        if not done:
            end.trouble = f"nothing after {server.longest:g} s"
            task.cancel()
            await asyncio.wait([task], timeout=60)
    if left := tasks_left():
        end.trouble = end.trouble or f"defect: tasks that nobody has ended: {left}"
    end.seconds = clock.now() - began
    end.left = _names(target.parent)
    return end


async def _download(
    download: Callable[..., Awaitable[DownloadResult]],
    server: OddServer,
    target: Path,
    end: End,
    kill: bool,
) -> None:
    task, case = asyncio.current_task(), server.case
    assert task is not None

    def progress(event: Progress) -> None:
        if event.note and not event.rung:
            end.notes.append(event.note)
        if event.rung:
            end.rungs.append(event.rung)
        if kill and server.size * 0.3 < event.kept < server.size:
            task.cancel()

    try:
        end.result = await download(
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
        end.code, end.sentence = KILLED, "killed"
    except Exception:
        end.trouble = "defect: " + " < ".join(reversed(traceback.format_exc().splitlines()))


def _forget(target: Path) -> None:
    target.unlink(missing_ok=True)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _bytes_of(target: Path) -> bytes:
    return target.read_bytes()


@contextmanager
def _bounded() -> Iterator[None]:
    """No more than `CPU_LONGEST` and `REAL_LONGEST` seconds; and no word on the log."""
    logs = [logging.getLogger(name) for name in ("atwin", "asyncio")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        with bounded(CPU_LONGEST, REAL_LONGEST):
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
