"""HTTPEXACTION holds back the server: nothing piles up in the module (docs/spec/http.md §3.11)."""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING

import pytest

from atwin.line.ports.memory import memory_pair
from atwin.models import load_profile
from atwin.net.network import PLAIN
from atwin.net.real import RealNetwork
from atwin.net.tcp import TcpStream
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers import tls_pki

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.net.network import SocketOptions, Stream

SIZE = 16_000_000
BODY = bytes(value % 251 for value in range(SIZE))


class Counted(RealNetwork):
    """The network, counting what the module has read."""

    read = 0

    async def connect(self, address: str, port: int, options: SocketOptions = PLAIN) -> Stream:
        stream = await super().connect(address, port, options)
        assert isinstance(stream, TcpStream)
        network, reading = self, stream.read

        async def read(limit: int) -> bytes:
            data = await reading(limit)
            network.read += len(data)
            return data

        stream.read = read  # type: ignore[method-assign]
        return stream


@pytest.fixture(params=["http", "https"])
def context(request: pytest.FixtureRequest, tmp_path: Path) -> ssl.SSLContext | None:
    if request.param == "http":
        return None
    server = tls_pki.leaf(tls_pki.authority("Window root"))
    (tmp_path / "both").write_bytes(server.pem + server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "both")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES128-SHA:@SECLEVEL=0")
    return context


@pytest.mark.parametrize("model", ["air780e-at", "air780e-lsat"])
def test_the_module_reads_no_more_than_its_window(
    model: str, context: ssl.SSLContext | None
) -> None:
    window = load_profile(model).limit("http_buffer")
    # TLS comes in records, taken up to 64 KiB at a time.
    most = window + (3 * 65536 if context else 4096)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % SIZE)
        for start in range(0, SIZE, 65536):
            writer.write(BODY[start : start + 65536])
            await writer.drain()
        writer.close()

    async def main() -> None:
        network = Counted()
        near, far = memory_pair()
        terminal = Terminal(near)
        server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
        scheme = "https" if context else "http"
        url = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        async with server, Twin(model, far, network=network):
            for line in ("ATE0", "AT+HTTPINIT", f'AT+HTTPPARA="URL","{url}"'):
                await terminal.ask(line.encode())
            await terminal.ask(b"AT+HTTPEXACTION=0")
            await terminal.expect(b"\r\n+HTTPEXGET\r\n")
            before = -1
            while network.read != before:  # until it stands still
                before = network.read
                await asyncio.sleep(0.05)
            assert window <= network.read <= most
            fetched = bytearray()
            for _ in range(3):
                await fetch(terminal, fetched)
                await terminal.expect(b"\r\n+HTTPEXGET\r\n")
                await asyncio.sleep(0.05)
                assert network.read <= most + len(fetched)
            assert fetched == BODY[: 3 * 3880]
            # HTTPTERM lets go of the connection at once, whatever is still on its way.
            await terminal.ask(b"AT+HTTPTERM")

    asyncio.run(main())


async def fetch(terminal: Terminal, into: bytearray) -> None:
    terminal.type(b"AT+HTTPEXGET\r")
    await terminal.expect(b"\r\n+HTTPEXGET: ")
    size = int(await terminal.expect(b"\r\n"))
    into += await terminal.expect(BODY[len(into) : len(into) + size])
    await terminal.expect(b"\r\nOK\r\n")
