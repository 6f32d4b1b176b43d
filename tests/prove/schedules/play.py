"""Plays a schedule: the hosts that come one after the other, and what must hold at the end."""

from __future__ import annotations

import asyncio
import hashlib
import traceback
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from atwin.clock import run_virtual
from atwin.host.errors import HostError, RequestFailedError
from atwin.host.recovery.ladder import wants_a_person
from atwin.host.recovery.recovery import is_modules_own
from atwin.host.recovery.rungs import ANSWERING, SILENT
from atwin.models import load_profile
from atwin.twin.faults.plan import FaultPlan
from prove.frame import tasks_left
from prove.schedules.world import HOST, POSTED, MostOnClosed, Server, path_of, site

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.host.download.reports import DownloadResult, Progress
    from atwin.host.modem import Modem
    from prove.schedules.schedule import Schedule
    from prove.schedules.world import Site

#: Virtual seconds for one host: beyond is a hang. The slowest drip needs three hours for the
#: largest file, and a stream bears that.
LONGEST = 6 * 3600.0
#: Actions in a row on a closed bearer: the second may be under way when the URC of its loss comes.
MOST_ON_CLOSED = 2
#: Seconds in which a body that comes all at once must have come: on the slowest link the window of
#: the largest model brings a megabyte in 200.
ALL_AT_ONCE = 300
EXIT_CODES = (1, 2, 3, 4, 5)


@dataclass
class Outcome:
    """How a schedule ended: `done`, `exit N`, and what is wrong."""

    ended: str = "done"
    wrong: str = ""
    detail: str = ""
    #: Of the line, virtual.
    seconds: float = 0.0
    fired: list[str] = field(default_factory=list)
    helped: list[str] = field(default_factory=list)
    retries: int = 0
    bytes: int = 0
    killed: bool = False


