"""A SIM that asks for its PIN: entered with care, or told at once."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError, UsageError, WantsPersonError
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.twin.twin import Twin
from support.modules.fake_module import FakeModule
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

ENTERED = "the SIM asked for its PIN: entered (--pin)"


def locked(
    test: Callable[[Modem, Twin, list[str]], Awaitable[None]],
    model: str = "air780e-at",
    *,
    pin: str | None,
    last_try: bool = False,
    warm: bool = True,
) -> None:
    """Run `test` with a twin whose card asks for 4711; the list has the notes."""

    async def main() -> None:
        near, far = memory_pair()
        card = {"pin": "4711"}
        notes: list[str] = []
        async with (
            Twin(model, far, network=NoNetwork(), sim=card, warm=warm) as twin,
            Modem(near, pin=pin, pin_last_try=last_try) as modem,
        ):
            modem.line.note = notes.append
            await test(modem, twin, notes)

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("warm", [True, False])
def test_it_is_entered_and_again_after_a_restart(model: str, warm: bool) -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        await modem.bring_up()
        assert notes == [ENTERED]
        twin.module.restart()
        await modem.recover()
        assert notes == [ENTERED] * 2
        assert twin.radio.address is not None

    locked(test, model, pin="4711", warm=warm)


@pytest.mark.parametrize("model", MODELS)
def test_without_one_it_is_told_at_once(model: str) -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        with pytest.raises(WantsPersonError, match=r"needs its PIN: give it \(--pin\)") as caught:
            await modem.recover()
        assert (caught.value.exit_code, "\n" in str(caught.value)) == (3, False)
        assert LoopClock().now() < 10
        assert modem.climbed == []

    locked(test, model, pin=None, warm=False)


def test_a_wrong_one_costs_one_try_in_a_run() -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        with pytest.raises(WantsPersonError, match=r"not take the PIN \(2 tries are left\)") as e:
            await modem.recover()
        assert "4712" not in str(e.value)
        assert modem.climbed == []
        for _ in range(3):
            with pytest.raises(WantsPersonError, match="entered before, and is entered once"):
                await modem.recover()
        assert twin.radio.sim.tries_left == 2

    locked(test, pin="4712")


def test_it_is_not_the_last_try_unless_that_is_wanted() -> None:
    async def careful(modem: Modem, twin: Twin, notes: list[str]) -> None:
        twin.radio.sim.tries_left = 1
        with pytest.raises(WantsPersonError, match=r"so it was not entered: .*--pin-last-try"):
            await modem.recover()
        assert twin.radio.sim.tries_left == 1

    locked(careful, pin="4711")

    async def insists(modem: Modem, twin: Twin, notes: list[str]) -> None:
        twin.radio.sim.tries_left = 1
        await modem.bring_up()
        assert twin.radio.sim.tries_left == 3

    locked(insists, pin="4711", last_try=True)

    async def wrongly(modem: Modem, twin: Twin, notes: list[str]) -> None:
        twin.radio.sim.tries_left = 1
        with pytest.raises(WantsPersonError, match="the last try: it needs its PUK now"):
            await modem.recover()
        with pytest.raises(WantsPersonError, match="needs its PUK"):
            await modem.recover()

    locked(wrongly, pin="4712", last_try=True)


@pytest.mark.parametrize("pin", ["", "123", "12345678901", "12 34", "abcd", "１２３４"])
def test_what_is_no_pin_never_gets_to_a_module(pin: str) -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="4 to 8 digits"):
            Modem(memory_pair()[0], pin=pin)

    run_virtual(main())


def scripted(test: Callable[[Modem, FakeModule], Awaitable[None]]) -> None:
    async def main() -> None:
        near, far = memory_pair()
        module = FakeModule(far)
        module.instead["AT+CPIN?"] = b"\r\n+CPIN: SIM PIN\r\n\r\nOK\r\n"
        module.instead["AT+CSIM"] = b"\r\nERROR\r\n"
        async with Modem(near, pin="4711") as modem:
            await test(modem, module)

    run_virtual(main())


def entered(module: FakeModule) -> int:
    return module.heard.count('AT+CPIN="4711"')


def test_a_module_that_tells_no_tries_and_is_slow_to_see_its_card_open() -> None:
    async def test(modem: Modem, module: FakeModule) -> None:
        states = [b"SIM PIN", b"SIM PIN", b"SIM PIN", b"READY"]
        module.instead["AT+CPIN?"] = lambda line: b"\r\n+CPIN: %b\r\n\r\nOK\r\n" % states.pop(0)
        module.instead["AT+CPIN="] = b"\r\nOK\r\n"
        await modem.bring_up()
        assert entered(module) == 1

    scripted(test)


def test_a_busy_card_is_asked_again() -> None:
    async def test(modem: Modem, module: FakeModule) -> None:
        answers = [b"\r\n+CME ERROR: 14\r\n", b"\r\n+CME ERROR: 14\r\n", b"\r\nOK\r\n"]

        def pin(line: str) -> bytes:
            if len(answers) == 1:
                module.instead["AT+CPIN?"] = b"\r\n+CPIN: READY\r\n\r\nOK\r\n"
            return answers.pop(0)

        module.instead["AT+CPIN="] = pin
        await modem.bring_up()
        assert entered(module) == 3

    scripted(test)


@pytest.mark.parametrize("answer", [b"\r\n+CME ERROR: 16\r\n", b"\r\nERROR\r\n", None])
def test_whatever_came_back_it_is_entered_once(answer: bytes | None) -> None:
    async def test(modem: Modem, module: FakeModule) -> None:
        module.instead["AT+CPIN="] = lambda line: answer
        for _ in range(3):
            with suppress(HostError):
                await modem.recover(give_up=300)
        assert entered(module) == 1

    scripted(test)
