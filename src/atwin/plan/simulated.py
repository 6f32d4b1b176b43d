"""A job played on the virtual clock, by a real twin and the real host."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from atwin.clock import run_virtual
from atwin.disk.scratch import scratch_folder
from atwin.host.errors import HostError, UsageError
from atwin.plan.dialogue import BITS
from atwin.plan.paper import Forecast, Times, on_paper
from atwin.plan.world import world

if TYPE_CHECKING:
    from atwin.host.channel.channel import LogEntry
    from atwin.host.download.reports import Progress
    from atwin.plan.exchanges import Way
    from atwin.plan.job import Job
    from atwin.plan.world import World
    from atwin.twin.faults.plan import FaultPlan

#: What begins an action, and what the host may say while one is under way.
_ACTIONS = ("AT+HTTPACTION=", "AT+HTTPEXACTION=")
_WITHIN = "AT+HTTPEXGET"
_ENDS = ("+HTTPACTION:", "+HTTPEXACTION:")


@dataclass(frozen=True, slots=True)
class Played:
    """The result of a job. `forecast` has the figures, of a failure those until then.

    `error` is one line, empty when all went well, and `exit_code` that of `atwin get`. `retries`
    and `rungs` say what the host had to do, `fired` which kinds of faults happened.
    """

    seed: int
    forecast: Forecast
    exit_code: int = 0
    error: str = ""
    retries: int = 0
    rungs: tuple[str, ...] = ()
    fired: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the file is there."""
        return not self.exit_code

    @property
    def seconds(self) -> float:
        """From the host's first command to the end."""
        return self.forecast.times.seconds


def play(job: Job, seed: int = 0, faults: FaultPlan | None = None) -> Played:
    """Download `job` once, from the host's first command on a module that is on the network.

    The same at every run. Raises `UnknownModelError`, `OSError` where there is no folder for the
    file, and `UsageError` for a part or strategy that the module does not have.
    """
    return run_virtual(_play(job, seed, faults))


async def _play(job: Job, seed: int, faults: FaultPlan | None) -> Played:
    with scratch_folder(job.size) as folder:
        async with world(job, seed=seed, faults=faults) as its:
            waits, retries = _Waits(its), 0
            rungs: list[str] = []
            its.modem.channel.on_log(waits.hear)

            def hear(progress: Progress) -> None:
                nonlocal retries
                retries = progress.retries
                if progress.rung is not None:
                    rungs.append(progress.rung)

            paper, failure = on_paper(job), None
            way = paper.way
            try:
                await its.modem.recover()
                result = await its.download(folder / "file", progress=hear)
                way = cast("Way", result.strategy)
            except UsageError:
                raise
            except HostError as error:
                failure = error
            waits.end()
            times = waits.times()
            await its.settle()
            return Played(
                seed,
                _forecast(its, replace(paper, way=way, times=times)),
                0 if failure is None else failure.exit_code,
                "" if failure is None else str(failure),
                retries,
                (*(climbed.rung for climbed in its.modem.climbed), *rungs),
                _fired(its),
            )


def _forecast(its: World, foreseen: Forecast) -> Forecast:
    """`foreseen` with what was counted."""
    count = its.twin.traffic.whole.count
    return replace(
        foreseen,
        count=count,
        requests=its.server.requests,
        connections=count.operator.connections,
        held=its.server.connection_seconds,
        exchanges=(),
    )


def _fired(its: World) -> tuple[str, ...]:
    if not its.twin.has_faults:
        return ()
    return tuple(case.fault.KIND for case in its.twin.faults.cases if case.began is not None)


class _Waits:
    """Which part of the time the line carries bytes, and which the host waits for the network."""

    def __init__(self, its: World) -> None:
        self._its = its
        self._uart = its.twin.module.hardware.uart
        #: Seconds of actions in which the line was silent.
        self.network = 0.0
        self._began: tuple[float, float] | None = None

    def hear(self, entry: LogEntry) -> None:
        """A line of the dialogue."""
        if entry.direction == ">":
            if entry.text.startswith(_ACTIONS):
                self.end()
                self._began = self._now()
            elif not entry.text.startswith(_WITHIN):
                self.end()
        elif entry.text.startswith(_ENDS):
            self.end()

    def end(self) -> None:
        """The action that is under way is over, if there is one."""
        if self._began is not None:
            before, self._began = self._began, None
            now = self._now()
            self.network += max(0.0, now[0] - before[0] - (now[1] - before[1]))

    def _now(self) -> tuple[float, float]:
        """The time, and how much of it the line has carried bytes."""
        count = self._uart.sent_bytes + self._uart.received_bytes
        return self._its.clock.now(), count * BITS / self._its.job.baud if self._its.job.baud else 0

    def times(self) -> Times:
        """Where the time has gone so far."""
        job, server = self._its.job, self._its.server
        seconds, line = self._now()
        body = min(line, job.size * BITS / job.baud) if job.baud else 0.0
        tls = sum(visit.tls for visit in server.visits)
        each = job.route.rtt + job.latency
        asking = len(server.visits) * job.route.rtt * (1 + job.dns) + server.requests * each
        requests = min(asking, max(0.0, self.network - tls))
        return Times(
            talk=line - body,
            body=body,
            requests=requests,
            tls=tls,
            transfer=max(0.0, self.network - tls - requests),
            module=max(0.0, seconds - line - self.network),
        )
