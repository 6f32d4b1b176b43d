"""What is to be downloaded, where to, and how: by which strategy, and which ways are left."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Final, Literal

from atwin.disk.errors import DiskError
from atwin.disk.target import find_target
from atwin.host.download.judging.verdict import AtOnce, ByParts, NoRanges, TooLong
from atwin.host.download.pace import SMALLEST_CHUNK
from atwin.host.errors import TargetError, UsageError
from atwin.models.profile import VENDOR_CHUNK

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.disk.part import Hashes
    from atwin.host.download.judging.verdict import Turn
    from atwin.host.identity import Limits

Strategy = Literal["auto", "range", "stream"]


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller asks for.

    `sha256` and `md5` are what the file must hash to, in hex. `chunk` is the size of a part in
    bytes, None for what suits the module. `max_size` in bytes ends what would be larger.
    `resume_from` is another URL of the same file, which an earlier run was given. Raises
    `UsageError`, and `TargetError` for a target that is there and no regular file, or cannot be.
    """

    target: Path
    sha256: str | None = None
    md5: str | None = None
    chunk: int | None = None
    strategy: Strategy = "auto"
    max_size: int | None = None
    resume_from: str | None = None

    def __post_init__(self) -> None:
        for name, value, digits in (("SHA-256", self.sha256, 64), ("MD5", self.md5, 32)):
            if value is not None and not re.fullmatch(f"[0-9a-fA-F]{{{digits}}}", value):
                raise UsageError(f"{value!r} is no {name}: it has {digits} hexadecimal digits")
        if self.max_size is not None and self.max_size < 0:
            raise UsageError(
                f"a largest size of {self.max_size} bytes: 0 or more is what it can be"
            )
        if self.strategy not in ("auto", "range", "stream"):
            raise UsageError(f"{self.strategy!r} is not a strategy: auto, range or stream")
        try:
            find_target(self.target)
        except DiskError as error:
            raise TargetError(str(error)) from None

    @property
    def by_hash(self) -> bool:
        """Whether a hash tells the right bytes from all others."""
        return self.sha256 is not None or self.md5 is not None

    def mismatch(self, hashes: Hashes) -> str | None:
        """In which way a file with these hashes is not the right one; None when it is."""
        for name, ordered, got in (
            ("SHA-256", self.sha256, hashes.sha256),
            ("MD5", self.md5, hashes.md5),
        ):
            if ordered is not None and ordered.lower() != got:
                return f"their {name} is {got}, not {ordered.lower()}"
        return None

    def chunk_for(self, limits: Limits) -> int:
        """The size of a part. Raises `UsageError` for one the module cannot give."""
        return chunk_of(limits, self.chunk, self.strategy)


def chunk_of(limits: Limits, chunk: int | None, strategy: Strategy) -> int:
    """The size of a part; see `Order.chunk_for`."""
    chunk = limits.chunk if chunk is None else chunk
    # Where nobody knows what the module holds, who asks for more may know it.
    longest = max(limits.chunk_max, VENDOR_CHUNK) if limits.guessed else limits.chunk_max
    if not SMALLEST_CHUNK <= chunk <= longest:
        raise UsageError(
            f"a chunk of {chunk} bytes: this module takes {SMALLEST_CHUNK} to {longest}"
        )
    if strategy == "stream" and not limits.streams:
        raise UsageError("this module cannot stream: it has no HTTPEXACTION; use range")
    return chunk


class Mode(Enum):
    """The ways that are left.

    A download begins at `ANY`. What a strategy comes to, its turn, may rule ways
    out, by the table at the end; a turn that is not in it changes nothing. No mode leads back to an
    earlier one, so a server cannot send a download in circles.

    - `ANY`: parts, or a stream where that pays.
    - `STREAM`: a stream, because no part came in time.
    - `PARTS`: parts, because a stream got nowhere.
    - `WHOLE`: everything at once, because ranges are no use with this server.
    - `SPENT`: the same as a stream only, because the module's buffer does not hold it.
    """

    ANY = auto()
    STREAM = auto()
    PARTS = auto()
    WHOLE = auto()
    SPENT = auto()

    @property
    def has_ranges(self) -> bool:
        """Whether ranges may be asked for."""
        return self not in (Mode.WHOLE, Mode.SPENT)

    def after(self, turn: Turn) -> Mode:
        """The mode that `turn` leads to."""
        return _AFTER.get((self, type(turn)), self)


_AFTER: Final[dict[tuple[Mode, type[Turn]], Mode]] = {
    (Mode.ANY, NoRanges): Mode.WHOLE,
    (Mode.ANY, AtOnce): Mode.STREAM,
    (Mode.ANY, ByParts): Mode.PARTS,
    (Mode.STREAM, NoRanges): Mode.WHOLE,
    (Mode.STREAM, ByParts): Mode.PARTS,
    (Mode.PARTS, NoRanges): Mode.WHOLE,
    (Mode.WHOLE, TooLong): Mode.SPENT,
}
