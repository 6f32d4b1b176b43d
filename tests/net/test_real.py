"""Sockets of this machine: options, what a peer confirmed, datagrams."""

from __future__ import annotations

import asyncio
import socket

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.net.network import ConnectError, KeepAlive, SocketOptions, StreamError
from atwin.net.real import RealNetwork
from atwin.net.tcp import TcpStream, listen
from atwin.net.udp import Mailbox
from atwin.testing.simulated import SimulatedNetwork, SimulatedUdp
from support.servers.peers import Peer, on_loopback
from support.servers.sockets import local_port


def test_local_port_and_keep_alive() -> None:
    async def main() -> None:
        echo = Peer("echo", echo=True)
        async with on_loopback([echo]):
            port = local_port()
            options = SocketOptions(local_port=port, keep_alive=KeepAlive(60, 30, 3))
            stream = await RealNetwork().connect("127.0.0.1", echo.port, options)
            assert isinstance(stream, TcpStream)
            connection = stream._transport.get_extra_info("socket")
            assert connection.getsockname()[1] == port
            assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
            times = [
                connection.getsockopt(socket.IPPROTO_TCP, option)
                for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
            ]
            assert times == [60, 30, 3]
            with pytest.raises(ConnectError, match="in use"):
                await RealNetwork().connect("127.0.0.1", echo.port, options)
            stream.close()

    asyncio.run(main())


async def flood(stream: TcpStream) -> None:
    while True:
        await stream.write(bytes(1 << 20))


def test_what_a_peer_that_does_not_read_leaves_unconfirmed() -> None:
    async def deaf(stream: TcpStream) -> None:
        stream._transport.pause_reading()
        await asyncio.Event().wait()

    async def main() -> None:
        async with listen(deaf, "127.0.0.1", 0) as port:
            stream = await RealNetwork().connect("127.0.0.1", port)
            assert isinstance(stream, TcpStream)
            assert stream.unacknowledged == 0
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(flood(stream), 0.2)
            assert stream.unacknowledged > 0
            stream.close()
            assert stream.unacknowledged == 0

    asyncio.run(main())


def test_datagrams_there_and_back() -> None:
    async def main() -> None:
        echo = Peer("echo", "udp", echo=True)
        async with on_loopback([echo]):
            stream = await RealNetwork().open_udp("127.0.0.1", echo.port)
            await stream.write(b"first")
            await stream.write(b"second")
            assert await stream.read(100) == b"first"
            assert [await stream.read(4), await stream.read(4)] == [b"seco", b"nd"]
            stream.close()
            for use in (stream.read(1), stream.write(b"x")):
                with pytest.raises(StreamError):
                    await use

    asyncio.run(main())


def test_a_port_nobody_listens_on_is_no_error() -> None:
    async def main() -> None:
        stream = await RealNetwork().open_udp("127.0.0.1", local_port())
        for _ in range(3):
            await stream.write(b"x")
            await asyncio.sleep(0)
        stream.close()

    asyncio.run(main())


def test_simulated_datagrams() -> None:
    async def shout(stream: SimulatedUdp) -> None:
        while True:
            await stream.write((await stream.read(9999)).upper())

    async def main() -> None:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.25)
        network.serve_udp("shout.test", 7, shout)
        address = await network.resolve("shout.test")
        start = clock.now()
        stream = await network.open_udp(address, 7)
        await stream.write(b"one")
        await stream.write(b"two")
        assert [await stream.read(99), await stream.read(99)] == [b"ONE", b"TWO"]
        assert clock.now() - start == pytest.approx(0.5)
        nobody = await network.open_udp(address, 8)
        await nobody.write(b"x")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(10):
                await nobody.read(1)
        reading = asyncio.ensure_future(nobody.read(1))
        await asyncio.sleep(0)
        nobody.close()
        with pytest.raises(StreamError):
            await reading
        stream.close()
        await asyncio.sleep(1)

    run_virtual(main())


def may_ping() -> bool:
    """Whether this system lets us; on Linux net.ipv4.ping_group_range decides."""
    try:
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not may_ping(), reason="this system lets nobody ping")
def test_ping() -> None:
    pong = asyncio.run(RealNetwork().ping("127.0.0.1", 32, 64))
    assert 0 <= pong.seconds < 10
    assert pong.ttl == 64


@pytest.mark.skipif(may_ping(), reason="this system lets us ping")
def test_no_ping_where_the_system_forbids_it() -> None:
    with pytest.raises(ConnectError, match=r"no ping to 127\.0\.0\.1: "):
        asyncio.run(RealNetwork().ping("127.0.0.1", 32, 64))


def test_a_mailbox_loses_what_does_not_fit() -> None:
    async def main() -> None:
        box = Mailbox()
        box.put(b"")
        for number in range(70):
            box.put(bytes([number]) * 1024)
        came = [await box.read(1024) for _ in range(64)]
        assert came == [bytes([number]) * 1024 for number in range(64)]
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01):
                await box.read(1)

    run_virtual(main())
