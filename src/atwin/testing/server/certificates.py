"""Certificates for tries with TLS: a CA, a server on this computer, and a client."""

from __future__ import annotations

import datetime
import errno
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from pathlib import Path

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

#: Modules have RSA only.
_BITS = 2048
_DAYS = 3650
#: What a test server is called.
_HOSTS: tuple[x509.GeneralName, ...] = (
    x509.DNSName("localhost"),
    x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
)
_WHO = ("ca", "server", "client")


def make_certificates(folder: Path) -> None:
    """Write ca, server and client into `folder`, each `.pem` and `.key`, unless all are there.

    Raises `FileExistsError` when some are: they are somebody's, and nothing is written over them.
    """
    files = [folder / f"{who}.{end}" for who in _WHO for end in ("pem", "key")]
    there = [file for file in files if file.exists()]
    if there == files:
        return
    if there:
        others = ", ".join(file.name for file in files if file not in there)
        raise FileExistsError(errno.EEXIST, f"it is there, but not {others}", str(there[0]))
    folder.mkdir(parents=True, exist_ok=True)
    authority = rsa.generate_private_key(65537, _BITS)
    for who in _WHO:
        key = authority if who == "ca" else rsa.generate_private_key(65537, _BITS)
        certificate = _signed(who, key, authority)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (folder / f"{who}.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
        (folder / f"{who}.key").touch(0o600)
        (folder / f"{who}.key").write_bytes(secret)


def _signed(who: str, key: RSAPrivateKey, authority: RSAPrivateKey) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(who))
        .issuer_name(_name("ca"))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=_DAYS))
        .add_extension(x509.BasicConstraints(who == "ca", None), critical=True)
    )
    if who == "server":
        builder = builder.add_extension(x509.SubjectAlternativeName(_HOSTS), critical=False)
    return builder.sign(authority, hashes.SHA256())


def _name(who: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"atwin test {who}")])
