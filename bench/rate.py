"""Whether the twin's line takes the time a wire takes, in real time.

For each rate an `atwin twin --baud` on a PTY; its host, a
process of its own, sends ten seconds of bytes (HTTPDATA) and reads ten seconds back (HTTPREAD). All
rates run at once. Commands and answers between the pieces are not counted, and a piece's clock
starts with its first byte. That the virtual clock is exact is tested, in
tests/line/uart/test_rate.py.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.children import Terminal, twin
from bench.figures import Figure

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale

RATES = (9600, 115200, 460800, 921600)
SECONDS = 10
#: The most one HTTPDATA or HTTPREAD carries (docs/spec/flows.md §3).
PIECE = 307_200
#: How far from the wire a rate may be.
TOLERANCE = 0.01


@dataclass(frozen=True, slots=True)
class Rate:
    """Bytes a second each way, as parts of what the wire would carry."""

    nominal: int
    up: float
    down: float


def measure(rate: int) -> Rate:
    """Ten seconds each way at `rate` bit/s."""
    left = SECONDS * rate // 10
    sent = up = got = down = 0.0
    with twin("--baud", str(rate)) as module, Terminal(module.line, rate) as host:
        host.ask("AT")
        host.ask("ATE0")
        host.ask("AT+HTTPINIT")
        while left:
            size = min(left, PIECE)
            left -= size
            host.ask(f"AT+HTTPDATA={size},120000", b"\r\nDOWNLOAD\r\n")
            up += _seconds_up(host, size)
            sent += size + len("\r\nOK\r\n")
            host.write(b"AT+HTTPREAD\r")
            count, seconds = _read_down(host, size)
            got, down = got + count, down + seconds
    wire = rate / 10
    return Rate(rate, sent / up / wire, got / down / wire)


def _seconds_up(host: Terminal, size: int) -> float:
    """From the first byte of the data to the last byte of the OK after them."""
    began = time.perf_counter()
    host.write(bytes(size))
    host.until(b"\r\nOK\r\n")
    return time.perf_counter() - began


def _read_down(host: Terminal, size: int) -> tuple[int, float]:
    """Bytes after the first read, which nobody saw begin, and the seconds they took."""
    total = len(f"\r\n+HTTPREAD: {size}\r\n") + size + len("\r\nOK\r\n")
    first = len(host.read())
    began, count = time.perf_counter(), first
    while count < total:
        count += len(host.read())
    return total - first, time.perf_counter() - began


def figures(scale: Scale) -> Iterator[Figure]:
    with ThreadPoolExecutor(len(RATES)) as pool:
        for found in pool.map(measure, RATES):
            off = [abs(way - 1) * 100 for way in (found.up, found.down)]
            yield Figure(
                f"rate.{found.nominal}",
                f"{found.nominal} bit/s over a PTY in real time, {SECONDS} s each way: how far off",
                max(off), "%", min(off), max(off),
                limit="the wire at 8N1, and how late the system wakes a program",
                goal=TOLERANCE * 100, better="less",
            )  # fmt: skip
