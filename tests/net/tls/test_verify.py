"""Verdicts on server certificates: who is refused, why, and with which alert."""

from __future__ import annotations

import asyncio
import dataclasses
import datetime
import subprocess
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from atwin.net.tls import TlsProfile, secure
from atwin.net.tls.certificates.verify import Verdict, judge
from atwin.net.tls.errors import Kind, Stage, TlsHandshakeError
from support.servers import tls_pki, tls_servers
from support.servers.sockets import dial
from support.servers.tls_pki import END, MIDDLE, START, Issued
from support.servers.tls_talk import WALL, fetch, refused

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

#: ClientKeyExchange with an RSA-2048 secret, as it begins on the wire.
CLIENT_KEY_EXCHANGE = bytes.fromhex("160303010610")


def seconds(moment: datetime.datetime) -> float:
    return moment.timestamp()


def verdict(chain: Issued, profile: TlsProfile) -> Verdict | None:
    ders = [one.public_bytes(Encoding.DER) for one in (chain.certificate, *chain.chain)]
    return judge(ders, profile)


def strict(anchor: Issued, **changes: object) -> TlsProfile:
    base = TlsProfile(ca=anchor.pem, check_name="localhost", check_time=seconds(MIDDLE))
    return dataclasses.replace(base, **changes)  # type: ignore[arg-type]


def code(judged: Verdict | None) -> int | None:
    return judged.code if judged else None


def test_a_good_chain_passes(ca: Issued, server: Issued) -> None:
    assert verdict(server, strict(ca)) is None


def test_without_a_ca_nothing_is_checked(server: Issued) -> None:
    assert verdict(server, TlsProfile(check_name="elsewhere.test", check_time=0.0)) is None


def test_wrong_ca(other_ca: Issued, server: Issued) -> None:
    judged = verdict(server, strict(other_ca))
    assert judged is not None
    assert (judged.code, judged.alert.name) == (20, "UNKNOWN_CA")
    assert "unable to get local issuer certificate" in judged.reason


def test_validity_is_held_against_the_given_time(ca: Issued, server: Issued) -> None:
    second = datetime.timedelta(seconds=1)
    for moment, expected in (
        (START - second, 9),
        (START + second, None),
        (END - second, None),
        (END + second, 10),
    ):
        assert code(verdict(server, strict(ca, check_time=seconds(moment)))) == expected


def test_module_clocks_before_1970_and_after_2038_count(ca: Issued) -> None:
    late = tls_pki.leaf(ca, end=datetime.datetime(2040, 1, 1, tzinfo=datetime.UTC))
    assert code(verdict(late, strict(ca, check_time=-1.0))) == 9
    assert code(verdict(late, strict(ca, check_time=seconds(END) - 86_400.0))) == 10


def test_dates_can_be_ignored_and_nothing_else_with_them(ca: Issued, other_ca: Issued) -> None:
    expired = tls_pki.leaf(ca, end=START + datetime.timedelta(days=1))
    judged = verdict(expired, strict(ca))
    assert judged is not None
    assert (judged.code, judged.alert.name) == (10, "CERTIFICATE_EXPIRED")
    assert verdict(expired, strict(ca, check_time=None)) is None
    assert code(verdict(expired, strict(other_ca, check_time=None))) == 20
    assert code(verdict(expired, strict(ca, check_time=None, check_name="else.test"))) == 62


def test_self_signed_server(ca: Issued) -> None:
    judged = verdict(tls_pki.leaf(None), strict(ca))
    assert judged is not None
    assert (judged.code, judged.alert.name) == (18, "UNKNOWN_CA")


def test_intermediate_sent_and_missing(ca: Issued) -> None:
    middle = tls_pki.authority("Intermediate", ca)
    whole = tls_pki.leaf(middle, chain=[middle])
    assert verdict(whole, strict(ca)) is None
    assert code(verdict(tls_pki.leaf(middle), strict(ca))) == 20


