"""A TLS client without I/O: bytes in, bytes out. Knows no socket, no clock, no event loop."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NoReturn

from atwin.net.tls import messages
from atwin.net.tls.certificates.client_key import ClientKey, load_client_key
from atwin.net.tls.certificates.verify import judge, load_anchors
from atwin.net.tls.errors import (
    FATAL,
    WARNING,
    Alert,
    AlertNumber,
    EngineError,
    Kind,
    Stage,
    TlsBrokenError,
    TlsFailure,
    TlsHandshakeError,
)
from atwin.net.tls.handshake import client_handshake
from atwin.net.tls.incoming import RECORDS_PER_STEP, Incoming
from atwin.net.tls.messages import ContentType
from atwin.net.tls.records import Records
from atwin.net.tls.suites import SUITES, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atwin.net.tls.profile import TlsProfile
    from atwin.net.tls.suites import Suite


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
        #: Set when the handshake has completed.
        self.result: TlsResult | None = None
        #: The peer ended the stream without close_notify.
        self.truncated = False
        #: Gets the client random and the master secret as soon as they are known.
        self.on_secret: Callable[[bytes, bytes], None] = lambda *_: None
        self.records = Records(profile.min_version)
        self._incoming = Incoming(self.records, profile)
        self._profile = profile
        self._failure: TlsFailure | None = None
        self._eof = False
        self._unread = memoryview(b"")
        random = messages.hello_random(profile.client_random, os.urandom(28), wall)
        try:
            client_key = _checked(profile)
        except ValueError as error:
            self._fail(EngineError(Kind.SETUP, str(error)))
        self._handshake = client_handshake(self, profile, client_key, random)

    @property
    def stage(self) -> Stage:
        """How far this connection has come."""
        return self._incoming.stage

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
    def has_output(self) -> bool:
        """Whether `take_output` would give any."""
        return self.records.has_output

    @property
    def hungry(self) -> bool:
        """Whether calling again is of no use before `feed`."""
        return not (self._eof or self._incoming.ready)

    # The handshake

    def step(self) -> bool:
        """Go on with the handshake as far as the bytes allow; True when it has completed.

        Raises `TlsHandshakeError`.
        """
        self._raise_again()
        if self.stage is Stage.START:
            self._incoming.stage = Stage.HELLO
        try:
            for _ in self._handshake:
                if self._eof and not self._incoming.ready:
                    raise EngineError(Kind.CLOSED, "the server closed the connection")
                return False
            self._incoming.end_handshake()
        except EngineError as fault:
            self._fail(fault)
        heard = self._incoming
        assert heard.hello is not None
        suite = next(suite for suite in SUITES if suite.number == heard.hello.suite)
        version = Version(heard.hello.version)
        self.result = TlsResult(version, suite, heard.chain, heard.client_cert_asked)
        # Let go of tlslite's objects, which are the larger part of a connection.
        self._handshake = iter(())
        return True

    def next_message(self) -> tuple[int, bytes] | None:
        """For `client_handshake`: content type and one whole message; None when bytes must come."""
        return self._incoming.next_message()

    def judge(self, chain: Sequence[bytes]) -> None:
        """For `client_handshake`: raises `EngineError` unless the server's chain will do."""
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
                self._unread = self._incoming.next_data()
            while wanted and self._unread and len(parts) < RECORDS_PER_STEP:
                part, self._unread = self._unread[:wanted], self._unread[wanted:]
                parts.append(part)
                wanted -= len(part)
                if wanted and not self._unread:
                    self._unread = self._incoming.next_data()
        except EngineError as fault:
            if not parts:
                self._fail(fault)
            self._remember(fault)
        if parts:
            return b"".join(parts)
        if self._incoming.at_end:
            return b""
        if self._eof and not self._incoming.ready:
            self._incoming.at_end = self.truncated = True
            return b""
        return None

    def close(self) -> None:
        """Say goodbye, if there is anyone to say it to."""
        if self.stage is Stage.DATA and self._failure is None:
            self.records.send_alert(Alert(WARNING, AlertNumber.CLOSE_NOTIFY))

    def failure(self, kind: Kind, reason: str) -> TlsFailure:
        """A failure that the driver saw, with what the engine knows."""
        return TlsFailure(kind, self.stage, reason, chain=self._incoming.chain)

    # Failure

    def _remember(self, fault: EngineError) -> None:
        """Keep the failure for the next call and queue its alert."""
        self._failure = TlsFailure(
            fault.kind,
            self.stage,
            fault.reason,
            fault.alert,
            fault.verify_code,
            self._incoming.chain,
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


def _checked(profile: TlsProfile) -> ClientKey | None:
    """The client's client_key. Raises ValueError when the profile cannot be used at all."""
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
    return load_client_key(profile.client_cert, profile.client_key)
