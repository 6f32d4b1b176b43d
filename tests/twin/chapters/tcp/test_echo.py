"""A megabyte of all byte values to an echo server and back, in each way a module has."""

from __future__ import annotations

import asyncio
import random
import ssl
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.line.ears import Ear
from support.modules.link_host import LinkHost
from support.servers import tls_pki

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

SIZE = 1 << 20
DATA = random.Random(42).randbytes(SIZE - 256) + bytes(range(256))

WAYS = [
    (way, multi, secure)
    for secure in (False, True)
    for way, multi in (
        ("fetched", False),
        ("fetched", True),
        ("pushed", False),
        ("pushed", True),
        ("transparent", False),
    )
]


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A real TLS 1.2 server's side, with one of the suites module and OpenSSL share."""
    where: Path = tmp_path_factory.mktemp("tls")
    server = tls_pki.leaf(tls_pki.authority("Echo root"))
    (where / "cert.pem").write_bytes(server.pem)
    (where / "key.pem").write_bytes(server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(where / "cert.pem", where / "key.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA256:@SECLEVEL=0")
    return context


@asynccontextmanager
async def echo_server(context: ssl.SSLContext | None) -> AsyncIterator[int]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.mark.parametrize(("way", "multi", "secure"), WAYS)
def test_a_megabyte_and_back(way: str, multi: bool, secure: bool, tls: ssl.SSLContext) -> None:
    async def main() -> bytes:
        near, far = memory_pair()
        async with (
            echo_server(tls if secure else None) as port,
            Twin("air780e-at", far, network=RealNetwork(), time_scale=0),
        ):
            host = LinkHost(near)
            number = 3 if multi else None
            await host.ask(f"ATE0;+CIPRXF=1;+CIPSSL={int(secure)};+CIPHEAD=1")
            await host.ask(f'AT+SSLCFG="ciphersuite",{number or 0},0X003D')
            await host.ask(f"AT+CIPRXGET={int(way == 'fetched')}")
            await host.flow_control()
            if way == "transparent":
                await host.ask("AT+CIPMODE=1")
            await host.scene(multi=multi)
            assert await host.open(number, "127.0.0.1", port)
            match way:
                case "fetched":
                    return await fetched(host, number)
                case "pushed":
                    await host.send(number, DATA)
                    return await host.have(number, SIZE)
                case _:
                    ear = Ear()
                    near.start(ear)
                    near.write(DATA)
                    return await ear.bytes(SIZE)

    assert asyncio.run(main()) == DATA


async def fetched(host: LinkHost, number: int | None) -> bytes:
    """Send and fetch in turn: more than the module holds would stop the echo."""
    came = bytearray()
    for start in range(0, SIZE, 16 * 1460):
        piece = DATA[start : start + 16 * 1460]
        await host.send(number, piece)
        want = start + len(piece)
        while len(came) < want:
            came += await host.fetch(number)
    return bytes(came)
