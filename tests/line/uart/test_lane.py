"""One direction of the line, exact on the virtual clock."""

from __future__ import annotations

import asyncio
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.line.uart.lane import FIFO, Lane

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BYTE = 10 / 9600


class Far:
    """The far end: what came, and when each piece was complete."""

    def __init__(self, byte_time: float = BYTE) -> None:
        self.clock = LoopClock()
        self.heard = bytearray()
        self.times: list[tuple[float, int]] = []
        self.lane = Lane(self.clock, self.hear)
        self.lane.byte_time = byte_time

    def hear(self, data: bytes) -> None:
        self.heard += data
        self.times.append((self.clock.now(), len(self.heard)))


def play(scene: Callable[[Far], Awaitable[None]], byte_time: float = BYTE) -> None:
    async def main() -> None:
        await scene(Far(byte_time))

    run_virtual(main())


@pytest.mark.parametrize("rate", [600, 9600, 115200, 460800, 921600])
def test_every_piece_ends_when_its_last_bit_does(rate: int) -> None:
    async def scene(far: Far) -> None:
        far.lane.put(bytes(10_000))
        await far.lane.drain()
        for when, count in far.times:
            assert when == pytest.approx(count * 10 / rate, abs=1e-8)
        assert far.times[-1][1] == 10_000

    play(scene, 10 / rate)


def test_pauses_between_pieces_are_kept_and_busy_ones_queue() -> None:
    async def scene(far: Far) -> None:
        far.lane.put(b"abc")
        await asyncio.sleep(1)
        far.lane.put(b"d")
        far.lane.put(b"e")
        await far.lane.drain()
        assert [count for _, count in far.times] in ([3, 5], [3, 4, 5])
        assert far.times[0][0] == pytest.approx(3 * BYTE)
        assert far.times[-1][0] == pytest.approx(1 + 2 * BYTE)

    play(scene)


def test_a_late_timer_is_caught_up() -> None:
    class LateClock(LoopClock):
        """Every timer comes 3 ms late, as on a busy machine."""

        def call_later(self, seconds: float, call: Callable[[], None]) -> asyncio.TimerHandle:
            return asyncio.get_running_loop().call_later(seconds + 0.003, call)

    async def main() -> None:
        far = Far()
        far.lane = Lane(LateClock(), far.hear)
        far.lane.byte_time = 10 / 115200
        far.lane.put(bytes(115_200))
        await far.lane.drain()
        assert far.clock.now() == pytest.approx(10, abs=0.004)

    run_virtual(main())


def test_held_it_sends_its_fifo_and_then_nothing() -> None:
    async def scene(far: Far) -> None:
        far.lane.put(bytes(range(200)))
        await asyncio.sleep(50 * BYTE + BYTE / 2)
        far.lane.hold()
        assert len(far.heard) == 50
        await asyncio.sleep(1)
        assert len(far.heard) == 50 + FIFO
        assert far.lane.pending == 150 - FIFO
        far.lane.release()
        await far.lane.drain()
        assert far.heard == bytes(range(200))
        assert far.clock.now() == pytest.approx(1 + 50.5 * BYTE + (150 - FIFO) * BYTE)

    play(scene)


def test_another_rate_holds_for_the_bytes_behind() -> None:
    async def scene(far: Far) -> None:
        def faster() -> None:
            far.lane.byte_time = BYTE / 4

        far.lane.put(b"a" * 100)
        far.lane.after(faster)
        far.lane.put(b"b" * 100)
        await far.lane.drain()
        assert far.clock.now() == pytest.approx(125 * BYTE, rel=0.02)

    play(scene)


@pytest.mark.parametrize("byte_time", [0, BYTE])
def test_what_is_to_come_after_waits_while_held(byte_time: float) -> None:
    async def scene(far: Far) -> None:
        def note() -> None:
            called.append(bytes(far.heard))

        called: list[bytes] = []
        far.lane.after(note)
        far.lane.hold()
        far.lane.put(b"behind")
        far.lane.after(note)
        await asyncio.sleep(1)
        far.lane.put_first(b"!")
        assert called == [b""]
        far.lane.release()
        await far.lane.drain()
        assert called == [b"", b"!behind"]

    play(scene, byte_time)


