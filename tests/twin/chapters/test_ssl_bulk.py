"""12 MB over HTTPS and through the AT dialogue, each suite, each level, from real servers."""

from __future__ import annotations

import asyncio
import hashlib
import random
from typing import TYPE_CHECKING

import pytest

from atwin.host.http.session import HttpSession
from atwin.host.http.setup import Setup
from atwin.host.http.statuses import GET
from atwin.host.identity import Limits
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.net.tls import SUITES
from atwin.twin.twin import Twin
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from atwin.net.tls.suites import Suite
    from support.servers.tls_pki import Issued

SIZE = 12_000_000
#: OpenSSL 3 has no RC4 and no 3DES.
AES = [suite for suite in SUITES if suite.openssl.startswith("AES")]
LEVELS = ["no verification", "one-way", "mutual"]


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bulk")


@pytest.fixture(scope="module")
def body(where: Path) -> Path:
    path = where / "body"
    path.write_bytes(random.Random(12).randbytes(SIZE))
    return path


@pytest.fixture(scope="module")
def digest(body: Path) -> str:
    return hashlib.sha256(body.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def ca() -> Issued:
    return tls_pki.authority("Bulk root")


@pytest.fixture(scope="module")
def client(ca: Issued) -> Issued:
    return tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")


@pytest.fixture(scope="module")
def gnutls(where: Path, ca: Issued, body: Path) -> Iterator[int]:
    with tls_servers.gnutls(where, tls_pki.leaf(ca), body) as port:
        yield port


@pytest.fixture(scope="module")
def gnutls_mutual(where: Path, ca: Issued, body: Path) -> Iterator[int]:
    with tls_servers.gnutls(where, tls_pki.leaf(ca), body, client_ca=ca) as port:
        yield port


@pytest.fixture(scope="module")
def nginx(where: Path, ca: Issued, body: Path) -> Iterator[int]:
    with tls_servers.nginx(where, tls_pki.leaf(ca), body, client_ca=ca) as port:
        yield port


@pytest.fixture(scope="module")
def openssl(where: Path, ca: Issued, body: Path) -> Iterator[int]:
    with tls_servers.openssl(where, tls_pki.leaf(ca), client_ca=ca, files=body.parent) as port:
        yield port


def stream(suite: Suite, level: int, ca: Issued, client: Issued, url: str) -> tuple[int, str]:
    """Status and SHA-256 of what HTTPEXACTION brought."""
    files = {"ca.crt": ca.pem, "client.crt": client.pem, "client.key": client.key_pem}
    settings = [
        f'AT+SSLCFG="ciphersuite",153,0X{suite.number:04X}',
        f'AT+SSLCFG="seclevel",153,{level}',
        'AT+SSLCFG="cacert",153,"ca.crt"',
        'AT+SSLCFG="clientcert",153,"client.crt"',
        'AT+SSLCFG="clientkey",153,"client.key"',
    ]

    async def main() -> tuple[int, str]:
        near, far = memory_pair()
        async with Twin("air780e-at", far, network=RealNetwork()) as twin, Modem(near) as modem:
            for name, content in files.items():
                twin.module.hardware.flash.create(name)
                twin.module.hardware.flash.write(name, content)
            await modem.bring_up()
            for line in settings:
                assert (await modem.command(line)).ok
            session = HttpSession(modem.channel, Setup.of(url), Limits(3072, 3072, streams=True))
            found = hashlib.sha256()
            async with session:
                await session.open()
                await session.stream.start(GET)
                status = await session.stream.drain(found.update)
            return status, found.hexdigest()

    return asyncio.run(main())


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.openssl)
@pytest.mark.sampled("level")
@pytest.mark.parametrize("level", range(3), ids=LEVELS)
def test_gnutls(
    suite: Suite,
    level: int,
    gnutls: int,
    gnutls_mutual: int,
    ca: Issued,
    client: Issued,
    digest: str,
) -> None:
    """Each suite at one level a run, at every level in `make prove`."""
    port = gnutls_mutual if level == 2 else gnutls
    assert stream(suite, level, ca, client, f"https://localhost:{port}/") == (200, digest)


@pytest.mark.parametrize("suite", AES, ids=lambda suite: suite.openssl)
def test_nginx_with_client_certificate(
    suite: Suite, nginx: int, ca: Issued, client: Issued, digest: str
) -> None:
    assert stream(suite, 2, ca, client, f"https://localhost:{nginx}/body") == (200, digest)


@pytest.mark.parametrize("suite", AES, ids=lambda suite: suite.openssl)
def test_openssl_with_client_certificate(
    suite: Suite, openssl: int, ca: Issued, client: Issued, digest: str
) -> None:
    assert stream(suite, 2, ca, client, f"https://localhost:{openssl}/body") == (200, digest)
