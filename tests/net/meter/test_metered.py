"""Networks, simulated and real, whose connections are charged to somebody."""

from __future__ import annotations

import asyncio
import socket
import sys
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.net.meter.account import Account, metered_http
from atwin.net.meter.kernel import KernelCount, read_kernel
from atwin.net.meter.metered import MeteredNetwork
from atwin.net.network import ConnectError, ResolveError, Stream, StreamError
from atwin.net.real import RealNetwork
from atwin.net.tcp import listen
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from support.line.ears import leaves_nothing
from support.servers.sockets import own_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells its counts")


async def echo(stream: Stream) -> None:
    while data := await stream.read(1 << 20):
        await stream.write(data)


@asynccontextmanager
async def mute_server() -> AsyncIterator[int]:
    """Says nothing and keeps its side open until the block is left; its port."""
    done = asyncio.Event()

    async def serve(stream: Stream) -> None:
        await done.wait()

    async with listen(serve, "127.0.0.1", 0) as port:
        yield port
        done.set()


def simulated() -> tuple[MeteredNetwork, SimulatedNetwork, Account]:
    inner, account = SimulatedNetwork(LoopClock()), Account()
    return MeteredNetwork(inner, lambda: account), inner, account


def test_a_heartbeat_on_a_simulated_network() -> None:
    async def main() -> None:
        network, inner, account = simulated()
        inner.serve("192.0.2.1", 7, echo)
        stream = await network.connect("192.0.2.1", 7)
        opened = account.count.operator
        assert (opened.up.total, opened.down.total) == (80, 40)
        for beats in (1, 2, 3):
            await stream.write(b"hb")
            assert await stream.read(9) == b"hb"
            assert account.count.operator.total == opened.total + 164 * beats
        assert not account.settled
        stream.close()
        stream.close()
        assert account.settled
        count = account.count
        assert count.operator.total == 120 + 3 * 164 + 160
        assert count.operator.up.payload == count.operator.down.payload == 6
        assert (count.counted_by, count.wire) == ("model", count.operator)

    run_virtual(main())


def test_names_are_asked_for_and_addresses_are_not() -> None:
    async def main() -> None:
        network, inner, account = simulated()
        inner.add_host("server.test")
        await network.resolve("192.0.2.1")
        assert account.count.wire.total == 0
        await network.resolve("server.test")
        asked = account.count.wire
        assert asked.up.dns == 28 + 12 + 13 + 4
        assert asked.down.dns == asked.up.dns + 16
        with pytest.raises(ResolveError):
            await network.resolve("other.test")
        assert account.count.wire.total == 2 * 57 + 16 + 2 * 56

    run_virtual(main())


def test_connections_that_do_not_come_about() -> None:
    async def main() -> None:
        network, inner, account = simulated()
        with pytest.raises(ConnectError):
            await network.connect("192.0.2.1", 80)
        assert (account.count.operator.total, account.count.operator.connections) == (80, 1)
        inner.never_answers("192.0.2.1", 81)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await network.connect("192.0.2.1", 81)
        assert (account.count.operator.total, account.settled) == (120, True)

    run_virtual(main())


def test_who_is_charged() -> None:
    async def main() -> None:
        network, inner, account = simulated()
        inner.serve("192.0.2.1", 7, echo)
        boot = Account()
        session = Account(boot)
        first, second = Account(session, http=True), Account(session, http=True)

        async def act(own: Account, text: bytes) -> None:
            with own.charged():
                stream = metered_http(await network.connect("192.0.2.1", 7))
                await stream.write(b"GET / HTTP/1.1\r\n\r\n" + text)
                await stream.read(999)
                stream.close()

        # Side by side: each is charged for its own, and both above for all of it.
        await asyncio.gather(act(first, b"1"), act(second, b"22"))
        assert first.count.wire.up.http == second.count.wire.up.http == 18
        assert (first.count.wire.up.payload, second.count.wire.up.payload) == (1, 2)
        assert session.count == boot.count == first.count + second.count
        assert account.count.wire.total == 0
        assert metered_http(SIMPLE) is SIMPLE

    run_virtual(main())


class _Simple:
    async def read(self, limit: int) -> bytes:
        return b""

    async def write(self, data: bytes | bytearray | memoryview) -> None: ...

    def close(self) -> None: ...


SIMPLE = _Simple()


def test_the_connection_opened_last_carries_http() -> None:
    async def main() -> None:
        network, inner, _ = simulated()
        inner.serve("192.0.2.1", 80, echo)
        account = Account(http=True)
        with account.charged():
            # A redirect: the first one still exchanges its last packets.
            first = await network.connect("192.0.2.1", 80)
            await first.write(bytes(5))
            second = metered_http(await network.connect("192.0.2.1", 80))
            await second.write(b"GET / HTTP/1.1\r\n\r\n")
        assert (account.count.wire.up.tls, account.count.wire.up.http) == (5, 18)
        second.close()
        first.close()

    run_virtual(main())


