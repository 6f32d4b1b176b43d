"""The life of one device on its clock: attempts, waits between them, and what they came to."""

from __future__ import annotations

import asyncio
import hashlib
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.fleet.device.causes import cause_of
from atwin.fleet.device.front import CountedRequests, Front
from atwin.fleet.device.guard import told
from atwin.fleet.device.load import Load, LoadedStream
from atwin.fleet.device.outages import Outages
from atwin.fleet.device.row import LONGEST_TEXT, Attempt, Row
from atwin.host.errors import HostError, TargetError
from atwin.host.line import LineWishes
from atwin.line.port import PortError
from atwin.net.meter.bill import Bill
from atwin.plan.job import Job, Route
from atwin.plan.world import digest_of, site
from atwin.session.tracing import current_trace
from atwin.session.url import FLOWS
from atwin.text import shown

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.campaign.population import DeviceSpec
    from atwin.host.download.reports import DownloadResult
    from atwin.plan.job import RealServer
    from atwin.plan.world import Site, World
    from atwin.twin.twin import Twin

#: Failures that the next attempt cannot end otherwise.
_FOR_GOOD = ("usage", "wrong")
#: Seconds in which the last packets of closed connections are waited for.
_GOODBYE = 5.0
#: Seconds after an outage in which a host may still fail because of it.
_AFTER_OUTAGE = 60.0
#: Bytes per second of the slowest fault, and seconds that any life may last longer than thought.
_DRIP, _MARGIN = 50.0, 86_400.0
#: How `atwin get` ends when the module failed.
MODULE_FAILED = HostError.exit_code


def job_of(campaign: Campaign, spec: DeviceSpec, real: RealServer | None = None) -> Job:
    """The download of a device, as `atwin plan` has them."""
    asked, link = campaign.download, spec.link
    return Job(
        asked.size,
        spec.model.profile(),
        spec.model.baud,
        *campaign.way_of(spec.model),
        tls=asked.tls,
        hash=asked.hash,
        etag=asked.etag,
        route=Route(link.rtt, link.down, link.up, link.loss),
        latency=campaign.server.latency if real is None else 0.0,
        real=real,
    )


