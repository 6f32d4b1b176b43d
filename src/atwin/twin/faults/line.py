"""Faults of the serial line and of what the firmware says on it (spec: uart.md §4, models.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from atwin.at.dialect.urcs import HttpExPostReady
from atwin.line.uart.loss import Loss
from atwin.twin.faults.fault import Fault, PlanError, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.twin.faults.bench import Bench
    from atwin.twin.faults.fault import End


@dataclass(frozen=True, slots=True, kw_only=True)
class LostBytes(Fault):
    """After `after` more bytes to the host, `bytes` in a row get lost on the line.

    With `every`, again and again, about so many bytes apart, for as long as the fault lasts;
    `count` is in bursts.
    """

    KIND: ClassVar[str] = "lost_bytes"
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")

    bytes: int = whole(1, 1)
    after: int = whole(0)
    every: int = whole(0)

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        lasts = (self.seconds, self.count, self.until)
        if not self.every and any(value is not None for value in lasts):
            raise PlanError("seconds, count and until need every: else bytes get lost once")

    @property
    def limit(self) -> int | None:
        return self.count if self.every else 1

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        loss = Loss(self.bytes, self.after, self.every, bench.next_seed(), used)
        losses = bench.module.hardware.uart.losses
        losses.append(loss)

        def end() -> None:
            loss.stop()
            losses.remove(loss)

        return end


@dataclass(frozen=True, slots=True, kw_only=True)
class UrcInterleave(Fault):
    """`text` comes as a URC inside an answer, in front of its result; `count` is in answers."""

    KIND: ClassVar[str] = "urc_interleave"
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")
    COUNT: ClassVar[int | None] = 1

    text: str = "+CGREG: 1"

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if not self.text or not self.text.isascii() or not self.text.isprintable():
            raise PlanError(f"text = {self.text!r}: one line of ASCII is wanted")

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        def aside() -> str:
            used()
            return self.text

        bench.asides.append(aside)
        return lambda: bench.asides.remove(aside)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoHttpExPostUrc(Fault):
    """The module takes HTTPEXACTION=1 and never asks for the body (spec: http.md §3.11)."""

    KIND: ClassVar[str] = "no_httpexpost_urc"
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        def mute(text: str) -> bool:
            if text != str(HttpExPostReady()):
                return False
            used()
            return True

        bench.mutes.append(mute)
        return lambda: bench.mutes.remove(mute)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortLineLimit(Fault):
    """Command lines of `bytes` and more, CR included, are thrown away and answered with ERROR."""

    KIND: ClassVar[str] = "short_line_limit"

    bytes: int = whole(480, 3, 4096)

    def begin(self, bench: Bench, used: Callable[[], None]) -> End:
        return bench.limit_lines(self.bytes)
