"""HTTPS of `python -m atwin.testing`: with certificates it makes, one way and both ways."""

from __future__ import annotations

import asyncio
import ssl
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from atwin.testing.server.certificates import make_certificates
from atwin.testing.server.folder import Folder
from atwin.testing.server.secure import serve_tls

if TYPE_CHECKING:
    from pathlib import Path

BODY = bytes(range(256)) * 400


async def post(port: int, context: ssl.SSLContext) -> bytes:
    reader, writer = await asyncio.open_connection("localhost", port, ssl=context)
    head = f"POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(BODY)}\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n".encode() + BODY)
    told = await reader.read()
    writer.close()
    return told


async def tries(folder: Path) -> None:
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA:@SECLEVEL=0")
    async with serve_tls(Folder(folder), "127.0.0.1", 0, folder) as port:
        told = await post(port, context)
        assert told.endswith(f"{len(BODY)} bytes, sha256 {sha256(BODY).hexdigest()}\n".encode())
    async with serve_tls(Folder(folder), "127.0.0.1", 0, folder, both_ways=True) as port:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await post(port, context)
        context.load_cert_chain(folder / "client.pem", folder / "client.key")
        assert (await post(port, context)).startswith(b"HTTP/1.1 200")


def test_one_way_and_both_ways(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    made = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert len(made) == 6
    make_certificates(tmp_path)
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == made
    asyncio.run(tries(tmp_path))
