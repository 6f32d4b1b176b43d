"""The certificates of a simulated server: made once, and as large as those of a usual one."""

from __future__ import annotations

import datetime
import ssl
import tempfile
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from atwin.net.meter.tls_size import USUAL_CHAIN
from atwin.net.tls.suites import suites_for
from atwin.plan.job import SUITE

_START = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
_END = datetime.datetime(2045, 1, 1, tzinfo=datetime.UTC)
#: A private extension, of bytes that mean nothing.
_FILLING = x509.ObjectIdentifier("1.3.6.1.4.1.32473.1")


@cache
def server_context() -> ssl.SSLContext:
    """TLS 1.2 with the suite of plans and a chain of `USUAL_CHAIN`'s sizes.

    Its key is a new one in each process; sizes and times are always the same.
    """
    key = rsa.generate_private_key(65537, 2048)
    chain = [_certificate(key, number, size) for number, size in enumerate(USUAL_CHAIN, 1)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_TICKET
    context.set_ciphers(f"{suites_for(SUITE)[0].openssl}:@SECLEVEL=0")
    with tempfile.TemporaryDirectory(prefix="atwin-") as directory:
        path = Path(directory) / "server.pem"
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(pem + b"".join(one.public_bytes(Encoding.PEM) for one in chain))
        context.load_cert_chain(path)
    return context


def _certificate(key: rsa.RSAPrivateKey, number: int, size: int) -> x509.Certificate:
    """One of exactly `size` bytes, DER; `size` is 1000 to 60,000."""
    filling = size
    while more := size - len((made := _filled(key, number, filling)).public_bytes(Encoding.DER)):
        filling += more
    return made


def _filled(key: rsa.RSAPrivateKey, number: int, filling: int) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "example.org")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(number)
        .not_valid_before(_START)
        .not_valid_after(_END)
        .add_extension(x509.UnrecognizedExtension(_FILLING, bytes(filling)), critical=False)
        .sign(key, hashes.SHA256())
    )
