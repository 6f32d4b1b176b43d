"""Exchanges of a twin that are counted, as a program: `metered_jobs DIRECTORY` prints JSON lines.

It runs where packets are captured, and starts the servers there; every job has a server port of
its own, by which the capture tells it from the others.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.at.dialect.urcs import HttpAction
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.host.tls import TlsSettings
from atwin.line.ports.memory import memory_pair
from atwin.models import load_profile
from atwin.net.real import RealNetwork
from atwin.net.tls.suites import SUITES
from atwin.twin.twin import Twin
from support.servers import tls_servers
from support.servers.nginx import nginx
from support.servers.tls_pki import authority, leaf

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    Job = Callable[[Modem, str], Awaitable[object]]

#: A module whose buffer takes a megabyte at a time.
ROOMY = load_profile("air780e-lsat").with_flags(http_buffer=2_000_000, read_max=2_000_000)
PIECE = b"x" * 100_000


@asynccontextmanager
async def module(tls: TlsSettings | None = None) -> AsyncIterator[tuple[Modem, Twin]]:
    ours, its = memory_pair()
    async with (
        Twin(ROOMY, its, network=RealNetwork(), time_scale=0) as twin,
        Modem(ours, tls=tls) as modem,
    ):
        await modem.bring_up()
        yield modem, twin


async def count(
    name: str, port: int, job: Job, tls: TlsSettings | None = None, chain: int = 0
) -> None:
    scheme = "http" if tls is None else "https"
    async with module(tls) as (modem, twin):
        await job(modem, f"{scheme}://127.0.0.1:{port}")
        await twin.traffic.wait_settled()
        counted = twin.traffic.whole.count
    told = {"job": name, "port": port, "chain": chain, **counted.as_dict()}
    print(json.dumps(told), flush=True)


def get(path: str, **headers: str) -> Job:
    return lambda modem, base: modem.get(base + path, headers=headers)


async def post_often(modem: Modem, base: str) -> None:
    for _ in range(100):
        assert (await modem.post(f"{base}/got", b"0123456789")).status == 200


async def a_range(modem: Modem, base: str) -> None:
    await modem.command("AT+HTTPINIT")
    for tag, value in (("URL", f"{base}/big.bin"), ("BREAK", 307200), ("BREAKEND", 614399)):
        await modem.command(f'AT+HTTPPARA="{tag}",{json.dumps(value)}')
    await modem.command("AT+HTTPACTION=0")
    urc = await modem.channel.urc(HttpAction, timeout=10)
    assert (urc.status, urc.length) == (206, 307200)


async def cut_by_server(modem: Modem, base: str) -> None:
    try:
        await modem.get(base + "/cut", timeout=10)
    except HostError:
        return
    raise AssertionError("the body was whole")


async def cut_by_module(modem: Modem, base: str) -> None:
    """HTTPTERM in the middle of a body that has stopped coming."""
    stalled.clear()
    await modem.command("AT+HTTPINIT")
    await modem.command(f'AT+HTTPPARA="URL","{base}/stall"')
    await modem.command("AT+HTTPACTION=0")
    await stalled.wait()
    await modem.command("AT+HTTPTERM")


async def nobody_fetches(modem: Modem, base: str) -> None:
    """HTTPTERM of a stream that the host does not take, so that the kernel is full of it."""
    stalled.clear()
    await modem.command("AT+HTTPINIT")
    await modem.command(f'AT+HTTPPARA="URL","{base}/flood"')
    await modem.command("AT+HTTPEXACTION=0")
    await stalled.wait()
    await modem.command("AT+HTTPTERM")


stalled = asyncio.Event()


@asynccontextmanager
async def odd_server() -> AsyncIterator[int]:
    """Bodies that are cut, stop, or never end."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        path = (await reader.readuntil(b"\r\n\r\n")).split()[1]
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9000000\r\n\r\n")
        try:
            if path == b"/flood":
                while True:
                    writer.write(PIECE)
                    async with asyncio.timeout(2):
                        await writer.drain()
            writer.write(PIECE)
            await writer.drain()
            if path == b"/stall":
                await asyncio.sleep(0.2)
                stalled.set()
                await reader.read()
        except TimeoutError:
            stalled.set()
            with suppress(ConnectionError):
                await reader.read()
        except ConnectionError:
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def main(where: Path) -> None:
    (where / "body").write_bytes(b"t" * 200)
    server = leaf(authority("root"))
    # Every server stays until the end, so that no port is given twice.
    async with AsyncExitStack() as servers:
        # What is small three times: whether an ACK rides on an answer is a matter of milliseconds.
        for number, (name, job) in enumerate(
            [
                *[("GET 200 B", get("/small200"))] * 3,
                ("GET 1 MB", get("/mega.bin")),
                ("POST 10 B x 100", post_often),
                ("300 KB range", a_range),
            ]
        ):
            place = where / str(number)
            place.mkdir()
            port = servers.enter_context(nginx(place))
            (place / "www" / "small200").write_bytes(b"s" * 200)
            (place / "www" / "mega.bin").write_bytes(bytes(1_000_000))
            await count(name, port, job)
        for name, odd in {
            "cut by the server": cut_by_server,
            "cut by the module": cut_by_module,
            "nobody fetches": nobody_fetches,
        }.items():
            await count(name, await servers.enter_async_context(odd_server()), odd)
        for suite in (*SUITES, *SUITES, *SUITES):
            port = servers.enter_context(tls_servers.gnutls(where, server, where / "body"))
            tls = TlsSettings(suite=suite.number)
            await count(f"HTTPS {suite.openssl}", port, get("/"), tls, chain=len(server.der))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
