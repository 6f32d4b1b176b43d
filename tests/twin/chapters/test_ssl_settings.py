"""What each SSLCFG key does, seen on the wire and in the log (docs/spec/tls.md §2, §5)."""

from __future__ import annotations

import asyncio
import datetime
import logging
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.net.tls.messages import split
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.modules.on_twin import on_twin
from support.servers import tls_pki, tls_servers
from support.servers.tls_pki import MIDDLE, Issued

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CLOCK = 'AT+CCLK="30/01/01,00:00:00+00"'
ALL_SIX = [0x0035, 0x002F, 0x0005, 0x0004, 0x000A, 0x003D]
SIXTY_FOUR = "00112233445566778899AABBCCDDEEFFfedcba98765432100123456789abcdef"
#: The vendor's example.
FIFTY_SIX = "01B12C3141516171F19202122232425262728293031323334353637D"


async def act(
    port: int, *lines: str, files: dict[str, bytes] | None = None, host: str = "localhost"
) -> str:
    """The URC of a GET from a fresh module."""
    near, far = memory_pair()
    terminal = Terminal(near)
    async with Twin("air780e-lsat", far, network=RealNetwork()) as twin:
        for name, content in (files or {}).items():
            twin.module.hardware.flash.write(name, content)
        url = f'AT+HTTPPARA="URL","https://{host}:{port}/"'
        for line in ("ATE0", *lines, "AT+HTTPINIT", url, "AT+HTTPACTION=0"):
            await terminal.ask(line.encode())
        await terminal.expect(b"+HTTPACTION: ")
        return (await terminal.expect(b"\r\n")).strip().decode()


# --- the ClientHello ----------------------------------------------------------------------------


class Hello:
    """A ClientHello in its parts."""

    def __init__(self, record: bytes) -> None:
        (message,) = split(bytearray(record[5:]))
        self.version = int.from_bytes(message[4:6], "big")
        self.random = message[6:38]
        at = 39 + message[38]
        end = at + 2 + int.from_bytes(message[at : at + 2], "big")
        self.suites = [int.from_bytes(message[i : i + 2], "big") for i in range(at + 2, end, 2)]
        self.rest = message[end:]


def hello(*lines: str, host: str = "localhost") -> Hello:
    """The first thing a server hears from a module set up with `lines`."""
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.close()

    async def main() -> str:
        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await act(port, CLOCK, *lines, host=host)

    assert asyncio.run(main()) == "0,605,0"
    return Hello(heard[0])


@pytest.mark.parametrize(
    ("digits", "random"),
    [
        (SIXTY_FOUR, bytes.fromhex(SIXTY_FOUR)),
        (FIFTY_SIX, int(MIDDLE.timestamp()).to_bytes(4, "big") + bytes.fromhex(FIFTY_SIX)),
    ],
)
def test_clientrandom_is_the_random(digits: str, random: bytes) -> None:
    sent = hello(f'AT+SSLCFG="clientrandom",153,{digits}').random
    # 56 digits follow the module's own time, which goes on.
    assert sent[4:] == random[4:]
    assert abs(int.from_bytes(sent[:4], "big") - int.from_bytes(random[:4], "big")) <= 2


def test_without_one_it_is_another_each_time() -> None:
    first, second = hello(), hello()
    assert first.random[4:] != second.random[4:]


@pytest.mark.parametrize("number", range(5))
def test_sslversion(number: int) -> None:
    said = hello(f'AT+SSLCFG="sslversion",153,{number}')
    assert said.version == (0x0300 + number if number < 4 else 0x0303)


@pytest.mark.parametrize("suite", ALL_SIX)
def test_one_suite(suite: int) -> None:
    assert hello(f'AT+SSLCFG="ciphersuite",153,0x{suite:04x}').suites == [suite, 0x00FF]


def test_all_suites_unless_told_and_after_an_erase() -> None:
    assert hello().suites == [*ALL_SIX, 0x00FF]
    assert hello('AT+SSLCFG="ciphersuite",153,0X0004', 'AT+SSLCFG="ciphersuite",153,').suites == [
        *ALL_SIX,
        0x00FF,
    ]
    # Another context's settings are another context's.
    assert hello('AT+SSLCFG="ciphersuite",0,0X0004').suites == [*ALL_SIX, 0x00FF]


