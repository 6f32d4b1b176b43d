"""The server's certificates, as a module sees them (spec: tls.md §3, §5)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from atwin.net.tls import TlsProfile
from atwin.net.tls.verify import judge

if TYPE_CHECKING:
    from collections.abc import Sequence


#: Bytes of a Certificate message that fit one record. Small TLS stacks, Mbed TLS among them, do
#: not put a message together out of several; the twin itself takes some 64 kB.
ONE_RECORD = 16384


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One certificate. `names` are those it is for; dates are ISO 8601, UTC; `size` in bytes."""

    subject: str
    issuer: str
    key: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    size: int


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """The chain, leaf first, and why it does not verify (None: it does, or nobody asked)."""

    certificates: tuple[CertificateFacts, ...]
    checked: bool
    refused: str | None

    @property
    def size(self) -> int:
        """Bytes of the Certificate message: every certificate and all have a length in front."""
        return 4 + 3 + sum(3 + one.size for one in self.certificates)


def chain_facts(
    chain: Sequence[bytes], *, ca: bytes | None, name: str | None, now: float
) -> ChainFacts:
    """The facts of `chain` (DER); with `ca`, whether a module would take it for `name` at `now`.

    Raises ValueError when `ca` cannot be read.
    """
    refused = None
    if ca is not None and chain:
        profile = TlsProfile(ca=ca, authenticate=True, check_name=name, check_time=now)
        found = judge(chain, profile)
        refused = found.reason if found else None
    return ChainFacts(tuple(_facts(der) for der in chain), ca is not None, refused)


def _facts(der: bytes) -> CertificateFacts:
    try:
        found = x509.load_der_x509_certificate(der)
        public = found.public_key()
        key = type(public).__name__
        if isinstance(public, rsa.RSAPublicKey):
            key = f"RSA {public.key_size}"
        elif isinstance(public, ec.EllipticCurvePublicKey):
            key = f"EC {public.curve.name}"
        return CertificateFacts(
            found.subject.rfc4514_string(),
            found.issuer.rfc4514_string(),
            key,
            _names(found),
            found.not_valid_before_utc.isoformat(),
            found.not_valid_after_utc.isoformat(),
            len(der),
        )
    except ValueError as error:
        return CertificateFacts("unreadable", "", str(error), (), "", "", len(der))


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    dns = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return (*dns, *(str(address) for address in addresses))
