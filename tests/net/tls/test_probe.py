"""The prober against real and odd servers."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.net.tls import SUITES, Version
from atwin.net.tls.probe import HandshakeAnswer, Outcome, Question, ask
from atwin.net.tls.suites import Bulk, Suite
from support.servers import tls_servers
from support.servers.sockets import dial
from support.servers.tls_talk import WALL, certificate_message, raw_server, record, server_hello

if TYPE_CHECKING:
    from pathlib import Path

    from support.servers.tls_pki import Issued

ALL = tuple(suite.number for suite in SUITES)


async def put(port: int, question: Question, deadline: float = 20) -> HandshakeAnswer:
    stream = await dial(port)
    answer = await ask(stream, question, wall=WALL, deadline=deadline)
    assert stream.closed
    return answer


def probe(
    port: int, version: Version = Version.TLS1_2, suites: tuple[int, ...] = ALL, **more: str
) -> HandshakeAnswer:
    return asyncio.run(put(port, Question(version, suites, **more)))


@pytest.mark.parametrize("version", Version, ids=lambda version: version.name)
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.openssl)
def test_gnutls_takes_what_it_has(
    suite: Suite, version: Version, gnutls: int, server: Issued
) -> None:
    answer = probe(gnutls, version, (suite.number,))
    if version is Version.SSL3_0:
        assert answer.outcome is Outcome.ALERT
    elif suite.fits(version):
        assert answer.outcome is Outcome.ACCEPTED
        assert (answer.version, answer.suite) == (version, suite.number)
        assert answer.chain == (server.der,)
        assert (answer.complete, answer.client_cert_asked) == (True, False)
    else:
        assert (answer.outcome, answer.detail) == (
            Outcome.ALERT,
            "fatal alert 40 handshake_failure",
        )


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.openssl)
def test_nginx_takes_aes_only(suite: Suite, nginx: int) -> None:
    answer = probe(nginx, suites=(suite.number,))
    expected = Outcome.ACCEPTED if suite.bulk is Bulk.AES else Outcome.ALERT
    assert answer.outcome is expected


def test_a_wish_for_a_client_certificate_is_seen(openssl_mutual: int) -> None:
    assert probe(openssl_mutual).client_cert_asked


def test_any_suite_can_be_asked_about(where: Path, server: Issued, body: Path) -> None:
    with tls_servers.gnutls(where, server, body, priority=tls_servers.GNUTLS_ECDHE) as port:
        assert probe(port).outcome is Outcome.ALERT
        modern = probe(port, suites=(*ALL, 0xC02F))
    assert (modern.outcome, modern.suite) == (Outcome.ACCEPTED, 0xC02F)
    assert modern.chain == (server.der,)


def test_the_name_is_sent(where: Path, server: Issued, body: Path) -> None:
    demands = ["--sni-hostname=device.test", "--sni-hostname-fatal"]
    with tls_servers.gnutls(where, server, body, extra=demands) as port:
        assert probe(port, sni="device.test").outcome is Outcome.ACCEPTED
        refused = probe(port, sni="other.test")
    assert refused.alert is not None
    assert refused.alert.name == "unrecognized_name"


@pytest.mark.parametrize(
    ("said", "outcome", "detail"),
    [
        (b"", Outcome.CLOSED, "after 0 bytes"),
        (b"220 mail.test ESMTP\r\n", Outcome.NOT_TLS, "220 mail.test"),
        (record(21, b"\2\x46"), Outcome.ALERT, "protocol_version"),
        (record(21, b"\1\x70") + record(21, b"\2\x28"), Outcome.ALERT, "handshake_failure"),
        (record(22, b"\2\0\0\3abc"), Outcome.MALFORMED, "shorter than it says"),
        (record(20, b"\1"), Outcome.MALFORMED, "record of type 20"),
        (record(22, b"\x0e\0\0\0"), Outcome.MALFORMED, "ended without a hello"),
        (record(22, bytes(16_000)) * 10, Outcome.MALFORMED, "no end after"),
        (record(22, server_hello()), Outcome.ACCEPTED, "after"),
        (record(22, server_hello(version=0x0301)), Outcome.LOWER, "TLS 1.0"),
        (record(22, server_hello(version=0x0304)), Outcome.MALFORMED, "not offered"),
        (record(22, server_hello(suite=0xC02F)), Outcome.MALFORMED, "not offered"),
        (
            record(22, server_hello()) + record(22, certificate_message(b"x")[:9]),
            Outcome.ACCEPTED,
            "after",
        ),
    ],
)
def test_odd_answers(said: bytes, outcome: Outcome, detail: str) -> None:
    async def main() -> HandshakeAnswer:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1000)
            writer.write(said)
            await writer.drain()

        async with raw_server(script) as port:
            return await put(port, Question(Version.TLS1_2, ALL))

    answer = asyncio.run(main())
    assert answer.outcome is outcome
    assert detail in answer.detail
    assert not answer.complete


def test_silence() -> None:
    async def main() -> HandshakeAnswer:
        async def script(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                pass

        async with raw_server(script) as port:
            return await put(port, Question(Version.TLS1_2, ALL), deadline=0.1)

    assert asyncio.run(main()).outcome is Outcome.SILENT
