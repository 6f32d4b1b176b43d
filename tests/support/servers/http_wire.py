"""What a protocol of an HTTP server writes to, without a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Wire:
    """A transport, as far as such a protocol needs it: `fate` says how it ended."""

    def __init__(self) -> None:
        self.fate: list[str] = []
        self.written = b""
        #: Told once, when it is aborted.
        self.lost: Callable[[None], None] = lambda _: None

    def write(self, data: bytes) -> None:
        self.written += data

    def abort(self) -> None:
        self.fate.append("aborted")
        lost, self.lost = self.lost, lambda _: None
        lost(None)

    def close(self) -> None:
        self.fate.append("closed")

    def is_closing(self) -> bool:
        return bool(self.fate)

    def get_extra_info(self, name: str) -> None:
        return None

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...
