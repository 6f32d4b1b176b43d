"""HTTPS by AT commands, against real servers (docs/spec/tls.md §4, §5; flows.md §5)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.net.tls import SUITES
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from atwin.net.tls.suites import Suite
    from atwin.testing.simulated import SimulatedStream
    from support.servers.tls_pki import Issued


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


# --- lifetimes ----------------------------------------------------------------------------------


def test_a_restart_forgets_settings_and_keeps_files_and_term_forgets_nothing(
    one_way: int, ca: Issued
) -> None:
    async def main() -> None:
        host, module = memory_pair()
        terminal = Terminal(host)
        network = RealNetwork()
        async with Twin("air780e-lsat", module, network=network, time_scale=0) as twin:
            twin.module.hardware.flash.create("ca.crt")
            twin.module.hardware.flash.write("ca.crt", ca.pem)
            verified = [b'AT+SSLCFG="cacert",153,"ca.crt"', b'AT+SSLCFG="seclevel",153,1']
            for line in verified:
                await terminal.ask(line)
            assert await fetch(terminal, one_way) == b"0,200,%d" % len(BODY)
            # HTTPTERM is over: a second session still verifies, so a wrong name is refused.
            await terminal.ask(b'AT+SSLCFG="hostname",153,"elsewhere.test"')
            assert await fetch(terminal, one_way) == b"0,605,0"
            await terminal.ask(b"AT+RESET")
            await terminal.expect(b"RDY")
            assert b'"seclevel",153,0\r\n' in await terminal.ask(b'AT+SSLCFG="seclevel",153')
            assert b'"cacert",153,""\r\n' in await terminal.ask(b'AT+SSLCFG="cacert",153')
            assert b"+FSFLSIZE: %d\r\n" % len(ca.pem) in await terminal.ask(b'AT+FSFLSIZE="ca.crt"')
            assert await fetch(terminal, one_way) == b"0,200,%d" % len(BODY)

    asyncio.run(main())


async def fetch(terminal: Terminal, port: int) -> bytes:
    """INIT, URL, GET, TERM; what the action's URC says."""
    url = f'AT+HTTPPARA="URL","https://localhost:{port}/"'
    for line in (b"AT+HTTPINIT", url.encode(), b"AT+HTTPACTION=0"):
        await terminal.ask(line)
    await terminal.expect(b"+HTTPACTION: ")
    status = (await terminal.expect(b"\r\n")).strip()
    await terminal.ask(b"AT+HTTPTERM")
    return status


# --- servers that break the channel, or never make one ------------------------------------------


async def through(port: int, spoil: Callable[[bytes], bytes | None]) -> bytes:
    """The URC of a GET from `port` with all that comes back passed through `spoil`.

    When it gives None the connection is cut there.
    """

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", port)

        async def forward() -> None:
            while data := await reader.read(65536):
                here.write(data)

        up = asyncio.create_task(forward())
        while (data := await there.read(1024)) and (changed := spoil(data)) is not None:
            writer.write(changed)
            await writer.drain()
        for end in (here, writer):
            end.close()
        await asyncio.gather(up, return_exceptions=True)

    server = await asyncio.start_server(relay, "127.0.0.1", 0)
    host, module = memory_pair()
    terminal = Terminal(host)
    async with server, Twin("air780e-lsat", module, network=RealNetwork()):
        return await fetch(terminal, server.sockets[0].getsockname()[1])


def test_a_damaged_record_breaks_the_channel(one_way: int) -> None:
    came = 0

    def damage(data: bytes) -> bytes:
        nonlocal came
        came += len(data)
        return data if came < 8000 else data[:-1] + bytes((data[-1] ^ 1,))

    status = asyncio.run(through(one_way, damage))
    assert status == b"0,606,0"


def test_a_cut_inside_the_body_is_a_network_error(one_way: int) -> None:
    came = 0

    def cut(data: bytes) -> bytes | None:
        nonlocal came
        came += len(data)
        return data if came < 8000 else None

    status = asyncio.run(through(one_way, cut))
    assert status.startswith(b"0,601,")


@pytest.mark.parametrize(
    "said", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x16\x03\x03\x40\x00"]
)
def test_what_is_no_tls_server_ends_at_negotiatetimeout_at_the_latest(said: bytes) -> None:
    async def answer(stream: SimulatedStream) -> None:
        if said:
            await stream.write(said)
        await asyncio.sleep(3600)

    async def main() -> tuple[bytes, float]:
        network = SimulatedNetwork(LoopClock())
        network.serve("localhost", 443, answer)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin("air780e-lsat", module, network=network):
            await terminal.ask(b'AT+SSLCFG="negotiatetimeout",153,10')
            began = asyncio.get_running_loop().time()
            return await fetch(terminal, 443), asyncio.get_running_loop().time() - began

    status, seconds = run_virtual(main())
    assert status == b"0,605,0"
    assert seconds <= 10.5


def test_timeout_inside_the_handshake_is_a_605_not_a_408() -> None:
    """TIMEOUT is the shorter limit by default: 120 s against 300 s (docs/spec/tls.md §5)."""

    async def mute(stream: SimulatedStream) -> None:
        await asyncio.sleep(3600)

    async def main() -> tuple[bytes, float]:
        network = SimulatedNetwork(LoopClock())
        network.serve("localhost", 443, mute)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin("air780e-lsat", module, network=network):
            for line in (
                b"AT+HTTPINIT",
                b'AT+HTTPPARA="URL","https://localhost/"',
                b'AT+HTTPPARA="TIMEOUT",7',
                b"AT+HTTPACTION=0",
            ):
                await terminal.ask(line)
            began = asyncio.get_running_loop().time()
            await terminal.expect(b"+HTTPACTION: ")
            urc = (await terminal.expect(b"\r\n")).strip()
            return urc, asyncio.get_running_loop().time() - began

    urc, seconds = run_virtual(main())
    assert urc == b"0,605,0"
    assert 6.9 < seconds < 7.5


def test_no_key_and_no_certificate_reaches_a_log(
    mutual: int, ca: Issued, client: Issued, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    urc, _ = converse(
        'AT+SSLCFG="cacert",153,"ca.crt"',
        'AT+SSLCFG="clientcert",153,"client.crt"',
        'AT+SSLCFG="clientkey",153,"client.key"',
        'AT+SSLCFG="seclevel",153,2',
        files=credentials(ca, client),
        url=f"https://localhost:{mutual}/",
    )
    assert urc == f"0,200,{len(BODY)}"
    assert "TLS to localhost" in caplog.text
    for secret in (ca.pem, client.pem, client.key_pem):
        assert not any(line in caplog.text for line in secret.decode().split("\n") if line)
