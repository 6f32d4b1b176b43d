"""Eight connections in all, those that still close included (docs/spec/network.md §6)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from atwin.clock import LoopClock
from atwin.models import load_profile
from atwin.testing.simulated import SimulatedNetwork
from support.modules.on_twin import on_twin
from support.servers.peers import Peer, simulated

if TYPE_CHECKING:
    from atwin.net.network import Stream
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

LIMIT = 8
LINGER = 2.0
FIELD = load_profile("air780e-lsat").with_flags(linger_s=LINGER)

PAGE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Web:
    """A server whose answers the test lets go."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answer = asyncio.Event()

    async def serve(self, stream: Stream) -> None:
        request = b""
        while b"\r\n\r\n" not in request:
            request += await stream.read(65536)
        self.asked.set()
        await self.answer.wait()
        await stream.write(PAGE)


class Field:
    """A module in use, and beside it what the pool must hold."""

    def __init__(self, twin: Twin, terminal: Terminal, web: Web) -> None:
        self.terminal = terminal
        self.web = web
        #: Kinds of the open links by number.
        self.links: dict[int, str] = {}
        self.requesting = False
        self.refused = 0
        self._twin = twin
        self._now = twin.module.hardware.clock.now
        self._lingering: list[float] = []

    async def prepare(self) -> None:
        ask = self.terminal.ask
        await ask(b"AT+CIPMUX=1;+CSTT;+CIICR")
        await ask(b"AT+CIFSR", b"\r\n10.1.1.1\r\n")
        await ask(b"AT+SAPBR=1,1;+HTTPINIT")
        await ask(b'AT+HTTPPARA="URL","http://web.test/"')

    def used(self) -> int:
        self._lingering = [until for until in self._lingering if until > self._now()]
        count = len(self.links) + self.requesting + len(self._lingering)
        assert self._twin.module.firmware is not None
        assert self._twin.module.firmware.pool.used == count <= LIMIT
        return count

    async def open(self, number: int, kind: str) -> None:
        if number in self.links:
            return
        full = self.used() == LIMIT
        heard = await self.terminal.ask(
            b'AT+CIPSTART=%d,"%b","peer-%b.test",7000'
            % (number, kind.encode(), kind.lower().encode()),
        )
        heard += await self.terminal.quiet(0.01)
        if full:
            self.refused += 1
            refusal = f"\r\n{kind} ERROR: 2\r\n\r\n{number}, CONNECT FAIL\r\n"
            assert heard == b"\r\nOK\r\n" + refusal.encode()
        else:
            assert heard == b"\r\nOK\r\n\r\n%d, CONNECT OK\r\n" % number
            self.links[number] = kind
        self.used()

    async def close(self, number: int) -> None:
        if number not in self.links:
            return
        assert await self.terminal.ask(b"AT+CIPCLOSE=%d" % number) == (
            b"\r\n%d, CLOSE OK\r\n" % number
        )
        if self.links.pop(number) == "TCP":
            self._lingering.append(self._now() + LINGER)
        self.used()

    async def request(self) -> None:
        """Begin a request; the server lets it wait."""
        if self.requesting:
            return
        full = self.used() == LIMIT
        self.web.answer.clear()
        heard = await self.terminal.ask(b"AT+HTTPACTION=0") + await self.terminal.quiet(0.01)
        if full:
            self.refused += 1
            assert heard == b"\r\nOK\r\n\r\n+HTTPACTION: 0,604,0\r\n"
        else:
            assert heard == b"\r\nOK\r\n"
            self.requesting = True
        self.used()

    async def answer(self) -> None:
        if not self.requesting:
            return
        self.web.answer.set()
        await self.terminal.expect(b"\r\n+HTTPACTION: 0,200,2\r\n")
        self.requesting = False
        self._lingering.append(self._now() + LINGER)
        self.used()


def in_the_field(steps: list[tuple[str, int, float]]) -> int:
    """Run the steps (what, which link, seconds after it); how many connections were refused."""
    webs: list[Web] = []

    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock())
        simulated(net, [Peer("peer-tcp", "tcp"), Peer("peer-udp", "udp")])
        webs.append(Web())
        net.serve("web.test", 80, webs[0].serve)
        return net

    async def main(twin: Twin, terminal: Terminal) -> int:
        field = Field(twin, terminal, webs[0])
        await field.prepare()
        for what, number, seconds in steps:
            match what:
                case "TCP" | "UDP":
                    await field.open(number, what)
                case "close":
                    await field.close(number)
                case "request":
                    await field.request()
                case _:
                    await field.answer()
            assert await terminal.quiet(seconds) == b""
        # Whatever was refused works when the others are through.
        await terminal.quiet(LINGER + 0.1)
        for number in range(6):
            await field.close(number)
        await field.answer()
        await terminal.quiet(LINGER + 0.1)
        assert field.used() == 0
        for number in range(6):
            await field.open(number, "TCP")
        await field.request()
        assert field.used() == 7
        await field.answer()
        return field.refused

    return on_twin(main, FIELD, network=network)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from([*["TCP"] * 5, "UDP", "close", "close", "request", "answer"]),
            st.integers(0, 5),
            st.sampled_from([*[0.013] * 8, 0.7, 2.5]),
        ),
        min_size=20,
        max_size=80,
    )
)
def test_any_mix(steps: list[tuple[str, int, float]]) -> None:
    in_the_field(steps)


def test_the_ninth_link_and_the_ninth_request() -> None:
    six = [("TCP", number, 0.0) for number in range(6)]
    again = [(what, 0, 0.0) for _ in range(2) for what in ("close", "TCP")]
    # Six open, two closing: nothing more, by link or by request; UDP closes without lingering.
    assert in_the_field([*six, *again, ("close", 1, 0), ("TCP", 1, 0)]) == 1
    assert in_the_field([*six, *again, ("request", 0, 0)]) == 1
    assert in_the_field([*six, *again, ("close", 5, 3), ("request", 0, 0), ("TCP", 5, 0)]) == 0
    udp = [("UDP", number, 0.0) for number in range(6)]
    assert (
        in_the_field([*udp, *[(what, 0, 0.0) for _ in range(9) for what in ("close", "UDP")]]) == 0
    )


def test_one_link_reopened_faster_than_connections_close() -> None:
    async def main(twin: Twin, terminal: Terminal) -> None:
        start = b'AT+CIPSTART="TCP","peer.test",7000'
        for _ in range(LIMIT):
            await terminal.ask(start, b"CONNECT OK\r\n")
            await terminal.ask(b"AT+CIPCLOSE")
        await terminal.ask(start)
        assert await terminal.quiet(0.1) == (
            b"\r\nTCP ERROR: 2\r\n\r\nSTATE: IP STATUS\r\n\r\nCONNECT FAIL\r\n"
        )
        await terminal.quiet(LINGER)
        assert await terminal.ask(start, b"CONNECT OK\r\n") == b"\r\nOK\r\n\r\nCONNECT OK\r\n"

    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock())
        simulated(net, [Peer("peer")])
        return net

    on_twin(main, FIELD, network=network)


def test_names_need_no_slot() -> None:
    async def main(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSTT;+CIICR")
        await terminal.ask(b"AT+CIFSR", b"\r\n10.1.1.1\r\n")
        for _ in range(20):
            await terminal.ask(b'AT+CDNSGIP="peer.test"')
        assert twin.module.firmware is not None
        assert twin.module.firmware.pool.used == 0
        assert (await terminal.quiet()).count(b"+CDNSGIP: 1,") == 20

    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock(), latency=0.1)
        simulated(net, [Peer("peer")])
        return net

    on_twin(main, FIELD, network=network)
