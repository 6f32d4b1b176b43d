"""HTTPS by AT commands, against real servers (spec: tls.md §4, §5; flows.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.line.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.net.tls import SUITES
from atwin.twin import Twin
from support import tls_pki, tls_servers
from support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from atwin.net.tls import Suite
    from support.tls_pki import Issued


BODY = b"through TLS" * 1000


@pytest.fixture(scope="module")
def ca() -> Issued:
    return tls_pki.authority("Test root")


@pytest.fixture(scope="module")
def client(ca: Issued) -> Issued:
    return tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("https")


@pytest.fixture(scope="module")
def body(where: Path) -> Path:
    path = where / "body"
    path.write_bytes(BODY)
    return path


@pytest.fixture(scope="module")
def mutual(where: Path, ca: Issued, body: Path) -> Iterator[int]:
    """Every suite, and a client certificate demanded."""
    with tls_servers.gnutls(where, tls_pki.leaf(ca), body, client_ca=ca) as port:
        yield port


@pytest.fixture(scope="module")
def one_way(where: Path, ca: Issued, body: Path) -> Iterator[int]:
    with tls_servers.gnutls(where, tls_pki.leaf(ca), body) as port:
        yield port


@pytest.fixture(scope="module")
def ecdhe(where: Path, ca: Issued, body: Path) -> Iterator[int]:
    priority = tls_servers.GNUTLS_ECDHE
    with tls_servers.gnutls(where, tls_pki.leaf(ca), body, priority=priority) as port:
        yield port


def converse(*lines: str, files: dict[str, bytes] | None = None, url: str) -> tuple[str, bytes]:
    """Write `files`, say `lines`, GET `url`; the action's URC, and the body if there is one."""

    async def main() -> tuple[str, bytes]:
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin("air780e-lsat", module, network=RealNetwork()):
            await terminal.ask(b"ATE0")
            for name, content in (files or {}).items():
                await terminal.ask(f'AT+FSCREATE="{name}"'.encode())
                terminal.type(f'AT+FSWRITE="{name}",0,{len(content)},15\r'.encode())
                await terminal.expect(b"\r\n>")
                terminal.type(content)
                await terminal.expect(b"OK\r\n")
            for line in (*lines, "AT+HTTPINIT", f'AT+HTTPPARA="URL","{url}"', "AT+HTTPACTION=0"):
                await terminal.ask(line.encode())
            await terminal.expect(b"+HTTPACTION: ")
            urc = (await terminal.expect(b"\r\n")).strip().decode()
            answer = await terminal.ask(b"AT+HTTPREAD")
            return urc, answer.partition(b"\r\n+HTTPREAD: ")[2].partition(b"\r\n")[2]

    return asyncio.run(main())


def read_back(answer: bytes) -> bytes:
    return answer.removesuffix(b"\r\nOK\r\n")


def credentials(ca: Issued, client: Issued) -> dict[str, bytes]:
    return {"ca.crt": ca.pem, "client.crt": client.pem, "client.key": client.key_pem}


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.openssl)
def test_mutual_authentication_with_each_suite(
    suite: Suite, mutual: int, ca: Issued, client: Issued
) -> None:
    urc, answer = converse(
        "AT+HTTPSSL=1",
        'AT+SSLCFG="cacert",153,"ca.crt"',
        'AT+SSLCFG="clientcert",153,"client.crt"',
        'AT+SSLCFG="clientkey",153,"client.key"',
        'AT+SSLCFG="seclevel",153,2',
        f'AT+SSLCFG="ciphersuite",153,0X{suite.number:04X}',
        'AT+SSLCFG="clientrandom",153,01B12C3141516171F19202122232425262728293031323334353637D',
        files=credentials(ca, client),
        url=f"https://localhost:{mutual}/",
    )
    assert urc == f"0,200,{len(BODY)}"
    assert read_back(answer) == BODY


def test_no_check_needs_no_setting_at_all(one_way: int) -> None:
    urc, answer = converse(url=f"https://127.0.0.1:{one_way}/")
    assert (urc, read_back(answer)) == (f"0,200,{len(BODY)}", BODY)


def test_without_a_scheme_httpssl_decides(one_way: int) -> None:
    urc, _ = converse("AT+HTTPSSL=1", url=f"localhost:{one_way}/")
    assert urc == f"0,200,{len(BODY)}"
    # The scheme rules over HTTPSSL: plain HTTP to a TLS port is no HTTP, or cut off.
    urc, _ = converse("AT+HTTPSSL=1", url=f"http://localhost:{one_way}/")
    assert urc in ("0,600,0", "0,601,0")


@pytest.mark.parametrize(
    ("lines", "given"),
    [
        (('AT+SSLCFG="seclevel",153,1',), ()),
        (('AT+SSLCFG="seclevel",153,1', 'AT+SSLCFG="cacert",153,"ca.crt"'), ()),
        (('AT+SSLCFG="seclevel",153,1', 'AT+SSLCFG="cacert",153,"other.crt"'), ("other.crt",)),
        (('AT+SSLCFG="seclevel",153,2', 'AT+SSLCFG="cacert",153,"ca.crt"'), ("ca.crt",)),
        (
            (
                'AT+SSLCFG="seclevel",153,1',
                'AT+SSLCFG="cacert",153,"ca.crt"',
                'AT+SSLCFG="hostname",153,"elsewhere.test"',
            ),
            ("ca.crt",),
        ),
        (
            (
                'AT+SSLCFG="seclevel",153,1',
                'AT+SSLCFG="cacert",153,"ca.crt"',
                'AT+SSLCFG="ignorelocaltime",153,0',
                'AT+CCLK="01/01/01,00:00:00+00"',
            ),
            ("ca.crt",),
        ),
    ],
    ids=["no CA set", "CA missing", "wrong CA", "no client key", "wrong name", "clock unset"],
)
def test_what_must_be_refused(
    lines: tuple[str, ...], given: tuple[str, ...], one_way: int, ca: Issued
) -> None:
    known = {"ca.crt": ca.pem, "other.crt": tls_pki.authority("Other root").pem}
    files = {name: known[name] for name in given}
    urc, answer = converse(*lines, files=files, url=f"https://localhost:{one_way}/")
    assert (urc, answer) == ("0,605,0", b"")


def test_a_verified_server(one_way: int, ca: Issued) -> None:
    urc, _ = converse(
        'AT+SSLCFG="seclevel",153,1',
        'AT+SSLCFG="cacert",153,"ca.crt"',
        files={"ca.crt": ca.pem},
        url=f"https://localhost:{one_way}/",
    )
    assert urc == f"0,200,{len(BODY)}"


def test_an_ecdhe_only_server_is_out_of_reach(ecdhe: int) -> None:
    urc, _ = converse(url=f"https://127.0.0.1:{ecdhe}/")
    assert urc == "0,605,0"
