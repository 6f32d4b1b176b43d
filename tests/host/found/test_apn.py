"""An access point of one's own: told to the module in the ways it has, and a wrong one is told."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.faults import fault_from_table
from atwin.host.errors import CommandRefusedError, UsageError, WantsPersonError
from atwin.host.modem import Modem, SimWishes
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.twin.board.power import StartCause
from atwin.twin.twin import Twin
from support.modules.fake_module import FakeModule
from support.modules.wired_pins import WiredPins
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Set

    from atwin.line.pins import Pin

CARD = {"apn": "corp", "apn_user": "u", "apn_password": "geheim"}
WRONG = "the network gives no PDP with the APN"


def test_no_log_shows_a_secret(caplog: pytest.LogCaptureFixture) -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        await modem.recover()

    with caplog.at_level(logging.DEBUG):
        private(test)
    assert "AT+CGAUTH=1,1,***" in caplog.text
    assert "geheim" not in caplog.text


def private(
    test: Callable[[Modem, Twin, list[str]], Awaitable[None]],
    model: str = "air780e-at",
    *,
    way: str | None = None,
    warm: bool = True,
    apn: str = "corp",
    user: str = "u",
    password: str = "geheim",
    card: dict[str, str] = CARD,
    pins: Set[Pin] = frozenset(),
) -> None:
    """Run `test` with a twin whose card is private, or `card`; the list has the notes."""

    async def main() -> None:
        near, far = memory_pair()
        sim = card | ({} if way is None else {"apn_auth": way})
        notes: list[str] = []
        async with (
            Twin(model, far, network=NoNetwork(), sim=sim, warm=warm) as twin,
            Modem(near, apn=apn, user=user, password=password, pins=WiredPins(twin, pins)) as modem,
        ):
            modem.line.note = notes.append
            await test(modem, twin, notes)

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("warm", [True, False])
@pytest.mark.parametrize("way", [None, "pap", "chap"])
def test_the_right_one_is_told_in_each_way(model: str, warm: bool, way: str | None) -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        await modem.recover()
        assert modem.climbed == []
        told = "the APN corp: set in the module by AT+CGDCONT, AT+CGAUTH, AT+SAPBR"
        assert notes == [told]
        twin.module.restart()
        await modem.recover()
        assert notes == [told]

    private(test, model, way=way, warm=warm)


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("wrong", [("cmnet", "u", "geheim"), ("corp", "v", "geheim"), ("corp",)])
def test_a_wrong_one_is_told_soon_and_resets_nothing(model: str, wrong: tuple[str, ...]) -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        began = LoopClock().now()
        with pytest.raises(WantsPersonError, match=WRONG) as caught:
            await modem.recover()
        assert caught.value.exit_code == 3
        assert "geheim" not in str(caught.value)
        assert LoopClock().now() - began < 15
        assert {rung.rung for rung in modem.climbed} == {"new PDP"}
        assert notes == []

    apn, user, password = (*wrong, "", "")[:3]
    private(test, model, apn=apn, user=user, password=password)


NO_APN = "the network refuses the PDP: does the SIM need an APN? --apn"
REGISTERS = {"new PDP", "CIPSHUT", "flight mode"}


@pytest.mark.parametrize("model", MODELS)
def test_a_missing_one_is_asked_for_at_once_and_resets_nothing(model: str) -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        began = LoopClock().now()
        with pytest.raises(WantsPersonError, match=r"AT\+SAPBR=1,1, .*does the SIM need an APN"):
            await modem.recover()
        assert 120 <= LoopClock().now() - began < 200
        assert {rung.rung for rung in modem.climbed} == REGISTERS
        assert notes == [NO_APN]

    private(test, model, apn="", user="", password="")


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seconds", [10, 100])
def test_a_network_that_is_only_busy_is_waited_for(model: str, seconds: int) -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        cell = twin.module.hardware.cell
        cell.grants_pdp = False
        twin.radio.lose_pdp()
        LoopClock().call_later(seconds, lambda: setattr(cell, "grants_pdp", True))
        await modem.recover()
        assert notes == [NO_APN]
        assert {rung.rung for rung in modem.climbed} <= REGISTERS
        cell.grants_pdp = False
        twin.radio.lose_pdp()
        LoopClock().call_later(300, lambda: setattr(cell, "grants_pdp", True))
        await modem.recover()
        assert "AT+RESET" in {rung.rung for rung in modem.climbed}
        assert notes == [NO_APN]

    private(test, model, apn="", user="", password="", card={})


def test_a_module_that_hangs_after_that_is_reset() -> None:
    """No answer is not a refusal: every rung has its turn, and RESET helps."""

    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        twin.faults.add(fault_from_table({"kind": "pdp_refused", "until": "reset"}))
        twin.radio.lose_pdp()
        port, asked = modem.channel.port, 0
        write = port.write

        def hangs_at_the_second(data: bytes | bytearray | memoryview) -> None:
            nonlocal asked
            asked += b"AT+SAPBR=1" in bytes(data)
            pulled = twin.module.hardware.start_cause is StartCause.RESET_KEY
            if pulled or asked < 2 or b"AT+SAPBR=1" not in bytes(data):
                write(data)

        port.write = hangs_at_the_second  # type: ignore[method-assign]
        await modem.recover()
        assert notes == [NO_APN]
        climbed = [rung.rung for rung in modem.climbed]
        assert climbed[-3:] == ["flight mode", "AT+RESET", "RESET pin"]

    private(test, "air724ug", apn="", user="", password="", card={}, pins={"reset"})


def test_one_that_worked_before_is_recovered_like_any_other() -> None:
    async def test(modem: Modem, twin: Twin, notes: list[str]) -> None:
        await modem.recover()
        cell = twin.module.hardware.cell
        cell.grants_pdp = False
        twin.radio.lose_pdp()
        LoopClock().call_later(40, lambda: setattr(cell, "grants_pdp", True))
        await modem.recover()
        assert len(modem.climbed) > 3
        assert twin.radio.address is not None

    private(test)


def scripted(test: Callable[[Modem, FakeModule], Awaitable[None]]) -> None:
    async def main() -> None:
        near, far = memory_pair()
        module = FakeModule(far)
        async with Modem(near, apn="corp", user="u", password="p", auth="chap") as modem:
            await test(modem, module)

    run_virtual(main())


def test_a_module_without_parameters_of_the_bearer() -> None:
    async def test(modem: Modem, module: FakeModule) -> None:
        module.instead["AT+SAPBR=3"] = b"\r\nERROR\r\n"
        module.instead["AT+CGDCONT?"] = b'\r\n+CGDCONT: 3,"IP","",""\r\n\r\nOK\r\n'
        module.instead["AT+CGDCONT="] = module.instead["AT+CGAUTH"] = b"\r\nOK\r\n"
        await modem.bring_up()
        assert 'AT+CGDCONT=3,"IP","corp"' in module.heard
        assert 'AT+CGAUTH=3,2,"u","p"' in module.heard
        module.instead["AT+CGDCONT"] = b"\r\nERROR\r\n"

    scripted(test)


def test_a_module_that_takes_it_in_no_way() -> None:
    async def test(modem: Modem, module: FakeModule) -> None:
        for command in ("AT+SAPBR=3", "AT+CGDCONT", "AT+CGAUTH"):
            module.instead[command] = b"\r\nERROR\r\n"
        with pytest.raises(CommandRefusedError, match=r"AT\+SAPBR=3,1,"):
            await modem.bring_up()

    scripted(test)


def test_a_pdp_that_is_up_is_left_to_whoever_uses_it() -> None:
    async def test(modem: Modem, module: FakeModule) -> None:
        module.instead["AT+CGDCONT?"] = b'\r\n+CGDCONT: 1,"IP","cmiot","10.1.2.3",0,0\r\n\r\nOK\r\n'
        await modem.bring_up()
        assert not any(line.startswith("AT+CGDCONT=") for line in module.heard)
        assert 'AT+SAPBR=3,1,"APN","corp"' in module.heard

    scripted(test)


def test_what_cannot_be_told_is_refused_before() -> None:
    async def main() -> None:
        wrong_ones: list[SimWishes] = [{"apn": 'a"b'}, {"user": "x" * 51}, {"auth": "md5"}]
        for wrong in wrong_ones:
            with pytest.raises(UsageError):
                Modem(memory_pair()[0], **wrong)

    run_virtual(main())