def test_the_name_that_is_sent() -> None:
    assert b"localhost" in hello().rest
    # For an address the extensions begin with signature_algorithms.
    assert hello(host="127.0.0.1").rest[4:6] == b"\x00\x0d"
    named = hello('AT+SSLCFG="hostname",153,"device.test"', host="127.0.0.1")
    assert b"\x00\x0bdevice.test" in named.rest


def test_a_version_is_a_lower_bound_too(ca: Issued, tmp_path: Path) -> None:
    (tmp_path / "body").write_bytes(b"hi")
    old = tls_servers.GNUTLS_ALL.replace("+VERS-TLS1.2:+VERS-TLS1.1:", "")
    with tls_servers.gnutls(tmp_path, tls_pki.leaf(ca), tmp_path / "body", priority=old) as port:
        assert asyncio.run(act(port)) == "0,200,2"
        assert asyncio.run(act(port, 'AT+SSLCFG="sslversion",153,1')) == "0,200,2"
        assert asyncio.run(act(port, 'AT+SSLCFG="sslversion",153,3')) == "0,605,0"


#: Key, its default, values that are taken, values that are not.
KEYS: list[tuple[str, str, list[str], list[str]]] = [
    ("sslversion", "4", ["0", "1", "2", "3", "4", '"3"'], ["5", "-1", "x", "1.2"]),
    (
        "ciphersuite",
        "0XFFFF",
        ["0X0035", "0x002f", "0X0005", "0X0004", "0X000A", "0X003D", "0xFFFF", '"0X0035"'],
        ["0X0036", "0035", "53", "0X35", "0X00035", "0XC02F", "0X0035,0X002F"],
    ),
    ("seclevel", "0", ["0", "1", "2"], ["3", "-1", ""]),
    ("ignorelocaltime", "1", ["0", "1"], ["2"]),
    ("negotiatetimeout", "300", ["10", "300"], ["9", "301", "0"]),
    ("verifymode", "0", ["0", "1"], ["2"]),
    ("cacert", '""', ["x", '"C:/a b,c;d.crt"', "y" * 255], ["z" * 256]),
    ("clientcert", '""', ["x", "y" * 255], ["z" * 256]),
    ("clientkey", '""', ["x", "y" * 255], ["z" * 256]),
    ("hostname", '""', ["device.test", "y" * 255], ["z" * 256]),
    (
        "clientrandom",
        '""',
        ["ab" * 28, "AB" * 32, '"' + "0" * 56 + '"'],
        ["ab" * 27, "ab" * 29, "ab" * 31, "ab" * 33, "xy" * 28],
    ),
    ("premaster", '""', ["", "ab" * 48], ["abc", "xy"]),
]


@pytest.mark.parametrize(("key", "default", "taken", "refused"), KEYS, ids=[k[0] for k in KEYS])
@pytest.mark.parametrize("context", [0, 1, 2, 3, 4, 5, 34, 88, 153])
def test_what_a_key_takes_in_every_context(
    key: str, default: str, taken: list[str], refused: list[str], context: int
) -> None:
    async def test(_: Twin, terminal: Terminal) -> None:
        async def says(text: str) -> None:
            answer = await terminal.ask(f'AT+SSLCFG="{key}",{context}'.encode())
            assert answer == f'\r\n+SSLCFG: "{key}",{context},{text}\r\n\r\nOK\r\n'.encode()

        command = f'AT+SSLCFG="{key}",{context},'.encode()
        await says(default)
        for value in taken:
            assert await terminal.ask(command + value.encode()) == b"\r\nOK\r\n"
            plain = value.strip('"')
            shown = plain.upper() if key == "ciphersuite" else plain
            await says(shown if default != '""' else f'"{shown}"')
        for value in refused:
            if value:
                await terminal.ask(command + value.encode(), b"\r\nERROR\r\n")
        await says(shown if default != '""' else f'"{shown}"')
        assert await terminal.ask(command) == b"\r\nOK\r\n"
        await says(default)

    on_twin(test)


@pytest.mark.parametrize("context", ["6", "33", "35", "87", "152", "154", "-1", "", "x"])
def test_other_contexts_are_none(context: str) -> None:
    async def test(_: Twin, terminal: Terminal) -> None:
        for rest in ("", ",1", ","):
            line = f'AT+SSLCFG="seclevel",{context}{rest}'
            await terminal.ask(line.encode(), b"\r\nERROR\r\n")

    on_twin(test)


