"""Certificates and running servers, made once for all TLS tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.servers.tls_pki import Issued


@pytest.fixture(scope="session")
def ca() -> Issued:
    return tls_pki.authority("Test root")


@pytest.fixture(scope="session")
def server(ca: Issued) -> Issued:
    return tls_pki.leaf(ca)


@pytest.fixture(scope="session")
def client(ca: Issued) -> Issued:
    return tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")


@pytest.fixture(scope="session")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="session")
def body(where: Path) -> Path:
    """300 kB that begin with no pattern a wrong offset could hide in."""
    path = where / "body"
    path.write_bytes(b"".join(i.to_bytes(4, "big") for i in range(75_000)))
    return path


@pytest.fixture(scope="session")
def gnutls(where: Path, server: Issued, body: Path) -> Iterator[int]:
    with tls_servers.gnutls(where, server, body) as port:
        yield port


@pytest.fixture(scope="session")
def gnutls_mutual(where: Path, server: Issued, body: Path, ca: Issued) -> Iterator[int]:
    with tls_servers.gnutls(where, server, body, client_ca=ca) as port:
        yield port


@pytest.fixture(scope="session")
def nginx(where: Path, server: Issued, body: Path) -> Iterator[int]:
    with tls_servers.nginx(where, server, body) as port:
        yield port


@pytest.fixture(scope="session")
def nginx_mutual(where: Path, server: Issued, body: Path, ca: Issued) -> Iterator[int]:
    with tls_servers.nginx(where, server, body, client_ca=ca) as port:
        yield port


@pytest.fixture(scope="session")
def openssl(where: Path, server: Issued) -> Iterator[int]:
    with tls_servers.openssl(where, server) as port:
        yield port


@pytest.fixture(scope="session")
def openssl_mutual(where: Path, server: Issued, ca: Issued) -> Iterator[int]:
    with tls_servers.openssl(where, server, client_ca=ca) as port:
        yield port


@pytest.fixture(scope="session")
def other_ca() -> Issued:
    return tls_pki.authority("Another root")


@pytest.fixture(scope="session")
def stranger(other_ca: Issued) -> Issued:
    """A client of a CA that the servers do not know."""
    return tls_pki.leaf(other_ca, name="module-x", hosts=(), use=None, secret="client")
