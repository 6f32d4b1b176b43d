"""What waits to be said between two answers (docs/spec/uart.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable


class _Waiting(NamedTuple):
    output: Callable[[], bytes]
    #: Bytes of a URC; None for other output, which is never dropped.
    size: int | None


class UrcQueue:
    """URCs and other output, in order; of the URCs no more than the module keeps."""

    def __init__(self, count: int, size: int) -> None:
        """`count` URCs of `size` bytes in all; 0 is without limit."""
        self._limits = (count, size)
        #: What is in the queue; true while there is something, and to be read only.
        self.waiting: list[_Waiting] = []
        self._count = self._size = 0

    def add(self, output: Callable[[], bytes]) -> None:
        """What `output` gives, when its turn comes."""
        self.waiting.append(_Waiting(output, None))

    def add_first(self, output: bytes) -> None:
        """What had its turn and was put off."""
        self.waiting.insert(0, _Waiting(lambda: output, None))

    def add_urc(self, framed: bytes) -> None:
        """A URC; where there are too many the oldest ones are dropped."""
        self.waiting.append(_Waiting(lambda: framed, len(framed)))
        self._count += 1
        self._size += len(framed)
        while self._count > 1 and self._is_too_much():
            self._drop(next(one for one in self.waiting if one.size is not None))

    def take(self) -> bytes:
        """The next output, which may be nothing."""
        first = self.waiting[0]
        self._drop(first)
        return first.output()

    def begin_data(self) -> None:
        """The line is for data now: a module that limits its URCs drops those that wait."""
        if any(self._limits):
            for one in [one for one in self.waiting if one.size is not None]:
                self._drop(one)

    def clear(self) -> None:
        """Nothing is said any more."""
        self.waiting.clear()
        self._count = self._size = 0

    def _is_too_much(self) -> bool:
        count, size = self._limits
        return 0 < count < self._count or 0 < size < self._size

    def _drop(self, one: _Waiting) -> None:
        self.waiting.remove(one)
        if one.size is not None:
            self._count -= 1
            self._size -= one.size
