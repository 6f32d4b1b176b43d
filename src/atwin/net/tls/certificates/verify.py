"""Is this the server we were told to trust? (docs/spec/tls.md §5)

Chains are checked by OpenSSL's X.509 store, which takes what old servers have (version 1
certificates, RSA-1024, SHA-1 and MD5 signatures, names in CN only) and says what is wrong by
number. Key usage and the host name, which the store leaves open, are checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID
from OpenSSL import crypto

from atwin.net.tls.certificates.names import speaks_for
from atwin.net.tls.certificates.reading import (
    UNREADABLE,
    read_certificate,
    read_quietly,
    unpack,
    why_unreadable,
)
from atwin.net.tls.errors import AlertNumber

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.net.tls.profile import TlsProfile

#: X509_V_FLAG_NO_CHECK_TIME, which pyOpenSSL has no name for.
_NO_CHECK_TIME = 0x200000

#: X509_V_ERR_* numbers of what is judged here, with OpenSSL's own where it has one.
UNSPECIFIED = 1
CERTIFICATE_REJECTED = 28
INVALID_PURPOSE = 26
HOST_NAME_MISMATCH = 62

#: OpenSSL's verdicts by alert; whatever is not listed is `bad_certificate`.
_ALERTS = {
    2: AlertNumber.UNKNOWN_CA,  # issuer certificate not found
    9: AlertNumber.CERTIFICATE_EXPIRED,  # not yet valid: the RFC has one alert for both
    10: AlertNumber.CERTIFICATE_EXPIRED,
    18: AlertNumber.UNKNOWN_CA,  # self-signed
    19: AlertNumber.UNKNOWN_CA,  # self-signed in the chain
    20: AlertNumber.UNKNOWN_CA,  # issuer not found locally
    21: AlertNumber.UNKNOWN_CA,  # leaf cannot be verified
    24: AlertNumber.UNKNOWN_CA,  # not a CA certificate
    26: AlertNumber.UNSUPPORTED_CERTIFICATE,
    79: AlertNumber.UNKNOWN_CA,  # not a CA certificate, since OpenSSL 3.0
}


@dataclass(frozen=True)
class Verdict:
    """Why a chain was refused."""

    #: OpenSSL's X509_V_ERR_* number.
    code: int
    #: One line, without certificate contents.
    reason: str

    @property
    def alert(self) -> AlertNumber:
        """What to tell the server."""
        return _ALERTS.get(self.code, AlertNumber.BAD_CERTIFICATE)


@lru_cache(maxsize=64)
def load_anchors(ca: bytes) -> tuple[crypto.X509, ...]:
    """The certificates of a CA file, PEM or DER.

    Raises ValueError, with one line for a person, when there is none or one cannot be read.
    """
    try:
        return tuple(_load(der) for der in unpack(ca))
    except (ValueError, crypto.Error) as error:
        cause = str(error) if isinstance(error, ValueError) else "not an X.509 certificate"
        raise ValueError(f"CA certificate cannot be read: {cause}") from None


def judge(chain: Sequence[bytes], profile: TlsProfile) -> Verdict | None:
    """None when `chain` (DER, leaf first) is what `profile` demands, else why it is not.

    Without `profile.ca` nothing is demanded. Raises ValueError when the CA cannot be read.
    """
    if profile.ca is None:
        return None
    anchors = load_anchors(profile.ca)
    if not chain:
        return Verdict(CERTIFICATE_REJECTED, "the server showed no certificate")
    try:
        leaf = read_certificate(chain[0])
        presented = [_load(der) for der in chain]
    except UNREADABLE as error:
        return Verdict(UNSPECIFIED, f"the server's certificate is odd: {why_unreadable(error)}")
    if profile.pinned and chain[0] not in unpack(profile.ca):
        return Verdict(CERTIFICATE_REJECTED, "the server's certificate is not the pinned one")
    try:
        with read_quietly():
            return (
                _judge_chain(presented, anchors, profile)
                or _judge_usage(leaf)
                or _judge_name(leaf, profile.check_name)
            )
    except UNREADABLE as error:
        return Verdict(UNSPECIFIED, f"the server's certificate is odd: {why_unreadable(error)}")


def _judge_chain(
    presented: Sequence[crypto.X509], anchors: Sequence[crypto.X509], profile: TlsProfile
) -> Verdict | None:
    store = crypto.X509Store()
    for anchor in anchors:
        store.add_cert(anchor)
    flags = crypto.X509StoreFlags.PARTIAL_CHAIN if profile.pinned else 0
    if profile.check_time is None:
        flags |= _NO_CHECK_TIME
    else:
        store.set_time(_utc(profile.check_time))
    store.set_flags(flags)
    try:
        crypto.X509StoreContext(store, presented[0], presented[1:]).verify_certificate()
    except crypto.X509StoreContextError as error:
        code, depth = error.errors[0], error.errors[1]
        return Verdict(code, f"{error} (OpenSSL verify code {code}, certificate {depth})")
    return None


def _judge_usage(leaf: x509.Certificate) -> Verdict | None:
    """A certificate that names its uses must name this one; one that names none may do all."""
    for extension in leaf.extensions:
        value = extension.value
        if isinstance(value, x509.KeyUsage) and not value.key_encipherment:
            return Verdict(INVALID_PURPOSE, "the server's key is not for RSA key exchange")
        if isinstance(value, x509.ExtendedKeyUsage) and not (
            {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
            & set(value)
        ):
            return Verdict(INVALID_PURPOSE, "the server's certificate is not for servers")
    return None


def _judge_name(leaf: x509.Certificate, host: str | None) -> Verdict | None:
    if host is None or speaks_for(leaf, host):
        return None
    return Verdict(HOST_NAME_MISMATCH, f"the server's certificate is not for {host}")


def _load(der: bytes) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der)


def _utc(seconds: float) -> datetime:
    # Not fromtimestamp: module clocks before 1970 and after 2038 count too.
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
