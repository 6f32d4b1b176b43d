"""Time that jumps."""

from __future__ import annotations

import asyncio
import signal
import threading
from typing import TYPE_CHECKING

from atwin.clock import LoopClock, run_virtual

if TYPE_CHECKING:
    import pytest


def test_a_timer_sees_its_own_time_to_the_last_bit() -> None:
    """However many jumps there were before: sums of floats would differ."""

    async def main(steps: int) -> float:
        clock, seen = LoopClock(), asyncio.get_running_loop().create_future()
        clock.call_at(0.7, lambda: seen.set_result(clock.now()))
        for _ in range(steps):
            await clock.sleep(0.1)
        now: float = await seen
        return now

    assert {run_virtual(main(steps)) for steps in (0, 1, 3, 6)} == {0.7}


def test_a_thread_is_heard_though_nobody_looks_at_the_kernel() -> None:
    async def main() -> None:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        thread = threading.Thread(target=lambda: loop.call_soon_threadsafe(heard.set))
        thread.start()
        await heard.wait()
        thread.join()
        assert await asyncio.to_thread(lambda: 7) == 7

    run_virtual(main())


def test_a_signal_is_heard_while_time_jumps() -> None:
    """By the loop's wake-up, which only the kernel knows of."""

    async def main() -> None:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, heard.set)
        signal.raise_signal(signal.SIGUSR1)
        for _ in range(200):
            await asyncio.sleep(0.01)
        assert heard.is_set()

    run_virtual(main())


def test_a_turn_without_anything_to_read_asks_the_kernel_seldom(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        kernel = loop._selector._selector  # type: ignore[attr-defined]
        looks = 0

        class Kernel:
            def poll(self, *arguments: float) -> list[tuple[int, int]]:
                nonlocal looks
                looks += 1
                answer: list[tuple[int, int]] = kernel.poll(*arguments)
                return answer

        monkeypatch.setattr(loop._selector, "_selector", Kernel())  # type: ignore[attr-defined]
        for _ in range(640):
            await asyncio.sleep(1)
        monkeypatch.undo()
        assert looks <= 2 * 640 / 64 + 1

    run_virtual(main())


def test_a_loop_that_was_given_another_time_is_asked_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some kits for tests do that to the loop they have, and not to a class of their own."""

    async def main() -> None:
        loop = asyncio.get_running_loop()
        with monkeypatch.context() as patch:
            patch.setattr(loop, "time", lambda: 7.0)
            assert LoopClock().now() == 7.0

    asyncio.run(main())
