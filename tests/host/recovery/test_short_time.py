"""A module that was never heard, and little time: the pins have their turn, and it is told why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError, ModuleSilentError
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.modules.wired_pins import ALL, WiredPins

if TYPE_CHECKING:
    from collections.abc import Callable, Set

    from atwin.line.pins import Pin

MODELS = ("air724ug", "air780e-at", "air780e-lsat")


def hung(twin: Twin) -> None:
    twin.module.hang()


def off(twin: Twin) -> None:
    twin.module.switch_off()


def never_heard(
    model: str,
    trouble: Callable[[Twin], None],
    give_up: float,
    driven: Set[Pin] = frozenset(),
    baud: int | None = 115_200,
) -> tuple[float, list[str], str]:
    """Seconds of `recover`, the pins that were pulled, and what it said in the end."""

    async def main() -> tuple[float, list[str], str]:
        near, far = memory_pair()
        near.set_line(HostSettings(baud))
        clock = LoopClock()
        async with Twin(model, far, network=SimulatedNetwork(clock), baud=baud) as twin:
            await clock.sleep(5)
            trouble(twin)
            pins = WiredPins(twin, driven)
            async with Modem(near, pins=pins) as modem:
                began, said = clock.now(), ""
                try:
                    await modem.recover(give_up=give_up)
                except ModuleSilentError as error:
                    said = str(error)
                return clock.now() - began, pins.pulses, said

    return run_virtual(main())


@pytest.mark.parametrize("give_up", [30, 60, 900])
@pytest.mark.parametrize("trouble", [hung, off])
@pytest.mark.parametrize("driven", [ALL, {"reset", "power_key"}], ids=len)
@pytest.mark.parametrize("model", MODELS)
def test_the_pins_have_their_turn(
    model: str, driven: Set[Pin], trouble: Callable[[Twin], None], give_up: float
) -> None:
    seconds, pulses, said = never_heard(model, trouble, give_up, driven)
    assert said == ""
    assert seconds < give_up
    # RESET starts an Air724UG, and switches an Air780E off.
    assert pulses == (["reset"] if model == "air724ug" else ["reset", "power_key"])


@pytest.mark.parametrize("baud", [None, 9600, 115_200])
def test_short_of_a_third_of_the_time_nothing_is_reset(baud: int | None) -> None:
    seconds, pulses, said = never_heard("air780e-at", hung, 60, {"reset"}, baud)
    assert pulses == ["reset"]
    assert "tried in vain: RESET pin" in said
    assert "with PWRKEY or the supply wired" in said
    assert seconds <= 61


@pytest.mark.parametrize("give_up", [0, 3, 8, 20])
@pytest.mark.parametrize("driven", [frozenset(), ALL], ids=len)
def test_no_answer_is_told_and_not_the_network(give_up: float, driven: Set[Pin]) -> None:
    seconds, _, said = never_heard(
        "air780e-at", lambda twin: twin.module.cut_power(), give_up, driven
    )
    if give_up < 20 or not driven:
        assert "no answer to AT on" in said
        assert ("--give-up 30" in said) == bool(driven)
        assert ("--pins" in said) == (not driven)
    assert seconds <= give_up + 2


def test_a_module_that_answers_and_finds_no_network_is_another_matter() -> None:
    async def main() -> None:
        near, far = memory_pair()
        near.set_line(HostSettings(None))
        async with Twin("air724ug", far, network=SimulatedNetwork(LoopClock())) as twin:
            twin.radio.deregister()
            async with Modem(near, pins=WiredPins(twin, ALL)) as modem:
                with pytest.raises(HostError) as caught:
                    await modem.recover(give_up=10)
                assert "AT on" not in str(caught.value)

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_one_that_hangs_after_its_first_answer_is_silent_too(model: str) -> None:
    """No PDP is built for that first: RESET comes in 22 s."""

    async def main(give_up: float) -> tuple[float, str]:
        near, far = memory_pair()
        near.set_line(HostSettings(None))
        async with Twin(model, far, network=SimulatedNetwork(LoopClock())) as twin:
            pins = WiredPins(twin, ALL)
            async with Modem(near, pins=pins) as modem:
                await modem.command("AT")
                modem.channel.on_log(
                    lambda entry: twin.module.hang() if entry.text == "ATE0" else None
                )
                began, said = modem.clock.now(), ""
                try:
                    await modem.recover(give_up=give_up)
                except HostError as error:
                    said = str(error)
                assert [rung.rung for rung in modem.climbed if rung.rung == "new PDP"] == []
                return modem.clock.now() - began, said

    # Every ATE0 hangs it again, so it never comes back: what counts is what is tried and told.
    seconds, said = run_virtual(main(5))
    assert seconds < 8
    assert "it does not answer AT now" in said
    seconds, said = run_virtual(main(25))
    assert seconds < 28
    assert "RESET pin" in said
