"""The one buffer for both directions: data to post, then the response (spec: http.md §5)."""

from __future__ import annotations


class HttpBuffer:
    """At most `capacity` bytes; allocated at the first byte, so an idle module has none."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        #: Whether bytes did not fit since the last `clear`; they are gone (spec: http.md §5.3).
        self.overflowed = False
        self._store = bytearray()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    @property
    def allocated(self) -> int:
        """Bytes of memory taken: 0 or the capacity."""
        return len(self._store)

    def clear(self) -> None:
        """Forget the content."""
        self._length = 0
        self.overflowed = False

    def add(self, data: bytes) -> None:
        """Append what fits; old bytes stay, the rest of `data` is dropped."""
        if not self._store and data:
            self._store = bytearray(self.capacity)
        end = self._length + len(data)
        if end > self.capacity:
            self.overflowed = True
            data = data[: self.capacity - self._length]
            end = self.capacity
        self._store[self._length : end] = data
        self._length = end

    def read(self, start: int = 0, size: int | None = None) -> bytes:
        """A copy of `size` bytes from `start`, or of what there is of them."""
        end = self._length if size is None else min(start + size, self._length)
        with memoryview(self._store) as view:
            return bytes(view[start : max(start, end)])
