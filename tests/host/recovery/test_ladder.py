"""Each rung of the ladder, with a trouble that only this one cures; the file is right after it."""

from __future__ import annotations

import asyncio
import hashlib
import math
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

import pytest

from atwin.cli.commands.recover import _summary
from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import ModuleError, ModuleSilentError
from atwin.host.line import LineWishes
from atwin.host.modem import Modem
from atwin.host.recovery.ladder import Ladder
from atwin.host.recovery.rungs import FindLine, Rung
from atwin.host.tls import TlsSettings, TlsSetup
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.board.power import StartCause
from atwin.twin.faults.kinds.radio import SimPulled
from atwin.twin.twin import Twin
from support.modules.wired_pins import ALL, WiredPins

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Set
    from pathlib import Path

    from atwin.host.download.reports import Progress
    from atwin.host.recovery.board import Board
    from atwin.line.pins import Pin

MODELS = ["air724ug", "air780e-at", "air780e-lsat"]
CONTENT = Generated(700_000, seed=3)
DIGEST = hashlib.sha256(CONTENT.read(0, CONTENT.size)).hexdigest()


@dataclass
class Rig:
    modem: Modem
    twin: Twin
    pins: WiredPins
    #: Every rung of the last download.
    climbed: list[str] = field(default_factory=list)

    async def download(self, target: Path, trouble: Callable[[], None] | None = None) -> list[str]:
        """The rungs that helped, after a download in whose middle `trouble` comes."""
        pending = [trouble] if trouble is not None else []

        def progress(now: Progress) -> None:
            if pending and now.kept >= 200_000:
                pending.pop()()

        result = await self.modem.download("http://origin/f", target, progress=progress)
        assert result.sha256 == DIGEST
        assert not pending
        self.climbed[:] = [rung.rung for rung in result.recovery]
        return [rung.rung for rung in result.recovery if rung.helped]


@asynccontextmanager
async def rig(
    model: str = "air780e-lsat",
    *,
    driven: Set[Pin] = frozenset(),
    baud: int | None = None,
    wishes: LineWishes | None = None,
) -> AsyncIterator[Rig]:
    clock = LoopClock()
    network = SimulatedNetwork(clock, latency=0.025, bandwidth=1.2e6)
    network.serve("origin", 80, Origin({"/f": File(CONTENT)}, wall=clock.wall).handle)
    near, far = memory_pair()
    near.set_line(HostSettings(baud))
    async with Twin(model, far, network=network, baud=baud) as twin:
        pins = WiredPins(twin, driven)
        async with Modem(near, line=wishes, pins=pins) as modem:
            await modem.bring_up()
            yield Rig(modem, twin, pins)


def watch(twin: Twin, command: str, then: Callable[[], None]) -> None:
    """Call `then` as soon as the module hears `command`."""
    uart = twin.module.hardware.uart
    heard = bytearray()
    received = uart.received

    def tap(data: bytes) -> None:
        nonlocal heard
        heard += data
        if command.encode() in heard:
            heard.clear()
            then()
        received(data)

    uart.received = tap


