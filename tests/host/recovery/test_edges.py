"""Where a recovery could do harm, take too long, or stop too early."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.line.frame import Flow, HostSettings
from atwin.line.pins import PinSpecError, open_pins
from atwin.line.ports.memory import memory_pair
from atwin.models import Profile, load_profile
from atwin.session.opening import TwinPins
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.bearer import Bearers
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.pins import Wire, Wiring
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.peers import Peer, simulated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from atwin.line.ports.memory import MemoryPort
    from atwin.twin.board.power import Cure

LINK = (b'AT+CIPSTART="TCP","server.test",7000\r', b"CONNECT OK\r\n")


def with_twin(
    test: Callable[[Twin, MemoryPort, SimulatedNetwork], Awaitable[None]],
    model: str | Profile = "air780e-lsat",
    **options: Any,
) -> None:
    async def main() -> None:
        network = SimulatedNetwork(LoopClock(), latency=0.01)
        near, far = memory_pair()
        async with Twin(model, far, network=network, **options) as twin:
            await test(twin, near, network)

    run_virtual(main())


def plan(*faults: dict[str, Any]) -> FaultPlan:
    return FaultPlan.from_table({"fault": list(faults)})


@pytest.mark.parametrize("kind", ["connect_refused", "dns_failure"])
@pytest.mark.parametrize("seconds", [60.0, 300.0])
def test_a_server_that_is_down_for_a_while_resets_no_module(
    kind: str, seconds: float, tmp_path: Path
) -> None:
    faults = plan(
        {"kind": kind, "at_action": 3, "seconds": seconds},
        {"kind": "reset_connection", "at_action": 3},
    )

    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        network.serve("origin", 80, Origin({"/f": File(Generated(700_000, seed=3))}).handle)
        async with Modem(near, pins=TwinPins(twin)) as modem:
            await modem.recover()
            rungs: list[str] = []
            before = twin.module.on_cure

            def on_cure(cure: Cure) -> None:
                rungs.append(cure.name)
                before(cure)

            twin.module.on_cure = on_cure
            # give_up is 900 s: far longer than the outage.
            await modem.download("http://origin/f", tmp_path / "f", strategy="range")
            assert rungs == []
            assert (tmp_path / "f").exists()

    with_twin(test, faults=faults)


@pytest.mark.parametrize("code", [b"303 See Other", b"307 Temporary Redirect"])
def test_a_post_is_sent_once_even_if_its_redirect_leads_nowhere(code: bytes) -> None:
    posts = 0

    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        async def server(stream: Any) -> None:
            nonlocal posts
            request = b""
            while b"\r\n\r\n" not in request:
                request += await stream.read(65536)
            posts += request.startswith(b"POST")
            where = b"Location: http://gone.example/\r\nContent-Length: 0\r\n\r\n"
            await stream.write(b"HTTP/1.1 " + code + b"\r\n" + where)

        network.serve("origin", 80, server)
        async with Modem(near) as modem:
            await modem.bring_up()
            with suppress(HostError):
                await modem.post("http://origin/order", b"one coffee")

    with_twin(test)
    assert posts == 1


def hang_at_cpin(twin: Twin) -> None:
    taps = twin.module.hardware.taps

    def tap(command: Any) -> None:
        if command.name == "+CPIN":
            twin.module.hang()

    taps.command = tap


def connecting_for_ever(twin: Twin) -> None:
    assert twin.module.firmware is not None
    bearer = twin.module.firmware.find(Bearers)._bearers[1]
    bearer.status = 0


@pytest.mark.parametrize(
    "trouble",
    [
        lambda twin: twin.module.hang(),  # 10 s
        lambda twin: twin.module.firmware.radio.deregister(),  # 29.5 s
        hang_at_cpin,  # 180 s
        connecting_for_ever,  # for ever
    ],
    ids=["silent", "no network", "hangs at CPIN", "SAPBR stays 0"],
)
def test_recover_ends_with_its_deadline(trouble: Callable[[Twin], None]) -> None:
    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        trouble(twin)
        async with asyncio.timeout(3600), Modem(near) as modem:
            began = modem.clock.now()
            with pytest.raises(HostError):
                await modem.recover(give_up=5)
            assert modem.clock.now() - began < 7

    with_twin(test)


TRANSPARENT = [
    (b"AT+CIPMODE=1\r", b"OK\r\n"),
    (b'AT+CIPSTART="TCP","server.test",7000\r', b"CONNECT\r\n"),
]


@pytest.mark.parametrize(
    "typed",
    [TRANSPARENT, [LINK, (b"AT+CIPSEND=1460\r", b"> ")], [LINK, (b"AT+CIPSEND\r", b"> ")]],
    ids=["transparent", "CIPSEND=1460", "CIPSEND"],
)
def test_recover_without_pins_frees_the_line(typed: list[tuple[bytes, bytes]]) -> None:

    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        simulated(network, [Peer("server")])
        terminal = Terminal(near)
        for line, end in typed:
            terminal.type(line)
            await terminal.expect(end)
        async with Modem(near) as modem:
            await modem.recover()

    with_twin(test)


def test_flight_mode_cut_short_leaves_the_radio_on() -> None:
    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        async with Modem(near) as modem:
            await modem.bring_up()
            assert twin.module.firmware is not None
            radio = twin.module.firmware.radio
            twin.module.hardware.cell.grants_pdp = False
            radio.lose_pdp()
            recovering = asyncio.create_task(modem.recover())
            while radio.functionality == 1:  # noqa: ASYNC110 - it wakes nobody
                await asyncio.sleep(0.1)
            recovering.cancel()  # Ctrl-C, or give_up
            with suppress(asyncio.CancelledError):
                await recovering
        assert radio.functionality == 1

    with_twin(test)


def test_a_second_interruption_does_not_leave_the_pin_low() -> None:
    class SlowPins(TwinPins):
        async def drive(self, pin: Any, high: bool) -> None:
            await asyncio.sleep(0.3)  # a relay, a lab supply, a socket
            await super().drive(pin, high)

    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        twin.module.hang()
        modem = Modem(near, pins=SlowPins(twin))
        recovering = asyncio.create_task(modem.recover())
        while twin.pins.reset:  # noqa: ASYNC110 - it wakes nobody
            await asyncio.sleep(0.1)
        for _ in range(2):
            recovering.cancel()
            await asyncio.sleep(0.1)
        await asyncio.sleep(5)
        assert twin.pins.reset

    with_twin(test)


def test_rts_on_the_reset_pin_is_no_flow_control() -> None:
    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        near.set_line(HostSettings(115_200))
        flows: list[Flow] = []
        before = near.set_flow

        async def set_flow(flow: Flow) -> None:
            flows.append(flow)
            await before(flow)

        near.set_flow = set_flow  # type: ignore[method-assign]
        async with Modem(near, pins=open_pins("port:rts=reset", near)) as modem:
            await modem.bring_up()
        # With CRTSCTS the driver itself moves RTS, here the module's RESET.
        assert Flow.HARDWARE not in flows

    with_twin(test, baud=115_200)


def test_pins_are_let_go_when_the_port_is_opened() -> None:
    """open() of a tty asserts both outputs: on such a board that holds the module in reset."""

    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        near.set_line(HostSettings(115_200, rts=True, dtr=True))
        async with Modem(near, pins=open_pins("port:rts=reset,dtr=power_key", near)) as modem:
            await modem.recover()
            assert (twin.pins.reset, twin.pins.power_key) == (True, True)

    wiring = Wiring(rts=Wire("reset"), dtr=Wire("power_key"))
    with_twin(test, baud=115_200, wiring=wiring)


def test_one_output_is_no_two_pins() -> None:
    with pytest.raises(PinSpecError):
        open_pins("port:rts=reset,rts=power_key", memory_pair()[0])


def test_a_sim_that_goes_in_the_middle_is_told_and_resets_nothing(tmp_path: Path) -> None:
    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        network.serve("origin", 80, Origin({"/f": File(Generated(700_000, seed=3))}).handle)
        async with Modem(near, pins=TwinPins(twin)) as modem:
            await modem.recover()
            with pytest.raises(HostError, match="SIM"):
                await modem.download("http://origin/f", tmp_path / "f", strategy="range")

    with_twin(test, faults=plan({"kind": "sim_pulled", "at_action": 3}))


def test_a_module_that_was_slower_than_that_is_pressed_once_more() -> None:
    """It starts after the ten seconds of the host, just in time to be switched off."""
    slow = load_profile("air780e-lsat").with_flags(parser=10.5)
    presses = 0

    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        class Counted(TwinPins):
            async def drive(self, pin: Any, high: bool) -> None:
                nonlocal presses
                presses += pin == "power_key" and not high
                if presses:
                    twin.module.hardware.profile = slow.with_flags(parser=5.0)
                await super().drive(pin, high)

        async with Modem(near, pins=Counted(twin)) as modem:
            await modem.bring_up()
            climbed = await modem.recover(restart=True)
            assert [rung.rung for rung in climbed] == ["AT+RESET"]

    with_twin(test, slow)
    assert presses == 2


@pytest.mark.parametrize("seconds", [5.0, 8.0])
def test_a_module_that_starts_slowly_is_not_switched_off(seconds: float) -> None:
    """An update that is unpacked after AT+RESET, a slow flash: 4.5 s are not for ever."""

    async def test(twin: Twin, near: MemoryPort, network: SimulatedNetwork) -> None:
        async with Modem(near, pins=TwinPins(twin)) as modem:
            await modem.bring_up()
            await modem.recover(restart=True)

    with_twin(test, load_profile("air780e-lsat").with_flags(parser=seconds))
