"""When the module asks for new firmware, and what follows (docs/spec/general.md §3)."""

from __future__ import annotations

import asyncio
import logging

from atwin.at.cme import Cme
from atwin.at.dialect.urcs import UpgradeInstalled, UpgradeLoaded, UpgradeProgress
from atwin.at.reply import CmeError, frame_urc
from atwin.twin.board.installed import Installed, wait_for_restart
from atwin.twin.chapters.network.radio import Radio
from atwin.twin.chapters.upgrade.fetch import NEWEST, UpgradeError, UpgradeFailed, fetch
from atwin.twin.chapters.upgrade.settings import UpgradeSettings
from atwin.twin.engine.run import ChapterService, Run

log = logging.getLogger("atwin.twin")

#: The module reports its progress in steps of this many per cent.
_STEP = 10
#: Seconds a step takes where no server is asked, and where the package is installed.
_STEP_TIME = 1.0
#: Seconds from the last of a package to the restart.
_LAST_TIME = 1.0


class Upgrades(ChapterService):
    """Settings, the question under way, and the answer to the last one."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.settings = UpgradeSettings.boot(run.hardware.nvram)
        #: Per cent of the package under way.
        self.percent = 0
        #: Error, HTTP status and the server's number of the last question; None before the first.
        self.result: tuple[int, int, int] | None = None
        self._question: asyncio.Task[None] | None = None
        self._asking: asyncio.Task[None] | None = None
        self._loaded = False
        self._reached = asyncio.Event()
        if run.find(Radio).address is not None:
            self._reached.set()

    @classmethod
    def power_up(cls, run: Run, *, warm: bool) -> None:
        """Ask, as every module does, if there is a server to ask; report firmware that is new."""
        settings = UpgradeSettings.boot(run.hardware.nvram)
        if settings.auto and (settings.asks(run) or run.hardware.surroundings.update):
            run.find(cls).ask_daily(at_once=True)
        installed = Installed.boot(run.hardware.nvram)
        if installed.untold and not warm:
            run.urc(UpgradeInstalled(installed.name))
            run.spawn(run.find(cls)._report(installed))

    @classmethod
    def surrounded(cls, run: Run, name: str) -> None:
        """New firmware is offered: a module that asks by itself finds it."""
        if name == "update" and run.hardware.surroundings.update:
            upgrades = run.find(cls)
            if upgrades.settings.auto and not upgrades.at_work:
                upgrades.ask()

    def pdp_up(self) -> None:
        """What waited for the network goes on."""
        self._reached.set()

    def pdp_lost(self) -> None:
        """A question under way ends."""
        self._reached.clear()
        if self._question is not None and self.at_work and not self._loaded:
            self._question.cancel()
            self._failed(UpgradeFailed(UpgradeError.NETWORK, "the PDP is lost"))

    # --- questions ------------------------------------------------------------------------------

    @property
    def at_work(self) -> bool:
        """Whether a question is under way."""
        return self._question is not None and not self._question.done()

    def change(self, field: str, value: object, *, save: bool) -> None:
        """AT+UPGRADE with a value: in force now, and if it is to `save` at the next start."""
        setattr(self.settings, field, value)
        if save:
            nvram = self.run.hardware.nvram
            saved = UpgradeSettings.boot(nvram)
            setattr(saved, field, value)
            saved.store(nvram)
        self.ask_daily(at_once=False)

    def ask_daily(self, *, at_once: bool) -> None:
        """Ask every PERIOD from now on, if the settings say so; the first time after one."""
        if self._asking is not None:
            self._asking.cancel()
            self._asking = None
        if self.settings.auto and (self.settings.asks(self.run) or self._offered):
            self._asking = self.run.spawn(self._ask_for_ever(at_once))

    def ask(self, url: str = "", offered: str = "") -> None:
        """Ask once, now: at `url` if not at the one that is set; `offered` is there in any case.

        Raises `CmeError` 3 while a question is under way.
        """
        if self.at_work:
            raise CmeError(Cme.NOT_ALLOWED)
        self.percent = 0
        self._question = self.run.spawn(self._ask(url, offered))

    async def _ask_for_ever(self, at_once: bool) -> None:
        while True:
            if at_once:
                await self._reached.wait()
                if not self.at_work:
                    self.ask()
            at_once = True
            await self.run.hardware.clock.sleep(self.settings.period)

    async def _ask(self, url: str, offered: str) -> None:
        try:
            name = await self._load(url, offered or self._offered)
        except UpgradeFailed as failed:
            self._failed(failed)
            return
        self._loaded = True
        self._came(100)
        wait_for_restart(self.run.hardware.nvram, name)
        self.run.hardware.happened(f"the update to {name} is loaded; a restart installs it")
        await self.run.hardware.pause(_LAST_TIME)
        self.run.power.restart()

    @property
    def _offered(self) -> str:
        """The firmware that the control socket offers."""
        return self.run.hardware.surroundings.update

    async def _load(self, url: str, offered: str) -> str:
        """The name of the new firmware, whose package is there. Raises `UpgradeFailed`."""
        run = self.run
        if run.find(Radio).address is None:
            raise UpgradeFailed(UpgradeError.NETWORK, "there is no PDP")
        slot = run.pool.take("upgrade")
        if slot is None:
            raise UpgradeFailed(UpgradeError.OTHER, "eight connections are in use")
        question = self.settings.question(run, url)
        try:
            if offered and offered != run.profile.firmware:
                run.hardware.happened(f"the update to {offered} is offered, and loads")
                for percent in range(_STEP, 100, _STEP):
                    await run.hardware.pause(_STEP_TIME)
                    self._came(percent)
                return offered
            if not url and not self.settings.asks(run):
                await run.hardware.pause(_STEP_TIME)
                raise UpgradeFailed(0, "nobody is asked", 200, NEWEST)
            with run.hardware.traffic.action("UPGRADE", question.split("?")[0], of_session=False):
                return await fetch(run, question, slot, self._came)
        finally:
            slot.release()

    def _came(self, percent: int) -> None:
        """Say each step of the progress that is new."""
        for step in range(self.percent // _STEP + 1, percent // _STEP + 1):
            self.run.urc(UpgradeProgress(step * _STEP))
        self.percent = percent

    def _failed(self, failed: UpgradeFailed) -> None:
        self.result = (failed.error, failed.status, failed.cause)
        log.info("UPGRADE: %d, status %d, cause %d: %s", *self.result, failed)
        if self.percent or failed.error == UpgradeError.FILE:
            self.run.urc(UpgradeProgress(failed.error))

    # --- new firmware ---------------------------------------------------------------------------

    async def _report(self, installed: Installed) -> None:
        """The vendor's server hears of it when there is a network."""
        await self._reached.wait()
        installed.untold = False
        installed.store(self.run.hardware.nvram)
        self.run.urc(UpgradeInstalled("1"))


async def install(run: Run, installed: Installed) -> None:
    """The updater writes the package that waits into flash, and restarts the module."""
    for percent in range(0, 101, _STEP):
        run.line.say(frame_urc(str(UpgradeLoaded(percent))))
        await run.hardware.pause(_STEP_TIME)
    run.hardware.happened(f"the update to {installed.waiting} is installed")
    Installed(installed.waiting, untold=True).store(run.hardware.nvram)
    run.power.restart()
