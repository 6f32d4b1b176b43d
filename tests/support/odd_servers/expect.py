"""What a download from an odd server has to come to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from atwin.host.download.order import Strategy

Start = Literal["fresh", "resumed", "killed"]

#: Bytes of one part: what a module holds of a response.
CHUNK_MAX = {"air724ug": 319488, "air780e-at": 3356, "air780e-lsat": 130048}
#: What a module asks for at a time by itself.
CHUNK = {"air724ug": 307200, "air780e-at": 3356, "air780e-lsat": 130048}
SMALL_CHUNK = 2500

#: What no sentence may say to somebody who runs a download, whatever happened.
NEVER_SAID = (
    r"Traceback",
    r"\bdefect\b",
    r"ask for it in parts",
    r"[\x00-\x1f\x7f\x80-\x9f]",
    r"\b[A-Z][a-z]+Error\b",
    r"\bNone\b",
)


@dataclass(frozen=True, slots=True)
class Case:
    """One run of the matrix.

    `start`: `fresh`, `resumed` (some of the file came while the server was an ordinary one), or
    `killed` (a first run met the odd server, and was killed in the middle where it got there).
    `small` parts make all files small; otherwise each model takes what it holds.
    """

    model: str
    strategy: Strategy
    start: Start
    sha256: bool
    small: bool

    @property
    def streams(self) -> bool:
        """Whether the module can stream."""
        return self.model != "air724ug"

    @property
    def may_stream(self) -> bool:
        """Whether this download may be one stream."""
        return self.streams and self.strategy != "range"

    @property
    def chunk(self) -> int:
        """Bytes of a part."""
        return SMALL_CHUNK if self.small else CHUNK[self.model]

    @property
    def holds(self) -> int:
        """Bytes of the largest response that surely fits the module's buffer."""
        return CHUNK_MAX[self.model]

    def __str__(self) -> str:
        known = "sha256" if self.sha256 else "no hash"
        parts = "small parts" if self.small else "whole buffers"
        return f"{self.model}, {self.strategy}, {self.start}, {known}, {parts}"


@dataclass(frozen=True, slots=True)
class Right:
    """The right file, exit 0; `noted` is what must have been told on the way (a pattern)."""

    noted: str = ""

    def __str__(self) -> str:
        return "the right file" + (f", and a note like /{self.noted}/" if self.noted else "")


@dataclass(frozen=True, slots=True)
class GivesUp:
    """A failure with one of these exit codes and a sentence.

    `says` are patterns that must all be found in it, `never` none. `because` is why the module
    cannot have the file although curl can. `keeps`: what was good before must still be there.
    """

    codes: tuple[int, ...]
    says: tuple[str, ...]
    never: tuple[str, ...] = ()
    because: str = ""
    keeps: bool = False

    def blame(self, code: int, sentence: str) -> str | None:
        """What is wrong with that end; None when nothing is."""
        if code not in self.codes:
            return f"exit {code}, not {' or '.join(map(str, self.codes))}"
        for pattern in self.says:
            if not re.search(pattern, sentence, re.IGNORECASE):
                return f"the sentence does not say /{pattern}/"
        for pattern in self.never:
            if re.search(pattern, sentence, re.IGNORECASE):
                return f"the sentence says /{pattern}/"
        return None

    def __str__(self) -> str:
        says = " ".join(f"/{pattern}/" for pattern in self.says)
        return f"exit {' or '.join(map(str, self.codes))} with {says}"


@dataclass(frozen=True, slots=True)
class Either:
    """The right file, or that failure: both are good answers."""

    failure: GivesUp

    def __str__(self) -> str:
        return f"the right file or {self.failure}"


@dataclass(frozen=True, slots=True)
class Unvouched:
    """Nothing the server says tells one version from another: any file, if that was told.

    `warned` is a pattern one of the notes must match.
    """

    warned: str

    def __str__(self) -> str:
        return f"the right file, or another with a note like /{self.warned}/"


RIGHT = Right()
Expectation = Right | GivesUp | Either | Unvouched