class Player:
    """All of one schedule, in a folder of its own."""

    def __init__(self, schedule: Schedule, folder: Path, *, told: bool = False) -> None:
        self.schedule = schedule
        self.folder = folder
        self.told = told
        self.server = Server(schedule)
        self.outcome = Outcome()
        self._on_closed = MostOnClosed()
        self._kept = 0  # bytes on disk when the first host was killed
        self._noises: list[str] = []

    def play(self) -> Outcome:
        """Hosts come until one succeeds, three at most; then all is looked at."""
        out = self.outcome
        try:
            out.wrong = run_virtual(self._hosts())
            if not out.wrong and self._on_closed.most > MOST_ON_CLOSED:
                out.wrong = f"{self._on_closed.most} ACTIONS IN A ROW ON A CLOSED BEARER"
            if not out.wrong and self._noises:
                out.wrong, out.detail = "A CALLBACK FAILED", self._noises[0]
        except TimeoutError:
            out.wrong, out.detail = "HANG", traceback.format_exc()
        except Exception:
            out.wrong, out.detail = "TRACEBACK", traceback.format_exc()
        return out

    async def _hosts(self) -> str:
        """What is wrong; "" for nothing."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: self._noises.append(repr(context)))
        try:
            return await self._each_host()
        finally:
            if left := tasks_left():
                self._noises.append(f"tasks that nobody has ended: {left}")

    async def _each_host(self) -> str:
        schedule, out = self.schedule, self.outcome
        killed, error = await self._first()
        if killed:
            self._say("killed: another host")
            error = await self._on_a_twin(schedule.plan)
        if error is None:
            return self._failed_well()
        out.ended, out.detail = f"exit {error.exit_code}", f"{type(error).__name__}: {error}"
        if wrong := self._failed_badly(error):
            return wrong
        if schedule.asked != "download":
            return ""
        self._say(f"{out.detail}: another host, without faults")
        again = await self._on_a_twin(FaultPlan(()), well=True)
        if again is not None:
            out.detail = f"{out.detail} | then {again}"
            return "NOT RESUMABLE"
        return "" if self._right() else "WRONG FILE AFTER RESUMING"

    async def _first(self) -> tuple[bool, HostError | None]:
        """The first host; whether it was killed, else how it failed. Perhaps the second with it."""
        schedule = self.schedule
        async with site(
            schedule, self.server, self.folder, plan=schedule.plan, starved=True, told=self.told
        ) as place:
            self._on_closed.listen(place.twin)
            try:
                if schedule.left:
                    await place.leave_as_a_person_does()
                if schedule.kill is None:
                    return False, await self._host(place)
                error = await self._killed(place)
                if not self.outcome.killed:
                    return False, error
                if not schedule.module_stays:
                    return True, None
                self._say("killed: another host at this module")
                return False, await self._host(place)
            finally:
                self._leave(place)

    async def _on_a_twin(self, plan: FaultPlan, *, well: bool = False) -> HostError | None:
        """A host at a module of its own; where all is to be `well` the server is quick as well."""
        self.server.pauses *= not well
        async with site(
            self.schedule, self.server, self.folder, plan=plan, starved=not well, told=self.told
        ) as place:
            self._on_closed.listen(place.twin)
            try:
                return await self._host(place, well=well)
            finally:
                self._leave(place)

    def _leave(self, place: Site) -> None:
        out, twin = self.outcome, place.twin
        out.seconds += place.clock.now()
        out.fired += [each.fault.KIND for each in twin.faults.history if each.what == "begins"]
        uart = twin.module.hardware.uart
        lost = uart.host_lost_bytes + uart.lost_bytes
        schedule = self.schedule
        lossless = schedule.calm and not (schedule.starved or schedule.unsuited or out.killed)
        if lost and lossless:
            self._noises.append(f"{lost} bytes lost in spite of flow control")

    async def _killed(self, place: Site) -> HostError | None:
        """A host that is ended in the middle, if it comes to that."""
        schedule, ends = self.schedule, asyncio.Event()
        if schedule.kill_share is None:
            place.clock.call_later(schedule.kill_time, ends.set)

        def progress(event: Progress) -> None:
            self._kept = event.kept
            share = schedule.kill_share
            if share is not None and event.done >= share * schedule.sizes[0] > 0:
                ends.set()

        task = asyncio.ensure_future(self._host(place, progress))
        waiter = asyncio.ensure_future(ends.wait())
        await asyncio.wait([task, waiter], return_when=asyncio.FIRST_COMPLETED)
        waiter.cancel()
        if task.done():
            return task.result()
        self.outcome.killed = True
        if schedule.kill == "sigkill":
            place.unplug()
        task.cancel()
        await asyncio.wait([task], timeout=60)
        if not task.done():
            raise TimeoutError("a cancelled host goes on")
        return None

    async def _host(
        self, place: Site, progress: Any = None, *, well: bool = False
    ) -> HostError | None:
        """One process of the host; how it failed, if it did."""
        out, schedule = self.outcome, self.schedule
        try:
            async with asyncio.timeout(LONGEST), place.host(well=well) as modem:
                climbed = await modem.recover()
                out.helped += [rung.rung for rung in climbed if rung.helped]
                match schedule.asked:
                    case "post":
                        await self._post(modem)
                    case "get":
                        await self._get(modem)
                    case _:
                        for number in range(len(schedule.sizes)):
                            self._take(await self._download(modem, number, progress, well=well))
        except HostError as error:
            return error
        return None

    async def _download(
        self, modem: Modem, number: int, progress: Any, *, well: bool
    ) -> DownloadResult:
        known = "sha256" if well and self.schedule.hash == "wrong" else self.schedule.hash
        name = "sha256" if known == "wrong" else known
        hashes: dict[str, Any] = {}
        if known != "none":
            right = _digest(self._content(number), name)
            hashes[name] = right[::-1] if known == "wrong" else right
        return await modem.download(
            self._url(path_of(number)),
            self._target(number),
            strategy=self.schedule.strategy,
            chunk=self.schedule.chunk,
            progress=progress,
            **hashes,
        )

    def _take(self, result: DownloadResult) -> None:
        out = self.outcome
        out.helped += [rung.rung for rung in result.recovery if rung.helped]
        out.retries += result.retries
        out.bytes += result.bytes - result.resumed_from
        schedule = self.schedule
        if out.killed and self._kept and schedule.changes_at is None and schedule.calm:
            # What a host has on disk is not fetched again, unless nothing says it is the same file.
            vouched = (schedule.etag or schedule.modified) and schedule.hash != "wrong"
            if vouched and result.resumed_from < self._kept:
                self._noises.append(f"{self._kept} bytes were kept, and {result} started over")

    async def _post(self, modem: Modem) -> None:
        body = self._content(0)
        asked = "buffer" if self.schedule.strategy == "range" else self.schedule.strategy
        response = await modem.post(self._url(POSTED), body, strategy=asked)
        bodies = self.server.sink.bodies
        if (response.status, response.body) != (200, b"ok") or bodies != [body]:
            raise AssertionError(f"posted: {response.status}, {[len(each) for each in bodies]}")

    async def _get(self, modem: Modem) -> None:
        """A body that fits, or the 602 that says it does not."""
        body = self._content(0)
        try:
            response = await modem.get(self._url(path_of(0)), timeout=ALL_AT_ONCE)
        except RequestFailedError as error:
            if error.status == 602 and len(body) > load_profile(self.schedule.model).limit(
                "read_max"
            ):
                return
            raise
        if response.status != 200 or response.body != body:
            raise AssertionError(f"got: {response.status}, {len(response.body)} bytes")

    def _failed_well(self) -> str:
        """What is wrong with a success."""
        schedule, out = self.schedule, self.outcome
        if not self._right():
            return "WRONG FILE"
        if schedule.hash == "wrong" and schedule.asked in ("download", "two"):
            return "A HASH THAT IS NOT THE FILE'S WAS TAKEN"
        undisturbed = schedule.calm and schedule.changes_at is None and not schedule.unsuited
        if undisturbed and not out.killed and (out.helped or out.retries):
            return f"{out.retries} RETRIES, RUNGS {out.helped} WITHOUT A FAULT"
        return ""

    def _failed_badly(self, error: HostError) -> str:
        schedule = self.schedule
        if error.exit_code not in EXIT_CODES:
            return f"UNDOCUMENTED EXIT CODE {error.exit_code}"
        if len(self.server.sink.bodies) > 1:
            return "POSTED TWICE"
        if schedule.asked == "download" and self._target(0).exists():
            return "A FILE WITH AN ERROR"
        # Without a fault only what was asked for can be in the way: XON and XOFF in a body.
        starved = schedule.asked == "post" and schedule.unsuited
        too_much = schedule.asked == "post" and error.exit_code == 2
        if schedule.calm and not (starved or too_much or self._is_refused(error)):
            return "FAILED WITHOUT A FAULT"
        # One request is not worth a restart of the module.
        gentle = schedule.asked in ("post", "get")
        return "" if gentle or ladder_was_climbed(error) else "ENDED BELOW THE TOP OF THE LADDER"

    def _is_refused(self, error: HostError) -> bool:
        """Whether the file was not the one that was promised, as was to be said."""
        return error.exit_code == 5 and self.schedule.hash == "wrong"

    def _right(self) -> bool:
        if self.schedule.asked in ("post", "get"):
            return True  # it was looked at when it came
        whole = self.server.later.content
        others = [whole.read(0, whole.size)] if self.schedule.strays else []
        return all(
            self._target(number).read_bytes() in (self._content(number), *others)
            for number in range(len(self.schedule.sizes))
        )

    def _content(self, number: int) -> bytes:
        content = self.server.files[number].content
        return content.read(0, content.size)

    def _target(self, number: int) -> Path:
        return self.folder / f"firmware-{number}.bin"

    def _url(self, path: str) -> str:
        return f"http{'s' * self.schedule.tls}://{HOST}{path}"

    def _say(self, text: str) -> None:
        if self.told:
            print(f"{asyncio.get_running_loop().time():10.3f} * {text}")


def _digest(data: bytes, name: str) -> str:
    return hashlib.new(name, data).hexdigest()


def ladder_was_climbed(error: HostError) -> bool:
    """Whether nothing was left to try, or no time, if the module was the trouble."""
    text = str(error)
    if not is_modules_own(error) or wants_a_person(error) or "given up" in text:
        return True
    tried = text.partition("tried in vain: ")[2].partition(";")[0].split(", ")
    answering = {rung.name for rung in ANSWERING}
    silent = {rung.name for rung in SILENT if rung.needs}
    return answering <= set(tried) or silent <= set(tried)
