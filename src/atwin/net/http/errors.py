"""How an exchange fails although the connection was made (spec: http.md §4)."""

from __future__ import annotations

from atwin.net.network import NetworkError
from atwin.text.shown import shown

#: Bytes of foreign text in a message.
_BEGIN = 40


def begin_of(data: bytes | bytearray) -> str:
    """The first bytes of `data` for a message: on one line, in quotes."""
    text = bytes(data[:_BEGIN]).decode("latin-1")
    return f'"{shown(" ".join(text.split()))}"'


class HttpError(NetworkError):
    """The connection carried something, but no complete HTTP response."""


class NotHttpError(HttpError):
    """Status 600: no valid status line, a header over 8 KiB, or closed inside the header."""


class BodyCutError(HttpError):
    """Status 601: the body ended too early. `received` bytes of it had been read."""

    def __init__(self, reason: str, received: int) -> None:
        super().__init__(f"{reason} ({received} body bytes were read)")
        self.received = received
