"""Handshake and data against real servers."""

from __future__ import annotations

import asyncio
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import ecdsa
import pytest

from atwin.net.tls import SUITES, TlsProfile, Version, secure
from atwin.net.tls.errors import Kind, Stage
from atwin.net.tls.suites import RC4_MD5, Bulk, Suite
from support.servers import tls_servers
from support.servers.sockets import dial
from support.servers.tls_talk import WALL, fetch, read_all, refused, tlslite_server

if TYPE_CHECKING:
    import socket
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import FrameType, ModuleType
    from typing import Any

    from support.servers.tls_pki import Issued

AES = [suite for suite in SUITES if suite.bulk is Bulk.AES]
OTHERS = [suite for suite in SUITES if suite.bulk is not Bulk.AES]


def by_name(suite: Suite) -> str:
    return suite.openssl


def profile(*suites: Suite, ca: Issued | None = None, client: Issued | None = None) -> TlsProfile:
    return TlsProfile(
        suites=suites,
        ca=ca.pem if ca else None,
        check_name="device.test" if ca else None,
        client_cert=client.pem if client else None,
        client_key=client.key_pem if client else None,
    )


@contextmanager
def code_of(package: ModuleType) -> Iterator[list[str]]:
    """The functions of `package` that run meanwhile."""
    (folder,), names = package.__path__, list[str]()

    def look(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(folder):
            names.append(frame.f_code.co_qualname)

    sys.setprofile(look)
    try:
        yield names
    finally:
        sys.setprofile(None)


def test_code_that_runs_is_seen() -> None:
    with code_of(ecdsa) as run:
        ecdsa.SigningKey.generate()
    assert "SigningKey.generate" in run


@pytest.mark.parametrize("suite", SUITES, ids=by_name)
def test_gnutls_unauthenticated(suite: Suite, gnutls: int, body: Path) -> None:
    result, answer = asyncio.run(fetch(gnutls, profile(suite)))
    assert (result.suite, result.version) == (suite, Version.TLS1_2)
    assert answer == body.read_bytes()


@pytest.mark.parametrize("suite", SUITES, ids=by_name)
def test_gnutls_server_authenticated(
    suite: Suite, gnutls: int, ca: Issued, server: Issued, body: Path
) -> None:
    result, answer = asyncio.run(fetch(gnutls, profile(suite, ca=ca)))
    assert result.suite == suite
    assert result.chain == (server.der,)
    assert not result.client_cert_asked
    assert answer == body.read_bytes()


@pytest.mark.parametrize("suite", SUITES, ids=by_name)
def test_gnutls_mutual(
    suite: Suite, gnutls_mutual: int, ca: Issued, client: Issued, body: Path
) -> None:
    with code_of(ecdsa) as run:
        result, answer = asyncio.run(fetch(gnutls_mutual, profile(suite, ca=ca, client=client)))
    assert run == []  # SECURITY.md says so, of the package that tlslite-ng loads
    assert result.suite == suite
    assert result.client_cert_asked
    assert answer == body.read_bytes()


@pytest.mark.parametrize("suite", AES, ids=by_name)
def test_nginx_mutual(
    suite: Suite, nginx_mutual: int, ca: Issued, client: Issued, body: Path
) -> None:
    settings = profile(suite, ca=ca, client=client)
    result, answer = asyncio.run(fetch(nginx_mutual, settings, "/body"))
    assert result.suite == suite
    assert answer == body.read_bytes()


@pytest.mark.parametrize("suite", AES, ids=by_name)
def test_nginx_server_authenticated(suite: Suite, nginx: int, ca: Issued, body: Path) -> None:
    result, answer = asyncio.run(fetch(nginx, profile(suite, ca=ca), "/body"))
    assert result.suite == suite
    assert answer == body.read_bytes()


@pytest.mark.parametrize("suite", AES, ids=by_name)
def test_openssl(suite: Suite, openssl: int, ca: Issued) -> None:
    result, answer = asyncio.run(fetch(openssl, profile(suite, ca=ca)))
    assert result.suite == suite
    assert suite.openssl.encode() in answer


@pytest.mark.parametrize("suite", AES, ids=by_name)
def test_openssl_mutual(suite: Suite, openssl_mutual: int, ca: Issued, client: Issued) -> None:
    result, answer = asyncio.run(fetch(openssl_mutual, profile(suite, ca=ca, client=client)))
    assert result.client_cert_asked
    assert suite.openssl.encode() in answer


@pytest.mark.parametrize("suite", OTHERS, ids=by_name)
def test_openssl_has_no_rc4_and_no_3des(suite: Suite, openssl: int) -> None:
    failure = asyncio.run(refused(openssl, profile(suite)))
    assert (failure.kind, failure.stage) == (Kind.REMOTE_ALERT, Stage.HELLO)
    assert str(failure.alert) == "fatal alert 40 handshake_failure"


@pytest.mark.parametrize("version", [Version.TLS1_0, Version.TLS1_1], ids=str)
@pytest.mark.parametrize("suite", SUITES, ids=by_name)
def test_old_versions_with_a_client_certificate(
    version: Version, suite: Suite, gnutls_mutual: int, client: Issued, body: Path
) -> None:
    settings = TlsProfile(
        suites=(suite,),
        min_version=version,
        max_version=version,
        client_cert=client.pem,
        client_key=client.key_pem,
    )
    if suite.fits(version):
        result, answer = asyncio.run(fetch(gnutls_mutual, settings))
        assert (result.suite, result.version) == (suite, version)
        assert answer == body.read_bytes()
    else:
        failure = asyncio.run(refused(gnutls_mutual, settings))
        assert failure.alert is not None
        assert failure.alert.name == "handshake_failure"


def echo(*sizes: int) -> Callable[[Any, socket.socket], None]:
    def script(secured: Any, _: socket.socket) -> None:
        for size in sizes:
            secured.write(secured.read(max=size, min=size))
        secured.close()

    return script


@pytest.mark.parametrize(
    ("suite", "version"),
    [
        pytest.param(suite, version, id=f"{suite.openssl}-{version.name}")
        for suite in SUITES
        for version in Version
        if suite.fits(version)
    ],
)
def test_tlslite_server_echoes_at_every_version(
    suite: Suite, version: Version, server: Issued
) -> None:
    # More than two records, and more than one; tlslite's own 3DES would take minutes for that.
    size, less = (1000, 500) if suite.bulk is Bulk.TRIPLE_DES else (40_000, 17_000)
    payload = (bytes(range(250)) * 160)[:size]

    async def main(port: int) -> None:
        settings = TlsProfile(suites=(suite,), min_version=version, max_version=version)
        stream = await secure(await dial(port), settings, wall=WALL)
        assert (stream.result.suite, stream.result.version) == (suite, version)
        await stream.write(payload)
        await stream.write(memoryview(payload)[:less])
        await stream.write(bytearray(payload[:less]))
        assert await read_all(stream) == payload + payload[:less] * 2
        assert not stream.truncated
        stream.close()

    with tlslite_server(server, echo(size, less, less)) as port:
        asyncio.run(main(port))


def test_the_server_chooses_from_all_six(where: Path, server: Issued, body: Path) -> None:
    only = "NONE:+VERS-TLS1.2:+ARCFOUR-128:+MD5:+RSA:+SIGN-ALL:+COMP-NULL"
    with tls_servers.gnutls(where, server, body, priority=only) as port:
        result, answer = asyncio.run(fetch(port, TlsProfile()))
    assert result.suite == RC4_MD5
    assert answer == body.read_bytes()


def test_a_server_with_ecdhe_only_refuses(where: Path, server: Issued, body: Path) -> None:
    with tls_servers.gnutls(where, server, body, priority=tls_servers.GNUTLS_ECDHE) as port:
        failure = asyncio.run(refused(port, TlsProfile()))
    assert (failure.kind, failure.stage) == (Kind.REMOTE_ALERT, Stage.HELLO)
    assert str(failure.alert) == "fatal alert 40 handshake_failure"


def test_one_byte_at_a_time(gnutls_mutual: int, ca: Issued, client: Issued) -> None:
    async def main() -> None:
        stream = await secure(
            await dial(gnutls_mutual, at_most=1),
            profile(*SUITES, ca=ca, client=client),
            wall=WALL,
        )
        await stream.write(b"HEAD / HTTP/1.0\r\n\r\n")
        assert await stream.read(9) == b"<!DOCTYPE"
        stream.close()

    asyncio.run(main())


def test_a_missing_client_certificate_is_the_servers_to_refuse(gnutls_mutual: int) -> None:
    async def main() -> str:
        try:
            await fetch(gnutls_mutual, TlsProfile())
        except Exception as error:
            return str(getattr(error, "failure", error))
        return "went through"

    assert "alert" in asyncio.run(main())


def test_a_client_certificate_of_another_ca_is_refused(
    openssl_mutual: int, stranger: Issued
) -> None:
    failure = asyncio.run(refused(openssl_mutual, profile(*AES, client=stranger)))
    assert (failure.kind, failure.stage) == (Kind.REMOTE_ALERT, Stage.FINISHED)
    assert str(failure.alert) == "fatal alert 48 unknown_ca"