@dataclass(slots=True)
class Life:
    """What has become of a device so far: `row` can be asked for at any time."""

    campaign: Campaign
    spec: DeviceSpec
    #: Where its files are.
    folder: Path
    #: The server that it asks in real time; None for that of the campaign.
    real: RealServer | None = None
    load: Load = field(default_factory=lambda: Load(lambda: 0.0))
    twin: Twin | None = None
    outages: Outages | None = None
    attempts: list[Attempt] = field(default_factory=list)
    seconds: float = 0.0
    ok: bool = False
    exit_code: int = MODULE_FAILED
    cause: str = ""
    error: str = ""
    traceback: str = ""
    rungs: list[str] = field(default_factory=list)
    helped: list[str] = field(default_factory=list)
    #: When it arrived, on the loop's clock.
    _came: float = 0.0

    @property
    def job(self) -> Job:
        """Its download."""
        return job_of(self.campaign, self.spec, self.real)

    @property
    def longest(self) -> float:
        """Seconds that no life lasts: there is a way out of everything before."""
        job, retry = self.job, self.campaign.retry
        waits = sum(retry.wait(number) for number in range(2, retry.attempts + 1))
        slowest = min(rate for rate in ((job.baud or 9600) / 10, job.route.down, _DRIP) if rate)
        return waits + retry.attempts * 4 * (retry.give_up + job.size / slowest) + _MARGIN

    # --- living ---------------------------------------------------------------------------------

    async def live(self) -> None:
        """All of it. Raises only what is a defect."""
        clock, link, server = LoopClock(), self.spec.link, self.campaign.server
        self._came = clock.now()
        load = self.load = Load(lambda: clock.now() - self._came)
        async with site(
            self.job,
            seed=self.spec.seed,
            faults=self.spec.fault_plan(),
            trace=current_trace(),
            seen=lambda stream, visit: LoadedStream(stream, load),
            served=lambda stream: (
                Front(stream, clock, load.requested, rate=server.rate, keep_alive=server.keep_alive)
                if self.real is None
                else CountedRequests(stream, load.requested, tls=self.job.tls)
            ),
        ) as place:
            self.twin = place.twin
            self.outages = Outages(
                clock,
                place.network,
                place.twin,
                per_hour=link.outages,
                mean=link.outage,
                seed=self.spec.seed,
            )
            weather = asyncio.get_running_loop().create_task(self.outages.run())
            try:
                await self._try_all(place)
            finally:
                weather.cancel()
            with suppress(TimeoutError):
                async with asyncio.timeout(_GOODBYE):
                    await place.twin.traffic.wait_settled()

    async def _try_all(self, place: Site) -> None:
        retry = self.campaign.retry
        for number in range(1, retry.attempts + 1):
            if number > 1:
                await place.clock.sleep(retry.wait(number))
                self._keep_load()
            began = place.clock.now() - self._came
            await self._try(place, restart=retry.restart and number > 1)
            self.seconds = place.clock.now() - self._came
            self.attempts.append(Attempt(began, self.seconds - began, self.ok, self.cause, ()))
            if self.ok or self.cause in _FOR_GOOD:
                return

    async def _try(self, place: Site, *, restart: bool) -> None:
        """One attempt, as `atwin get` makes it; `restart` has the module restarted before.

        What that did for the module has helped if the file comes, and not before.
        """
        first = last = len(self.helped)
        wishes, give_up = LineWishes(flow=FLOWS[self.spec.model.flow]), self.campaign.retry.give_up
        try:
            async with place.host(wishes) as world:
                try:
                    await world.modem.recover(give_up=give_up, restart=restart)
                    self._note_rungs(world)
                    last = len(self.helped)
                    result = await world.download(self.folder / "file", give_up=give_up)
                finally:
                    self._note_rungs(world)
        except TargetError:
            raise  # no device's fault: there is no room on the disk of this computer
        except (HostError, PortError) as error:
            self.exit_code = error.exit_code if isinstance(error, HostError) else MODULE_FAILED
            outage = self.outages is not None and self.outages.within(_AFTER_OUTAGE)
            self.cause = cause_of(error, outage=outage)
            self.error = self._line(str(error))
        else:
            self.exit_code, self.cause, self.error = 0, "", ""
            self._look_at(result)
        if restart and not self.ok:
            del self.helped[first:last]

    def _look_at(self, result: DownloadResult) -> None:
        """Whether the file that came is the right one: nobody else's word is taken for it."""
        with result.file.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        self.ok = digest == digest_of(self.job)
        if not self.ok:
            self.cause, self.error = "wrong", f"its SHA-256 is {digest}"

    def _note_rungs(self, world: World) -> None:
        """Those of the call that is over; they are taken out."""
        climbed, world.modem.climbed = world.modem.climbed, []
        self.rungs += [one.rung for one in climbed]
        self.helped += [one.rung for one in climbed if one.helped]

    def _keep_load(self) -> None:
        """What the server has felt since the last attempt began belongs to that."""
        if self.attempts:
            self.attempts[-1] = replace(self.attempts[-1], load=self.load.take())

    # --- the end --------------------------------------------------------------------------------

    def broke(self, cause: str, error: str, traceback: str, now: float) -> None:
        """It ended as no life should, `now` seconds after it began."""
        since = self.attempts[-1].began + self.attempts[-1].seconds if self.attempts else 0.0
        if now > since:  # nothing is known of this attempt but that
            self.attempts.append(Attempt(since, now - since, False, cause, ()))
            self.seconds = now
        self.ok, self.exit_code, self.cause = False, MODULE_FAILED, cause
        self.error, self.traceback = self._line(error), self._cleared(traceback)

    def crashed(self, error: BaseException, now: float) -> None:
        """It ended by a defect of this program."""
        self.broke("crash", f"{type(error).__name__}: {error}", told(error), now)

    def row(self, cpu_seconds: float) -> Row:
        """What it came to; `cpu_seconds` is what that took."""
        self._keep_load()
        spec, plan, load = self.spec, self.spec.fault_plan(), self.load
        planned = "" if plan is None else "; ".join(map(str, plan.faults))
        # A firmware that restarts begins another account: `whole` has them all.
        bill = Bill() if self.twin is None else self.twin.traffic.whole.count.operator
        return Row(
            device=spec.number,
            seed=spec.seed,
            stratum=str(spec.stratum),
            model=spec.model.name,
            link=spec.link.name,
            faults=shown(planned, limit=LONGEST_TEXT),
            ok=self.ok,
            wrong=self.cause == "wrong",
            exit_code=self.exit_code,
            cause=self.cause,
            error=self.error,
            seconds=self.seconds,
            attempts=tuple(self.attempts),
            billed=bill.total,
            payload=bill.kind("payload"),
            requests=load.requests,
            connections=load.connections,
            connection_seconds=load.connection_seconds,
            rungs=tuple(self.rungs),
            helped=tuple(self.helped),
            fired=self._fired(),
            traceback=self.traceback,
            cpu_seconds=cpu_seconds,
        )

    def _fired(self) -> tuple[str, ...]:
        """The kinds of faults of its plan that began, in order."""
        if self.twin is None or not self.twin.has_faults:
            return ()
        ours = [] if self.outages is None else self.outages.made
        began = (event.fault for event in self.twin.faults.history if event.what == "begins")
        return tuple(fault.KIND for fault in began if not any(fault is one for one in ours))

    def _line(self, text: str) -> str:
        return shown(self._cleared(text), limit=LONGEST_TEXT)

    def _cleared(self, text: str) -> str:
        """Without the name of a folder that is another at each run."""
        return text.replace(f"{self.folder}/", "")
