"""Certificates for TLS tests, good and odd. Keys are RSA where nothing else is said."""

from __future__ import annotations

import datetime
import ipaddress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from collections.abc import Sequence

#: A moment at which ordinary certificates here are valid.
MIDDLE = datetime.datetime(2030, 1, 1, tzinfo=datetime.UTC)
START = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
END = datetime.datetime(2045, 1, 1, tzinfo=datetime.UTC)

HOSTS = ("localhost", "device.test", "127.0.0.1")


Private = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def key(name: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The key of that name; making one takes a good part of a second."""
    return rsa.generate_private_key(65537, bits)


@dataclass(frozen=True)
class Issued:
    """A certificate with its key."""

    certificate: x509.Certificate
    private: Private
    #: What a server sends after it.
    chain: tuple[x509.Certificate, ...] = field(default=())

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate and its chain."""
        return b"".join(one.public_bytes(Encoding.PEM) for one in (self.certificate, *self.chain))

    @property
    def key_pem(self) -> bytes:
        return self._key(Encoding.PEM, PrivateFormat.PKCS8)

    @property
    def key_pkcs1(self) -> bytes:
        return self._key(Encoding.PEM, PrivateFormat.TraditionalOpenSSL)

    @property
    def key_der(self) -> bytes:
        return self._key(Encoding.DER, PrivateFormat.PKCS8)

    def key_encrypted(self, encoding: Encoding = Encoding.PEM) -> bytes:
        return self._key(encoding, PrivateFormat.PKCS8, BestAvailableEncryption(b"pass phrase"))

    def _key(
        self,
        encoding: Encoding,
        layout: PrivateFormat,
        encryption: KeySerializationEncryption | None = None,
    ) -> bytes:
        return self.private.private_bytes(encoding, layout, encryption or NoEncryption())


def authority(
    name: str, issuer: Issued | None = None, *, is_ca: bool | None = True, secret: str = ""
) -> Issued:
    """A CA, or with `is_ca` False or None (no such extension) one that must not be one."""
    private = key(secret or name)
    builder = _builder(name, issuer, private, START, END)
    if is_ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(is_ca, None), critical=True)
    return _sign(builder, issuer, private)


def leaf(
    issuer: Issued | None,
    *,
    name: str = "localhost",
    hosts: Sequence[str] = HOSTS,
    start: datetime.datetime = START,
    end: datetime.datetime = END,
    use: x509.ObjectIdentifier | None = ExtendedKeyUsageOID.SERVER_AUTH,
    encipherment: bool = True,
    secret: str = "leaf",
    bits: int = 2048,
    private: Private | None = None,
    chain: Sequence[Issued] = (),
) -> Issued:
    """An end certificate; without `issuer` a self-signed one. `private` is a key of one's own."""
    private = private or key(secret, bits)
    builder = _builder(name, issuer, private, start, end)
    if hosts:
        builder = builder.add_extension(
            x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False
        )
    if use:
        builder = builder.add_extension(x509.ExtendedKeyUsage([use]), critical=False)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=encipherment,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    builder = builder.add_extension(usage, critical=True)
    signed = _sign(builder, issuer, private)
    return Issued(signed.certificate, private, tuple(one.certificate for one in chain))


def _builder(
    name: str,
    issuer: Issued | None,
    private: Private,
    start: datetime.datetime,
    end: datetime.datetime,
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(end)
    )


def _sign(builder: x509.CertificateBuilder, issuer: Issued | None, private: Private) -> Issued:
    signer = issuer.private if issuer else private
    return Issued(builder.sign(signer, hashes.SHA256()), private)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
