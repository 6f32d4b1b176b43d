"""One run of the firmware as every chapter sees it: RAM, which dies with the run.

A `Chapter` says which commands it brings, and which `ChapterService` keeps its state. Instances of
both are made when they are first needed, so an idle module has hardly any.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import WeakValueDictionary

from atwin.at.command import CommandTable, Family
from atwin.twin.engine.interpreter import Interpreter
from atwin.twin.engine.pool import ConnectionPool
from atwin.twin.engine.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from atwin.models import Profile
    from atwin.twin.board.hardware import Hardware
    from atwin.twin.board.power import Power
    from atwin.twin.engine.contents import Contents


class Commands(Family):
    """Commands of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run


class ChapterService:
    """The state of a chapter in one run, and what happens to it besides its commands."""

    def __init__(self, run: Run) -> None:
        self.run = run

    @classmethod
    def power_up(cls, run: Run, *, warm: bool) -> None:
        """The parser is alive; nobody has asked for the service yet.

        `warm`: the module counts as on for a while already.
        """

    @classmethod
    def surrounded(cls, run: Run, name: str) -> None:
        """That value of `Surroundings` is another; nobody may have asked for the service yet."""

    def pdp_up(self) -> None:
        """The PDP has come up."""

    @property
    def at_work(self) -> bool:
        """Whether something is under way that keeps the module from sleeping."""
        return False

    def pdp_lost(self) -> None:
        """The PDP has gone down."""

    def save(self) -> None:
        """The run ends in good order: the last chance to store something in NVRAM."""


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the manual; those of one module hear of events in their order."""

    commands: tuple[type[Commands], ...]
    service: type[ChapterService] = ChapterService


AnyService = TypeVar("AnyService", bound=ChapterService)


class Run:
    """What the chapters share: hardware, settings, URCs, tasks, the pool of connections."""

    def __init__(self, hardware: Hardware, power: Power, chapters: Contents) -> None:
        self.hardware = hardware
        self.power = power
        self.profile = hardware.profile
        self.settings = Settings.boot(hardware.nvram, hardware.profile)
        linger = hardware.profile.quirks.linger_s
        self.pool = ConnectionPool(hardware.clock, linger, trace=hardware.trace)
        self.table = _table_of(chapters, hardware.profile)
        self.line = Interpreter(self)
        #: Says a text unsolicited, as soon as no answer, echo or data phase is under way.
        self.urc = self.line.urc
        self._chapters = chapters
        self._commands: dict[type[Family], Commands] = {}
        self._services: dict[type[ChapterService], ChapterService] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        #: Whether nothing happens in it any more: its module hangs, or is nearly off.
        self.is_over = False

    # --- chapters -------------------------------------------------------------------------------

    def commands(self, kind: type[Family]) -> Commands:
        """This run's instance of a family of commands."""
        found = self._commands.get(kind)
        if found is None:
            assert issubclass(kind, Commands)
            found = self._commands[kind] = kind(self)
        return found

    def find(self, kind: type[AnyService]) -> AnyService:
        """This run's service of that class."""
        service = self._services.get(kind)
        if service is None:
            service = self._services[kind] = kind(self)
        assert isinstance(service, kind)
        return service

    def found(self, kind: type[AnyService]) -> AnyService | None:
        """The same if it has been made."""
        service = self._services.get(kind)
        return service if isinstance(service, kind) else None

    @property
    def at_work(self) -> bool:
        """Whether one of the services is; see `ChapterService.at_work`."""
        return any(service.at_work for service in self._services.values())

    def power_up(self, *, warm: bool) -> None:
        """Tell the chapters, see `ChapterService.power_up`."""
        for chapter in self._chapters.hearing():
            chapter.service.power_up(self, warm=warm)

    def surrounded(self, name: str) -> None:
        """Tell the chapters, see `ChapterService.surrounded`."""
        for chapter in self._chapters.hearing():
            chapter.service.surrounded(self, name)

    def pdp_up(self) -> None:
        """Tell the services there are."""
        for service in tuple(self._services.values()):
            service.pdp_up()

    def pdp_lost(self) -> None:
        """Tell the services there are, in the order of their chapters."""
        for chapter in self._chapters.read():
            if chapter.service in self._services:
                self._services[chapter.service].pdp_lost()

    def save(self) -> None:
        """Tell the services there are."""
        for service in self._services.values():
            service.save()

    # --- tasks ----------------------------------------------------------------------------------

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Run `work` beside everything else; it ends with the run."""
        task = asyncio.get_running_loop().create_task(work)
        if self.is_over:
            task.cancel()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    @property
    def busy(self) -> bool:
        """Whether a task is still under way."""
        return bool(self._tasks)

    def stop(self, keep: asyncio.Task[None] | None = None) -> None:
        """End of the run: silence on the line, every task cancelled but `keep`."""
        self.is_over = True
        self.line.stop()
        for task in self._tasks - {keep}:
            task.cancel()

    async def finished(self) -> None:
        """Wait until every cancelled task is gone."""
        while self._tasks:
            await asyncio.wait(self._tasks)


#: One table for all runs of a profile object, which it keeps alive, so that the id stays its own.
_tables: WeakValueDictionary[tuple[int, Contents], CommandTable] = WeakValueDictionary()


def _table_of(chapters: Contents, profile: Profile) -> CommandTable:
    key = (id(profile), chapters)
    table = _tables.get(key)
    if table is None:
        error = profile.value("param_error_cme")
        table = CommandTable((), profile, error, profile.answers, chapters.families)
        _tables[key] = table
    return table