# --- who is refused, and what the log says about it ---------------------------------------------


def serving(server: Issued, where: Path) -> ssl.SSLContext:
    (where / "both").write_bytes(server.pem + server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(where / "both")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA:@SECLEVEL=0")
    return context


def fetch_from(server: Issued, where: Path, *lines: str, files: dict[str, bytes]) -> str:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")
        await writer.drain()
        writer.close()

    async def main() -> str:
        context = serving(server, where)
        running = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
        async with running:
            port = running.sockets[0].getsockname()[1]
            return await act(port, CLOCK, *lines, files=files)

    return asyncio.run(main())


DAY = datetime.timedelta(days=1)
VERIFY = (
    'AT+SSLCFG="cacert",153,"ca"',
    'AT+SSLCFG="seclevel",153,1',
    'AT+SSLCFG="ignorelocaltime",153,0',
)
MUTUAL = (
    *VERIFY,
    'AT+SSLCFG="seclevel",153,2',
    'AT+SSLCFG="clientcert",153,"cert"',
    'AT+SSLCFG="clientkey",153,"key"',
)


@pytest.fixture(scope="module")
def ca() -> Issued:
    return tls_pki.authority("Settings root")


def without_ca_flag(ca: Issued) -> Issued:
    fake = tls_pki.authority("No CA", ca, is_ca=False)
    return tls_pki.leaf(fake, chain=[fake])


@pytest.mark.parametrize(
    ("server", "words"),
    [
        (lambda ca: tls_pki.leaf(tls_pki.authority("Other root")), "unknown_ca"),
        (lambda ca: tls_pki.leaf(ca, end=MIDDLE - DAY), "expired"),
        (lambda ca: tls_pki.leaf(ca, start=MIDDLE + DAY), "not yet valid"),
        (lambda ca: tls_pki.leaf(ca, hosts=["else.test"]), "is not for localhost"),
        (lambda ca: tls_pki.leaf(None), "self-signed"),
        (lambda ca: tls_pki.leaf(tls_pki.authority("Middle", ca)), "issuer certificate"),
        (without_ca_flag, "CA"),
    ],
    ids=["wrong CA", "expired", "not yet", "wrong name", "self-signed", "no intermediate", "no CA"],
)
def test_a_refused_server_is_a_605_with_its_cause_in_the_log(
    server: Callable[[Issued], Issued],
    words: str,
    ca: Issued,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    shown = server(ca)
    assert fetch_from(shown, tmp_path, *VERIFY, files={"ca": ca.pem}) == "0,605,0"
    (cause,) = [text for text in caplog.messages if text.startswith("HTTPACTION GET: 605")]
    assert words in cause
    # The same server is taken by whoever does not check.
    assert fetch_from(shown, tmp_path, files={}) == "0,200,2"


def test_a_good_server_passes_the_same_check(ca: Issued, tmp_path: Path) -> None:
    assert fetch_from(tls_pki.leaf(ca), tmp_path, *VERIFY, files={"ca": ca.pem}) == "0,200,2"


def test_dates_count_only_when_asked_for(ca: Issued, tmp_path: Path) -> None:
    expired = tls_pki.leaf(ca, end=MIDDLE - DAY)
    assert fetch_from(expired, tmp_path, *VERIFY[:2], files={"ca": ca.pem}) == "0,200,2"


def test_verifymode_1_wants_this_certificate_and_no_other(ca: Issued, tmp_path: Path) -> None:
    alone = tls_pki.leaf(None)
    pinned = (*VERIFY, 'AT+SSLCFG="verifymode",153,1')
    assert fetch_from(alone, tmp_path, *pinned, files={"ca": alone.pem}) == "0,200,2"
    assert fetch_from(tls_pki.leaf(ca), tmp_path, *pinned, files={"ca": ca.pem}) == "0,605,0"
    # Without a check there is nothing to check by.
    assert fetch_from(alone, tmp_path, 'AT+SSLCFG="verifymode",153,1', files={}) == "0,200,2"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"key": "other"}, "client key does not belong to the client certificate"),
        ({"key": "encrypted"}, "client key is encrypted"),
        ({"key": None}, "key"),
        ({"cert": None}, "certificate"),
        ({"ca": None}, "CA"),
        ({"ca": b"nonsense"}, "CA certificate cannot be read"),
        ({"key": b"-----BEGIN RSA PRIVATE KEY-----\n"}, "client key cannot be read"),
    ],
)
def test_unusable_files_are_a_605_before_anything_is_sent(
    files: dict[str, Any], words: str, ca: Issued, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    client = tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")
    given = {"ca": ca.pem, "cert": client.pem, "key": client.key_pem} | files
    given["key"] = {"other": ca.key_pem, "encrypted": client.key_encrypted()}.get(
        given["key"] if isinstance(given["key"], str) else "", given["key"]
    )
    heard: list[bytes] = []

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.append(await reader.read(1000))
        writer.close()

    async def main() -> str:
        server = await asyncio.start_server(listen, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            kept = {name: content for name, content in given.items() if content is not None}
            urc = await act(port, *MUTUAL, files=kept)
            await asyncio.sleep(0)
            return urc

    assert asyncio.run(main()) == "0,605,0"
    assert heard in ([], [b""])
    (cause,) = [text for text in caplog.messages if text.startswith("HTTPACTION GET: 605")]
    assert words in cause
    assert "BEGIN" not in caplog.text


# --- the vendor's transcript --------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory, ca: Issued) -> Iterator[int]:
    """1348 bytes for whoever shows a certificate, and the one suite of the transcript."""
    where = tmp_path_factory.mktemp("vendor")
    (where / "body").write_bytes(b"v" * 1348)
    priority = "NONE:+VERS-TLS1.2:+AES-256-CBC:+SHA1:+RSA:+SIGN-ALL:+COMP-NULL"
    with tls_servers.gnutls(
        where, tls_pki.leaf(ca), where / "body", client_ca=ca, priority=priority
    ) as port:
        yield port


@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
def test_the_vendors_mutual_authentication_byte_for_byte(model: str, page: int, ca: Issued) -> None:
    """docs/spec/flows.md §5, echo and all, files written by FSCREATE and FSWRITE."""
    client = tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")
    files = {"ca.crt": ca.pem, "client.crt": client.pem, "client.key": client.key_pem}
    prompt = b"\r\n> " if model == "air724ug" else b"\r\n>"

    async def main() -> None:
        near, far = memory_pair()
        terminal = Terminal(near)

        async def exactly(line: str, *answer: bytes) -> None:
            expected = line.encode() + b"\r" + b"".join(answer)
            assert await terminal.ask(line.encode(), expected) == expected

        ok = b"\r\nOK\r\n"
        async with Twin(model, far, network=RealNetwork()):
            for name in files:
                await exactly(f'AT+FSCREATE="{name}"', ok)
            for name, content in files.items():
                await exactly(f'AT+FSWRITE="{name}",0,{len(content)},15', prompt)
                terminal.type(content)
                assert await terminal.expect(ok) == ok
            for line in (
                'AT+SAPBR=3,1,"CONTYPE","GPRS"',
                'AT+SAPBR=3,1,"APN",""',
                "AT+SAPBR=1,1",
                "AT+HTTPSSL=1",
                'AT+SSLCFG="cacert",153,"ca.crt"',
                'AT+SSLCFG="clientcert",153,"client.crt"',
                'AT+SSLCFG="clientkey",153,"client.key"',
                'AT+SSLCFG="seclevel",153,2',
                'AT+SSLCFG="ciphersuite",153,0X0035',
                f'AT+SSLCFG="clientrandom",153,{FIFTY_SIX}',
                "AT+HTTPINIT",
                'AT+HTTPPARA="CID",1',
                f'AT+HTTPPARA="URL","https://localhost:{page}/"',
                "AT+HTTPACTION=0",
            ):
                await exactly(line, ok)
            urc = b"\r\n+HTTPACTION: 0,200,1348\r\n"
            assert await terminal.expect(urc) == urc
            await exactly("AT+HTTPREAD", b"\r\n+HTTPREAD: 1348\r\n", b"v" * 1348, ok)
            await exactly("AT+HTTPTERM", ok)

    asyncio.run(main())


def test_seclevel_1_shows_no_certificate(page: int, ca: Issued) -> None:
    client = tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")
    files = {"ca": ca.pem, "cert": client.pem, "key": client.key_pem}
    assert asyncio.run(act(page, *MUTUAL, files=files)) == "0,200,1348"
    one_way = (*MUTUAL, 'AT+SSLCFG="seclevel",153,1')
    assert asyncio.run(act(page, *one_way, files=files)) == "0,605,0"
