"""The accounting of the soak: it must be able to find a leak, and to overlook a chance."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.host.channel.channel import Channel
from atwin.line.ports.memory import memory_pair
from prove.soaking.counts import Held
from prove.soaking.watch import Watch

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("kept", "sizes", "leaks"),
    [
        ((0, 9, 9, 9, 9), (0, 0, 0, 0, 0), []),  # fills once
        ((0, 5, 6, 5, 6), (0, 0, 0, 0, 0), []),  # now more, now less
        ((0, 5, 6, 7, 8), (0, 0, 0, 0, 0), ["Table.rows: 5 -> 8"]),
        ((0, 9, 9, 9, 9), (0, 0, 3, 6, 9), []),
        ((0, 9, 9, 9, 9), (0, 0, 0, 90, 90), []),  # in one step
        ((0, 9, 9, 9, 9), (0, 0, 4, 8, 11), ["blocks: 1,000 -> 1,011"]),
    ],
)
def test_what_only_grows_is_found(
    kept: tuple[int, ...], sizes: tuple[int, ...], leaks: list[str]
) -> None:
    watch = Watch()
    for count, size in zip(kept, sizes, strict=True):
        watch.see(Held({"blocks": 1000 + size}, {"Table.rows": count}))
    assert watch.leaks == leaks


@pytest.mark.parametrize(("each", "leaks"), [(1, []), (20, ["tuple: 900 -> 960"])])
def test_some_first_times_are_no_leak(each: int, leaks: list[str]) -> None:
    watch = Watch()
    for hour in range(-1, 4):
        watch.see(Held({}, {"tuple": 900 + each * hour}))
    assert watch.leaks == leaks


def test_each_kind_of_leak_is_counted_under_its_name(tmp_path: Path) -> None:
    async def leak() -> None:
        loop, channel = asyncio.get_running_loop(), Channel(memory_pair()[0])
        before = Held.now(loop, tmp_path).exact
        channel.on_received(lambda piece: None)
        task = loop.create_task(asyncio.sleep(3600))
        (tmp_path / "left").touch()
        after = Held.now(loop, tmp_path).exact
        grown = {name: after[name] - before.get(name, 0) for name in after}
        assert grown["Channel._received_calls"] == 1
        assert (grown["tasks"], grown["files"], grown["descriptors"]) == (1, 1, 0)
        task.cancel()

    asyncio.run(leak())
