"""Which bytes to ask for next: chunk arithmetic (spec: flows.md §3, http.md §7)."""

from __future__ import annotations

from dataclasses import dataclass

#: The first byte alone cannot be asked for: BREAK=0 with BREAKEND=0 means no range.
SMALLEST_CHUNK = 2


@dataclass(frozen=True, slots=True)
class Part:
    """The bytes `first` to `last` of an entity, both included; number `index` of `count`."""

    index: int
    count: int
    first: int
    last: int

    @property
    def length(self) -> int:
        """Bytes."""
        return self.last - self.first + 1


def count_parts(total: int, chunk: int) -> int:
    """How many parts of `chunk` bytes an entity of `total` bytes has."""
    return -(-total // chunk)


def next_part(done: int, total: int, chunk: int) -> Part:
    """The part that follows the first `done` bytes; `done` is less than `total`.

    Parts end on multiples of `chunk`, so a download that goes on with another chunk size, or
    after a short part, falls into step again.
    """
    index = done // chunk + 1
    last = index * chunk - 1
    if last == done:
        # A single byte is only safe to ask for at the end of the entity, where `first` to
        # `last` and `first` to the end are the same (spec: open-questions.md OQ-20).
        last += 1
    return Part(index, count_parts(total, chunk), done, min(last, total - 1))
