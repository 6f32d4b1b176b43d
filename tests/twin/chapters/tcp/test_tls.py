"""AT+CIPSSL: each link by the SSLCFG context of its number (docs/spec/network.md §5, tls.md §2)."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.modules.link_host import LinkHost
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.servers.tls_pki import Issued


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tls")


@pytest.fixture(scope="module")
def ca() -> Issued:
    return tls_pki.authority("Links root")


@pytest.fixture(scope="module")
def client(ca: Issued) -> Issued:
    return tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")


@pytest.fixture(scope="module")
def body(where: Path) -> bytes:
    content = random.Random(3).randbytes(5000)
    (where / "body").write_bytes(content)
    return content


@pytest.fixture(scope="module")
def gnutls(where: Path, ca: Issued, body: bytes) -> Iterator[int]:
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body", client_ca=ca) as port:
        yield port


def test_each_link_by_its_own_context(gnutls: int, ca: Issued, client: Issued, body: bytes) -> None:
    """gnutls-serv asks for a client certificate: links 0 to 3 differ in what they can show."""

    async def main() -> tuple[list[bool], bytes]:
        near, far = memory_pair()
        async with Twin("air780e-at", far, network=RealNetwork(), time_scale=0) as twin:
            flash = twin.module.hardware.flash
            stranger = tls_pki.authority("Somebody else")
            for name, content in (
                ("ca.crt", ca.pem),
                ("other.crt", stranger.pem),
                ("client.crt", client.pem),
                ("client.key", client.key_pem),
            ):
                flash.create(name)
                flash.write(name, content)
            host = LinkHost(near)
            await host.ask("ATE0;+CIPRXF=1;+CIPSSL=1")
            for number, authority in (
                (0, "ca.crt"),
                (1, "other.crt"),
                (2, "ca.crt"),
                (3, "ca.crt"),
            ):
                await host.ask(f'AT+SSLCFG="seclevel",{number},2')
                await host.ask(f'AT+SSLCFG="cacert",{number},"{authority}"')
                await host.ask(f'AT+SSLCFG="clientcert",{number},"client.crt"')
                await host.ask(f'AT+SSLCFG="clientkey",{number},"client.key"')
            await host.ask('AT+SSLCFG="clientkey",2,')  # link 2 has no key
            await host.ask('AT+SSLCFG="hostname",3,"wrong.test"')  # link 3 wants another name
            await host.scene(multi=True)
            came_up = [await host.open(number, "localhost", gnutls) for number in range(4)]
            await host.send(0, b"GET / HTTP/1.0\r\n\r\n")
            await host.closed()
            return came_up, bytes(host.heard[0])

    came_up, heard = asyncio.run(main())
    assert came_up == [True, False, False, False]
    assert heard.endswith(body)


def test_a_single_link_is_context_0_and_udp_stays_plain(gnutls: int, ca: Issued) -> None:
    async def main() -> list[bool]:
        near, far = memory_pair()
        async with Twin("air780e-at", far, network=RealNetwork(), time_scale=0):
            host = LinkHost(near)
            await host.ask("ATE0;+CIPSSL=1")
            udp = await host.open(None, "127.0.0.1", gnutls, kind="UDP")
            await host.ask("AT+CIPSHUT")
            # Level 1 without a CA: refused before anything is sent.
            await host.ask('AT+SSLCFG="seclevel",0,1')
            refused = await host.open(None, "localhost", gnutls)
            await host.ask('AT+SSLCFG="seclevel",5,1')
            await host.ask('AT+SSLCFG="seclevel",0,0')
            return [udp, refused]

    assert asyncio.run(main()) == [True, False]
