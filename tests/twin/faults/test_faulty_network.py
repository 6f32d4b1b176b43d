"""Faults laid around a network: what a connection sees of each."""

from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.net.network import ConnectError, ResolveError, StreamError
from atwin.net.real import RealNetwork
from atwin.net.tcp import listen
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.faults.case import Case
from atwin.twin.faults.faulty_network import FaultyNetwork
from atwin.twin.faults.kinds.network import (
    ConnectRefused,
    DnsFailure,
    NetworkFault,
    ResetConnection,
    SlowLink,
    Stall,
    Truncate,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.net.network import Stream

DATA = bytes(range(256)) * 40


async def talk(stream: Stream) -> None:
    """Wait for a byte, say everything, hang up."""
    await stream.read(1)
    await stream.write(DATA)


def on_network(test: Callable[[FaultyNetwork, LoopClock], Awaitable[None]]) -> None:
    async def main() -> None:
        clock = LoopClock()
        inner = SimulatedNetwork(clock)
        for host in ("a.test", "b.test"):
            inner.serve(host, 80, talk)
        await test(FaultyNetwork(inner, clock, seed=1), clock)

    run_virtual(main())


def begin(
    network: FaultyNetwork, fault: NetworkFault, hit: Callable[[], None] = lambda: None
) -> Callable[[], None]:
    """As the engine does it: what has met as many as it counts is over."""

    def over(case: Case) -> None:
        case.over = True

    class Counted(Case):
        def meet(self) -> None:
            hit()
            super().meet()

    return network.begin(Counted(fault, over))


async def dial(network: FaultyNetwork, host: str = "a.test") -> Stream:
    return await network.connect(await network.resolve(host), 80)


async def hear(stream: Stream) -> bytes:
    await stream.write(b"?")
    heard = b""
    while data := await stream.read(1000):
        heard += data
    stream.close()
    return heard


def test_without_trouble_nothing_is_different() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        assert await hear(await dial(network)) == DATA
        assert clock.now() == 0

    on_network(test)


def test_names_and_refusals_are_counted_and_meet_their_host_only() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        hits: list[str] = []
        begin(network, DnsFailure(host="A.test", count=1), lambda: hits.append("name"))
        begin(network, ConnectRefused(host="b.test", count=2), lambda: hits.append("refused"))
        with pytest.raises(ResolveError, match="fault"):
            await network.resolve("a.test")
        assert await hear(await dial(network)) == DATA
        for _ in range(2):
            with pytest.raises(ConnectError, match="fault"):
                await dial(network, "b.test")
        assert await hear(await dial(network, "b.test")) == DATA
        assert hits == ["name", "refused", "refused"]

    on_network(test)


def test_an_address_is_a_host_too() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        address = await network.resolve("a.test")
        end = begin(network, ConnectRefused(host=address, seconds=9))
        with pytest.raises(ConnectError):
            await dial(network)
        end()
        end()
        assert await hear(await dial(network)) == DATA

    on_network(test)


@pytest.mark.parametrize(
    "fault", [kind(silent=True, seconds=9) for kind in (DnsFailure, ConnectRefused)]
)
def test_silence_lasts_as_long_as_the_fault(fault: NetworkFault) -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        end = begin(network, fault)
        clock.call_later(7, end)
        assert await hear(await dial(network)) == DATA
        assert clock.now() == 7

    on_network(test)


@pytest.mark.parametrize("after", [0, 1, 999, 1000, 5000])
def test_the_end_comes_after_exactly_so_many_bytes(after: int) -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        begin(network, Truncate(after=after))
        assert await hear(await dial(network)) == DATA[:after]
        begin(network, ResetConnection(after=after))
        stream = await dial(network)
        await stream.write(b"?")
        heard = b""
        while len(heard) < after:
            heard += await stream.read(1000)
        assert heard == DATA[:after]
        with pytest.raises(StreamError, match="reset"):
            await stream.read(1000)
        stream.close()
        assert await hear(await dial(network)) == DATA

    on_network(test)


def test_a_reset_wakes_a_reader_that_waits() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        stream = await dial(network)

        def reset() -> None:
            begin(network, ResetConnection())

        clock.call_later(3, reset)
        with pytest.raises(StreamError, match="reset"):
            await stream.read(10)  # nothing was asked, so nothing comes
        assert clock.now() == 3

    on_network(test)


def test_a_stall_begins_and_ends_with_nothing_lost() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        stream = await dial(network)
        await stream.write(b"?")
        first = await stream.read(100)
        end = begin(network, Stall(after=50, seconds=20))
        first += await stream.read(1000)
        assert first == DATA[:150]
        clock.call_later(20, end)
        rest = b""
        while data := await stream.read(1000):
            rest += data
        assert first + rest == DATA
        assert clock.now() == 20

    on_network(test)


def test_a_counted_stall_stays_with_its_connection() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        end = begin(network, Stall())
        stream = await dial(network)
        end()
        await stream.write(b"?")
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(stream.read(10), 1000)
        begin(network, ResetConnection())
        with pytest.raises(StreamError):
            await stream.read(10)
        assert await hear(await dial(network)) == DATA

    on_network(test)


def test_a_reader_that_gives_up_loses_nothing() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        begin(network, SlowLink(latency=2, bandwidth=1000))
        stream = await dial(network)
        await stream.write(b"?")
        heard = b""
        while True:
            try:
                data = await asyncio.wait_for(stream.read(5000), 0.5)
            except TimeoutError:
                continue
            if not data:
                break
            heard += data
        assert heard == DATA

    on_network(test)


def test_a_slow_link_takes_its_time() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        begin(network, SlowLink(latency=0.25, bandwidth=1024))
        assert await hear(await dial(network)) == DATA
        # One round trip to connect and one to answer, a byte up, 10240 down.
        assert clock.now() == pytest.approx(0.5 + 0.5 + 1 / 1024 + 10)

    on_network(test)


@pytest.mark.parametrize("jitter", [0.0, 0.05, 0.3, 2.0])
def test_jitter_leaves_the_named_rate(jitter: float) -> None:
    times: list[float] = []

    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        begin(network, SlowLink(latency=0.4, jitter=jitter, bandwidth=100))
        stream = await dial(network)
        await stream.write(b"?")
        heard = 0
        while data := await stream.read(5000):
            heard += len(data)
            times.append(clock.now())
        assert heard == len(DATA)
        # Two trips with their jitter, a byte up, and a last piece that may be late.
        seconds = (1 + len(DATA)) / 100
        assert 1.6 + seconds - 1e-6 <= clock.now() <= 1.6 + seconds + 3 * jitter + 1e-6

    on_network(test)
    gaps = {round(later - sooner, 6) for sooner, later in itertools.pairwise(times)}
    assert (len(gaps) > 2) == bool(jitter)


def test_a_reader_that_pauses_gets_no_more_than_the_rate_behind_it() -> None:
    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        begin(network, SlowLink(jitter=0.1, bandwidth=1000))
        stream = await dial(network)
        await stream.write(b"?")
        await stream.read(100)
        await asyncio.sleep(5)
        began = clock.now()
        heard = 0
        while data := await stream.read(100):
            heard += len(data)
        assert clock.now() - began >= heard / 1000 - 0.1

    on_network(test)


def test_jitter_is_the_same_for_the_same_seed() -> None:
    times: list[float] = []

    async def test(network: FaultyNetwork, clock: LoopClock) -> None:
        begin(network, SlowLink(jitter=0.5))
        assert await hear(await dial(network)) == DATA
        times.append(clock.now())

    on_network(test)
    on_network(test)
    assert times[0] == times[1] > 0


def test_on_a_real_connection() -> None:
    async def main() -> None:
        network = FaultyNetwork(RealNetwork(), LoopClock())
        async with listen(talk, "127.0.0.1", 0) as port:
            begin(network, Truncate(after=1234))
            stream = await network.connect("127.0.0.1", port)
            assert await hear(stream) == DATA[:1234]
            stream.close()
            stream = await network.connect("127.0.0.1", port)
            waiting = asyncio.ensure_future(stream.read(10))
            await asyncio.sleep(0)
            begin(network, ResetConnection())
            with pytest.raises(StreamError, match="reset"):
                await waiting
            stream.close()

    asyncio.run(main())
