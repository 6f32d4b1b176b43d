"""What would this server say to a module? One ClientHello per question, and no cryptography.

The handshake is never finished, so nothing here depends on certificates, keys or ciphers, and
any suite number can be asked about. An alert number is typical of a cause, never proof of it:
servers use them freely.
"""

from __future__ import annotations

import asyncio
import os
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from atwin.net.network import StreamError
from atwin.net.tls import messages
from atwin.net.tls.errors import FATAL, Alert, EngineError, Kind
from atwin.net.tls.incoming import MAX_HANDSHAKE
from atwin.net.tls.messages import ContentType, HandshakeType
from atwin.net.tls.records import Records
from atwin.net.tls.suites import Version

if TYPE_CHECKING:
    from atwin.net.network import Stream


class Outcome(Enum):
    """How a server took a ClientHello."""

    ACCEPTED = "accepted"
    LOWER = "offered a lower version"
    ALERT = "refused with an alert"
    CLOSED = "closed the connection"
    NOT_TLS = "does not speak TLS"
    MALFORMED = "answered with malformed TLS"
    SILENT = "did not answer in time"


@dataclass(frozen=True)
class Question:
    """One ClientHello."""

    version: Version
    #: IANA numbers, in the order of the offer.
    suites: tuple[int, ...]
    #: Server name, ASCII; None sends none.
    sni: str | None = None


@dataclass
class HandshakeAnswer:
    """What came back. Fields stay None or empty where the server did not get that far."""

    outcome: Outcome = Outcome.SILENT
    #: The server's choice, as on the wire.
    version: int | None = None
    suite: int | None = None
    #: The server's certificates, leaf first, DER.
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    #: Whether the server asked for a client certificate. Only meaningful when `complete`.
    client_cert_asked: bool = False
    #: The whole of the server's first flight was seen.
    complete: bool = False
    alert: Alert | None = None
    #: One line more, for an answer that is not a regular one.
    detail: str = ""


async def ask(
    stream: Stream, question: Question, *, wall: float, deadline: float
) -> HandshakeAnswer:
    """Put `question` to the server at the other end of `stream`, and close it.

    `wall`: UTC seconds since 1970, for the ClientHello random. `deadline`: seconds; what was
    heard before it counts. Raises ValueError for a server name that is not ASCII.
    """
    answer = HandshakeAnswer()
    try:
        random = messages.hello_random(None, os.urandom(28), wall)
        records = Records(question.version)
        records.send(
            ContentType.HANDSHAKE,
            messages.client_hello(question.version, question.suites, question.sni, random),
        )
        async with asyncio.timeout(deadline):
            await stream.write(records.take_output())
            await _listen(stream, records, question, answer)
    except TimeoutError:
        pass
    except StreamError as error:
        _conclude(answer, Outcome.CLOSED, str(error))
    except EngineError as error:
        outcome = Outcome.NOT_TLS if error.kind is Kind.NOT_TLS else Outcome.MALFORMED
        _conclude(answer, outcome, error.reason)
    except messages.MalformedMessageError as error:
        _conclude(answer, Outcome.MALFORMED, str(error))
    finally:
        stream.close()
    return answer


async def _listen(
    stream: Stream, records: Records, question: Question, answer: HandshakeAnswer
) -> None:
    fragments = bytearray()
    heard = 0
    while not answer.complete:
        record = records.receive()
        if record is None:
            data = await stream.read(1 << 14)
            heard += len(data)
            if not data:
                _conclude(answer, Outcome.CLOSED, f"after {heard} bytes")
                return
            if heard > MAX_HANDSHAKE:
                _conclude(answer, Outcome.MALFORMED, f"no end after {heard} bytes")
                return
            records.feed(data)
            continue
        kind, content = record
        if kind == ContentType.HANDSHAKE:
            fragments += content
            for message in messages.split(fragments):
                _note(message, answer, question)
        elif kind != ContentType.ALERT or len(content) != 2:
            _conclude(answer, Outcome.MALFORMED, f"record of type {kind}")
            return
        else:
            alert = Alert(*content)
            # A warning, of an unknown name for example, is not yet an answer.
            if alert.level == FATAL or alert.number == 0:
                answer.alert = alert
                _conclude(answer, Outcome.ALERT, str(alert))
                return


def _note(message: bytes, answer: HandshakeAnswer, question: Question) -> None:
    kind = message[0]
    if kind == HandshakeType.SERVER_HELLO:
        hello = messages.server_hello(message)
        if hello.suite not in question.suites or hello.version > question.version:
            raise messages.MalformedMessageError("the server chose what was not offered")
        answer.version, answer.suite = hello.version, hello.suite
        answer.outcome = Outcome.ACCEPTED
        if hello.version < question.version:
            answer.outcome = Outcome.LOWER
            answer.detail = _label(hello.version)
    elif kind == HandshakeType.CERTIFICATE:
        answer.chain = messages.certificates(message)
    elif kind == HandshakeType.CERTIFICATE_REQUEST:
        answer.client_cert_asked = True
    elif kind == HandshakeType.SERVER_HELLO_DONE:
        if answer.version is None:
            raise messages.MalformedMessageError("the server's part ended without a hello")
        answer.complete = True


def _conclude(answer: HandshakeAnswer, outcome: Outcome, detail: str) -> None:
    """A ServerHello has the say, whatever follows it."""
    if answer.version is None:
        answer.outcome = outcome
    answer.detail = answer.detail or detail


def _label(version: int) -> str:
    try:
        return Version(version).label
    except ValueError:
        return f"version {version:04x}"
