"""What the server sends, made sense of: alerts, handshake messages, data. No I/O here either."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.tls import messages
from atwin.net.tls.errors import WARNING, Alert, AlertNumber, EngineError, Kind, Stage, refusal
from atwin.net.tls.messages import ContentType, HandshakeType
from atwin.net.tls.suites import Version

if TYPE_CHECKING:
    from atwin.net.tls.profile import TlsProfile
    from atwin.net.tls.records import Records

#: All handshake messages of a server together. A long chain has some 10 kB, a list of all
#: public CAs' names in a CertificateRequest some 30 kB.
MAX_HANDSHAKE = 64 * 1024
#: Certificates in a server's chain.
MAX_CHAIN = 10
#: Warnings in a row, and records without data in a row, that are taken for noise.
MAX_WARNINGS = 5
MAX_EMPTY = 32
#: Wishes for a new handshake that are declined before the connection is given up.
MAX_RENEGOTIATIONS = 5
#: Records handled in one call, so that tiny ones cannot hold up the caller.
RECORDS_PER_STEP = 32

_STAGES = {
    HandshakeType.SERVER_HELLO: Stage.CERTIFICATE,
    HandshakeType.CERTIFICATE: Stage.KEY_EXCHANGE,
    HandshakeType.SERVER_HELLO_DONE: Stage.FINISHED,
}


class Incoming:
    """The receiving side of one connection, on top of its records.

    Every method that reads raises `EngineError` for what a server must not send.
    """

    def __init__(self, records: Records, profile: TlsProfile) -> None:
        #: How far this connection has come.
        self.stage = Stage.START
        #: The server's certificates so far, leaf first, DER.
        self.chain: tuple[bytes, ...] = ()
        #: The server's choice, once it has made it.
        self.hello: messages.ServerHello | None = None
        self.client_cert_asked = False
        #: The server said goodbye.
        self.at_end = False
        self._records = records
        self._profile = profile
        self._handshake_bytes = 0
        self._fragments = bytearray()
        self._messages: list[bytes] = []
        self._warnings = self._empty = self._renegotiations = 0

    @property
    def ready(self) -> bool:
        """Whether something is there to be taken without more bytes."""
        return bool(self._messages) or self._records.ready

    def end_handshake(self) -> None:
        """From here on data may come, and nothing of the handshake is left."""
        if self._messages or self._fragments:
            raise refusal(
                AlertNumber.UNEXPECTED_MESSAGE, "a message after the end of the handshake"
            )
        self.stage = Stage.DATA

    def next_message(self) -> tuple[int, bytes] | None:
        """Content type and one whole message of the handshake; None when more bytes must come."""
        if not self._messages:
            record = self._next_record()
            if record is None:
                return None
            kind, data = record
            if kind != ContentType.HANDSHAKE:
                if self._fragments:
                    raise refusal(AlertNumber.UNEXPECTED_MESSAGE, "a message was cut short")
                return kind, bytes(data)
            self._collect(data)
            if not self._messages:
                return None
        return ContentType.HANDSHAKE, self._messages.pop(0)

    def _next_record(self) -> tuple[int, memoryview] | None:
        """The next record that is not an alert."""
        for _ in range(RECORDS_PER_STEP):
            if self.at_end:
                return None
            record = self._records.receive()
            if record is None or record[0] != ContentType.ALERT:
                self._warnings = 0 if record else self._warnings
                return record
            self._heed(record[1])
        return None

    def _heed(self, data: memoryview) -> None:
        """An alert: the end, a failure, or a warning, which Mbed TLS passes over."""
        if len(data) != 2:
            raise refusal(AlertNumber.DECODE_ERROR, "received a malformed alert")
        alert = Alert(*data)
        if alert == Alert(WARNING, AlertNumber.CLOSE_NOTIFY) and self.stage is Stage.DATA:
            self.at_end = True
            return
        if alert.level != WARNING or alert.number == AlertNumber.CLOSE_NOTIFY:
            raise EngineError(Kind.REMOTE_ALERT, "the server gave up", alert)
        self._warnings += 1
        if self._warnings > MAX_WARNINGS:
            raise refusal(AlertNumber.UNEXPECTED_MESSAGE, "the server warns without end")

    def next_data(self) -> memoryview:
        """The content of the next record with data in it; empty when there is none yet."""
        for _ in range(RECORDS_PER_STEP):
            record = self._next_record()
            if record is None:
                break
            kind, data = record
            if kind == ContentType.HANDSHAKE:
                self._decline(data)
            elif kind != ContentType.APPLICATION_DATA:
                raise refusal(AlertNumber.UNEXPECTED_MESSAGE, "received a stray key change")
            elif data:
                self._empty = 0
                return data
            else:
                self._empty += 1
                if self._empty > MAX_EMPTY:
                    raise refusal(
                        AlertNumber.UNEXPECTED_MESSAGE, "the server sends empty records without end"
                    )
        return memoryview(b"")

    def _decline(self, data: memoryview) -> None:
        """A HelloRequest asks for a new handshake; there is none."""
        if bytes(data) != bytes(4):
            raise refusal(AlertNumber.UNEXPECTED_MESSAGE, "received a handshake message")
        self._renegotiations += 1
        if self._renegotiations > MAX_RENEGOTIATIONS or self._records.version == Version.SSL3_0:
            # SSL 3.0 has no polite way to say no.
            raise refusal(AlertNumber.HANDSHAKE_FAILURE, "the server wants to renegotiate")
        self._records.send_alert(Alert(WARNING, AlertNumber.NO_RENEGOTIATION))

    def _collect(self, data: memoryview) -> None:
        self._handshake_bytes += len(data)
        if self._handshake_bytes > MAX_HANDSHAKE:
            raise refusal(
                AlertNumber.ILLEGAL_PARAMETER, f"handshake is longer than {MAX_HANDSHAKE} bytes"
            )
        self._fragments += data
        for message in messages.split(self._fragments):
            # A HelloRequest during a handshake is to be ignored (RFC 5246 §7.4.1.1).
            if message[0] != HandshakeType.HELLO_REQUEST:
                self._look_at(message)
                self._messages.append(message)

    def _look_at(self, message: bytes) -> None:
        """Note where we are, and stop what tlslite would let through."""
        kind = message[0]
        try:
            if kind == HandshakeType.SERVER_HELLO:
                self._check_hello(messages.server_hello(message))
            elif kind == HandshakeType.CERTIFICATE:
                self.chain = messages.certificates(message)
                if len(self.chain) > MAX_CHAIN:
                    raise refusal(
                        AlertNumber.BAD_CERTIFICATE, f"chain of {len(self.chain)} certificates"
                    )
            elif kind == HandshakeType.CERTIFICATE_REQUEST:
                self.client_cert_asked = True
        except messages.MalformedMessageError as error:
            raise refusal(AlertNumber.DECODE_ERROR, str(error)) from None
        for arrived, stage in _STAGES.items():
            if kind == arrived:
                self.stage = stage

    def _check_hello(self, hello: messages.ServerHello) -> None:
        profile = self._profile
        if not profile.min_version <= hello.version <= profile.max_version:
            raise refusal(
                AlertNumber.PROTOCOL_VERSION, f"the server chose version {hello.version:04x}"
            )
        if not any(hello.suite == suite.number for suite in profile.suites):
            raise refusal(
                AlertNumber.ILLEGAL_PARAMETER,
                f"the server chose suite {hello.suite:04x}, which was not offered",
            )
        unasked = set(hello.extensions) - messages.ANSWERABLE
        if unasked:
            raise refusal(
                AlertNumber.UNSUPPORTED_EXTENSION,
                f"the server answers extension {min(unasked)}, which was not sent",
            )
        self.hello = hello
        self._records.version = Version(hello.version)
