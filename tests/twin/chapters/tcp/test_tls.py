"""AT+CIPSSL: each link by the SSLCFG context of its number (docs/spec/network.md §5, tls.md §2)."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

import pytest

from atwin.at.dialect.urcs import Closed, DataWaiting, SecureClosed
from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.modules.link_host import LinkHost
from support.servers import tls_pki, tls_servers
from support.servers.peers import Peer, on_loopback

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


def test_what_an_ec718_wants_and_says_differently(gnutls: int, ca: Issued, client: Issued) -> None:
    """No TLS before the version is set; a server that closes takes its data along (V1004)."""

    async def main() -> None:
        near, far = memory_pair()
        async with Twin("air780ep", far, network=RealNetwork(), time_scale=0) as twin:
            flash = twin.module.hardware.flash
            host = LinkHost(near)
            await host.ask('ATE0;+CIPMUX=1;+CIPSSL=1;+CIPRXGET=1;+SSLCFG="seclevel",0,2')
            for key, content in (
                ("cacert", ca.pem),
                ("clientcert", client.pem),
                ("clientkey", client.key_pem),
            ):
                flash.create(key)
                flash.write(key, content)
                await host.ask(f'AT+SSLCFG="{key}",0,"{key}"')
            assert not await host.open(0, "localhost", gnutls)
            await host.ask('AT+SSLCFG="sslversion",1,4')
            assert not await host.open(0, "localhost", gnutls)
            await host.ask('AT+SSLCFG="sslversion",0,4')
            assert await host.open(0, "localhost", gnutls)
            await host.send(0, b"GET / HTTP/1.0\r\n\r\n")
            assert await host.channel.urc(SecureClosed, Closed, timeout=60) == SecureClosed(0)
            assert await host.channel.urc(DataWaiting, timeout=1) == DataWaiting(0)
            for line in ("AT+CIPRXGET=2,0,10", "AT+CIPRXGET=4,0"):
                assert (await host.channel.command(line)).final.code == 3

    asyncio.run(main())


def test_a_plain_link_of_an_ec718_keeps_its_data() -> None:
    async def main() -> None:
        near, far = memory_pair()
        peer = Peer("peer")
        async with on_loopback([peer]), Twin("air780ep", far, network=RealNetwork(), time_scale=0):
            host = LinkHost(near)
            await host.ask("ATE0;+CIPRXGET=1")
            assert await host.open(None, peer.host, peer.port)
            await peer.say(b"bye")
            await peer.close()
            assert await host.channel.urc(SecureClosed, Closed, timeout=60) == Closed(None)
            assert await host.fetch(None) == b"bye"

    asyncio.run(main())