def test_with_room_each_piece_waits_until_the_one_before_is_taken() -> None:
    async def scene(far: Far) -> None:
        taken = asyncio.Semaphore(0)

        async def room() -> None:
            await taken.acquire()

        far.lane.room = room
        far.lane.put(b"short ones go at once")
        assert far.heard == b"short ones go at once"
        far.heard.clear()
        far.lane.put(bytes(10_000))
        for count in (4096, 8192):
            await asyncio.sleep(1)
            assert len(far.heard) == count
            taken.release()
        await asyncio.sleep(1)
        far.lane.put(b"behind")
        assert len(far.heard) == 10_000
        taken.release()
        await far.lane.drain()
        assert far.heard == bytes(10_000) + b"behind"

    play(scene, 0)


def test_calls_that_were_called_off_do_not_come() -> None:
    async def scene(far: Far) -> None:
        far.lane.put(b"a" * 10)
        far.lane.after(lambda: far.lane.put(b"never"))
        far.lane.call_off()
        await far.lane.drain()
        assert far.heard == b"a" * 10

    play(scene)


def test_cleared_it_forgets_and_can_be_used_again() -> None:
    async def scene(far: Far) -> None:
        far.lane.put(b"a" * 1000)
        await asyncio.sleep(100 * BYTE)
        far.lane.clear()
        await asyncio.sleep(1)
        assert len(far.heard) <= 100
        far.heard.clear()
        far.lane.put(b"again")
        await far.lane.drain()
        assert far.heard == b"again"

    play(scene)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("put"), st.integers(1, 300)),
            st.tuples(st.just("put"), st.integers(5000, 9000)),
            st.tuples(st.just("wait"), st.integers(0, 200)),
            st.tuples(st.just("hold"), st.just(0)),
            st.tuples(st.just("release"), st.just(0)),
            st.tuples(st.just("rate"), st.sampled_from([0, 1, 4])),
            st.tuples(st.just("settle"), st.just(0)),
            st.tuples(st.just("room"), st.integers(0, 3)),
        ),
        max_size=40,
    )
)
def test_whatever_happens_bytes_arrive_once_and_in_order(steps: list[tuple[str, int]]) -> None:
    async def scene(far: Far) -> None:
        sent = bytearray()
        for what, number in steps:
            if what == "put":
                piece = bytes((len(sent) + i) % 251 for i in range(number))
                sent += piece
                far.lane.put(piece)
            elif what == "wait":
                await asyncio.sleep(number * BYTE / 3)
            elif what == "hold":
                far.lane.hold()
            elif what == "release":
                far.lane.release()
            elif what == "room":
                far.lane.room = partial(asyncio.sleep, number * BYTE) if number else None
            elif what == "rate":
                far.lane.byte_time = number * BYTE
            else:
                far.lane.settle()
            assert sent.startswith(far.heard)
        far.lane.release()
        await far.lane.drain()
        assert far.heard == sent

    play(scene)


def test_what_comes_while_bytes_are_handed_over_waits_for_its_slice() -> None:
    """On a busy machine a reader takes its time; crumbs would cost it as much as slices."""

    class BusyClock(LoopClock):
        """A byte's time passes at each look."""

        looks = 0

        def now(self) -> float:
            self.looks += 1
            return super().now() + self.looks * BYTE

    async def main() -> None:
        far = Far()
        far.lane = Lane(BusyClock(), far.hear)
        far.lane.byte_time = BYTE
        far.lane.put(bytes(960))
        await far.lane.drain()
        counts = [0, *(count for _, count in far.times)]
        assert min(b - a for a, b in pairwise(counts[:-1])) >= 9

    run_virtual(main())
