"""One device of a campaign from its arrival to its end: a pure function."""

from __future__ import annotations

import asyncio
import gc
import logging
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.clock import VirtualLoop
from atwin.disk.scratch import scratch_folder
from atwin.fleet.device.guard import (
    Defects,
    OverError,
    RunawayError,
    cpu_limit,
    end_after,
    shortened,
    told,
    waiting,
)
from atwin.fleet.device.life import Life
from atwin.session.tracing import Recorders, traced

if TYPE_CHECKING:
    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row

log = logging.getLogger("atwin.fleet")

#: CPU seconds that no device needs: some for each, and for each MiB of each attempt.
_CPU, _CPU_PER_MIB = 120.0, 60.0


def simulate(
    campaign: Campaign, number: int, *, trace: str | None = None, pcap: str | None = None
) -> Row:
    """What becomes of device `number` of `campaign`, on a virtual clock of its own.

    A real twin, the real host, a server in memory; attempts and the waits between them. The same
    campaign and number give the same row in every process, but for `cpu_seconds`. What breaks
    inside, and what does not end, is a row with the cause `crash` or `hang` and a traceback.

    `trace` and `pcap` are files for what `atwin get --trace --pcap` writes. Raises `OptionError`
    for one that cannot be, `IndexError` for a number that is not a device, and `KeyboardInterrupt`.
    """
    began, spec = time.thread_time(), campaign.device(number)
    with Recorders(trace, pcap, complain=log.warning) as recorders:
        life = Life(campaign, spec, Path())
        watched = recorders if (trace, pcap) != (None, None) else None
        try:
            with scratch_folder(campaign.download.size) as life.folder:
                _run(life, watched)
        except (Exception, OverError) as error:
            life.crashed(error, life.seconds)
        return life.row(time.thread_time() - began)


def _run(life: Life, recorders: Recorders | None) -> None:
    """Live it, and note whatever it dies of."""
    mib = life.campaign.download.size / (1 << 20) * life.campaign.retry.attempts
    defects, loop = Defects(), VirtualLoop()
    loop.set_exception_handler(defects.of_loop)
    over: tuple[str, str, str] | None = None
    with defects.heard(), cpu_limit(_CPU + mib * _CPU_PER_MIB):
        try:
            with asyncio.Runner(loop_factory=lambda: loop) as runner:
                try:
                    runner.run(_live(life, recorders))
                except OverError as error:
                    last = told(error) if isinstance(error, RunawayError) else ""
                    over = "hang", str(error), shortened(last + waiting(loop))
                except Exception as error:
                    over = "crash", f"{type(error).__name__}: {error}", told(error)
                # What a task died of is told when nobody can ask for it any more.
                gc.collect()
        except OverError:
            pass  # what it leaves does not end either: the loop is closed all the same
    if over is None and defects.found:
        all_told = "\n".join(defects.found)
        over = "crash", next(iter(defects.found)).rstrip().rpartition("\n")[2], shortened(all_told)
    if over is not None:
        life.broke(*over, loop.time())


async def _live(life: Life, recorders: Recorders | None) -> None:
    end_after(life.longest)
    command = f"atwin fleet {life.campaign.name} --device {life.spec.number}"
    with nullcontext() if recorders is None else traced(recorders, command) as trace:
        await life.live()
        if trace is not None:
            trace.notes("end", "ended" if life.ok else "failed", code=life.exit_code)
