"""Links where models differ, and hosts as they are in the field (docs/spec/network.md §5)."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

import pytest

from atwin.at.dialect.urcs import ConnectFail, ConnectOk
from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.net.real import RealNetwork
from atwin.net.tcp import TcpStream
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.modules.link_host import LinkHost
from support.modules.on_twin import on_twin
from support.servers.peers import Peer, on_loopback, simulated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from support.line.terminal import Terminal


def on_host(test: Callable[[Twin, LinkHost], Awaitable[None]], model: str, *peers: Peer) -> None:
    """Run `test` with a host program on a network with these peers."""

    async def main() -> None:
        near, far = memory_pair()
        network = SimulatedNetwork(LoopClock(), latency=0.02)
        simulated(network, peers)
        async with Twin(model, far, network=network) as twin:
            await test(twin, LinkHost(near))

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
def test_a_host_with_several_links_and_no_scene(model: str) -> None:
    """CIPMUX, CIPQSEND, CIPRXGET, CIPSTART: three deployed programs; data are fetched."""
    echoes = [Peer(name, echo=True) for name in ("a", "b")]

    async def test(twin: Twin, host: LinkHost) -> None:
        await host.ask("ATE0;+CIPMUX=1;+CIPQSEND=1;+CIPRXGET=5;+CIPSRIP=1")
        for number, peer in enumerate(echoes):
            assert await host.open(number, peer.host, peer.port)
        data = bytes(range(256)) * 5 + b"\r\n\r\nOK\r\n"
        for number in (0, 1):
            await host.send(number, data)
            came = b""
            while len(came) < len(data):
                await asyncio.sleep(0.1)
                reply = await host.ask(f"AT+CIPRXGET=2,{number},1000")
                assert reply.body is not None
                assert not reply.final.damaged
                came += reply.body
            assert came == data

    on_host(test, model, *echoes)


@pytest.mark.parametrize("pdp", [True, False])
def test_links_that_wait_for_the_pdp(pdp: bool) -> None:
    """Three at once while the module has no address: all come up, or each is told."""
    server = Peer("server")

    async def test(twin: Twin, host: LinkHost) -> None:
        await host.ask("ATE0;+CIPMUX=1;+CGACT=0,1")
        twin.module.hardware.cell.grants_pdp = pdp
        for number in range(3):
            await host.ask(f'AT+CIPSTART={number},"TCP","{server.host}",{server.port}')
        told = {await host.channel.urc(ConnectOk, ConnectFail, timeout=60) for _ in range(3)}
        assert told == {(ConnectOk if pdp else ConnectFail)(number) for number in range(3)}
        state = (await host.ask("AT+CIPSTATUS")).lines[0]
        assert state == f"STATE: {'IP PROCESSING' if pdp else 'PDP DEACT'}"

    on_host(test, "air780e-at", server)


@pytest.mark.parametrize("multi", [False, True])
def test_a_silent_module_says_nothing_of_an_address_that_does_not_answer(multi: bool) -> None:
    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock())
        net.never_answers("10.1.2.3", 7000)
        return net

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CIPMUX=%d" % multi)
        number = b"2," * multi
        await terminal.ask(b'AT+CIPSTART=%b"TCP","10.1.2.3",7000' % number)
        assert await terminal.quiet(200) == b""
        assert twin.module.firmware is not None
        assert twin.module.firmware.pool.used == 0
        # A refusal is an answer.
        await terminal.ask(b'AT+CIPSTART=%b"TCP","10.1.2.3",7001' % number, b"CONNECT FAIL\r\n")

    on_twin(test, "air780ep", network=network)


def test_keep_alive_is_that_of_the_socket() -> None:
    async def main() -> None:
        peer = Peer("peer")
        streams: list[TcpStream] = []

        class Kept(RealNetwork):
            async def connect(self, *arguments: object) -> TcpStream:
                stream = await super().connect(*arguments)  # type: ignore[arg-type]
                assert isinstance(stream, TcpStream)
                streams.append(stream)
                return stream

        async with on_loopback([peer]):
            near, far = memory_pair()
            async with Twin("air780e-at", far, network=Kept(), time_scale=0):
                host = LinkHost(near)
                await host.ask("ATE0;+CIPTKA=1,7200,600,9;+CIPMUX=1")
                assert await host.open(0, peer.host, peer.port)
                await host.ask("AT+CIPTKA=0")
                assert await host.open(1, peer.host, peer.port)
                kept, plain = (s._transport.get_extra_info("socket") for s in streams)
                on = (socket.SOL_SOCKET, socket.SO_KEEPALIVE)
                assert (kept.getsockopt(*on), plain.getsockopt(*on)) == (1, 0)
                options = socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT
                times = [kept.getsockopt(socket.IPPROTO_TCP, option) for option in options]
                assert times == [7200, 600, 9]

    asyncio.run(main())


def test_a_heartbeat_is_counted_and_comes_between_the_data() -> None:
    server = Peer("server")

    async def test(twin: Twin, host: LinkHost) -> None:
        await host.ask("ATE0;^HEARTCONFIG=1,0,60;^HEARTBEAT=0,beat")
        assert await host.open(None, server.host, server.port)
        before = twin.traffic.boot.count.operator.up
        for _ in range(3):
            await host.send(None, b"data")
            await asyncio.sleep(62)
        assert bytes(server.heard) == b"databeat" * 3
        spent = twin.traffic.boot.count.operator.up
        assert spent.payload - before.payload == len(server.heard)
        assert spent.data_packets - before.data_packets == 6
        assert (await host.ask("AT^HEARTINQUIRE?")).lines == ("^HEARTINQUIRE: 6,54,3",)
        # A restart forgets it.
        await host.ask("AT+RESET")
        await asyncio.sleep(20)
        assert (await host.ask("AT^HEARTCONFIG?")).lines[-1] == "^HEARTCONFIG: 0,0,120"

    on_host(test, "air780e-at", server)
