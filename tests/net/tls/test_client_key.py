"""Client certificate and key: what is loaded, what is refused, and signatures."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from atwin.net.tls import TlsProfile
from atwin.net.tls.certificates import client_key
from atwin.net.tls.certificates.client_key import ClientKey, load_client_key
from support.servers import tls_pki
from support.servers.odd_certificates import odd_certificates

if TYPE_CHECKING:
    from support.servers.tls_pki import Issued

#: What PKCS #1 puts before a SHA-256 hash.
SHA256_PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")


def test_every_usual_format_is_read(client: Issued) -> None:
    for certificate in (client.pem, client.der):
        for key in (client.key_pem, client.key_pkcs1, client.key_der):
            loaded = load_client_key(certificate, key)
            assert loaded.chain == (client.der,)
            assert loaded.key.private_numbers() == client.private.private_numbers()


def test_a_chain_is_kept_in_order(ca: Issued) -> None:
    middle = tls_pki.authority("Client CA", ca)
    issued = tls_pki.leaf(middle, secret="client", chain=[middle])
    assert load_client_key(issued.pem, issued.key_pem).chain == (issued.der, middle.der)


def test_refusals_say_what_to_do_and_show_no_key(client: Issued, server: Issued) -> None:
    elliptic = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    damaged = client.key_pem[:600] + client.key_pem[700:]
    for certificate, key, words in (
        (client.pem, server.key_pem, "does not belong to"),
        (client.pem, client.key_encrypted(), "encrypted"),
        (client.pem, client.key_encrypted(Encoding.DER), "encrypted"),
        (client.pem, elliptic, "must be RSA"),
        (client.pem, damaged, "key cannot be read"),
        (client.pem, b"", "key cannot be read"),
        (b"", client.key_pem, "certificate cannot be read"),
        (client.pem[:300], client.key_pem, "certificate cannot be read"),
        (b"\x30\x03abc", client.key_pem, "certificate cannot be read"),
    ):
        with pytest.raises(ValueError, match=words) as caught:
            load_client_key(certificate, key)
        text = str(caught.value)
        assert "\n" not in text
        assert "MII" not in text


def test_a_certificate_with_a_key_of_an_unknown_kind_is_refused_in_one_line(client: Issued) -> None:
    der, _ = odd_certificates()["unknown key algorithm"]
    with pytest.raises(ValueError, match=r"client certificate cannot be read: .*[Uu]nknown key"):
        load_client_key(der, client.key_pem)


@pytest.mark.parametrize("bare_rsa", [True, False])
def test_signatures_verify_with_and_without_library_support(
    client: Issued, monkeypatch: pytest.MonkeyPatch, bare_rsa: bool
) -> None:
    assert isinstance(client.private, rsa.RSAPrivateKey)
    if not bare_rsa:
        monkeypatch.setattr(client_key, "_NO_DIGEST_INFO", None)
    loaded = load_client_key(client.pem, client.key_pem)
    digest = hashlib.sha256(b"what is signed").digest()
    signature = loaded.sign(SHA256_PREFIX + digest)
    client.private.public_key().verify(signature, b"what is signed", PKCS1v15(), hashes.SHA256())


def test_both_ways_of_signing_agree_on_what_old_versions_sign(
    client: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = load_client_key(client.pem, client.key_pem)
    old_hash = hashlib.md5(b"x").digest() + hashlib.sha1(b"x").digest()
    with_library = loaded.sign(old_hash)
    monkeypatch.setattr(client_key, "_NO_DIGEST_INFO", None)
    assert loaded.sign(old_hash) == with_library


def test_a_key_that_only_looks_right_is_found_out(client: Issued) -> None:
    assert isinstance(client.private, rsa.RSAPrivateKey)
    numbers = client.private.private_numbers()
    wrong = rsa.RSAPrivateNumbers(
        numbers.p,
        numbers.q,
        numbers.d ^ 2,
        numbers.dmp1 ^ 2,
        numbers.dmq1 ^ 2,
        numbers.iqmp,
        numbers.public_numbers,
    ).private_key(unsafe_skip_rsa_key_validation=True)
    with pytest.raises(ValueError, match="damaged"):
        ClientKey((client.der,), wrong).sign(SHA256_PREFIX + bytes(32))


def test_secrets_stay_out_of_representations(client: Issued, ca: Issued) -> None:
    profile = TlsProfile(
        ca=ca.pem, client_cert=client.pem, client_key=client.key_pem, client_random=b"r" * 32
    )
    for text in (repr(profile), repr(load_client_key(client.pem, client.key_pem))):
        assert "BEGIN" not in text
        assert "rrrr" not in text
        assert "RSAPrivateKey" not in text
