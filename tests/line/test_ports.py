"""What every port keeps to, whatever carries its bytes."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from atwin.line.ports import transport
from support.line.ears import Ear, leaves_nothing, settled
from support.line.lines import KINDS, before_a_slow_reader, line

if TYPE_CHECKING:
    from atwin.line.port import Port

MEGABYTE = bytes(range(256)) * 4096
each_kind = pytest.mark.parametrize("kind", KINDS)
each_end = pytest.mark.parametrize("end", ["pty", "tcp", "device", "socket"])


async def send(port: Port, data: bytes, splits: random.Random) -> None:
    at = 0
    while at < len(data):
        size = splits.choice([1, 2, 100, 4095, 4096, 20000, 70000])
        port.write(memoryview(data)[at : at + size])
        at += size
        await port.drain()


@each_kind
def test_a_megabyte_both_ways_at_once(kind: str) -> None:
    # Rotated, so that a byte lost at a multiple of 256 shows.
    up, down = MEGABYTE, MEGABYTE[77:] + MEGABYTE[:77]

    async def main() -> None:
        async with line(kind) as ends, asyncio.TaskGroup() as senders:
            senders.create_task(send(ends.host, up, random.Random(1)))
            senders.create_task(send(ends.module, down, random.Random(2)))
            assert await ends.module_ear.bytes(len(up)) == up
            assert await ends.host_ear.bytes(len(down)) == down

    leaves_nothing(main())


@each_kind
def test_many_small_writes_without_drain_keep_their_order(kind: str) -> None:
    words = [b"%d," % number for number in range(20000)]

    async def main() -> None:
        async with line(kind) as ends:
            for word in words:
                ends.module.write(word)
                ends.host.write(word)
            whole = b"".join(words)
            assert await ends.host_ear.bytes(len(whole)) == whole
            assert await ends.module_ear.bytes(len(whole)) == whole

    leaves_nothing(main())


@each_kind
def test_a_buffer_may_be_used_again_after_write(kind: str) -> None:
    async def main() -> None:
        async with line(kind) as ends:
            buffer = bytearray(b"first ")
            ends.module.write(buffer)
            buffer[:] = b"second"
            ends.module.write(buffer)
            buffer.clear()
            ends.module.write(buffer)
            assert await ends.host_ear.bytes(12) == b"first second"

    leaves_nothing(main())


@each_kind
def test_what_came_before_start_is_kept(kind: str) -> None:
    async def main() -> None:
        async with line(kind, started=False) as ends:
            ends.module.write(b"early ")
            await ends.module.drain()
            await settled()
            ends.start_host()
            ends.module.write(b"late")
            assert await ends.host_ear.bytes(10) == b"early late"

    leaves_nothing(main())


@each_kind
def test_the_module_closes(kind: str) -> None:
    async def main() -> None:
        async with line(kind) as ends:
            await ends.module.close()
            assert ends.module_ear.reasons == [None]
            await ends.host_ear.end()
            await settled()
            (reason,) = ends.host_ear.reasons
            assert reason
            assert "\n" not in reason
            await nothing_more(ends.host, ends.host_ear)
            await nothing_more(ends.module, ends.module_ear)

    leaves_nothing(main())


@each_kind
def test_the_host_closes(kind: str) -> None:
    async def main() -> None:
        async with line(kind) as ends:
            ends.host.write(b"bye")
            await ends.host.close()
            assert ends.host_ear.reasons == [None]
            assert await ends.module_ear.bytes(3) == b"bye"
            if kind == "memory":
                await ends.module_ear.end()
                assert ends.module_ear.reasons == ["closed by the far side"]
            else:  # a module does not notice that its host went
                await settled()
                assert ends.module_ear.reasons == []
            await nothing_more(ends.host, ends.host_ear)

    leaves_nothing(main())


async def nothing_more(port: Port, ear: Ear) -> None:
    """A port that is gone drops what is written, makes nobody wait, and is not lost again."""
    reasons = list(ear.reasons)
    async with asyncio.timeout(10):
        for _ in range(50):
            port.write(b"x" * 4096)
            await port.drain()
        await port.close()
        await asyncio.gather(port.close(), port.close())
    await settled()
    assert ear.reasons == reasons
    assert ear.heard == b""


@each_kind
def test_closed_in_the_turn_in_which_it_was_started(kind: str) -> None:
    async def main() -> None:
        async with line(kind, started=False) as ends:
            ends.start_host()
            await asyncio.gather(ends.host.close(), ends.host.close(), ends.module.close())
            await settled()
            assert ends.host_ear.reasons == [None]
            assert ends.module_ear.reasons == [None]

    leaves_nothing(main())


@each_kind
def test_lost_before_it_was_started(kind: str) -> None:
    async def main() -> None:
        async with line(kind, started=False) as ends:
            await ends.module.close()
            ends.start_host()
            await ends.host_ear.end()
            await settled()
            (reason,) = ends.host_ear.reasons
            assert reason

    leaves_nothing(main())


@each_kind
def test_never_started(kind: str) -> None:
    async def main() -> None:
        async with line(kind, started=False) as ends:
            await ends.host.close()
            await ends.module.close()
            assert ends.host_ear.reasons == []

    leaves_nothing(main())


@each_end
def test_a_slow_reader_makes_the_writer_wait_and_loses_nothing(end: str) -> None:
    whole = MEGABYTE * 16

    async def main() -> None:
        async with before_a_slow_reader(end) as slow:
            accepted = 0

            async def write() -> None:
                nonlocal accepted
                for at in range(0, len(whole), 50000):
                    slow.port.write(whole[at : at + 50000])
                    accepted = min(at + 50000, len(whole))
                    await slow.port.drain()

            writer = asyncio.create_task(write())
            await asyncio.wait({writer}, timeout=0.2)
            assert not writer.done()
            stopped_at = accepted
            await settled()
            assert accepted == stopped_at
            # A terminal's kernel buffer is small; TCP's may have grown to several megabytes.
            assert stopped_at < (200_000 if end in ("pty", "device") else 12_000_000)
            needed = min(len(whole), 2 * stopped_at)
            taken = bytearray()
            async with asyncio.timeout(20):
                while len(taken) < needed:
                    taken += slow.read(needed - len(taken)) or b""
                    await asyncio.sleep(0)
            assert taken == whole[:needed]
            writer.cancel()
            await asyncio.wait({writer})

    leaves_nothing(main())


@pytest.mark.parametrize("end", ["tcp", "device", "socket"])
def test_close_gives_up_on_a_reader_that_takes_nothing(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "_LAST_BYTES", 0.05)

    async def main() -> None:
        async with before_a_slow_reader(end) as slow:
            slow.port.write(MEGABYTE * 16)
            async with asyncio.timeout(5):
                await slow.port.close()

    leaves_nothing(main())


@each_end
def test_a_waiting_writer_is_let_go_by_close(end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "_LAST_BYTES", 0.05)

    async def main() -> None:
        async with before_a_slow_reader(end) as slow:
            slow.port.write(MEGABYTE * 16)
            writer = asyncio.create_task(slow.port.drain())
            await settled()
            assert not writer.done()
            await slow.port.close()
            async with asyncio.timeout(5):
                await writer

    leaves_nothing(main())


@pytest.mark.parametrize("kind", ["pty", "tcp", "rfc2217"])
def test_started_while_it_closes(kind: str) -> None:
    async def main() -> None:
        async with line(kind, started=False) as ends:
            closing = asyncio.create_task(ends.host.close())
            await asyncio.sleep(0)
            ends.start_host()
            await closing
            await settled()
            assert ends.host_ear.reasons == [None]

    leaves_nothing(main())
