"""The network in memory: what it delivers, and exactly when."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.net.network import ConnectError, ResolveError, StreamError
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.net.network import Handler, Stream

Scene = tuple[LoopClock, SimulatedNetwork]


def scene(latency: float = 0.0, bandwidth: float | None = None) -> Scene:
    clock = LoopClock()
    return clock, SimulatedNetwork(clock, latency=latency, bandwidth=bandwidth)


async def dial(network: SimulatedNetwork, handler: Handler[SimulatedStream]) -> SimulatedStream:
    network.serve("device.test", 80, handler)
    return await network.connect(await network.resolve("device.test"), 80)


async def read_all(stream: Stream, limit: int = 1 << 20) -> bytes:
    received = b""
    while data := await stream.read(limit):
        received += data
    return received


def sending(data: bytes) -> Handler[SimulatedStream]:
    async def handler(stream: SimulatedStream) -> None:
        await stream.write(data)

    return handler


async def echo(stream: SimulatedStream) -> None:
    while data := await stream.read(4096):
        await stream.write(data)


async def silent(stream: SimulatedStream) -> None:
    await asyncio.Event().wait()


class TestNames:
    def test_known_unknown_and_literal(self) -> None:
        async def main() -> None:
            _, network = scene()
            first = network.add_host("device.test")
            assert await network.resolve("DEVICE.test") == first
            assert network.add_host("other.test") != first
            assert network.add_host("device.test") == first
            assert await network.resolve("192.0.2.7") == "192.0.2.7"
            assert network.add_host("192.0.2.7") == "192.0.2.7"
            with pytest.raises(ResolveError, match=r"'gone\.test'"):
                await network.resolve("gone.test")

        run_virtual(main())

    def test_a_port_without_server_refuses(self) -> None:
        async def main() -> None:
            _, network = scene()
            address = network.add_host("device.test")
            with pytest.raises(ConnectError, match=f"connection to {address}:81 refused"):
                await network.connect(address, 81)

        run_virtual(main())

    def test_no_answer_until_the_caller_gives_up(self) -> None:
        async def main() -> None:
            clock, network = scene()
            network.never_resolves("mute.test")
            network.never_answers("192.0.2.1", 80)
            calls: list[Callable[[], Awaitable[object]]] = [
                lambda: network.resolve("mute.test"),
                lambda: network.connect("192.0.2.1", 80),
            ]
            for call in calls:
                began = clock.now()
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(120):
                        await call()
                assert clock.now() - began == pytest.approx(120)

        run_virtual(main())


class TestTime:
    def test_latency(self) -> None:
        async def main() -> None:
            clock, network = scene(latency=0.05)
            stream = await dial(network, echo)
            assert clock.now() == pytest.approx(0.2)  # two round trips: name, connection
            await stream.write(b"ping")
            assert await stream.read(10) == b"ping"
            assert clock.now() == pytest.approx(0.3)

        run_virtual(main())

    @pytest.mark.parametrize("bandwidth", [1_000.0, 12_345.0, 3_000_000.0])
    def test_bandwidth_is_exact(self, bandwidth: float) -> None:
        size = 307_200

        async def main() -> None:
            clock, network = scene(latency=0.1, bandwidth=bandwidth)
            stream = await dial(network, sending(bytes(size)))
            began = clock.now()
            assert len(await read_all(stream)) == size
            assert clock.now() - began == pytest.approx(0.1 + size / bandwidth, abs=1e-6)

        run_virtual(main())

    def test_bytes_come_little_by_little(self) -> None:
        async def main() -> None:
            clock, network = scene(bandwidth=14_600)
            stream = await dial(network, sending(bytes(14_600)))
            arrivals = []
            while data := await stream.read(1 << 20):
                arrivals.append((len(data), round(clock.now(), 6)))
            assert arrivals == [(1460, round(0.1 * (i + 1), 6)) for i in range(10)]

        run_virtual(main())

    def test_connections_share_the_link(self) -> None:
        async def main() -> None:
            clock, network = scene(bandwidth=10_000)
            first = await dial(network, sending(bytes(50_000)))
            second = await dial(network, sending(bytes(50_000)))
            ends: list[float] = []

            async def download(stream: Stream) -> None:
                await read_all(stream)
                ends.append(clock.now())

            await asyncio.gather(download(first), download(second))
            assert ends[1] == pytest.approx(10, abs=0.001)
            assert ends[0] > 9  # neither had to wait for the other's last byte

        run_virtual(main())

    def test_directions_do_not_share(self) -> None:
        async def main() -> None:
            clock, network = scene(bandwidth=10_000)
            stream = await dial(network, sending(bytes(50_000)))
            await asyncio.gather(stream.write(bytes(50_000)), read_all(stream))
            assert clock.now() == pytest.approx(5, abs=0.001)

        run_virtual(main())

    def test_the_same_at_every_run(self) -> None:
        async def main() -> list[tuple[int, float]]:
            clock, network = scene(latency=0.03, bandwidth=7_777)
            stream = await dial(network, sending(bytes(100_000)))
            seen = []
            while data := await stream.read(1000):
                seen.append((len(data), clock.now()))
            return seen

        assert run_virtual(main()) == run_virtual(main())


class TestStream:
    @pytest.mark.parametrize("bandwidth", [None, 5_000_000.0])
    @pytest.mark.parametrize("latency", [0.0, 0.02])
    def test_order_and_content(self, latency: float, bandwidth: float | None) -> None:
        data = bytes(range(251)) * 8000

        async def main() -> None:
            _, network = scene(latency, bandwidth)
            stream = await dial(network, echo)

            received = bytearray()

            async def send() -> None:
                for start in range(0, len(data), 33_333):
                    await stream.write(data[start : start + 33_333])

            async def receive() -> None:
                while len(received) < len(data):
                    received.extend(await stream.read(10_000))

            await asyncio.gather(send(), receive())
            assert received == data

        run_virtual(main())

    def test_close_lets_the_data_out_first(self) -> None:
        async def main() -> None:
            _, network = scene(latency=1, bandwidth=1000)
            got: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

            async def server(stream: SimulatedStream) -> None:
                got.set_result(await read_all(stream))

            stream = await dial(network, server)
            await stream.write(bytes(5000))
            stream.close()
            stream.close()
            assert await got == bytes(5000)
            for use in (stream.read(1), stream.write(b"x")):
                with pytest.raises(StreamError, match="closed"):
                    await use

        run_virtual(main())

    def test_a_reset_midway(self) -> None:
        async def main() -> None:
            _, network = scene(latency=0.01)

            async def server(stream: SimulatedStream) -> None:
                await stream.write(b"half of it")
                stream.reset()

            stream = await dial(network, server)
            assert await stream.read(100) == b"half of it"
            for use in (stream.read(1), stream.write(b"x")):
                with pytest.raises(StreamError, match="broke"):
                    await use

        run_virtual(main())

    def test_a_reader_that_stops_stops_the_sender(self) -> None:
        async def main() -> None:
            clock, network = scene(latency=0.01)
            sent = 0

            async def server(stream: SimulatedStream) -> None:
                nonlocal sent
                for _ in range(100):
                    await stream.write(bytes(100_000))
                    sent += 100_000

            stream = await dial(network, server)
            await clock.sleep(3600)
            assert sent <= 512 * 1024
            assert len(await read_all(stream)) == 10_000_000

        run_virtual(main())

    def test_closing_frees_a_sender_that_waits(self) -> None:
        async def main() -> None:
            clock, network = scene()
            outcome: asyncio.Future[str] = asyncio.get_running_loop().create_future()

            async def server(stream: SimulatedStream) -> None:
                with pytest.raises(StreamError) as caught:
                    await stream.write(bytes(10_000_000))
                outcome.set_result(str(caught.value))

            stream = await dial(network, server)
            await clock.sleep(1)
            stream.close()
            assert "closed by the other end" in await outcome

        run_virtual(main())

    def test_a_reading_that_waits_ends_with_close(self) -> None:
        async def main() -> None:
            clock, network = scene()
            stream = await dial(network, silent)
            clock.call_later(5, stream.close)
            with pytest.raises(StreamError, match="closed"):
                await stream.read(1)
            assert clock.now() == pytest.approx(5)

        run_virtual(main())

    def test_a_handler_that_fails_is_reported(self) -> None:
        async def main() -> None:
            reported: list[object] = []
            loop = asyncio.get_running_loop()
            loop.set_exception_handler(lambda _, context: reported.append(context["exception"]))
            _, network = scene()

            async def server(stream: SimulatedStream) -> None:
                raise LookupError("a bug in a test's server")

            stream = await dial(network, server)
            assert await stream.read(1) == b""
            await asyncio.sleep(0)
            assert [type(error) for error in reported] == [LookupError]

        run_virtual(main())
