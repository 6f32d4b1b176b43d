"""Bytes of a server as they come, read as TLS before any key: records, hellos, chains, alerts.

However they are cut, they end in the same failure with the same alert; what looks at a server
(`atwin probe`) takes the same bytes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.clock import run_virtual
from atwin.net.tls.engine import Engine
from atwin.net.tls.errors import Kind, TlsFailure, TlsHandshakeError
from atwin.net.tls.incoming import MAX_CHAIN, MAX_HANDSHAKE
from atwin.net.tls.probe import Outcome, Question, ask
from atwin.net.tls.profile import TlsProfile
from atwin.net.tls.suites import SUITES, Version
from fuzz.guided.dice import text
from fuzz.http_bytes import Given
from fuzz.runner import main
from fuzz.tls_servers import WALL
from support.servers import tls_by_hand as hand
from support.servers.tls_by_hand import ALERT, CCS, DATA, HANDSHAKE, message, record
from support.servers.tls_flights import RANDOM, certificate, cut, request, spoilt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from random import Random

DONE = message(14, b"")
EXTENSIONS = (b"", b"\0\x05\xff\x01\0\x01\0", b"\0\x04\0\0\0\0", b"\0\x04\0\x0b\0\0", b"\0\xff")


def hello(version: int, suite: int, extensions: bytes = b"", session: bytes = b"") -> bytes:
    """A ServerHello."""
    content = version.to_bytes(2, "big") + RANDOM + bytes([len(session)]) + session
    return message(2, content + suite.to_bytes(2, "big") + b"\0" + extensions)


def flights() -> Iterator[bytes]:
    """What servers say before the keys are changed, right and wrong."""
    leaf, root = hand.fixed_chain()
    chains = (certificate(leaf), certificate(leaf, root), certificate(), certificate(b"x"))
    for version in (0x0300, 0x0301, 0x0302, 0x0303, 0x0304):
        said = hello(version, 0x35) + chains[0] + DONE
        yield record(HANDSHAKE, said, version)
    for suite in hand.SUITES:
        yield record(HANDSHAKE, hello(0x0303, suite)) + record(HANDSHAKE, chains[0] + DONE)
    for extensions in EXTENSIONS:
        yield record(HANDSHAKE, hello(0x0303, 0x35, extensions, RANDOM) + chains[1] + DONE)
    for chain in chains:
        middle = request(0x0303)
        yield b"".join(record(HANDSHAKE, one) for one in (hello(0x0303, 0x35), chain, middle, DONE))
    for level in (1, 2):
        yield from (record(ALERT, bytes((level, number))) for number in (0, 10, 40, 90, 112, 255))
    yield from (record(CCS, b"\1"), record(DATA, b"hello"), b"HTTP/1.1 400 Bad Request\r\n\r\n")
    yield record(HANDSHAKE, bytes(4) * 3 + hello(0x0303, 0x35)) + record(CCS, b"\1")


seeds = flights
WORDS = (
    *(bytes((kind, 3, minor)) for kind in (CCS, ALERT, HANDSHAKE, DATA) for minor in (1, 3)),
    *(bytes((kind, 0, 0)) for kind in (2, 11, 13, 14, 20)),
    *(suite.number.to_bytes(2, "big") for suite in SUITES),
)


def made(dice: Random) -> bytes:
    """One of them or some, spoilt in some places."""
    known = list(flights())
    said = b"".join(dice.choices(known, k=dice.choice((1, 1, 2))))
    for _ in range(dice.choice((0, 1, 1, 3))):
        said = spoilt(dice, said) or b"\x16"
    return said


def handshake(profile: TlsProfile, pieces: Iterable[bytes]) -> TlsFailure:
    """How a client ends that hears them and then nothing more; no handshake is whole so far."""
    client = Engine(profile, wall=WALL)
    most = 0
    try:
        client.step()
        for piece in (*pieces, b""):
            client.feed(piece)
            most += len(piece)
            for _ in range(most + 100):
                assert not client.step(), "it takes what is not a handshake"
                if client.hungry:
                    break
            else:
                raise AssertionError("it neither ends nor wants bytes")
    except TlsHandshakeError as error:
        failure = error.failure
    else:
        raise AssertionError("it waits for ever")
    assert str(failure).isprintable()
    assert len(failure.chain) <= MAX_CHAIN or failure.kind is Kind.LOCAL_ALERT
    assert sum(map(len, failure.chain)) <= MAX_HANDSHAKE
    told = [payload for kind, payload in hand.records(client.take_output()) if kind == ALERT]
    if failure.alert is not None and failure.kind is not Kind.REMOTE_ALERT and not _sealed(client):
        assert told == [bytes((failure.alert.level, failure.alert.number))]
    return failure


def _sealed(client: Engine) -> bool:
    return client.records.sealer is not None


def attempt(dice: Random) -> None:
    """One server."""
    said = text(dice, made)
    low, high = sorted(dice.choices(list(Version), k=2))
    _, root = hand.fixed_chain()
    strict = dice.random() < 0.5
    profile = TlsProfile(
        min_version=low,
        max_version=high,
        suites=tuple(suite for suite in SUITES if suite.fits(high)),
        sni=dice.choice((None, "odd.example")),
        ca=root if strict else None,
        check_time=WALL,
        client_random=RANDOM,
    )
    whole = handshake(profile, (said,))
    in_pieces = handshake(profile, cut(dice, said))
    if whole.kind is Kind.NOT_TLS:  # the reason shows as much as had come
        whole, in_pieces = replace(whole, reason=""), replace(in_pieces, reason="")
    assert whole == in_pieces, f"{whole} and {in_pieces}"
    question = Question(high, tuple(suite.number for suite in profile.suites), profile.sni)
    answer = run_virtual(
        ask(Given(said, dice.choice((1, 50, 1 << 20))), question, wall=WALL, deadline=9)
    )
    assert answer.outcome is not Outcome.SILENT
    assert answer.detail.isprintable()
    if answer.version is not None:
        assert answer.outcome in (Outcome.ACCEPTED, Outcome.LOWER)
        assert answer.suite in question.suites


if __name__ == "__main__":
    main(attempt)
