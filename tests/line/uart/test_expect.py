"""Bytes the host can use only together cross the line in few pieces, and nobody can tell."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.frame import Flow, HostSettings, UartSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.uart.loss import Loss
from atwin.line.uart.uart import Uart

BYTE = 10 / 115200
TEXT = bytes(range(32, 127)) * 100


class Host:
    """Says after each piece how much of `TEXT` it still waits for; notes when a piece came."""

    def __init__(self, port: MemoryPort, expects: int) -> None:
        self.port, self.expects = port, expects
        self.heard = bytearray()
        self.pieces: list[tuple[float, int]] = []
        port.start(self)

    def received(self, data: bytes) -> None:
        self.heard += data
        self.pieces.append((asyncio.get_running_loop().time(), len(self.heard)))
        self.port.expect(max(0, self.expects - len(self.heard)))

    def lost(self, reason: str | None) -> None:
        raise AssertionError(reason)


def line(expects: int, flow: Flow = Flow.NONE) -> tuple[Uart, Host]:
    near, far = memory_pair()
    near.set_line(HostSettings(115200))
    uart = Uart(far, LoopClock(), baud=115200)
    uart.boot(UartSettings(to_host=flow), trained=True)
    return uart, Host(near, expects)


@pytest.mark.parametrize("expects", [0, 1000, 1001, 5000, len(TEXT), len(TEXT) + 7])
def test_the_last_byte_comes_when_it_always_would(expects: int) -> None:
    async def main() -> None:
        uart, host = line(expects)
        uart.write(TEXT)
        await asyncio.sleep(2)
        for when, count in host.pieces:
            assert when == pytest.approx(count * BYTE, abs=1e-8)
        assert bytes(host.heard) == TEXT
        assert not expects or min(expects, len(TEXT)) in [count for _, count in host.pieces]
        slices = 100 - expects // 115 if expects < len(TEXT) else 0
        assert len(host.pieces) <= slices + 1 + len(TEXT) * BYTE / 0.5 + 1

    run_virtual(main())


def test_nothing_comes_more_than_half_a_second_late() -> None:
    async def main() -> None:
        uart, host = line(len(TEXT))
        uart.write(TEXT)
        await asyncio.sleep(2)
        times = [when for when, _ in host.pieces]
        assert max(b - a for a, b in pairwise(times)) <= 0.5 + BYTE

    run_virtual(main())


def test_whoever_counts_what_has_left_sees_every_byte() -> None:
    async def main() -> None:
        uart, host = line(len(TEXT))
        uart.write(TEXT)
        for count in (1, 116, 117, 500, 501, 2000, 9000):
            await asyncio.sleep((count + 0.5) * BYTE - asyncio.get_running_loop().time())
            assert uart.sent_bytes == count
            assert uart.written_bytes == len(TEXT)
            assert len(host.heard) < count or count == 1

    run_virtual(main())


def test_rts_stops_the_module_in_the_middle() -> None:
    async def main() -> None:
        uart, host = line(len(TEXT), Flow.HARDWARE)
        uart.write(TEXT)
        await asyncio.sleep(1000.5 * BYTE)
        host.port.set_line(HostSettings(115200, rts=False))
        await asyncio.sleep(1)
        assert len(host.heard) == 1016
        host.port.set_line(HostSettings(115200, rts=True))
        await asyncio.sleep(1)
        assert bytes(host.heard) == TEXT

    run_virtual(main())


def test_a_module_that_loses_its_supply_has_sent_what_had_left() -> None:
    async def main() -> None:
        uart, host = line(len(TEXT))
        uart.write(TEXT)
        await asyncio.sleep(1000.5 * BYTE)
        uart.cut()
        await asyncio.sleep(1)
        assert bytes(host.heard) == TEXT[:1000]

    run_virtual(main())


def test_a_host_that_expects_no_more_has_what_came_by_then() -> None:
    async def main() -> None:
        uart, host = line(len(TEXT))
        uart.write(TEXT)
        await asyncio.sleep(1000.5 * BYTE)
        host.expects = 0
        host.port.expect(0)
        await asyncio.sleep(0)
        assert bytes(host.heard) == TEXT[:1000]
        await asyncio.sleep(1000 * BYTE)
        assert host.pieces[-1][1] - host.pieces[-2][1] <= 115

    run_virtual(main())


def test_what_begins_to_lose_bytes_meets_those_that_had_not_come() -> None:
    async def main() -> None:
        uart, host = line(len(TEXT))
        uart.write(TEXT)
        await asyncio.sleep(1000.5 * BYTE)
        lost_at = 0.0

        def note() -> None:
            nonlocal lost_at
            lost_at = asyncio.get_running_loop().time()

        uart.output.add_loss(Loss(10, after=500, lost=note))
        await asyncio.sleep(2)
        assert bytes(host.heard) == TEXT[:1500] + TEXT[1510:]
        assert 1510 * BYTE <= lost_at <= 1510 * BYTE + 0.0101

    run_virtual(main())
