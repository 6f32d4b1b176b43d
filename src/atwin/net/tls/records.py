"""The record layer, without I/O: bytes in, records out, and the other way round."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from atwin.net.tls.errors import FATAL, Alert, AlertNumber, EngineError, Kind, refusal
from atwin.net.tls.messages import ContentType

if TYPE_CHECKING:
    from atwin.net.tls.protection import Opener, Sealer
    from atwin.net.tls.suites import Version

HEADER = struct.Struct(">BHH")

#: The most plain text one record may hold (RFC 5246 §6.2.1).
MAX_PLAIN = 1 << 14
#: What compression and encryption may add to it (§6.2.2, §6.2.3).
MAX_GROWTH = 2048

#: How much of a stranger's greeting goes into the error text.
_GLIMPSE = 16


class Records:
    """Both directions of one connection: framing always, protection from its keys on."""

    def __init__(self, first_version: Version) -> None:
        """`first_version`: what the header of our first records says."""
        #: Goes into the headers of outgoing records.
        self.version = first_version
        self.sealer: Sealer | None = None
        self.opener: Opener | None = None
        self._inbox = bytearray()
        self._outbox = bytearray()
        self._heard_tls = False

    def feed(self, data: bytes) -> None:
        """Bytes from the peer."""
        self._inbox += data

    def take_output(self) -> bytes:
        """Everything that waits to be sent, and forget it."""
        data = bytes(self._outbox)
        self._outbox.clear()
        return data

    @property
    def has_output(self) -> bool:
        """Whether anything waits to be sent."""
        return bool(self._outbox)

    @property
    def ready(self) -> bool:
        """Whether a whole record is there to be received."""
        if len(self._inbox) < HEADER.size:
            return False
        return len(self._inbox) >= HEADER.size + int.from_bytes(self._inbox[3:5], "big")

    def receive(self) -> tuple[int, memoryview] | None:
        """Content type and plain text of the next record; None when it is not all there.

        Raises `EngineError` for bytes that are not a record, are too long, or fail their check.
        """
        inbox = self._inbox
        if inbox and not self._heard_tls:
            self._check_first()
        if len(inbox) < HEADER.size:
            return None
        kind, version, size = HEADER.unpack_from(inbox)
        if kind not in _KINDS or version >> 8 != 3:
            raise refusal(AlertNumber.UNEXPECTED_MESSAGE, "received something that is not a record")
        if size > MAX_PLAIN + MAX_GROWTH:
            raise refusal(AlertNumber.RECORD_OVERFLOW, f"received a record of {size} bytes")
        end = HEADER.size + size
        if len(inbox) < end:
            return None
        if self.opener is None:
            plain = memoryview(bytes(inbox[HEADER.size : end]))
        else:
            with memoryview(inbox) as view, view[HEADER.size : end] as payload:
                plain = self.opener.open(kind, payload)
        del inbox[:end]
        if len(plain) > MAX_PLAIN:
            raise refusal(AlertNumber.RECORD_OVERFLOW, f"received a record of {len(plain)} bytes")
        if not plain and kind != ContentType.APPLICATION_DATA:
            raise refusal(AlertNumber.UNEXPECTED_MESSAGE, "received an empty record")
        return kind, plain

    def send(self, kind: int, data: bytes | bytearray | memoryview) -> None:
        """Queue `data` as records of content type `kind`."""
        with memoryview(data) as view:
            start = 0
            if self.sealer and self.sealer.predictable_iv and kind == ContentType.APPLICATION_DATA:
                # One byte first: nobody can then choose plain text against a known IV.
                self._send_one(kind, view[:1])
                start = 1
            for position in range(start, len(view), MAX_PLAIN):
                self._send_one(kind, view[position : position + MAX_PLAIN])

    def send_alert(self, alert: Alert) -> None:
        """Queue an alert."""
        self.send(ContentType.ALERT, bytes((alert.level, alert.number)))

    def _send_one(self, kind: int, data: memoryview) -> None:
        payload = self.sealer.seal(kind, data) if self.sealer else data
        self._outbox += HEADER.pack(kind, self.version, len(payload))
        self._outbox += payload

    def _check_first(self) -> None:
        """A server that is no TLS server says so in its first bytes."""
        inbox = self._inbox
        if inbox[0] not in _KINDS or (len(inbox) > 1 and inbox[1] != 3):
            raise EngineError(
                Kind.NOT_TLS,
                f"the server said {bytes(inbox[:_GLIMPSE])!r}",
                Alert(FATAL, AlertNumber.UNEXPECTED_MESSAGE),
            )
        self._heard_tls = len(inbox) > 1


_KINDS = frozenset(ContentType)
