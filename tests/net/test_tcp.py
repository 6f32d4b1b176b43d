"""The operating system's network: real connections on the loopback interface."""

from __future__ import annotations

import asyncio
import gc
import socket
import sys
import warnings
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from atwin.net.meter.kernel import read_kernel
from atwin.net.network import PLAIN, ConnectError, ResolveError, SocketOptions, StreamError
from atwin.net.real import RealNetwork
from atwin.net.tcp import TcpStream, listen
from support.servers.sockets import own_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from atwin.net.network import Stream

BODY = bytes(range(256)) * 1200  # 307200 bytes, the vendor's part of a file

#: The last one is what `pair` connects with.
OPTIONS = [PLAIN]


class Closed:
    """A transport that takes no attribute, as those of uvloop."""

    __slots__ = ("_inner",)

    def __init__(self, inner: object) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)


@asynccontextmanager
async def pair() -> AsyncIterator[tuple[Stream, TcpStream]]:
    """Both ends of one connection: the client's, the server's."""
    accepted: asyncio.Future[TcpStream] = asyncio.get_running_loop().create_future()
    done = asyncio.Event()

    async def server(stream: TcpStream) -> None:
        accepted.set_result(stream)
        await done.wait()

    async with listen(server, "127.0.0.1", 0) as port:
        client = await RealNetwork().connect("127.0.0.1", port, OPTIONS[-1])
        try:
            yield client, await accepted
        finally:
            client.close()
            done.set()


async def read_all(stream: Stream) -> bytes:
    received = bytearray()
    while data := await stream.read(1 << 20):
        received += data
    return bytes(received)


class TestResolve:
    def test_literals_need_no_name_server(self) -> None:
        async def main() -> None:
            network = RealNetwork()
            assert await network.resolve("192.0.2.1") == "192.0.2.1"
            assert await network.resolve("::1") == "::1"

        asyncio.run(main())

    def test_ipv4_comes_first(self) -> None:
        assert asyncio.run(RealNetwork().resolve("localhost")) == "127.0.0.1"

    @pytest.mark.parametrize("host", ["", "a" * 64 + ".test", "a\0b"])
    def test_what_is_no_name(self, host: str) -> None:
        with pytest.raises(ResolveError, match="no address for"):
            asyncio.run(RealNetwork().resolve(host))


class TestConnect:
    def test_refused(self) -> None:
        with own_port() as port:
            refused = f"^connection to 127.0.0.1:{port} refused$"
            with pytest.raises(ConnectError, match=refused):
                asyncio.run(RealNetwork().connect("127.0.0.1", port))

    def test_not_possible(self) -> None:
        with pytest.raises(ConnectError, match=r"^connection to 255.255.255.255:1 failed: \w+"):
            asyncio.run(RealNetwork().connect("255.255.255.255", 1))

    def test_a_connection_that_is_not_answered_can_be_given_up(self) -> None:
        async def main() -> None:
            with socket.socket() as full:
                full.bind(("127.0.0.1", 0))
                full.listen(0)
                port = full.getsockname()[1]
                # Linux leaves further connections unanswered once the backlog is full.
                network = RealNetwork()
                attempts = [asyncio.create_task(network.connect("127.0.0.1", port))]
                while (await asyncio.wait(attempts, timeout=0.05))[1] == set():
                    attempts.append(asyncio.create_task(network.connect("127.0.0.1", port)))
                attempts[-1].cancel()
                with pytest.raises(asyncio.CancelledError):
                    await attempts[-1]
                for attempt in attempts[:-1]:
                    (await attempt).close()

        asyncio.run(main())

    def test_small_segments_are_not_delayed(self) -> None:
        async def main() -> None:
            async with pair() as (client, _):
                assert isinstance(client, TcpStream)
                raw = client._transport.get_extra_info("socket")
                assert raw.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

        asyncio.run(main())


@pytest.fixture(
    params=[PLAIN, SocketOptions(window=6144), SocketOptions(window=6144, unpaced=True)], ids=str
)
def options(request: pytest.FixtureRequest) -> Iterator[None]:
    OPTIONS.append(request.param)
    yield
    OPTIONS.pop()