@pytest.mark.parametrize("model", MODELS)
def test_a_lost_pdp_is_built_again(model: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with rig(model) as r:
            helped = await r.download(tmp_path / "f", r.twin.radio.lose_pdp)
            assert helped == ["new PDP"]

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("cure", "rung"), [("AT+CIPSHUT", "CIPSHUT"), ("AT+CFUN=0", "flight mode")]
)
def test_a_network_that_refuses_the_pdp_until_something_is_done(
    model: str, cure: str, rung: str, tmp_path: Path
) -> None:
    async def main() -> None:
        async with rig(model) as r:
            cell = r.twin.module.hardware.cell

            def refuse() -> None:
                cell.grants_pdp = False
                r.twin.radio.lose_pdp()
                watch(r.twin, cure, lambda: setattr(cell, "grants_pdp", True))

            # CIPSHUT alone rebuilds no PDP here: the bearer after it does.
            assert await r.download(tmp_path / "f", refuse) == [rung]
            assert r.climbed[:3] == ["new PDP"] * 3

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_a_module_that_only_a_restart_brings_back(model: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with rig(model) as r:
            cell = r.twin.module.hardware.cell

            def refuse() -> None:
                cell.grants_pdp = False
                r.twin.radio.lose_pdp()
                watch(r.twin, "AT+RESET", lambda: setattr(cell, "grants_pdp", True))

            assert await r.download(tmp_path / "f", refuse) == ["AT+RESET"]
            assert r.climbed == [*["new PDP"] * 3, "CIPSHUT", "flight mode", "AT+RESET"]

    run_virtual(main())


def hang(twin: Twin) -> None:
    """The firmware neither hears nor speaks any more; only a new one does."""
    assert twin.module.firmware is not None
    twin.module.firmware.line.stop()


@pytest.mark.parametrize("model", MODELS)
def test_a_module_that_hangs_needs_its_reset_pin(model: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with rig(model, driven=ALL) as r:
            assert await r.download(tmp_path / "f", lambda: hang(r.twin)) == ["RESET pin"]
            # RESET switches an Air780E off: the key has to follow.
            pressed = ["reset"] if model == "air724ug" else ["reset", "power_key"]
            assert r.pins.pulses == pressed
            assert r.twin.pins.reset
            assert r.twin.pins.power_key

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_a_module_that_only_loses_its_supply_gets_that_too(model: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with rig(model, driven={"supply", "power_key"}) as r:

            def hang_for_good() -> None:
                hang(r.twin)
                # As a module whose PWRKEY does nothing: nothing is ever heard again.
                r.twin.module.power_on = lambda **_: None  # type: ignore[method-assign]
                watch_supply(r.twin)

            helped = await r.download(tmp_path / "f", hang_for_good)
            assert helped == ["power cycle"]
            assert r.twin.module.hardware.start_cause is StartCause.POWER

    def watch_supply(twin: Twin) -> None:
        module = twin.module
        cut = module.cut_power

        def cut_power(*, briefly: bool = False) -> None:
            del module.power_on
            cut(briefly=briefly)

        module.cut_power = cut_power  # type: ignore[method-assign]

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_a_module_that_was_switched_off_is_switched_on(model: str, tmp_path: Path) -> None:
    async def main() -> None:
        async with rig(model, driven={"power_key"}) as r:
            helped = await r.download(tmp_path / "f", r.twin.module.switch_off)
            assert helped == ["PWRKEY"]

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_after_a_restart_in_the_middle_rate_flow_control_and_echo_are_set_again(
    model: str, tmp_path: Path
) -> None:
    async def main() -> None:
        wishes = LineWishes(speed=921600)
        async with rig(model, driven=ALL, baud=115200, wishes=wishes) as r:
            uart = r.twin.module.hardware.uart
            assert uart.mode.rate == 921600

            def restart() -> None:
                r.twin.module.restart()

            # At 921600 nothing of the restart can be heard: the module is at 115200 again.
            assert await r.download(tmp_path / "f", restart) == ["finding the module on the line"]
            assert (uart.mode.rate, uart.mode.to_host, uart.mode.to_module) == (921600, 2, 2)
            assert r.twin.module.firmware is not None
            assert not r.twin.module.firmware.settings.echo
            assert r.pins.pulses == []

    run_virtual(main())


def test_a_restart_that_is_heard_needs_no_rung(tmp_path: Path) -> None:
    async def main() -> None:
        async with rig("air724ug") as r:
            assert await r.download(tmp_path / "f", r.twin.module.restart) == []
            assert r.climbed == []

    run_virtual(main())


def test_without_pins_a_hanging_module_is_given_up_and_the_journal_stays(tmp_path: Path) -> None:
    async def main() -> None:
        async with rig() as r:
            with pytest.raises(ModuleError, match="--pins"):
                await r.download(tmp_path / "f", lambda: hang(r.twin))
            assert (tmp_path / "f.journal").exists()
        async with rig() as r:
            result = await r.modem.download("http://origin/f", tmp_path / "f")
            assert result.resumed_from >= 200_000
            assert result.sha256 == DIGEST

    run_virtual(main())


def test_the_whole_ladder_is_climbed_until_it_is_time_to_give_up(tmp_path: Path) -> None:
    async def main(give_up: float) -> tuple[float, int]:
        async with rig(driven=ALL) as r:

            def refuse() -> None:
                r.twin.module.hardware.cell.grants_pdp = False
                r.twin.radio.lose_pdp()

            began = asyncio.get_running_loop().time()
            with pytest.raises(ModuleError, match="tried in vain: new PDP"):
                await r.modem.download(
                    "http://origin/f",
                    tmp_path / "f",
                    give_up=give_up,
                    progress=lambda now: refuse() if now.kept >= 200_000 else None,
                )
            assert r.twin.pins.reset
            assert r.twin.pins.supply
            return asyncio.get_running_loop().time() - began, r.pins.pulses.count("supply")

    seconds, cycles = run_virtual(main(900))
    assert 900 <= seconds < 910
    assert cycles > 1
    seconds, cycles = run_virtual(main(20))
    assert 20 <= seconds < 25
    assert cycles == 0


def test_behind_the_last_rung_the_job_waits_for_what_comes_back_by_itself(tmp_path: Path) -> None:
    """No network for ten minutes, longer than the whole ladder takes."""

    async def main() -> None:
        async with rig() as r:
            cell = r.twin.module.hardware.cell

            def refuse() -> None:
                cell.grants_pdp = False
                r.twin.radio.lose_pdp()
                loop = asyncio.get_running_loop()
                loop.call_later(600, lambda: setattr(cell, "grants_pdp", True))

            await r.download(tmp_path / "f", refuse)
            assert r.climbed.count("AT+RESET") > 1

    run_virtual(main())


def test_recover_too_begins_again_while_there_is_time() -> None:
    async def main() -> None:
        async with rig() as r:
            cell = r.twin.module.hardware.cell
            cell.grants_pdp = False
            r.twin.radio.lose_pdp()
            asyncio.get_running_loop().call_later(600, lambda: setattr(cell, "grants_pdp", True))
            climbed = await r.modem.recover()
            assert [rung.rung for rung in climbed].count("flight mode") > 1
            # It came back in a pause, and no rung is praised for that.
            assert not any(rung.helped for rung in climbed)
            assert _summary(climbed).startswith("the module is on the network by itself, after")
            # What the new start forgot has been told to the module again.
            assert r.twin.module.firmware is not None
            assert not r.twin.module.firmware.settings.echo

    run_virtual(main())


def test_recover_tells_what_was_wrong_and_not_that_the_time_is_up() -> None:
    async def main() -> None:
        async with rig() as r:
            r.twin.module.hardware.cell.grants_pdp = False
            r.twin.radio.lose_pdp()
            with pytest.raises(ModuleError, match=r"no bearer.*; tried in vain: new PDP"):
                await r.modem.recover(give_up=100)
            assert 100 <= r.modem.clock.now() < 102

    run_virtual(main())


def test_a_port_where_no_module_was_ever_heard_is_told_at_once() -> None:
    async def main() -> None:
        near, _ = memory_pair()
        async with Modem(near) as modem:
            with pytest.raises(ModuleError, match="no answer to AT"):
                await modem.recover()
            assert modem.clock.now() < 60
            assert modem.climbed == []

    run_virtual(main())


def test_a_server_that_was_never_reached_resets_no_module(tmp_path: Path) -> None:
    async def main() -> None:
        async with rig(driven=ALL) as r:
            with pytest.raises(ModuleError, match="601"):
                await r.modem.download("http://origin:81/f", tmp_path / "f")
            assert r.pins.pulses == []
            assert r.twin.module.hardware.start_cause is StartCause.POWER

    run_virtual(main())


def test_interrupted_in_the_middle_of_a_pulse_the_pin_is_let_go(tmp_path: Path) -> None:
    async def main() -> None:
        async with rig(driven=ALL) as r:
            hang(r.twin)
            job = asyncio.create_task(r.modem.recover())
            while r.twin.pins.reset:  # noqa: ASYNC110 - a pin wakes nobody
                await asyncio.sleep(0.1)
            job.cancel()
            with pytest.raises(asyncio.CancelledError):
                await job
            assert r.twin.pins.reset

    run_virtual(main())


def test_recover_says_what_helped() -> None:
    async def main() -> None:
        async with rig(driven=ALL) as r:
            assert await r.modem.recover() == []
            hang(r.twin)
            notes: list[str] = []
            climbed = await r.modem.recover(note=notes.append)
            assert [(rung.rung, rung.helped) for rung in climbed] == [
                ("RESET pin", True),
            ]
            assert notes == ["RESET pin"]
            climbed = await r.modem.recover(restart=True)
            assert [(rung.rung, rung.helped) for rung in climbed] == [("AT+RESET", True)]

    run_virtual(main())


def test_a_restart_that_was_asked_for_is_done_whatever_is_wrong() -> None:
    """A card whose contact was bad, a PDP that is refused: a restart may end both."""

    async def main() -> None:
        async with rig() as r:
            r.twin.faults.add(SimPulled(until="reset"))
            climbed = await r.modem.recover(restart=True)
            assert [(rung.rung, rung.helped) for rung in climbed] == [("AT+RESET", True)]

    run_virtual(main())


def test_a_missing_sim_is_told_at_once() -> None:
    async def main() -> None:
        async with rig(driven=ALL) as r:
            r.twin.radio.pull_sim()
            r.twin.module.restart()
            with pytest.raises(ModuleError, match="SIM"):
                await r.modem.recover()
            assert r.pins.pulses == []

    run_virtual(main())


@pytest.mark.parametrize(("until", "each"), [(1000.0, [7.0, 7.0]), (10.0, [7.0, 3.0])])
def test_a_rung_takes_no_longer_than_it_may_nor_than_there_is_time(
    until: float, each: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stuck(Rung):
        name: ClassVar[str] = "stuck"
        deadline: ClassVar[float] = 7.0

        async def climb(self, board: Board) -> None:
            await asyncio.Event().wait()

    monkeypatch.setattr("atwin.host.recovery.ladder.ANSWERING", (Stuck, Stuck))

    async def main() -> None:
        async with rig() as r:
            ladder = Ladder(r.modem._board)
            assert not await ladder.climb(None, r.modem.clock.now() + until)
            assert [rung.seconds for rung in ladder.climbed] == pytest.approx(each)
            assert [rung.failure for rung in ladder.climbed] == [
                f"not done in {seconds:.0f} s" for seconds in each
            ]

    run_virtual(main())


def test_a_module_that_was_found_on_the_line_is_told_its_tls_settings_again() -> None:
    """Nobody heard its RDY, and SSLCFG lasts for one boot."""

    async def main() -> None:
        wishes = LineWishes(speed=921600)
        async with rig("air780e-at", baud=115200, wishes=wishes) as r:
            channel = r.modem.channel
            tls = TlsSetup(channel, TlsSettings(seclevel=0))
            await tls.apply()
            r.twin.module.hardware.taps.says = lambda urc: str(urc) != "RDY"
            r.twin.module.restart()
            await FindLine().climb(r.modem._board)
            sent: list[str] = []
            channel.on_log(lambda entry: sent.append(entry.text))
            await tls.apply()
            assert 'AT+SSLCFG="seclevel",153,0' in sent

    run_virtual(main())


def test_rounds_climbed_in_vain_are_twice_as_far_apart_each_time_until_all_is_well() -> None:
    async def main() -> None:
        async with rig() as r:
            r.twin.pins.supply = False
            clock = r.modem.clock
            ladder = Ladder(r.modem._board, note=lambda name: noted.append(clock.now()))
            noted: list[float] = []
            gaps: list[float] = []
            ended = clock.now()
            while len(gaps) < 6:
                if len(gaps) == 4:
                    ladder.worked()
                noted.clear()
                await ladder.climb(ModuleSilentError("silent"), math.inf)
                if noted:
                    gaps.append(noted[0] - ended)
                    ended = clock.now()
                await ladder.rest(1.0, math.inf)
            assert gaps == [pytest.approx(gap, abs=1.01) for gap in (0, 60, 120, 240, 0, 60)]

    run_virtual(main())
