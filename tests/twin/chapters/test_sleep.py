"""Sleep: what keeps a module awake, what wakes it, and RI (docs/spec/general.md §1)."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from atwin.at.dialect.urcs import PdnChanged
from atwin.clock import LoopClock
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import MemoryPort
from atwin.models import load_profile
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.sleep.service import SleepService
from support.modules.on_twin import on_twin
from support.servers.peers import Peer, simulated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.net.network import Network
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

#: Seconds after which a module that may sleep does, and a moment.
IDLE, MOMENT = 1.6, 0.01


class Edges:
    """The edges of RI: seconds since the last one, and the level."""

    def __init__(self, twin: Twin) -> None:
        self.seen: list[tuple[float, int]] = []
        self._clock = twin.module.hardware.clock
        self._at = self._clock.now()
        twin.module.hardware.modem_lines.on_ri.append(self._moved)

    def _moved(self, high: bool) -> None:
        now = self._clock.now()
        self.seen.append((round(now - self._at, 3), int(high)))
        self._at = now

    @property
    def levels(self) -> list[int]:
        return [level for _, level in self.seen]


def set_dtr(twin: Twin, asserted: bool) -> None:
    twin.module.hardware.uart.drive("dtr", asserted)


def test_without_csclk_the_receiver_is_the_plain_one() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        firmware = twin.module.firmware
        assert firmware is not None
        plain = twin.module.hardware.uart._intake.notify
        assert plain == firmware.line.resume
        await terminal.ask(b"AT+CSCLK=2")
        assert twin.module.hardware.uart._intake.notify != plain
        await terminal.ask(b"AT+CSCLK=0")
        await asyncio.sleep(IDLE)
        assert twin.module.hardware.uart._intake.notify == plain

    on_twin(test)


@pytest.mark.parametrize("mode", [1, 2])
def test_dtr_wakes_in_mode_1_only(mode: int) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        set_dtr(twin, False)
        await terminal.ask(b"AT+CSCLK=%d" % mode)
        await asyncio.sleep(IDLE)
        assert twin.asleep
        for low, wakes in ((0.04, False), (0.06, mode == 1)):
            set_dtr(twin, True)
            await asyncio.sleep(low)
            assert twin.asleep is not wakes
            set_dtr(twin, False)
            await asyncio.sleep(0.2)
        # Low again in between is not low all the time.
        await asyncio.sleep(IDLE)
        for _ in range(3):
            set_dtr(twin, True)
            await asyncio.sleep(0.03)
            set_dtr(twin, False)
        await asyncio.sleep(0.1)
        assert twin.asleep
        set_dtr(twin, True)
        await asyncio.sleep(60)
        assert twin.asleep is (mode == 2)

    on_twin(test)


def test_dtr_that_nobody_drives_is_high_and_one_on_another_pin_is_not_heeded() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert twin.pins.dtr
        set_dtr(twin, True)
        assert not twin.pins.dtr
        twin.module.hardware.uart.drive("dtr", None)
        assert twin.pins.dtr

    on_twin(test)


def test_a_port_that_tells_of_dtr_wakes_too() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSCLK=1")
        await asyncio.sleep(IDLE)
        port = terminal._port
        assert isinstance(port, MemoryPort)
        port.set_line(HostSettings(dtr=True))
        await asyncio.sleep(0.06)
        assert not twin.asleep

    on_twin(test)


def on_link(
    test: Callable[[Twin, Terminal, Peer], Awaitable[None]], model: str = "air724ug"
) -> None:
    """Run `test` with a link open to the peer."""
    peer = Peer("server", "tcp", echo=False)

    def network() -> Network:
        network = SimulatedNetwork(LoopClock(), latency=0.01)
        simulated(network, [peer])
        return network

    async def main(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(peer.fill(b'AT+CIPSTART="TCP",{server}'), b"CONNECT OK\r\n")
        await test(twin, terminal, peer)

    on_twin(main, model, network=network)


def test_rtime_counts_after_data_in_mode_3_only() -> None:
    async def test(twin: Twin, terminal: Terminal, peer: Peer) -> None:
        await terminal.ask(b"AT+WAKETIM=20;*RTIME=3;+CSCLK=3")
        await asyncio.sleep(10)
        assert not twin.asleep  # no data since the mode was set
        await peer.say(b"x")
        await asyncio.sleep(4)
        assert twin.asleep
        await terminal.quiet()
        terminal.type(b"AT\r")
        await asyncio.sleep(10)
        assert not twin.asleep
        await asyncio.sleep(12)
        assert twin.asleep

    on_link(test, "air780e-at")


def test_pulses_for_data_of_the_shape_that_was_set() -> None:
    async def test(twin: Twin, terminal: Terminal, peer: Peer) -> None:
        edges = Edges(twin)
        await peer.say(b"one")
        await terminal.expect(b"one")
        await asyncio.sleep(1)
        assert edges.seen == []
        await terminal.ask(b"AT+CFGRI=1,50,70,3")
        edges = Edges(twin)
        await peer.say(b"two")
        await terminal.expect(b"two")
        assert edges.levels == [0]
        assert not twin.pins.ri
        # During a train there is no other.
        await peer.say(b"three")
        await asyncio.sleep(1)
        assert edges.seen[1:] == [(0.07, 1), (0.05, 0), (0.07, 1), (0.05, 0), (0.07, 1)]
        assert twin.pins.ri
        await terminal.ask(b"AT+CFGRI=0")
        await peer.close()
        await terminal.expect(b"CLOSED")
        await asyncio.sleep(1)
        assert len(edges.seen) == 6

    on_link(test)


def test_a_module_that_sleeps_has_pulses_too_and_says_all_of_it() -> None:
    async def test(twin: Twin, terminal: Terminal, peer: Peer) -> None:
        await terminal.ask(b"AT+CFGRI=1;+CIPRXGET=1;+CSCLK=2")
        await asyncio.sleep(IDLE)
        assert twin.asleep
        edges = Edges(twin)
        await peer.say(b"news")
        assert b"+CIPRXGET: 1" in await terminal.quiet(0.3)
        assert edges.levels == [0, 1]
        assert edges.seen[1][0] == 0.12
        assert not twin.asleep
        await asyncio.sleep(IDLE)
        assert twin.asleep

    on_link(test)


def test_only_urcs_with_the_wanted_bytes_have_pulses() -> None:
    async def test(twin: Twin, terminal: Terminal, peer: Peer) -> None:
        await terminal.ask(b'AT+CFGRI=1;^WAKEUPHEX="6F70656E"')
        edges = Edges(twin)
        await peer.say(b"close the door")
        await asyncio.sleep(1)
        assert edges.seen == []
        await peer.say(b"open the door")
        await asyncio.sleep(1)
        assert edges.levels == [0, 1]

    on_link(test, "air780e-at")


def test_messages_have_pulses_always_and_other_urcs_never(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        edges = Edges(twin)
        twin.radio.deregister()
        await asyncio.sleep(1)
        assert edges.levels == []
        await terminal.ask(b"AT+CFGRI=1")
        twin.radio.register()
        await asyncio.sleep(5)
        assert edges.levels == []
        await terminal.ask(b"AT+CFGRI=0")
        # As if that was a message.
        monkeypatch.setattr(PdnChanged, "RINGS", True)
        twin.radio.lose_pdp()
        await asyncio.sleep(1)
        assert edges.levels == [0, 1]

    on_twin(test)


def test_urcdelay_puts_the_pulse_before_the_text_and_keeps_the_order() -> None:
    async def test(twin: Twin, terminal: Terminal, peer: Peer) -> None:
        await terminal.ask(b'AT+CFGRI=1;+CFG="urcdelay",300')
        edges = Edges(twin)
        await peer.say(b"data")
        await asyncio.sleep(0.1)
        assert edges.levels == [0]
        twin.radio.deregister()  # says something too, and waits for its turn
        assert await terminal.ask(b"AT") == b"\r\nOK\r\n"
        assert not await terminal.quiet(0.1)
        heard = await terminal.quiet(0.5)
        assert heard.startswith(b"data")
        assert len(heard) > len(b"data\r\n")

    on_link(test)


def test_cfgri_is_kept_only_when_that_was_asked_for() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for kept in (0, 1):
            await terminal.ask(b"AT+CFGRISAVE=%d;+CFGRI=1,50,60,7" % kept)
            await terminal.ask(b"AT+RESET", b"RDY\r\n")
            said = await terminal.ask(b"ATE0;+CFGRI?;+CFGRISAVE?")
            assert b"+CFGRI: %d\r\n" % kept in said
            assert b"+CFGRISAVE: %d\r\n" % kept in said
            firmware = twin.module.firmware
            assert firmware is not None
            settings = firmware.find(SleepService).ring.settings
            assert (settings.high, settings.low, settings.count) == (
                (50, 60, 7) if kept else (120, 120, 1)
            )

    on_twin(test)


def test_a_module_that_hangs_in_its_sleep_does_not_wake() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSCLK=2")
        await asyncio.sleep(IDLE)
        twin.module.hang()
        assert not twin.asleep
        for _ in range(5):
            terminal.type(b"AT\r")
            set_dtr(twin, True)
            assert await terminal.quiet() == b""
            set_dtr(twin, False)
        twin.module.reset_off()
        twin.module.power_on()
        assert b"RDY" in await terminal.quiet(5)

    on_twin(test)


def test_no_sleep_while_a_request_is_under_way() -> None:
    def network() -> Network:
        network = SimulatedNetwork(LoopClock(), latency=0.01)
        simulated(network, [Peer("server", "tcp", echo=False)])  # never answers
        return network

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1;+HTTPINIT")
        await terminal.ask(b'AT+HTTPPARA="URL","http://server.test:7000/"')
        await terminal.ask(b'AT+HTTPPARA="TIMEOUT",20')
        await terminal.ask(b"AT+CSCLK=2")
        await terminal.ask(b"AT+HTTPACTION=0")
        await asyncio.sleep(15)
        assert not twin.asleep
        await terminal.expect(b"+HTTPACTION: 0,")
        await asyncio.sleep(IDLE)
        assert twin.asleep

    on_twin(test, network=network)


def test_a_restart_in_the_middle_of_sleep_and_of_a_pulse() -> None:
    async def test(twin: Twin, terminal: Terminal, peer: Peer) -> None:
        await terminal.ask(b"AT+CFGRI=1,50,1000,3;+CSCLK=2")
        await asyncio.sleep(IDLE)
        await peer.say(b"x")
        await asyncio.sleep(0.1)
        assert not twin.pins.ri
        twin.module.restart()
        assert twin.pins.ri
        assert not twin.asleep
        await terminal.expect(b"RDY\r\n")
        await terminal.ask(b"ATE0")
        edges = Edges(twin)
        await asyncio.sleep(20)
        assert b"OK" in await terminal.ask(b"AT")
        assert edges.seen == []

    on_link(test, "air780e-at")


LOW_POWER = load_profile("air780e-at").with_flags(lowpower=True)


@pytest.mark.parametrize("mode", [b'"PRO"', b'"STD",1'])
def test_powermode_sleeps_keeps_itself_and_is_woken_by_dtr(mode: bytes) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+POWERMODE=" + mode)
        await terminal.ask(b"AT+RESET", b"NITZ")
        await asyncio.sleep(IDLE)
        assert twin.asleep
        set_dtr(twin, True)
        await asyncio.sleep(0.1)
        assert b"+POWERMODE: " + mode + b"\r\n" in await terminal.ask(b"AT+POWERMODE?")
        await asyncio.sleep(60)
        assert not twin.asleep
        await terminal.ask(b'AT+POWERMODE="CLOSE"')
        set_dtr(twin, False)
        await asyncio.sleep(60)
        assert not twin.asleep

    on_twin(test, LOW_POWER)


@pytest.mark.parametrize("by", ["DTR", "a slow line"])
def test_psm_plus_loses_ram_and_restarts(by: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CMEE=0;+IPR=9600" if by != "DTR" else b"AT+CMEE=0")
        await terminal.ask(b'AT+POWERMODE="PSM+",60,1')
        said = await terminal.quiet(IDLE)
        assert said == b"\r\n^MODE: 0,0\r\n\r\n+NO Service\r\n\r\n+CGEV: NW PDN DEACT 1\r\n"
        assert twin.asleep
        edges = Edges(twin)
        await asyncio.sleep(130)
        assert edges.levels == [0, 1, 0, 1]
        terminal.type(b"AT\r")
        if by == "DTR":
            assert await terminal.quiet(5) == b""
            set_dtr(twin, True)
        await terminal.expect(b"RDY\r\n")
        assert not twin.asleep
        assert b"+CMEE: 1" in await terminal.ask(b"AT+CMEE?")

    on_twin(test, LOW_POWER)


def test_psm_plus_ends_with_the_supply() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+POWERMODE="PSM+",5')
        await asyncio.sleep(IDLE)
        assert twin.asleep
        twin.pins.supply = False
        edges = Edges(twin)
        await asyncio.sleep(30)
        assert edges.seen == []
        assert not twin.asleep

    on_twin(test, LOW_POWER)


@pytest.mark.parametrize("lines", [1, 2, 3])
def test_at_any_moment_a_module_is_asleep_or_answers(lines: int) -> None:
    """After less than a second it answers; after more, the line and those after it are lost."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        chance = random.Random(lines)
        await terminal.ask(b"AT+CSCLK=2")
        missing, heard = 0, 0.0  # lines that will be lost, and seconds since the last one
        for _ in range(300):
            quiet = chance.choice((0.2, 0.5, 0.95, 1.05, 1.6, 30))
            await terminal.quiet(quiet - heard)
            missing = missing or (lines if quiet > 1 else 0)
            assert twin.asleep is bool(missing)
            terminal.type(b"AT\r")
            heard = 0.11
            assert (await terminal.quiet(heard) == b"\r\nOK\r\n") is not bool(missing)
            if missing:
                missing, heard = missing - 1, 0.01  # awake after 0.1 s of silence
        assert not await terminal.quiet(0.1)

    on_twin(test, LOW_POWER.with_flags(wake_lines=lines))
