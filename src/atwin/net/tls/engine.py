"""A TLS client without I/O: bytes in, bytes out. Knows no socket, no clock, no event loop."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from atwin.net.tls import messages
from atwin.net.tls.alerts import FATAL, WARNING, Alert, AlertNumber
from atwin.net.tls.errors import (
    EngineError,
    Kind,
    Stage,
    TlsBrokenError,
    TlsFailure,
    TlsHandshakeError,
)
from atwin.net.tls.handshake import client_handshake
from atwin.net.tls.identity import Identity, load_identity
from atwin.net.tls.messages import ContentType, HandshakeType
from atwin.net.tls.records import Records
from atwin.net.tls.suites import SUITES, Version
from atwin.net.tls.verify import judge, load_anchors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.net.tls.profile import TlsProfile
    from atwin.net.tls.suites import Suite

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


@dataclass(frozen=True)
class TlsResult:
    """What the handshake agreed on."""

    version: Version
    suite: Suite
    #: The server's certificates, leaf first, DER.
    chain: tuple[bytes, ...]
    #: Whether the server asked for a client certificate.
    client_cert_asked: bool


class Engine:
    """One connection.

    `feed` what the peer sent, call `step` until it says True, then `read` and `write`; send
    what `take_output` gives after every one of these calls, also when it raised: the alert is
    in there. After a failure every further call raises it again.
    """

    def __init__(self, profile: TlsProfile, *, wall: float) -> None:
        """`wall`: UTC seconds since 1970 by the module's clock, for the ClientHello random.

        Raises `TlsHandshakeError` (kind SETUP) when the profile's certificates, key or
        server name cannot be used.
        """
        #: How far this connection has come.
        self.stage = Stage.START
        #: The server's certificates so far, leaf first, DER.
        self.chain: tuple[bytes, ...] = ()
        #: Set when the handshake has completed.
        self.result: TlsResult | None = None
        #: The peer ended the stream without close_notify.
        self.truncated = False
        self.records = Records(profile.min_version)
        self._profile = profile
        self._failure: TlsFailure | None = None
        self._at_end = False
        self._eof = False
        self._hello: messages.ServerHello | None = None
        self._client_cert_asked = False
        self._handshake_bytes = 0
        self._fragments = bytearray()
        self._messages: list[bytes] = []
        self._warnings = self._empty = self._renegotiations = 0
        self._unread = memoryview(b"")
        random = messages.hello_random(profile.client_random, os.urandom(28), wall)
        try:
            identity = _checked(profile)
        except ValueError as error:
            self._fail(EngineError(Kind.SETUP, str(error)))
        self._handshake = client_handshake(self, profile, identity, random)

    # Bytes in and out

    def feed(self, data: bytes) -> None:
        """Bytes from the peer; b"" means that it has closed the connection."""
        if data:
            self.records.feed(data)
        else:
            self._eof = True

    def take_output(self) -> bytes:
        """Bytes for the peer."""
        return self.records.take_output()

    @property
    def hungry(self) -> bool:
        """Whether calling again is of no use before `feed`."""
        return not (self._messages or self._eof or self.records.ready)

    # The handshake

    def step(self) -> bool:
        """Go on with the handshake as far as the bytes allow; True when it has completed.

        Raises `TlsHandshakeError`.
        """
        self._raise_again()
        if self.stage is Stage.START:
            self.stage = Stage.HELLO
        try:
            for _ in self._handshake:
                if self._eof and not self.records.ready and not self._messages:
                    raise EngineError(Kind.CLOSED, "the server closed the connection")
                return False
        except EngineError as fault:
            self._fail(fault)
        assert self._hello is not None
        suite = next(suite for suite in SUITES if suite.number == self._hello.suite)
        version = Version(self._hello.version)
        self.result = TlsResult(version, suite, self.chain, self._client_cert_asked)
        self.stage = Stage.DATA
        # Let go of tlslite's objects, which are the larger part of a connection.
        self._handshake = iter(())
        return True

    def next_message(self) -> tuple[int, bytes] | None:
        """For `client_handshake`: the next whole message of the server."""
        if not self._messages:
            record = self._next_record()
            if record is None:
                return None
            kind, data = record
            if kind != ContentType.HANDSHAKE:
                if self._fragments:
                    raise _refusal(AlertNumber.UNEXPECTED_MESSAGE, "a message was cut short")
                return kind, bytes(data)
            self._collect(data)
            if not self._messages:
                return None
        return ContentType.HANDSHAKE, self._messages.pop(0)

    def judge(self, chain: Sequence[bytes]) -> None:
        """For `client_handshake`: does the profile accept this chain?"""
        verdict = judge(chain, self._profile)
        if verdict is not None:
            alert = Alert(FATAL, verdict.alert)
            raise EngineError(Kind.CERTIFICATE, verdict.reason, alert, verdict.code)

    # Data

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Seal `data` into the output. Raises `TlsBrokenError` after a failure."""
        self._raise_again()
        self.records.send(ContentType.APPLICATION_DATA, data)

    def read(self, limit: int) -> bytes | None:
        """At most `limit` bytes; b"" at the end; None when there is nothing yet.

        After None: `feed` when `hungry`, else just call again. At the end `truncated` tells
        whether the peer had said goodbye. Raises `TlsBrokenError`.
        """
        self._raise_again()
        parts: list[memoryview] = []
        wanted = limit
        try:
            if not self._unread:
                self._unread = self._next_data()
            while wanted and self._unread and len(parts) < RECORDS_PER_STEP:
                part, self._unread = self._unread[:wanted], self._unread[wanted:]
                parts.append(part)
                wanted -= len(part)
                if wanted and not self._unread:
                    self._unread = self._next_data()
        except EngineError as fault:
            if not parts:
                self._fail(fault)
            self._remember(fault)
        if parts:
            return b"".join(parts)
        if self._at_end:
            return b""
        if self._eof and not self.records.ready:
            self._at_end = self.truncated = True
            return b""
        return None

    def close(self) -> None:
        """Say goodbye, if there is anyone to say it to."""
        if self.stage is Stage.DATA and self._failure is None:
            self.records.send_alert(Alert(WARNING, AlertNumber.CLOSE_NOTIFY))

    def failure(self, kind: Kind, reason: str) -> TlsFailure:
        """A failure that the driver saw, with what the engine knows."""
        return TlsFailure(kind, self.stage, reason, chain=self.chain)

    # Records

    def _next_record(self) -> tuple[int, memoryview] | None:
        """The next record that is no alert."""
        for _ in range(RECORDS_PER_STEP):
            if self._at_end:
                return None
            record = self.records.receive()
            if record is None or record[0] != ContentType.ALERT:
                self._warnings = 0 if record else self._warnings
                return record
            self._heed(record[1])
        return None

    def _heed(self, data: memoryview) -> None:
        """An alert: the end, a failure, or a warning, which Mbed TLS passes over."""
        if len(data) != 2:
            raise _refusal(AlertNumber.DECODE_ERROR, "received a malformed alert")
        alert = Alert(*data)
        if alert == Alert(WARNING, AlertNumber.CLOSE_NOTIFY) and self.stage is Stage.DATA:
            self._at_end = True
            return
        if alert.level != WARNING or alert.number == AlertNumber.CLOSE_NOTIFY:
            raise EngineError(Kind.REMOTE_ALERT, "the server gave up", alert)
        self._warnings += 1
        if self._warnings > MAX_WARNINGS:
            raise _refusal(AlertNumber.UNEXPECTED_MESSAGE, "the server warns without end")

    def _next_data(self) -> memoryview:
        """The content of the next record with data in it; empty when there is none yet."""
        for _ in range(RECORDS_PER_STEP):
            record = self._next_record()
            if record is None:
                break
            kind, data = record
            if kind == ContentType.HANDSHAKE:
                self._decline(data)
            elif kind != ContentType.APPLICATION_DATA:
                raise _refusal(AlertNumber.UNEXPECTED_MESSAGE, "received a stray key change")
            elif data:
                self._empty = 0
                return data
            else:
                self._empty += 1
                if self._empty > MAX_EMPTY:
                    raise _refusal(
                        AlertNumber.UNEXPECTED_MESSAGE, "the server sends empty records without end"
                    )
        return memoryview(b"")

    def _decline(self, data: memoryview) -> None:
        """A HelloRequest asks for a new handshake; there is none."""
        if bytes(data) != bytes(4):
            raise _refusal(AlertNumber.UNEXPECTED_MESSAGE, "received a handshake message")
        self._renegotiations += 1
        if self._renegotiations > MAX_RENEGOTIATIONS or self.records.version == Version.SSL3_0:
            # SSL 3.0 has no polite way to say no.
            raise _refusal(AlertNumber.HANDSHAKE_FAILURE, "the server wants to renegotiate")
        self.records.send_alert(Alert(WARNING, AlertNumber.NO_RENEGOTIATION))

    # Handshake messages

    def _collect(self, data: memoryview) -> None:
        self._handshake_bytes += len(data)
        if self._handshake_bytes > MAX_HANDSHAKE:
            raise _refusal(
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
                    raise _refusal(
                        AlertNumber.BAD_CERTIFICATE, f"chain of {len(self.chain)} certificates"
                    )
            elif kind == HandshakeType.CERTIFICATE_REQUEST:
                self._client_cert_asked = True
        except messages.MalformedMessageError as error:
            raise _refusal(AlertNumber.DECODE_ERROR, str(error)) from None
        for arrived, stage in _STAGES.items():
            if kind == arrived:
                self.stage = stage

    def _check_hello(self, hello: messages.ServerHello) -> None:
        profile = self._profile
        if not profile.min_version <= hello.version <= profile.max_version:
            raise _refusal(
                AlertNumber.PROTOCOL_VERSION, f"the server chose version {hello.version:04x}"
            )
        if not any(hello.suite == suite.number for suite in profile.suites):
            raise _refusal(
                AlertNumber.ILLEGAL_PARAMETER,
                f"the server chose suite {hello.suite:04x}, which was not offered",
            )
        unasked = set(hello.extensions) - messages.ANSWERABLE
        if unasked:
            raise _refusal(
                AlertNumber.UNSUPPORTED_EXTENSION,
                f"the server answers extension {min(unasked)}, which was not sent",
            )
        self._hello = hello
        self.records.version = Version(hello.version)

    # Failure

    def _remember(self, fault: EngineError) -> None:
        """Keep the failure for the next call and queue its alert."""
        self._failure = TlsFailure(
            fault.kind, self.stage, fault.reason, fault.alert, fault.verify_code, self.chain
        )
        if fault.alert is not None and fault.kind is not Kind.REMOTE_ALERT:
            self.records.send_alert(fault.alert)

    def _fail(self, fault: EngineError) -> NoReturn:
        self._remember(fault)
        self._raise_again()
        raise AssertionError("a failure was not remembered")

    def _raise_again(self) -> None:
        if self._failure is not None:
            error = TlsBrokenError if self.stage is Stage.DATA else TlsHandshakeError
            raise error(self._failure)


def _checked(profile: TlsProfile) -> Identity | None:
    """The client's identity. Raises ValueError when the profile cannot be used at all."""
    if profile.ca is not None:
        load_anchors(profile.ca)
    elif profile.authenticate or profile.mutual or profile.pinned:
        raise ValueError("the server is to be authenticated, but there is no CA certificate")
    messages.extensions(profile.max_version, profile.sni)
    if profile.client_cert is None and profile.client_key is None and not profile.mutual:
        return None
    if profile.client_cert is None:
        raise ValueError("there is no client certificate")
    if profile.client_key is None:
        raise ValueError("there is no client key")
    return load_identity(profile.client_cert, profile.client_key)


def _refusal(number: AlertNumber, reason: str) -> EngineError:
    return EngineError(Kind.LOCAL_ALERT, reason, Alert(FATAL, number))
