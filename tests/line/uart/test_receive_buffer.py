"""The module's receive buffer: what the firmware does not take in time is lost and counted."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from atwin.clock import run_virtual
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.uart.uart import Uart

#: Bytes (docs/spec/uart.md §3).
LIMIT = 4096

Scene = Callable[[Uart, MemoryPort], Awaitable[None]]


def played(scene: Scene) -> None:
    """A UART with the host's port at the other end of its line."""

    async def main() -> None:
        host, module = memory_pair()
        await scene(Uart(module), host)

    run_virtual(main())


async def say(host: MemoryPort, data: bytes) -> None:
    host.write(data)
    await host.drain()


def test_the_buffer_keeps_the_first_bytes() -> None:
    async def scene(uart: Uart, host: MemoryPort) -> None:
        uart.listen(lambda: None)
        await say(host, b"a" * LIMIT)
        assert (bytes(uart.rx), uart.lost_bytes) == (b"a" * LIMIT, 0)
        await say(host, b"b")
        await say(host, b"c" * 999)
        assert (bytes(uart.rx), uart.lost_bytes) == (b"a" * LIMIT, 1000)

    played(scene)


def test_one_piece_larger_than_the_buffer() -> None:
    async def scene(uart: Uart, host: MemoryPort) -> None:
        uart.listen(lambda: None)
        await say(host, b"a" * LIMIT + b"b" * 904)
        assert (bytes(uart.rx), uart.lost_bytes) == (b"a" * LIMIT, 904)

    played(scene)


def test_what_is_taken_makes_room() -> None:
    async def scene(uart: Uart, host: MemoryPort) -> None:
        uart.listen(lambda: None)
        await say(host, b"a" * LIMIT)
        del uart.rx[:100]
        await say(host, b"b" * 150)
        assert bytes(uart.rx) == b"a" * (LIMIT - 100) + b"b" * 100
        assert uart.lost_bytes == 50

    played(scene)


def test_a_firmware_that_keeps_up_loses_nothing() -> None:
    taken = bytearray()

    async def scene(uart: Uart, host: MemoryPort) -> None:
        def take() -> None:
            taken.extend(uart.rx)
            uart.rx.clear()

        uart.listen(take)
        for _ in range(64):
            await say(host, bytes(range(256)) * 64)
        assert taken == bytes(range(256)) * 64 * 64
        assert uart.lost_bytes == 0

    played(scene)


def test_without_firmware_every_byte_is_lost() -> None:
    async def scene(uart: Uart, host: MemoryPort) -> None:
        await say(host, b"before it ever ran")
        assert (bytes(uart.rx), uart.lost_bytes) == (b"", 18)
        uart.listen(lambda: None)
        await say(host, b"half a comm")
        uart.listen(None)
        assert bytes(uart.rx) == b""
        lost = uart.lost_bytes
        await say(host, b"and")
        assert (bytes(uart.rx), uart.lost_bytes) == (b"", lost + 3)

    played(scene)


def test_firmware_that_restarts_finds_an_empty_buffer() -> None:
    calls: list[bytes] = []

    async def scene(uart: Uart, host: MemoryPort) -> None:
        uart.listen(lambda: calls.append(b"old"))
        await say(host, b"AT+HTT")
        uart.listen(lambda: calls.append(bytes(uart.rx)))
        await say(host, b"AT\r")
        assert calls == [b"old", b"AT\r"]

    played(scene)