def test_an_issuer_without_the_ca_flag(ca: Issued) -> None:
    for flag in (False, None):
        fake = tls_pki.authority("No CA", ca, is_ca=flag)
        judged = verdict(tls_pki.leaf(fake, chain=[fake]), strict(ca))
        assert judged is not None
        assert judged.code in (24, 79)
        assert judged.alert.name == "UNKNOWN_CA"


def test_a_forged_signature(ca: Issued) -> None:
    impostor = dataclasses.replace(ca, private=tls_pki.key("Another root"))
    judged = verdict(tls_pki.leaf(impostor), strict(ca))
    assert judged is not None
    assert judged.code == 7


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"use": ExtendedKeyUsageOID.CLIENT_AUTH}, "not for servers"),
        ({"encipherment": False}, "not for RSA key exchange"),
    ],
)
def test_a_certificate_for_something_else(
    ca: Issued, changes: dict[str, object], words: str
) -> None:
    judged = verdict(tls_pki.leaf(ca, **changes), strict(ca))  # type: ignore[arg-type]
    assert judged is not None
    assert (judged.code, judged.alert.name) == (26, "UNSUPPORTED_CERTIFICATE")
    assert words in judged.reason


def test_wrong_name(ca: Issued, server: Issued) -> None:
    judged = verdict(server, strict(ca, check_name="elsewhere.test"))
    assert judged is not None
    assert (judged.code, judged.alert.name) == (62, "BAD_CERTIFICATE")
    assert "elsewhere.test" in judged.reason
    assert verdict(server, strict(ca, check_name=None)) is None


def test_pinning(ca: Issued, server: Issued) -> None:
    assert verdict(server, strict(server, pinned=True)) is None
    other = tls_pki.leaf(ca)
    judged = verdict(other, strict(server, pinned=True))
    assert judged is not None
    assert "not the pinned one" in judged.reason
    assert verdict(other, strict(ca, pinned=True)) is not None
    late = seconds(END) + 1
    assert code(verdict(server, strict(server, pinned=True, check_time=late))) == 10
    assert verdict(server, strict(server, pinned=True, check_time=None)) is None


def test_a_pinned_certificate_may_be_self_signed() -> None:
    own = tls_pki.leaf(None)
    assert verdict(own, strict(own, pinned=True)) is None


def test_a_ca_file_may_hold_several_and_be_der(
    ca: Issued, other_ca: Issued, server: Issued
) -> None:
    assert verdict(server, TlsProfile(ca=other_ca.pem + b"\n# mine\n" + ca.pem)) is None
    assert verdict(server, TlsProfile(ca=ca.der)) is None


def test_a_chain_that_is_no_certificate(ca: Issued) -> None:
    assert code(judge([b"\x30\x03abc"], strict(ca))) == 1


# What old servers have (made by the openssl command, which still can)


def openssl_leaf(where: Path, ca: Issued, *digest_and_bits: str) -> Issued:
    """A version 1 certificate with nothing but a CN."""
    digest, bits = digest_and_bits
    where.mkdir()
    (where / "ca.pem").write_bytes(ca.pem)
    (where / "ca.key").write_bytes(ca.key_pem)
    make = f"req -newkey rsa:{bits} -nodes -subj /CN=old.test -keyout old.key -out old.csr"
    sign = "x509 -req -in old.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 9999 -out old.pem"
    for command in (make, f"{sign} -{digest}"):
        subprocess.run(["openssl", *command.split()], cwd=where, check=True, capture_output=True)
    certificate = x509.load_pem_x509_certificate((where / "old.pem").read_bytes())
    key = load_pem_private_key((where / "old.key").read_bytes(), None)
    return Issued(certificate, key)  # type: ignore[arg-type]


