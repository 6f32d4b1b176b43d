"""A time limit that begins again at each sign of life."""

from __future__ import annotations

import asyncio

import pytest

from atwin.clock import run_virtual
from atwin.clock.idle import IdleTimeout


def test_it_ends_what_waits_so_long_after_the_last_sign_and_to_the_moment() -> None:
    async def main() -> None:
        clock = asyncio.get_running_loop()

        async def wait() -> None:
            async with IdleTimeout(10) as idle:
                for _ in range(5):
                    await asyncio.sleep(7)
                    idle.stir()
                await asyncio.sleep(100)

        with pytest.raises(TimeoutError):
            await wait()
        assert clock.time() == 45

    run_virtual(main())


def test_stopped_it_waits_for_ever_and_goes_on_with_the_next_sign() -> None:
    async def main() -> None:
        clock = asyncio.get_running_loop()

        async def wait() -> None:
            async with IdleTimeout(10) as idle:
                idle.stop()
                await asyncio.sleep(100)
                idle.stir()
                await asyncio.sleep(100)

        with pytest.raises(TimeoutError):
            await wait()
        assert clock.time() == 110

    run_virtual(main())


def test_what_ends_in_time_and_what_is_cancelled_from_outside_are_left_alone() -> None:
    async def main() -> None:
        async with IdleTimeout(10):
            await asyncio.sleep(9)
        await asyncio.sleep(20)

        async def wait() -> None:
            async with IdleTimeout(10):
                await asyncio.sleep(9)

        waiting = asyncio.create_task(wait())
        await asyncio.sleep(5)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run_virtual(main())


def test_many_signs_need_few_timers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        timers = 0
        call_at = loop.call_at

        def count(*arguments: object) -> asyncio.TimerHandle:
            nonlocal timers
            timers += 1
            return call_at(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(loop, "call_at", count)
        async with IdleTimeout(10) as idle:
            for _ in range(1000):
                idle.stir()
        assert timers == 1

    run_virtual(main())