@pytest.mark.usefixtures("options")
class TestStream:
    def test_both_ways(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                writing = asyncio.gather(client.write(BODY), server.write(bytearray(BODY)))
                client_got, server_got = b"", b""
                while len(client_got) < len(BODY):
                    client_got += await client.read(1 << 20)
                while len(server_got) < len(BODY):
                    server_got += await server.read(100)
                await writing
                assert client_got == server_got == BODY

        asyncio.run(main())

    def test_the_end_is_orderly_and_stays(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                await server.write(b"last words")
                server.close()
                assert await read_all(client) == b"last words"
                assert await client.read(1) == b""

        asyncio.run(main())

    def test_a_reset_comes_behind_what_was_sent(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                await client.write(b"never read by the server")
                await server.write(b"first")
                assert await client.read(5) == b"first"
                raw = server._transport.get_extra_info("socket")
                linger_for_no_time = b"\1\0\0\0\0\0\0\0"
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
                server.close()
                with pytest.raises(StreamError, match="reset"):
                    await client.read(1)
                with pytest.raises(StreamError, match="reset"):
                    await client.write(b"x")

        asyncio.run(main())

    def test_a_reset_that_came_while_nobody_read_is_no_orderly_end(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                await server.write(b"first")
                assert await client.read(5) == b"first"
                raw = server._transport.get_extra_info("socket")
                linger_for_no_time = b"\1\0\0\0\0\0\0\0"
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_for_no_time)
                server.close()
                await asyncio.sleep(0)
                await asyncio.sleep(0)
                assert raw.fileno() < 0
                for _ in range(2):
                    with pytest.raises(StreamError, match="reset"):
                        await client.read(1)

        asyncio.run(main())

    def test_a_transport_of_another_loop(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                client._transport = Closed(client._transport)  # type: ignore[attr-defined]
                reading = asyncio.ensure_future(client.read(5))
                await asyncio.sleep(0)
                await server.write(b"first")
                assert await reading == b"first"

        asyncio.run(main())

    def test_a_reader_that_stops_stops_the_sender(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                assert isinstance(client, TcpStream)
                raw = server._transport.get_extra_info("socket")
                raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
                piece, count = bytes(100_000), 200
                progress: list[int] = []

                async def send() -> None:
                    for number in range(count):
                        await server.write(piece)
                        progress.append(number)
                    server.close()

                sending = asyncio.create_task(send())
                await client.read(1)
                seen = -1
                while len(progress) != seen:  # until the kernel's buffers are full as well
                    seen = len(progress)
                    await asyncio.wait({sending}, timeout=0.1)
                assert not sending.done()
                assert client._inbox.size < 512 * 1024
                assert len(await read_all(client)) == count * len(piece) - 1
                await sending

        asyncio.run(main())

    def test_close_ends_a_read_and_a_write_that_wait(self) -> None:
        async def main() -> None:
            async with pair() as (client, _):
                reading = asyncio.create_task(client.read(1))
                writing = asyncio.create_task(client.write(bytes(50_000_000)))
                await asyncio.sleep(0)
                client.close()
                client.close()
                for task in (reading, writing):
                    with pytest.raises(StreamError, match="closed"):
                        await task
                with pytest.raises(StreamError, match="closed"):
                    await client.write(b"x")

        asyncio.run(main())

    def test_a_read_that_was_given_up_loses_nothing(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                reading = asyncio.create_task(client.read(5))
                await asyncio.sleep(0)
                reading.cancel()
                await server.write(b"hello")
                assert await client.read(5) == b"hello"

        asyncio.run(main())

    def test_two_readers_are_a_mistake(self) -> None:
        async def main() -> None:
            async with pair() as (client, _):
                first = asyncio.create_task(client.read(1))
                await asyncio.sleep(0)
                with pytest.raises(RuntimeError, match="two tasks"):
                    await client.read(1)
                first.cancel()

        asyncio.run(main())

    def test_nothing_is_left_behind(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                await client.write(b"x")
                await server.read(1)
            assert asyncio.all_tasks() == {asyncio.current_task()}

        with warnings.catch_warnings():
            warnings.simplefilter("error", ResourceWarning)
            asyncio.run(main(), debug=True)
            gc.collect()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems size their buffers otherwise")
class TestWindow:
    @pytest.mark.parametrize("window", [6144, 24_000])
    def test_a_server_can_send_about_a_window(self, window: int) -> None:
        async def main() -> None:
            OPTIONS.append(SocketOptions(window=window))
            async with pair() as (client, server):
                OPTIONS.pop()
                writing = asyncio.create_task(server.write(bytes(1_000_000)))
                await client.read(1)
                raw = server._transport.get_extra_info("socket")
                received = -1
                while (count := _received(client)) != received:  # until it stands still
                    received = count
                    await asyncio.wait({writing}, timeout=0.1)
                assert window * 0.5 < received - 1 < window * 1.5
                assert raw.getpeername()[0].startswith("127.127.")
                writing.cancel()

        asyncio.run(main())

    def test_others_get_their_turn_while_one_reads(self) -> None:
        async def main() -> None:
            async with pair() as (client, server):
                turns = 0

                async def other() -> None:
                    nonlocal turns
                    while True:
                        await asyncio.sleep(0)
                        turns += 1

                busy = asyncio.create_task(other())
                writing = asyncio.create_task(server.write(BODY))
                await asyncio.wait({writing})
                before, got = turns, 0
                while got < len(BODY):
                    got += len(await client.read(1000))
                assert turns - before >= len(BODY) // 65_536
                busy.cancel()

        OPTIONS.append(SocketOptions(window=6144, unpaced=True))
        try:
            asyncio.run(main())
        finally:
            OPTIONS.pop()


def _received(stream: Stream) -> int:
    assert isinstance(stream, TcpStream)
    kernel = read_kernel(stream._transport.get_extra_info("socket"))
    assert kernel is not None
    return kernel.received