def test_a_handshake_that_fails_is_all_tls() -> None:
    async def main() -> None:
        network, inner, _ = simulated()
        inner.serve("192.0.2.1", 443, echo)
        account = Account(http=True)
        with account.charged():
            stream = await network.connect("192.0.2.1", 443)
            await stream.write(bytes(100))
            stream.close()
        assert account.count.operator.up.tls == 100

    run_virtual(main())


def test_a_broken_simulated_connection() -> None:
    async def main() -> None:
        network, inner, account = simulated()

        async def reset(stream: SimulatedStream) -> None:
            await stream.read(1)
            stream.reset()

        inner.serve("192.0.2.1", 7, reset)
        stream = await network.connect("192.0.2.1", 7)
        await stream.write(b"x")
        with pytest.raises(StreamError):
            await stream.read(9)
        stream.close()
        assert account.settled

    run_virtual(main())


def real() -> tuple[MeteredNetwork, Account]:
    account = Account()
    return MeteredNetwork(RealNetwork(), lambda: account), account


@linux
def test_the_kernel_knows_both_ends_of_the_same_connection() -> None:
    async def main() -> None:
        network, account = real()
        counts = []

        async def serve(stream: Stream) -> None:
            raw = stream._transport.get_extra_info("socket")  # type: ignore[attr-defined]
            await stream.write(bytes(50_000))
            await stream.read(1)
            counts.append(read_kernel(raw))

        async with listen(serve, "127.0.0.1", 0) as port:
            stream = await network.connect("127.0.0.1", port)
            got = 0
            while got < 50_000:
                got += len(await stream.read(1 << 20))
            await stream.write(b"x")
            assert await stream.read(1) == b""
            stream.close()
            await account.wait_settled()
        (server,) = counts
        assert server is not None
        wire = account.count.wire
        assert wire.down.data_packets == server.data_packets_out == -(-50_000 // 1448)
        assert wire.up.data_packets == server.data_packets_in == 1
        assert (wire.up.payload, wire.down.payload, wire.down.unread) == (1, 50_000, 0)
        assert account.count.counted_by == "kernel"

    asyncio.run(main())


@linux
def test_closing_says_fin_at_once_and_counts_what_follows() -> None:
    async def main() -> None:
        network, account = real()
        left = asyncio.Event()

        async def serve(stream: Stream) -> None:
            await stream.read(9)
            assert await stream.read(9) == b""
            left.set()

        async with listen(serve, "127.0.0.1", 0) as port:
            stream = await network.connect("127.0.0.1", port)
            await stream.write(b"x")
            stream.close()
            assert not account.settled
            await left.wait()
            await account.wait_settled()
        assert account.count.wire.up.packets >= 4
        assert account.count.wire.down.packets >= 2
        with pytest.raises(StreamError):
            await stream.read(1)

    asyncio.run(main())


@linux
def test_a_server_that_keeps_its_side_open_does_not_hold_it_up_for_long() -> None:
    async def main() -> None:
        network, account = real()
        async with mute_server() as port:
            stream = await network.connect("127.0.0.1", port)
            stream.close()
            async with asyncio.timeout(20):
                await account.wait_settled()
        assert account.count.wire.up.packets == 3

    asyncio.run(main())


@linux
def test_a_server_that_goes_on_sending_is_reset() -> None:
    async def main() -> None:
        network, account = real()
        broken = asyncio.Event()

        async def serve(stream: Stream) -> None:
            try:
                while True:
                    await stream.write(bytes(100_000))
            except StreamError:
                broken.set()

        async with listen(serve, "127.0.0.1", 0) as port:
            stream = await network.connect("127.0.0.1", port)
            await stream.read(10)
            stream.close()
            async with asyncio.timeout(20):
                await broken.wait()
                await account.wait_settled()
        down = account.count.wire.down
        assert down.payload == 10
        assert down.unread > 1000

    asyncio.run(main())


@linux
def test_one_by_the_kernel_and_one_by_the_model() -> None:
    async def main() -> None:
        network, account = real()
        async with listen(echo, "127.0.0.1", 0) as port:
            stream = await network.connect("127.0.0.1", port)
            assert account.count.counted_by == "kernel"
            with own_port() as nobody, pytest.raises(ConnectError):
                await network.connect("127.0.0.1", nobody)
            stream.close()
            await account.wait_settled()
        count = account.count
        assert count.counted_by == (count * 7).counted_by == "kernel and model"

    asyncio.run(main())


def test_refused() -> None:
    async def main() -> None:
        network, account = real()
        with own_port() as nobody, pytest.raises(ConnectError):
            await network.connect("127.0.0.1", nobody)
        assert account.count.wire.packets == 2
        assert account.count.counted_by == "model"

    asyncio.run(main())


@linux
def test_ipv6_headers_are_larger() -> None:
    async def main() -> None:
        network, account = real()
        try:
            serving = listen(echo, "::1", 0)
            async with serving as port:
                stream = await network.connect("::1", port)
                await stream.write(bytes(3000))
                got = 0
                while got < 3000:
                    got += len(await stream.read(9999))
                stream.close()
                await account.wait_settled()
        except OSError as error:
            pytest.skip(f"no IPv6 here: {error}")
        wire = account.count.wire
        assert wire.up.headers == 60 * wire.up.packets
        assert wire.up.data_packets == 3  # of 1428 bytes: 1500 less 60 and time stamps

    asyncio.run(main())


def test_datagrams() -> None:
    async def main() -> None:
        network, inner, account = simulated()

        async def answer(stream: Stream) -> None:
            assert await stream.read(99) == b"hello"
            await stream.write(bytes(1000))

        inner.serve_udp("192.0.2.1", 9, answer)
        stream = await network.open_udp("192.0.2.1", 9)
        await stream.write(b"hello")
        got = await stream.read(600)
        got += await stream.read(600)
        assert got == bytes(1000)
        stream.close()
        wire = account.count.wire
        # One datagram, in however many pieces it is read.
        assert (wire.up.total, wire.down.total) == (33, 1028)
        assert account.count.counted_by == "model"

    run_virtual(main())


def test_datagrams_over_ipv6() -> None:
    async def main() -> None:
        network, inner, account = simulated()

        async def answer(stream: Stream) -> None:
            await stream.write(await stream.read(99))

        inner.serve_udp("2001:db8::1", 9, answer)
        stream = await network.open_udp("2001:db8::1", 9)
        await stream.write(b"hello")
        assert await stream.read(99) == b"hello"
        assert account.count.wire.up.total == account.count.wire.down.total == 53

    run_virtual(main())


def test_pings() -> None:
    async def main() -> None:
        network, inner, account = simulated()
        inner.serve("192.0.2.1", 7, echo)
        await network.ping("192.0.2.1", 32, 64)
        assert (account.count.wire.up.total, account.count.wire.down.total) == (60, 60)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(5):
                await network.ping("192.0.2.2", 32, 64)
        assert (account.count.wire.up.total, account.count.wire.down.total) == (120, 60)

    run_virtual(main())


@linux
def test_closing_the_network_cuts_goodbyes_short() -> None:
    async def main() -> None:
        network, account = real()
        async with mute_server() as port:
            first = await network.connect("127.0.0.1", port)
            second = await network.connect("127.0.0.1", port)
            first.close()
            assert not account.settled
            await network.close()
            second.close()
            assert account.settled
            assert account.count.wire.connections == 2

    leaves_nothing(main())


@linux
def test_a_fin_between_two_looks_is_no_byte(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        network, account = real()
        done = asyncio.Event()
        peers: list[socket.socket] = []

        async def serve(stream: Stream) -> None:
            await stream.read(9)
            await stream.write(b"ok")
            peers.append(stream._transport.get_extra_info("socket"))  # type: ignore[attr-defined]
            await done.wait()

        async with listen(serve, "127.0.0.1", 0) as port:
            stream = await network.connect("127.0.0.1", port)
            await stream.write(b"x")
            assert await stream.read(9) == b"ok"

            def read_late(ours: socket.socket) -> KernelCount | None:
                # Our FIN is out and nothing waits; now the peer closes, and then we ask.
                with suppress(OSError):  # the second time
                    peers[0].shutdown(socket.SHUT_WR)
                while (kernel := read_kernel(ours)) is not None and not kernel.is_over:
                    pass
                return kernel

            monkeypatch.setattr("atwin.net.meter.metered.read_kernel", read_late)
            stream.close()
            await account.wait_settled()
            done.set()
        assert account.count.wire.down.payload == 2
        assert account.count.wire.down.unread == 0

    asyncio.run(main())


def test_what_is_written_a_while_later_has_a_packet_of_its_own() -> None:
    async def main() -> int:
        network, inner, account = simulated()
        inner.serve("192.0.2.1", 7, echo)
        stream = await network.connect("192.0.2.1", 7)
        for pause in (0.1, 0.1, 60, 60):
            await stream.write(b"x")
            await asyncio.sleep(pause)
        return account.count.operator.up.data_packets

    assert run_virtual(main()) == 2
