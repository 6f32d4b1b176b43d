"""A file of JSON objects, one a line, written as they come and readable while it grows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Self

from atwin.disk.errors import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

#: Bytes kept back before they are written: a trace must not cost a system call a line.
_BUFFER = 1 << 16


class JsonLines:
    """Appends objects to a new file at `path`; what was there before is replaced.

    Raises `DiskError` when it cannot be made, written or closed.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        try:
            self._file = open(path, "w", encoding="utf-8", buffering=_BUFFER)  # noqa: SIM115
        except OSError as error:
            raise explained("write", path, error) from None
        self._encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def append(self, value: dict[str, Any]) -> None:
        """Write one more line."""
        try:
            self._file.write(self._encode(value) + "\n")
        except OSError as error:
            raise explained("write", self._path, error) from None

    def flush(self) -> None:
        """Let whoever reads the file see everything so far."""
        try:
            self._file.flush()
        except OSError as error:
            raise explained("write", self._path, error) from None

    def close(self) -> None:
        """Write what was kept back."""
        try:
            self._file.close()
        except OSError as error:
            raise explained("write", self._path, error) from None


def read_json_lines(path: str) -> Iterator[dict[str, Any] | None]:
    """The objects in order; None for a line that is none, such as one cut short by a crash.

    Raises `DiskError`.
    """
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    value = json.loads(line)
                except ValueError:
                    value = None
                yield value if isinstance(value, dict) else None
    except OSError as error:
        raise explained("read", path, error) from None
