"""Links on a network of the test's own: what ends them, what waits, what is bounded."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from atwin.at.dialect.urcs import HttpCause
from atwin.clock import LoopClock
from atwin.models import load_profile
from atwin.net.network import ConnectError, NameServers, Pong
from atwin.testing.simulated import SimulatedNetwork
from support.modules.on_twin import on_twin
from support.servers.peers import Peer, simulated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

T = TypeVar("T")

START = b'AT+CIPSTART="TCP","server.test",7000'


class Scene:
    """A module and one peer that a test leads."""

    def __init__(self, twin: Twin, terminal: Terminal, server: Peer) -> None:
        self.twin = twin
        self.terminal = terminal
        self.server = server
        self.ask = terminal.ask

    @property
    def used(self) -> int:
        """Slots of the pool."""
        assert self.twin.module.firmware is not None
        return self.twin.module.firmware.pool.used

    async def state(self) -> bytes:
        return await self.ask(b"AT+CIPSTATUS", b"\r\n\r\nSTATE: ") + await self.terminal.quiet(0.1)

    async def connect(self) -> None:
        assert await self.ask(START, b"CONNECT OK\r\n") == b"\r\nOK\r\n\r\nCONNECT OK\r\n"


def with_peer(
    test: Callable[[Scene], Awaitable[T]],
    *,
    echo: bool = False,
    silent: bool = False,
    **options: Any,
) -> T:
    found: list[Peer] = []

    def network() -> SimulatedNetwork:
        server = Peer("server", echo=echo)
        net = SimulatedNetwork(LoopClock(), latency=0.01)
        simulated(net, [server])
        if silent:
            net.never_answers("server.test", 7000)
        found.append(server)
        return net

    async def main(twin: Twin, terminal: Terminal) -> T:
        return await test(Scene(twin, terminal, found[0]))

    return on_twin(main, network=network, **options)


# --- connecting ---------------------------------------------------------------------------------


def test_a_connection_that_is_never_answered_fails_after_75_seconds() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(START)
        assert scene.used == 1
        assert await scene.terminal.quiet(74) == b""
        assert await scene.state() == b"\r\nOK\r\n\r\nSTATE: TCP CONNECTING\r\n"
        assert await scene.ask(START, b"3\r\n") == b"\r\n+CME ERROR: 3\r\n"
        assert await scene.terminal.quiet(2) == b"\r\nSTATE: IP STATUS\r\n\r\nCONNECT FAIL\r\n"
        assert scene.used == 0

    with_peer(test, silent=True)


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        (b"AT+CIPCLOSE", b"\r\nCLOSE OK\r\n", b"TCP CLOSED"),
        (b"AT+CIPSHUT", b"\r\nSHUT OK\r\n", b"IP INITIAL"),
    ],
)
def test_given_up_while_connecting(command: bytes, answer: bytes, state: bytes) -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(START)
        assert await scene.ask(command) == answer
        assert scene.used == 0
        assert await scene.terminal.quiet(100) == b""
        assert await scene.state() == b"\r\nOK\r\n\r\nSTATE: " + state + b"\r\n"

    with_peer(test, silent=True)


def test_an_unknown_name() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b'AT+CIPSTART="TCP","nowhere.test",7000')
        assert await scene.terminal.quiet() == b"\r\nSTATE: IP STATUS\r\n\r\nCONNECT FAIL\r\n"

    with_peer(test)


def test_the_pdp_goes_while_connecting() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(START)
        scene.twin.radio.lose_pdp()
        assert await scene.terminal.quiet(100) == (
            b"\r\n+CGEV: NW PDN DEACT 1\r\n\r\n+PDP: DEACT\r\n"
        )
        assert scene.used == 0

    with_peer(test, silent=True)


def test_a_peer_that_speaks_no_tls() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPSSL=1")
        await scene.ask(START)
        await scene.server.say(b"220 plain text here\r\n")
        assert await scene.terminal.quiet() == b"\r\nSTATE: IP STATUS\r\n\r\nCONNECT FAIL\r\n"
        assert scene.used == 0

    with_peer(test)


def test_a_defect_of_ours_is_a_failed_connection(caplog: pytest.LogCaptureFixture) -> None:
    class Broken(SimulatedNetwork):
        async def resolve(self, host: str, servers: NameServers | None = None) -> str:
            raise ValueError("not thought of")

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(START)
        assert await terminal.quiet() == b"\r\nSTATE: IP STATUS\r\n\r\nCONNECT FAIL\r\n"
        assert await terminal.ask(b"AT") == b"\r\nOK\r\n"

    on_twin(test, network=lambda: Broken(LoopClock()))
    assert "not thought of" in caplog.text


def test_a_name_server_that_does_not_answer() -> None:
    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock())
        net.never_resolves("mute.test")
        return net

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSTT;+CIICR")
        await terminal.ask(b"AT+CIFSR", b"10.1.1.1\r\n")
        assert await terminal.ask(b'AT+CDNSGIP="mute.test"') == b"\r\nOK\r\n"
        assert await terminal.quiet(29) == b""
        assert await terminal.quiet(2) == b"\r\n+CDNSGIP: 0,11\r\n"

    on_twin(test, network=network)


def test_a_ping_ends_with_the_pdp() -> None:
    async def test(scene: Scene) -> None:
        scene.terminal.type(b'AT+CIPPING="192.0.2.9",10\r')
        await scene.terminal.quiet(15)
        scene.twin.radio.lose_pdp()
        assert await scene.terminal.quiet(10) == (
            b'\r\n+CIPPING: 1,"192.0.2.9",600,255\r\n+CIPPING: 2,"192.0.2.9",600,255\r\n'
            b"\r\nOK\r\n\r\n+CGEV: NW PDN DEACT 1\r\n"
        )
        assert await scene.ask(b'AT+CIPPING="192.0.2.9"', b"3\r\n") == b"\r\n+CME ERROR: 3\r\n"

    with_peer(test)


def test_where_the_system_lets_nobody_ping() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        heard = await terminal.ask(b'AT+CIPPING="127.0.0.1",2')
        assert heard.count(b',"127.0.0.1",600,255\r\n') == 2

    class Forbidden(SimulatedNetwork):
        async def ping(self, address: str, size: int, ttl: int) -> Pong:
            raise ConnectError("no ping: not permitted")

    on_twin(test, network=lambda: Forbidden(LoopClock()))


# --- sending ------------------------------------------------------------------------------------


def test_a_peer_that_takes_nothing_ends_in_send_fail() -> None:
    async def deaf(stream: object) -> None:
        await asyncio.sleep(1000)

    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock())
        net.serve("server.test", 7000, deaf)
        return net

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(START, b"CONNECT OK\r\n")
        packet = b"x" * 1460
        for _ in range(1000):  # what the network itself holds is not endless
            await terminal.ask(b"AT+CIPSEND=1460", b"> ")
            terminal.type(packet)
            answer = await terminal.expect(b"\r\nSEND ", 60) + await terminal.expect(b"\r\n")
            if answer == b"\r\nSEND FAIL\r\n":
                break
        assert answer == b"\r\nSEND FAIL\r\n"
        assert await terminal.quiet() == b"\r\nTCP ERROR: 12\r\n\r\nCLOSED\r\n"
        assert await terminal.ask(b"AT+CIPSEND=1", b"3\r\n") == b"\r\n+CME ERROR: 3\r\n"

    on_twin(test, network=network)


def test_too_much_without_a_length() -> None:
    async def test(scene: Scene) -> None:
        await scene.connect()
        await scene.ask(b"AT+CIPSEND", b"> ")
        scene.terminal.type(b"x" * 1460 + b"\x1a")
        assert await scene.terminal.quiet() == b"\r\nSEND OK\r\n"
        await scene.ask(b"AT+CIPSEND", b"> ")
        scene.terminal.type(b"x" * 3000 + b"\x1a")
        assert await scene.terminal.quiet() == b"\r\nSEND FAIL\r\n"
        await scene.server.hear(b"x" * 1460)
        assert await scene.state() == b"\r\nOK\r\n\r\nSTATE: CONNECT OK\r\n"

    with_peer(test)


def test_sent_by_itself_after_a_while() -> None:
    async def test(scene: Scene) -> None:
        await scene.connect()
        await scene.ask(b"AT+CIPATS=1,5")
        await scene.ask(b"AT+CIPSEND", b"> ")
        scene.terminal.type(b"abc")
        assert await scene.terminal.quiet(4.9) == b""
        assert await scene.terminal.quiet(0.2) == b"\r\nSEND OK\r\n"
        await scene.server.hear(b"abc")

    with_peer(test)


def test_no_limit_of_time_at_the_prompt() -> None:
    async def test(scene: Scene) -> None:
        await scene.connect()
        await scene.ask(b"AT+CIPSEND=3", b"> ")
        scene.terminal.type(b"ab")
        assert await scene.terminal.quiet(3600) == b""
        scene.terminal.type(b"c")
        assert await scene.terminal.quiet() == b"\r\nSEND OK\r\n"

    with_peer(test)


def test_the_peer_goes_while_the_host_types() -> None:
    async def test(scene: Scene) -> None:
        await scene.connect()
        await scene.ask(b"AT+CIPSEND=3", b"> ")
        await scene.server.close()
        assert await scene.terminal.quiet() == b""
        scene.terminal.type(b"abc")
        assert await scene.terminal.quiet() == b"\r\nSEND FAIL\r\n\r\nCLOSED\r\n"

    with_peer(test)


def test_sending_finds_the_link_broken_while_the_module_does_not_read() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPRXGET=1")
        await scene.connect()
        saying = asyncio.ensure_future(scene.server.say(b"x" * 34_000))
        assert await scene.terminal.quiet() == b"\r\n+CIPRXGET: 1\r\n"
        await saying
        await scene.server.reset()
        assert await scene.terminal.quiet() == b""
        await scene.ask(b"AT+CIPSEND=1", b"> ")
        scene.terminal.type(b"x")
        assert await scene.terminal.quiet() == (
            b"\r\nSEND FAIL\r\n\r\nTCP ERROR: 14\r\n\r\nCLOSED\r\n"
        )
        assert b"4,32767\r\n" in await scene.ask(b"AT+CIPRXGET=4")

    with_peer(test)


def test_confirmed_means_it_has_arrived() -> None:
    async def sent(scene: Scene) -> bytes:
        await scene.connect()
        await scene.ask(b"AT+CIPSEND=3", b"> ")
        scene.terminal.type(b"abc")
        await scene.terminal.expect(b"SEND OK\r\n")
        return await scene.ask(b"AT+CIPACK")

    async def slowly(scene: Scene) -> bytes:
        await scene.ask(b"AT+CIPQSEND=2")
        return await sent(scene)

    assert with_peer(sent) == b"\r\n+CIPACK: 3,0,3\r\n\r\nOK\r\n"
    assert with_peer(slowly) == b"\r\n+CIPACK: 3,3,0\r\n\r\nOK\r\n"


# --- receiving ----------------------------------------------------------------------------------


def test_on_request_the_module_holds_32767_bytes_and_then_tcp_waits() -> None:
    data = random.Random(7).randbytes(1_000_000)

    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPRXGET=1")
        await scene.connect()
        saying = asyncio.ensure_future(scene.server.say(data))
        assert await scene.terminal.quiet(30) == b"\r\n+CIPRXGET: 1\r\n"
        assert not saying.done(), "the peer was not stopped"
        assert await scene.ask(b"AT+CIPRXGET=4") == b"\r\n+CIPRXGET: 4,32767\r\n\r\nOK\r\n"
        came = b""
        while len(came) < len(data):
            head = await scene.ask(b"AT+CIPRXGET=2,1460", b"\r\n+CIPRXGET: 2,")
            head += await scene.terminal.expect(b"\r\n")
            size = int(head.split(b",")[1])
            came += await scene.terminal.take(size)
            await scene.terminal.expect(b"\r\nOK\r\n")
            if size == 0:
                await scene.terminal.expect(b"\r\n+CIPRXGET: 1\r\n")
        await saying
        assert came == data

    with_peer(test)


def test_a_line_slower_than_the_peer_stops_the_peer() -> None:
    data = random.Random(8).randbytes(1_000_000)

    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPRXF=1")
        await scene.connect()
        saying = asyncio.ensure_future(scene.server.say(data))
        heard = b""
        uart = scene.twin.module.hardware.uart
        for _ in range(100):
            heard += await scene.terminal.quiet(1)
            assert uart.output.lane.pending <= 2 * 1460, "the module reads more than the line takes"
        assert heard == data[: len(heard)]
        assert 90_000 < len(heard) < 96_000  # 100 s at 9600 Bd, 8N1
        assert not saying.done()
        # Commands work in between: in the gap between two packets.
        scene.terminal.type(b"AT+CSQ\r")
        assert b"\r\n+CSQ: 22,0\r\n\r\nOK\r\n" in await scene.terminal.quiet(5)
        saying.cancel()

    with_peer(test, baud=9600)


def test_packets_hold_1460_bytes() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPHEAD=1;+CIPRXF=1")
        await scene.connect()
        await scene.server.say(b"a" * 1460 + b"b" * 1460 + b"c" * 80)
        assert await scene.terminal.quiet() == b"".join(
            b"\r\n+IPD,%d:" % len(packet) + packet
            for packet in (b"a" * 1460, b"b" * 1460, b"c" * 80)
        )

    with_peer(test)


def test_turning_the_request_mode_off_lets_everything_out() -> None:
    data = random.Random(9).randbytes(100_000)

    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPRXGET=1;+CIPRXF=1")
        await scene.connect()
        saying = asyncio.ensure_future(scene.server.say(data))
        assert await scene.terminal.quiet(5) == b"\r\n+CIPRXGET: 1\r\n"
        assert await scene.ask(b"AT+CIPRXGET=0") == b"\r\nOK\r\n"
        assert await scene.terminal.quiet(5) == data
        await saying

    with_peer(test)


def test_a_packet_that_waited_comes_before_the_next_command() -> None:
    async def test(scene: Scene) -> None:
        await scene.connect()
        await scene.ask(b"AT+CIPSEND=1", b"> ")
        await scene.server.say(b"too late")
        await scene.terminal.quiet()
        scene.terminal.type(b"xAT+CIPCLOSE\r")
        assert await scene.terminal.quiet() == b"\r\nSEND OK\r\ntoo late\r\n\r\nCLOSE OK\r\n"
        assert await scene.terminal.quiet() == b""

    with_peer(test)


def test_a_link_that_is_lost_takes_its_waiting_packet_along() -> None:
    async def test(scene: Scene) -> None:
        await scene.connect()
        await scene.ask(b"AT+CIPSEND=1", b"> ")
        await scene.server.say(b"too late")
        await scene.terminal.quiet()
        scene.twin.radio.lose_pdp()
        scene.terminal.type(b"x")
        assert await scene.terminal.quiet() == (
            b"\r\nSEND FAIL\r\n\r\n+CGEV: NW PDN DEACT 1\r\n\r\n+PDP: DEACT\r\n"
        )

    with_peer(test)


# --- lifetimes ----------------------------------------------------------------------------------


def test_a_restart_closes_links_without_a_word_and_keeps_what_was_saved() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPHEAD=1;+CIPSCONT;+CIPSRIP=1;+CIPRXGET=1")
        await scene.connect()
        await scene.ask(b"AT+RESET")
        await scene.terminal.quiet(10)
        assert scene.server.streams == []
        await scene.ask(b"ATE0")
        assert await scene.state() == b"\r\nOK\r\n\r\nSTATE: IP INITIAL\r\n"
        assert await scene.ask(b"AT+CIPHEAD?;+CIPSRIP?;+CIPRXGET?") == (
            b"\r\n+CIPHEAD: 1\r\n\r\n+CIPSRIP: 0\r\n\r\n+CIPRXGET: 0\r\n\r\nOK\r\n"
        )
        await scene.ask(b"AT+RSTSET")
        await scene.terminal.quiet(10)
        await scene.ask(b"ATE0")
        assert await scene.ask(b"AT+CIPHEAD?") == b"\r\n+CIPHEAD: 0\r\n\r\nOK\r\n"

    with_peer(test)


def test_the_end_of_the_twin_closes_links() -> None:
    left: list[Peer] = []

    async def test(scene: Scene) -> None:
        await scene.connect()
        left.append(scene.server)

    async def transparent(scene: Scene) -> None:
        await scene.ask(b"AT+CIPMODE=1")
        await scene.ask(START, b"CONNECT\r\n")
        scene.terminal.type(b"on its way")
        await scene.server.hear(b"on its way")
        left.append(scene.server)

    with_peer(test)
    with_peer(transparent)
    assert [peer.streams for peer in left] == [[], []]


def test_several_links_end_with_cipshut_in_one_word() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPMUX=1;+CSTT;+CIICR")
        await scene.ask(b"AT+CIFSR", b"\r\n10.1.1.1\r\n")
        for number in range(6):
            line = b'AT+CIPSTART=%d,"TCP","server.test",7000' % number
            await scene.ask(line, b"CONNECT OK\r\n")
        assert (scene.used, len(scene.server.streams)) == (6, 6)
        assert await scene.ask(b"AT+CIPSHUT") == b"\r\nSHUT OK\r\n"
        assert await scene.terminal.quiet() == b""
        assert (scene.used, len(scene.server.streams)) == (0, 0)

    with_peer(test)


def test_http_and_its_bearer_do_not_notice_cipshut() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+SAPBR=1,1")
        await scene.connect()
        await scene.ask(b"AT+CIPSHUT")
        assert b"+SAPBR: 1,1," in await scene.ask(b"AT+SAPBR=2,1")

    with_peer(test)


# --- transparent mode ---------------------------------------------------------------------------


def test_a_host_faster_than_the_peer_is_stopped_by_flow_control() -> None:
    data = random.Random(10).randbytes(60_000)

    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPMODE=1;+IFC=2,2")
        await scene.ask(START, b"CONNECT\r\n")
        scene.terminal.type(data)
        await scene.server.hear(data)
        assert scene.twin.module.hardware.uart.lost_bytes == 0

    with_peer(test, model=load_profile("air780e-at"))


def test_what_the_peer_says_last_comes_before_closed_also_behind_ato() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPMODE=1")
        await scene.ask(START, b"CONNECT\r\n")
        await scene.terminal.quiet(1.5)
        scene.terminal.type(b"+++")
        assert await scene.terminal.quiet() == b"\r\nOK\r\n"
        await scene.server.say(b"last words")
        await scene.server.close()
        assert await scene.terminal.quiet() == b""
        scene.terminal.type(b"ATO\r")
        assert await scene.terminal.quiet() == b"\r\nCONNECT\r\nlast words\r\nCLOSED\r\n"
        assert await scene.ask(b"AT") == b"\r\nOK\r\n"

    with_peer(test)


@pytest.mark.parametrize("baud", [600, 9600, 115200])
def test_out_and_in_on_a_line_with_line_time(baud: int) -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPMODE=1")
        await scene.ask(START, b"CONNECT\r\n")
        for _ in range(3):
            scene.terminal.type(b"data+++")
            await scene.server.hear(b"data+++")
            await scene.terminal.quiet(1.2)
            scene.terminal.type(b"+++")
            await scene.terminal.expect(b"\r\nOK\r\n")
            await scene.ask(b"ATO", b"\r\nCONNECT\r\n")
            await scene.server.say(b"answer")
            assert await scene.terminal.take(6) == b"answer"

    with_peer(test, baud=baud)


def test_closed_and_shut_from_command_mode() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPMODE=1")
        for command in (b"AT+CIPCLOSE", b"AT+CIPSHUT"):
            await scene.ask(START, b"CONNECT\r\n")
            await scene.terminal.quiet(1.5)
            scene.terminal.type(b"+++")
            assert await scene.terminal.quiet() == b"\r\nOK\r\n"
            assert await scene.ask(command) in (b"\r\nCLOSE OK\r\n", b"\r\nSHUT OK\r\n")
            assert await scene.ask(b"ATO", b"CARRIER\r\n") == b"\r\nNO CARRIER\r\n"
            assert scene.used == 0

    with_peer(test)


def test_a_link_that_breaks_leaves_command_mode() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CIPMODE=1")
        await scene.ask(START, b"CONNECT\r\n")
        await scene.server.say(b"so far")
        await scene.server.reset()
        assert await scene.terminal.quiet() == b"so far\r\nTCP ERROR: 14\r\n\r\nCLOSED\r\n"
        assert await scene.ask(b"AT") == b"\r\nOK\r\n"

    with_peer(test)


def test_transparent_mode_over_udp() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CIPMODE=1")
        await terminal.ask(b'AT+CIPSTART="UDP","echo.test",7000', b"CONNECT\r\n")
        terminal.type(b"datagram")
        assert await terminal.quiet() == b"datagram"
        terminal.type(b"+++")
        assert await terminal.quiet() == b"\r\nOK\r\n"
        assert await terminal.ask(b"AT+CIPCLOSE") == b"\r\nCLOSE OK\r\n"

    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock())
        simulated(net, [Peer("echo", "udp", echo=True)])
        return net

    on_twin(test, network=network)


def test_urcs_wait_for_command_mode() -> None:
    async def test(scene: Scene) -> None:
        await scene.ask(b"AT+CREG=1;+CIPMODE=1")
        await scene.ask(START, b"CONNECT\r\n")
        assert scene.twin.module.firmware is not None
        scene.twin.module.firmware.urc(HttpCause(1))
        assert await scene.terminal.quiet(1.5) == b""
        scene.terminal.type(b"+++")
        assert await scene.terminal.quiet() == b"\r\nERROR: 1\r\n\r\nOK\r\n"

    with_peer(test)
