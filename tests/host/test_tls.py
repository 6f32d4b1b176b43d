"""HTTPS of the host: files compared and uploaded, SSLCFG once a boot (docs/spec/tls.md §2)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from atwin.host.errors import TlsFailed, UsageError
from atwin.host.modem import Modem
from atwin.host.tls import TlsSettings
from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

    from support.servers.tls_pki import Issued

BODY = b"through TLS" * 100


@pytest.fixture(scope="module")
def ca() -> Issued:
    return tls_pki.authority("Host root")


@pytest.fixture(scope="module")
def client(ca: Issued) -> Issued:
    return tls_pki.leaf(ca, name="module-1", hosts=(), use=None, secret="client")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory, ca: Issued) -> Iterator[str]:
    """A server that demands a client certificate."""
    where: Path = tmp_path_factory.mktemp("host-tls")
    (where / "body").write_bytes(BODY)
    with tls_servers.nginx(where, tls_pki.leaf(ca), where / "body", client_ca=ca) as port:
        yield f"https://localhost:{port}/body"


def talk(
    test: Callable[[Twin, Modem, list[str]], Awaitable[None]],
    tls: TlsSettings,
    model: str = "air724ug",
) -> None:
    """Run `test` with a fresh module that is up; the list is what was said on the line."""

    async def main() -> None:
        near, far = memory_pair()
        said: list[str] = []
        async with (
            Twin(model, far, network=RealNetwork(), time_scale=0) as twin,
            Modem(near, tls=tls) as modem,
        ):
            modem.channel.on_log(lambda entry: said.append(entry.direction + entry.text))
            await modem.bring_up()
            await test(twin, modem, said)

    asyncio.run(main())


def mutual(ca: Issued, client: Issued, **more: Any) -> TlsSettings:
    return TlsSettings(ca.pem, client.pem, client.key_pem, **more)


@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
def test_files_go_up_once_and_settings_once_a_boot(
    model: str, url: str, ca: Issued, client: Issued
) -> None:
    async def test(twin: Twin, modem: Modem, said: list[str]) -> None:
        def count(command: str) -> int:
            return sum(line.startswith(">" + command) for line in said)

        for _ in range(2):
            assert (await modem.get(url)).body == BODY
        assert (count("AT+FSWRITE"), count("AT+SSLCFG")) == (3, 10)
        assert (await modem.command("AT+RESET")).ok
        await modem.bring_up()
        # Noticed by RDY: files are compared, found good, and the context is set again.
        assert (await modem.get(url)).body == BODY
        assert (count("AT+FSWRITE"), count("AT+SSLCFG")) == (3, 20)
        assert count("AT+FSREAD=") == 3

        # A file that is not what it should be is replaced.
        flash = twin.module.hardware.flash
        name = next(file for file in flash.listing("/")[0] if file.startswith("ca-"))
        good = flash.read(name)
        flash.write(name, good[:-2] + b"x\n")
        assert (await modem.command("AT+RESET")).ok
        await modem.bring_up()
        assert (await modem.get(url)).body == BODY
        assert (count("AT+FSWRITE"), count("AT+FSDEL")) == (4, 1)
        assert flash.read(name) == good
        secrets = (ca.pem + client.pem + client.key_pem).decode().split("\n")
        assert not {line[1:] for line in said} & {line for line in secrets if line}

    talk(test, mutual(ca, client), model)


def test_a_download_survives_a_restart_of_the_module(
    url: str, ca: Issued, client: Issued, tmp_path: Path
) -> None:
    async def test(twin: Twin, modem: Modem, said: list[str]) -> None:
        assert (await modem.get(url)).status == 200
        assert (await modem.command("AT+RESET")).ok
        await modem.bring_up()
        result = await modem.download(url, tmp_path / "file")
        assert (result.bytes, (tmp_path / "file").read_bytes()) == (len(BODY), BODY)

    talk(test, mutual(ca, client))


def test_one_suite_and_a_wrong_ca(url: str, client: Issued, ca: Issued) -> None:
    async def suite(twin: Twin, modem: Modem, said: list[str]) -> None:
        assert (await modem.get(url)).status == 200
        assert '>AT+SSLCFG="ciphersuite",153,0X003D' in said

    talk(suite, mutual(ca, client, suite=0x003D))

    async def wrong(twin: Twin, modem: Modem, said: list[str]) -> None:
        with pytest.raises(TlsFailed):
            await modem.get(url)

    other = tls_pki.authority("Other root")
    talk(wrong, TlsSettings(other.pem, client.pem, client.key_pem))


def test_what_another_program_left_in_the_context_does_no_harm(
    url: str, ca: Issued, client: Issued
) -> None:
    async def test(twin: Twin, modem: Modem, said: list[str]) -> None:
        for left in ('"hostname",153,"elsewhere.test"', '"verifymode",153,1', '"seclevel",153,0'):
            assert (await modem.command(f"AT+SSLCFG={left}")).ok
        assert (await modem.get(url)).status == 200
        assert '"seclevel",153,2' in str((await modem.command('AT+SSLCFG="seclevel",153')).lines)

    talk(test, mutual(ca, client))


def test_der_is_stored_as_pem(url: str, ca: Issued, client: Issued) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import Encoding

    der = x509.load_pem_x509_certificate(ca.pem).public_bytes(Encoding.DER)

    async def test(twin: Twin, modem: Modem, said: list[str]) -> None:
        assert (await modem.get(url)).status == 200

    talk(test, TlsSettings(der, client.pem, client.key_pem))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"key": None}, "a client certificate and its key go together"),
        ({"cert": None}, "a client certificate and its key go together"),
        ({"ca": None}, "give its CA"),
        ({"seclevel": 3}, "security level of 3"),
        ({"cert": None, "key": None, "seclevel": 2}, "security level of 2"),
        ({"suite": 0x1301}, "no suite 0x1301: 0x0035"),
        ({"ca": b"nonsense"}, "the ca certificate cannot be read"),
        ({"cert": b"-----BEGIN nonsense"}, "the client certificate cannot be read"),
        ({"key": b"-----BEGIN nonsense"}, "the client key cannot be read"),
        ({"key": "other"}, "not the key of the client certificate"),
        ({"key": "encrypted"}, "the client key is encrypted"),
    ],
)
def test_what_does_not_go_together(
    changes: dict[str, Any], words: str, ca: Issued, client: Issued
) -> None:
    from cryptography.hazmat.primitives import serialization as form

    given: dict[str, Any] = {"ca": ca.pem, "cert": client.pem, "key": client.key_pem} | changes
    if given["key"] == "other":
        given["key"] = ca.key_pem
    elif given["key"] == "encrypted":
        key = form.load_pem_private_key(client.key_pem, None)
        given["key"] = key.private_bytes(
            form.Encoding.PEM, form.PrivateFormat.PKCS8, form.BestAvailableEncryption(b"secret")
        )
    with pytest.raises(UsageError, match=words):
        TlsSettings(**given).files()


@pytest.mark.parametrize("clock", ["", '"00/01/01,00:00:00+00"', '"70/01/01,00:00:00+32"'])
@pytest.mark.parametrize("expired", [False, True])
def test_dates_are_checked_by_a_clock_that_is_right(
    tmp_path: Path, ca: Issued, clock: str, expired: bool
) -> None:
    now = datetime.now(UTC)
    start, end = (now - timedelta(days=9), now + timedelta(days=-2 if expired else 9))
    server = tls_pki.leaf(ca, start=start, end=end)
    (tmp_path / "body").write_bytes(BODY)
    with tls_servers.nginx(tmp_path, server, tmp_path / "body") as port:

        async def test(twin: Twin, modem: Modem, said: list[str]) -> None:
            if clock:
                assert (await modem.command(f"AT+CCLK={clock}")).ok
            if expired:
                with pytest.raises(TlsFailed):
                    await modem.get(f"https://localhost:{port}/body")
            else:
                assert (await modem.get(f"https://localhost:{port}/body")).status == 200
            assert '>AT+SSLCFG="ignorelocaltime",153,0' in said

        talk(test, TlsSettings(ca.pem, check_dates=True))


def test_dates_alone_cannot_be_checked() -> None:
    with pytest.raises(UsageError, match="give its CA"):
        TlsSettings(check_dates=True)
