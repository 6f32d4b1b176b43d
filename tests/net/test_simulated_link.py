"""What the simulated link does to a connection: its window, its losses, its outages."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.net.meter.account import Account
from atwin.net.meter.metered import MeteredNetwork
from atwin.net.network import SocketOptions
from atwin.testing.simulated import SimulatedNetwork

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, TypeVar

    from atwin.net.network import Stream
    from atwin.testing.simulated import SimulatedStream, SimulatedUdp

    T = TypeVar("T")

SIZE = 200_000
DATA = bytes(value % 251 for value in range(SIZE))
#: What a Link is timed to.
EXACT = 1e-6


def run(scene: Coroutine[Any, Any, T]) -> T:
    return run_virtual(scene)


class Scene:
    """A server of `DATA` and who fetches it."""

    def __init__(self, *, size: int = SIZE, piece: int = 1000, **link: Any) -> None:
        self.clock = LoopClock()
        self.network = SimulatedNetwork(self.clock, **link)
        self.size = size
        self.piece = piece
        self.sent = 0
        self.sent_at = 0.0

    async def serve(self, stream: SimulatedStream) -> None:
        for start in range(0, self.size, self.piece):
            end = min(start + self.piece, self.size)
            await stream.write(DATA[start:end])
            self.sent = end
        self.sent_at = self.clock.now()

    async def dial(self, window: int = 0) -> SimulatedStream:
        self.network.serve("192.0.2.1", 80, self.serve)
        return await self.network.connect("192.0.2.1", 80, SocketOptions(window=window))

    async def seconds(self, window: int = 0) -> float:
        """How long the fetching takes, of which nothing is missing."""
        stream = await self.dial(window)
        began = self.clock.now()
        assert await read_all(stream) == DATA[: self.size]
        return self.clock.now() - began


async def read_all(stream: Stream, size: int = 1 << 30) -> bytes:
    received = bytearray()
    while len(received) < size and (data := await stream.read(size - len(received))):
        received += data
    return bytes(received)


class TestWindow:
    @pytest.mark.parametrize("rate", [None, 1_200_000.0])
    def test_a_round_trip_brings_one_window(self, rate: float | None) -> None:
        async def main() -> float:
            return await Scene(latency=0.1, bandwidth=rate, piece=SIZE).seconds(window=10_000)

        # 20 windows; only the first leaves without waiting for an ACK.
        assert run(main()) == pytest.approx(0.1 + 19 * 0.2, rel=0.06)

    def test_a_window_that_is_large_enough_slows_nothing(self) -> None:
        async def main(window: int) -> float:
            return await Scene(latency=0.05, bandwidth=50_000).seconds(window)

        assert run(main(16_384)) == pytest.approx(run(main(0)), rel=0.001)

    def test_a_reader_that_stops_stops_the_sender_at_the_window(self) -> None:
        async def main() -> None:
            scene = Scene(latency=0.01)
            stream = await scene.dial(window=6144)
            await scene.clock.sleep(3600)
            assert scene.sent == 6000
            await read_all(stream, 2000)
            await scene.clock.sleep(60)
            assert 7000 <= scene.sent <= 8144
            assert scene.sent_at == 0

        run(main())

    def test_what_the_module_sends_has_no_such_window(self) -> None:
        async def main() -> None:
            scene = Scene(latency=0.1)
            stop = asyncio.Event()

            async def deaf(stream: SimulatedStream) -> None:
                await stop.wait()

            scene.network.serve("192.0.2.1", 81, deaf)
            stream = await scene.network.connect("192.0.2.1", 81, SocketOptions(window=1000))
            async with asyncio.timeout(1):
                await stream.write(bytes(100_000))

        run(main())


class TestRates:
    def test_up_and_down_differ(self) -> None:
        async def main() -> None:
            scene = Scene(bandwidth=10_000, down=20_000)
            took: list[float] = []

            async def swallow(stream: SimulatedStream) -> None:
                await read_all(stream)
                took.append(scene.clock.now())

            took.append(await scene.seconds())
            scene.network.serve("192.0.2.1", 81, swallow)
            stream = await scene.network.connect("192.0.2.1", 81)
            await stream.write(DATA)
            stream.close()
            await asyncio.sleep(60)
            assert took == [pytest.approx(10), pytest.approx(30)]

        run(main())


class TestLoss:
    @pytest.mark.parametrize("window", [0, 6144])
    @pytest.mark.parametrize("loss", [0.02, 0.5])
    def test_all_of_it_comes_in_order(self, loss: float, window: int) -> None:
        async def main() -> float:
            return await Scene(latency=0.02, bandwidth=100_000, loss=loss, seed=3).seconds(window)

        assert run(main()) > SIZE / 100_000

    def test_the_same_seed_loses_the_same(self) -> None:
        async def main(seed: int) -> float:
            return await Scene(latency=0.02, bandwidth=50_000, loss=0.05, seed=seed).seconds()

        assert run(main(1)) == run(main(1)) != run(main(2))

    def test_the_share_is_what_was_asked_for(self) -> None:
        async def main() -> float:
            scene = Scene(latency=0.02, loss=0.1, seed=5)
            stream = await scene.dial()
            await read_all(stream)
            _, again = stream.carried.segments_again
            return again / (SIZE / 1460 + again)

        assert run(main()) == pytest.approx(0.1, abs=0.04)

    def test_one_alone_waits_for_its_time_out(self) -> None:
        """A round trip and 200 ms, then twice that."""

        async def main(seed: int) -> tuple[float, int]:
            scene = Scene(size=1000, latency=0.1, loss=0.5, seed=seed)
            stream = await scene.dial()
            began = scene.clock.now()
            await read_all(stream)
            return scene.clock.now() - began, stream.carried.segments_again[1]

        seen = {}
        for seed in range(30):
            seconds, again = run(main(seed))
            seen[again] = seconds
        for again in range(3):
            assert seen[again] == pytest.approx(0.1 + 0.4 * (2**again - 1)), again

    def test_later_ones_tell_of_it_after_a_round_trip(self) -> None:
        """The gap is filled when the third later segment is known to be there."""

        async def main(seed: int) -> tuple[float, int]:
            scene = Scene(size=8 * 1460, latency=1.0, loss=0.05, seed=seed)
            stream = await scene.dial()
            began = scene.clock.now()
            await read_all(stream)
            return scene.clock.now() - began, stream.carried.segments_again[1]

        once = [seconds for seconds, again in map(run, map(main, range(20))) if again == 1]
        assert pytest.approx(3.0, abs=0.01) in once
        assert max(once) <= 3.21

    def test_it_costs_link_time_twice_and_is_billed(self) -> None:
        async def main() -> None:
            scene = Scene(latency=0.001, bandwidth=100_000, loss=0.1, seed=1)
            account = Account()
            network = MeteredNetwork(scene.network, lambda: account)
            scene.network.serve("192.0.2.1", 80, scene.serve)
            stream = await network.connect("192.0.2.1", 80)
            began = scene.clock.now()
            await read_all(stream)
            seconds = scene.clock.now() - began
            stream.close()
            await account.wait_settled()
            bill = account.count.operator
            again = bill.down.retransmitted
            assert again > 10 * 1500
            packets = -(-SIZE // 1460) + 2  # SYN-ACK, FIN and the ACK of ours
            assert bill.down.packets >= packets + again // 1500
            assert bill.down.payload == SIZE
            # Each packet is a piece of 1000 bytes and its headers.
            assert seconds > (SIZE + again * 1000 / 1040) / 100_000

        run(main())

    def test_a_connection_comes_about_in_the_end(self) -> None:
        async def main(seed: int) -> float:
            scene = Scene(latency=0.1, loss=0.5, seed=seed)
            await scene.dial()
            return scene.clock.now()

        times = {round(run(main(seed)), 6) for seed in range(20)}
        assert {0.2, 1.2, 3.2} <= times

    def test_datagrams_are_lost(self) -> None:
        async def main() -> int:
            scene = Scene(loss=0.25, seed=7)
            heard = 0

            async def listen(udp: SimulatedUdp) -> None:
                nonlocal heard
                while await udp.read(100):
                    heard += 1

            scene.network.serve_udp("192.0.2.1", 53, listen)
            udp = await scene.network.open_udp("192.0.2.1", 53)
            for _ in range(200):
                await udp.write(b"x")
                await asyncio.sleep(0)
            return heard

        assert run(main()) == pytest.approx(150, abs=20)

    @pytest.mark.parametrize("loss", [-0.1, 0.51, float("nan")])
    def test_more_is_refused(self, loss: float) -> None:
        async def main() -> None:
            with pytest.raises(ValueError, match=r"loss is .*: give 0 to 0\.5"):
                SimulatedNetwork(LoopClock(), loss=loss)

        run(main())


class TestOutage:
    @pytest.mark.parametrize("window", [0, 6144])
    @pytest.mark.parametrize("rate", [None, 20_000.0])
    def test_it_costs_its_time_and_nothing_else(self, rate: float | None, window: int) -> None:
        async def main(outages: list[tuple[float, float]]) -> float:
            scene = Scene(latency=0.5, bandwidth=rate)
            for begin, end in outages:
                scene.clock.call_later(1 + begin, scene.network.cut)
                scene.clock.call_later(1 + end, scene.network.restore)
            return await scene.seconds(window)

        whole = run(main([]))
        assert run(main([(0.25, 10.25)])) == pytest.approx(whole + 10, abs=EXACT)
        assert run(main([(0.1, 0.2), (0.3, 0.45)])) == pytest.approx(whole + 0.25, abs=EXACT)

    def test_nothing_passes_until_it_is_over(self) -> None:
        async def main() -> None:
            scene = Scene(bandwidth=10_000)
            stream = await scene.dial()
            await read_all(stream, 5000)
            scene.network.cut()
            scene.network.cut()
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(100):
                    await read_all(stream)
            scene.network.restore()
            scene.network.restore()
            await read_all(stream, 1000)

        run(main())

    def test_connections_and_names_are_tried_again(self) -> None:
        async def main() -> None:
            scene = Scene(latency=0.1)
            scene.network.add_host("device.test")
            scene.network.cut()
            scene.clock.call_later(5, scene.network.restore)
            await asyncio.gather(scene.dial(), scene.network.resolve("device.test"))
            assert scene.clock.now() == pytest.approx(7.2)

        run(main())

    def test_datagrams_are_lost(self) -> None:
        async def main() -> None:
            scene = Scene()
            heard: list[bytes] = []

            async def listen(udp: SimulatedUdp) -> None:
                while data := await udp.read(100):
                    heard.append(data)

            scene.network.serve_udp("192.0.2.1", 53, listen)
            udp = await scene.network.open_udp("192.0.2.1", 53)
            scene.network.cut()
            await udp.write(b"one")
            scene.network.restore()
            await udp.write(b"two")
            await asyncio.sleep(1)
            assert heard == [b"two"]

        run(main())


class TestBill:
    def test_what_is_cut_off_is_billed_up_to_the_window(self) -> None:
        """What crossed the air, read or not: no more than was read, and a window."""

        async def main() -> None:
            scene = Scene(latency=0.05, bandwidth=100_000)
            account = Account()
            network = MeteredNetwork(scene.network, lambda: account)
            scene.network.serve("192.0.2.1", 80, scene.serve)
            stream = await network.connect("192.0.2.1", 80, SocketOptions(window=6144))
            await read_all(stream, 20_000)
            await scene.clock.sleep(10)
            stream.close()
            await account.wait_settled()
            down = account.count.operator.down
            assert (down.payload, down.retransmitted) == (20_000, 0)
            assert 6144 - 2000 <= down.unread <= 6144

        run(main())