@pytest.mark.parametrize(("digest", "bits"), [("sha1", "1024"), ("md5", "2048")])
def test_old_certificates_are_taken(
    tmp_path: Path, where: Path, body: Path, ca: Issued, digest: str, bits: str
) -> None:
    old = openssl_leaf(tmp_path / "old", ca, digest, bits)
    assert old.certificate.version is x509.Version.v1
    profile = strict(ca, check_name="old.test", check_time=seconds(MIDDLE))
    assert verdict(old, profile) is None
    # A GnuTLS or OpenSSL server sends such a certificate; the handshake must go through too.
    with tls_servers.openssl(where, old) as port:
        assert asyncio.run(fetch(port, profile))[0].chain == (old.der,)


# On the wire


async def refused_on_the_wire(port: int, profile: TlsProfile) -> tuple[TlsHandshakeError, bytes]:
    stream = await dial(port)
    with pytest.raises(TlsHandshakeError) as caught:
        await secure(stream, profile, wall=WALL)
    return caught.value, bytes(stream.sent)


@pytest.mark.parametrize(
    ("profile", "verify_code", "alert"),
    [
        pytest.param(lambda ca, other: strict(other), 20, 48, id="wrong-ca"),
        pytest.param(lambda ca, other: strict(ca, check_time=seconds(END) + 1), 10, 45, id="late"),
        pytest.param(lambda ca, other: strict(ca, check_time=0.0), 9, 45, id="early"),
        pytest.param(lambda ca, other: strict(ca, check_name="x.test"), 62, 42, id="wrong-name"),
        pytest.param(lambda ca, other: strict(ca, pinned=True), 28, 42, id="not-pinned"),
    ],
)
def test_refusal_comes_before_the_key_exchange(
    gnutls: int,
    ca: Issued,
    other_ca: Issued,
    server: Issued,
    profile: Callable[[Issued, Issued], TlsProfile],
    verify_code: int,
    alert: int,
) -> None:
    error, sent = asyncio.run(refused_on_the_wire(gnutls, profile(ca, other_ca)))
    failure = error.failure
    assert failure.kind is Kind.CERTIFICATE
    assert failure.verify_code == verify_code
    assert failure.chain == (server.der,)
    assert failure.alert is not None
    assert failure.alert.number == alert
    assert sent.endswith(bytes((0x15, 3, 3, 0, 2, 2, alert)))
    assert CLIENT_KEY_EXCHANGE not in sent


def test_the_same_look_at_the_wire_sees_a_key_exchange(gnutls: int, ca: Issued) -> None:
    async def main() -> bytes:
        stream = await dial(gnutls)
        await secure(stream, strict(ca), wall=WALL)
        return bytes(stream.sent)

    assert CLIENT_KEY_EXCHANGE in asyncio.run(main())


# Settings that cannot work: nothing may be sent


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (TlsProfile(authenticate=True), "no CA certificate"),
        (TlsProfile(pinned=True), "no CA certificate"),
        (TlsProfile(ca=b""), "CA certificate cannot be read"),
        (TlsProfile(ca=b"hello"), "CA certificate cannot be read: neither"),
        (TlsProfile(ca=b"\x30\x03abc"), "CA certificate cannot be read: not an X.509"),
        (
            TlsProfile(ca=b"-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"),
            "CA certificate cannot be read: PEM text is damaged",
        ),
        (TlsProfile(sni="bücher.test"), "not ASCII"),
    ],
)
def test_unusable_settings_are_refused_before_anything_is_sent(
    gnutls: int, profile: TlsProfile, words: str
) -> None:
    error, sent = asyncio.run(refused_on_the_wire(gnutls, profile))
    assert (error.failure.kind, error.failure.stage) == (Kind.SETUP, Stage.START)
    assert words in str(error)
    assert sent == b""


def test_mutual_demands_both_halves(gnutls: int, ca: Issued, client: Issued) -> None:
    for changes, words in (
        ({}, "no client certificate"),
        ({"client_cert": client.pem}, "no client key"),
        ({"client_key": client.key_pem}, "no client certificate"),
    ):
        failure = asyncio.run(refused(gnutls, strict(ca, mutual=True, **changes)))
        assert failure.kind is Kind.SETUP
        assert words in failure.reason
