"""The bytes themselves, as those who ask for them hear them."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.net.network import ConnectError, NameServers, SocketOptions
from atwin.net.traced import TracedNetwork
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import Trace
from atwin.trace.raw import Conversation, NetEvent, RawListener
from atwin.trace.recent_bytes import RecentBytes
from support.modules.traced import traced
from support.servers.name_server import NameServer

if TYPE_CHECKING:
    from atwin.net.network import Stream
    from atwin.trace.trace import Fields
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

CONTENT = Generated(5000, 5)


class Heard(RawListener):
    """Keeps everything."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.lines = {">": b"", "<": b""}
        self.talks: list[Conversation] = []
        self.events: list[NetEvent] = []
        self.bytes: dict[NetEvent, bytes] = {}
        self.kinds: Counter[object] = Counter()

    def line(self, t: float, direction: str, data: bytes) -> None:
        self.times.append(t)
        self.lines[direction] += data

    def net(self, t: float, talk: Conversation, event: NetEvent, data: bytes) -> None:
        self.times.append(t)
        if talk not in self.talks:
            self.talks.append(talk)
        if not self.events or self.events[-1] is not event:
            self.events.append(event)
        self.bytes[event] = self.bytes.get(event, b"") + data

    def record(self, t: float, fields: Fields) -> None:
        self.kinds[dict(fields)["kind"]] += 1


def serve(network: SimulatedNetwork) -> None:
    network.serve("files.example", 80, Origin({"/f": File(CONTENT)}, wall=lambda: 0.0).handle)


def test_a_get_with_all_its_bytes() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"ATE0;+SAPBR=1,1;+HTTPINIT")
        await terminal.ask(b'AT+HTTPPARA="URL","http://files.example/f?token=abc"')
        await terminal.ask(b"AT+HTTPACTION=0")
        await terminal.expect(b"+HTTPACTION: 0,200,5000\r\n")
        await terminal.ask(b"AT+HTTPREAD")
        addresses.append(twin.radio.address)

    addresses: list[str | None] = []
    heard = Heard()
    records = traced(test, serve=serve, listener=heard)
    assert heard.times == sorted(heard.times)
    assert b'"URL","http://files.example/f?token=abc"\r' in heard.lines[">"]
    content = CONTENT.read(0, 5000)
    assert heard.lines["<"].endswith(b"+HTTPREAD: 5000\r\n" + content + b"\r\nOK\r\n")
    (talk,) = heard.talks
    assert (talk.protocol, talk.local, talk.remote_port) == ("tcp", addresses[0], 80)
    assert heard.events == [
        NetEvent.CALLED,
        NetEvent.OPENED,
        NetEvent.SENT,
        NetEvent.RECEIVED,
        NetEvent.CLOSED,
    ]
    assert heard.bytes[NetEvent.SENT].startswith(b"GET /f?token=abc HTTP/1.1\r\n")
    assert heard.bytes[NetEvent.RECEIVED].endswith(content)
    assert heard.kinds == Counter(record["kind"] for record in records)


def test_ends_of_connections_datagrams_pings_and_names() -> None:
    async def peer(stream: Stream) -> None:
        await stream.write(await stream.read(4))

    async def main() -> None:
        clock = LoopClock()
        trace, simulated = Trace(clock), SimulatedNetwork(clock)
        trace.raw.add(heard)
        simulated.serve("peer.example", 7, peer)
        simulated.serve_udp("peer.example", 9, peer)
        simulated.serve_udp(
            "198.51.100.9", 53, NameServer("dns", zone={"x.example": "192.0.2.1"}).serve
        )
        network = TracedNetwork(simulated, trace, lambda: "10.1.2.3")
        address = await network.resolve("peer.example")
        with pytest.raises(ConnectError):
            await network.connect(address, 8)
        stream = await network.connect(address, 7)
        await stream.write(memoryview(b"ping"))
        assert [await stream.read(9), await stream.read(9), await stream.read(9)] == [
            b"ping",
            b"",
            b"",
        ]
        stream.close()
        await network.ping(address, 32, 64)
        datagrams = await network.open_udp(address, 9, SocketOptions(local_port=4000))
        await datagrams.write(b"word")
        assert await datagrams.read(9) == b"word"
        datagrams.close()
        await network.resolve("x.example", NameServers(("198.51.100.9",)))
        simulated.never_answers("peer.example", 10)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await network.connect(address, 10)
        stream.close()
        trace.stop()

    heard = Heard()
    run_virtual(main())
    tcp = [NetEvent.CALLED, NetEvent.REFUSED, NetEvent.CALLED, NetEvent.OPENED]
    exchange = [NetEvent.SENT, NetEvent.RECEIVED]
    assert heard.events == [
        *tcp,
        *exchange,
        NetEvent.PEER_CLOSED,
        NetEvent.CLOSED,
        *[*exchange, NetEvent.CLOSED] * 3,
        NetEvent.CALLED,
        NetEvent.GIVEN_UP,
    ]
    assert heard.bytes[NetEvent.SENT].startswith(b"ping" + bytes(32) + b"word")
    assert b"\x01x\x07example" in heard.bytes[NetEvent.RECEIVED]


def test_who_listens_hears_from_then_on_until_it_does_no_more() -> None:
    heard, trace = Heard(), Trace(None)
    trace.raw.add(heard)
    assert not trace.on
    assert trace.raw.on
    trace.raw.line(0.0, ">", b"AT")
    trace.raw.remove(heard)
    trace.raw.line(0.0, ">", b"AT")
    assert not trace.raw.on
    assert heard.lines[">"] == b"AT"


def test_who_hears_the_line_alone_has_nothing_copied_of_the_network() -> None:
    async def main() -> None:
        trace = Trace(LoopClock())
        trace.raw.add(RecentBytes())
        assert trace.raw.on
        assert not trace.raw.hears_net
        everything = Heard()
        trace.raw.add(everything)
        assert trace.raw.hears_net
        trace.raw.remove(everything)
        assert not trace.raw.hears_net

    run_virtual(main())


def test_nothing_is_handed_to_who_has_no_method_for_it() -> None:
    async def scenario() -> None:
        raw = Trace(LoopClock()).raw
        for listener, heard in (
            (Heard(), (True, True, True)),
            (RecentBytes(), (True, False, False)),
            (RawListener(), (False, False, False)),
        ):
            raw.add(listener)
            assert (raw.hears_line, raw.hears_net, raw.hears_records) == heard
            raw.remove(listener)

    run_virtual(scenario())
