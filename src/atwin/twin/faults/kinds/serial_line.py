"""Faults of the line and of what the firmware says on it (docs/spec/uart.md §4, models.md)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from atwin.at.dialect.urcs import HttpExPostReady
from atwin.line.uart.loss import Loss
from atwin.text import told
from atwin.twin.faults.dice import among, size
from atwin.twin.faults.fault import Fault, PlanError, text, whole

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc
    from atwin.twin.faults.case import Case
    from atwin.twin.faults.fault import End
    from atwin.twin.faults.victim import Victim


@dataclass(frozen=True, slots=True, kw_only=True)
class LostBytes(Fault):
    """After `after` more bytes to the host, `bytes` in a row get lost on the line.

    That is one burst. With `every`, again and again, about `every` bytes apart, for as long as the
    fault lasts; `count` is in bursts.
    """

    KIND: ClassVar[str] = "lost_bytes"
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")

    bytes: int = whole(1, 1, throw=size(1, 5_000))
    after: int = whole(0, throw=size(1, 200_000))
    every: int = whole(0, throw=among(0, size(500, 200_000)))

    def __post_init__(self) -> None:
        lasts = (self.seconds, self.count, self.until)
        if not self.every and any(value is not None for value in lasts):
            raise PlanError("seconds, count and until need every: else bytes get lost once")
        Fault.__post_init__(self)

    @property
    def lasts(self) -> tuple[str, ...]:
        return self.LASTS if self.every else ()

    @property
    def limit(self) -> int | None:
        return self.count if self.every else 1

    def begin(self, victim: Victim, case: Case) -> End:
        loss = Loss(self.bytes, self.after, self.every, victim.next_seed(), case.meet)
        output = victim.module.hardware.uart.output
        output.add_loss(loss)

        def end() -> None:
            loss.stop()
            output.remove_loss(loss)

        return end


@dataclass(frozen=True, slots=True, kw_only=True)
class UrcInterleave(Fault):
    """`text` comes as a URC inside an answer, in front of its result; `count` is in answers."""

    KIND: ClassVar[str] = "urc_interleave"
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")
    COUNT: ClassVar[int | None] = 1

    text: str = text("+CGREG: 1", among("+CGREG: 1", "+CREG: 2", "+NITZ: 2024/08/23,06:52:50"))

    def __post_init__(self) -> None:
        Fault.__post_init__(self)
        if not self.text or not self.text.isascii() or not self.text.isprintable():
            raise PlanError(f"text = {told(self.text)}: must be one line of ASCII")

    def begin(self, victim: Victim, case: Case) -> End:
        def aside() -> str:
            case.meet()
            return self.text

        victim.asides.append(aside)
        return lambda: victim.asides.remove(aside)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoHttpExPostUrc(Fault):
    """The module takes HTTPEXACTION=1 and never asks for the body (docs/spec/http.md §3.11)."""

    KIND: ClassVar[str] = "no_httpexpost_urc"
    LASTS: ClassVar[tuple[str, ...]] = ("seconds", "count", "until")

    def begin(self, victim: Victim, case: Case) -> End:
        def mute(urc: Urc) -> bool:
            if not isinstance(urc, HttpExPostReady):
                return False
            case.meet()
            return True

        victim.mutes.append(mute)
        return lambda: victim.mutes.remove(mute)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortLineLimit(Fault):
    """Command lines of `bytes` and more, CR included, are thrown away and answered with ERROR.

    Of several faults the shortest counts.
    """

    KIND: ClassVar[str] = "short_line_limit"

    bytes: int = whole(480, 3, 4096, throw=size(20, 600))

    def begin(self, victim: Victim, case: Case) -> End:
        return victim.longest_line.by(self.bytes)
