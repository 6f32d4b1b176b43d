"""Faults under TLS: a real server, a connection that breaks inside the secure channel."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.twin.faults.plan import fault_from_table
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SIZE = 120_000


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    where: Path = tmp_path_factory.mktemp("https")
    (where / "body").write_bytes(bytes(SIZE))
    ca = tls_pki.authority("Test root")
    with tls_servers.gnutls(where, tls_pki.leaf(ca), where / "body") as port:
        yield port


@pytest.mark.parametrize(
    ("table", "urc"),
    [
        ({"kind": "reset_connection", "at_byte": 20_000}, b"0,601,0"),
        ({"kind": "truncate", "at_byte": 20_000}, b"0,601,0"),
        ({"kind": "truncate", "after": 5}, b"0,605,0"),
        ({"kind": "stall", "at_byte": 50_000, "seconds": 0.1}, b"0,200,120000"),
        ({"kind": "pdp_loss", "at_byte": 50_000}, b"0,601,0"),
    ],
)
def test_under_tls(table: dict[str, Any], urc: bytes, port: int) -> None:
    async def main() -> bytes:
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin("air780e-lsat", module, network=RealNetwork()) as twin:
            twin.faults.add(fault_from_table(table))
            for line in (
                b'ATE0;+SSLCFG="seclevel",153,0',
                b"AT+HTTPINIT",
                b'AT+HTTPPARA="URL","https://localhost:%d/body"' % port,
                b"AT+HTTPACTION=0",
            ):
                await terminal.ask(line)
            await terminal.expect(b"+HTTPACTION: ")
            assert twin.faults.state["begun"] == {table["kind"]: 1}
            return (await terminal.expect(b"\r\n")).strip()

    assert asyncio.run(main()) == urc
