"""The server's certificates, as a module sees them (docs/spec/tls.md §3, §5)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from atwin.net.tls import TlsProfile
from atwin.net.tls.certificates.reading import (
    UNREADABLE,
    read_certificate,
    read_quietly,
    why_unreadable,
)
from atwin.net.tls.certificates.verify import judge
from atwin.probe.diagnosis import Diagnosis, diagnose

Read = TypeVar("Read")

#: Bytes of a Certificate message that fit one record. Small TLS stacks, Mbed TLS among them, do
#: not put a message together out of several; the twin itself takes some 64 kB.
ONE_RECORD = 16384


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """One certificate. `names` are those it is for; dates are ISO 8601, UTC; `size` in bytes.

    `odd` says what is not as it should be; what could not be read for it is empty.
    """

    subject: str
    issuer: str
    key: str
    names: tuple[str, ...]
    not_before: str
    not_after: str
    size: int
    odd: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChainFacts:
    """The chain, leaf first, and why it does not verify (None: it does, or nobody asked).

    `outdated` says which certificate is not valid now. It is not a refusal: a module looks at dates
    only with ignorelocaltime 0 (docs/spec/tls.md §2).
    """

    certificates: tuple[CertificateFacts, ...]
    checked: bool
    refused: Diagnosis | None
    outdated: str | None

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
        found = judge(chain, TlsProfile(ca=ca, authenticate=True, check_name=name))
        refused = diagnose(chain, ca, found) if found else None
    facts = tuple(_facts(der) for der in chain)
    return ChainFacts(facts, ca is not None, refused, _outdated(facts, now))


def _outdated(facts: Sequence[CertificateFacts], now: float) -> str | None:
    today = datetime.fromtimestamp(now, UTC).isoformat()
    for one in facts:
        # ISO 8601 in UTC sorts by time; what could not be read has no dates.
        if one.not_after and one.not_after < today:
            return f"{one.subject} expired on {one.not_after[:10]}"
        if one.not_before > today:
            return f"{one.subject} is not valid before {one.not_before[:10]}"
    return None


def key_of(der: bytes) -> str:
    """`RSA 2048`, `EC secp256r1`; what is wrong with a certificate that cannot be read."""
    try:
        return _key(read_certificate(der))
    except UNREADABLE as error:
        return why_unreadable(error)


def _facts(der: bytes) -> CertificateFacts:
    odd: list[str] = []

    def read(field: Callable[[x509.Certificate], Read], missing: Read) -> Read:
        try:
            with read_quietly():
                return field(found)
        except UNREADABLE as error:
            odd.append(why_unreadable(error))
            return missing

    try:
        found = read_certificate(der)
    except UNREADABLE as error:
        return CertificateFacts(
            "unreadable", "", "", (), "", "", len(der), (why_unreadable(error),)
        )
    if read(lambda one: one.serial_number, 1) <= 0:
        odd.append("its serial number is not positive")
    return CertificateFacts(
        read(lambda one: one.subject.rfc4514_string(), "unreadable"),
        read(lambda one: one.issuer.rfc4514_string(), "unreadable"),
        read(_key, _unknown_key(found)),
        read(_names, ()),
        read(lambda one: one.not_valid_before_utc.isoformat(), ""),
        read(lambda one: one.not_valid_after_utc.isoformat(), ""),
        len(der),
        tuple(dict.fromkeys(odd)),
    )


def _key(found: x509.Certificate) -> str:
    public = found.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        return f"RSA {public.key_size}"
    if isinstance(public, ec.EllipticCurvePublicKey):
        return f"EC {public.curve.name}"
    return type(public).__name__


def _unknown_key(found: x509.Certificate) -> str:
    try:
        return f"unknown ({found.public_key_algorithm_oid.dotted_string})"
    except UNREADABLE:
        return "unknown"


def _names(found: x509.Certificate) -> tuple[str, ...]:
    try:
        extension = found.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        return ()
    dns = extension.value.get_values_for_type(x509.DNSName)
    addresses = extension.value.get_values_for_type(x509.IPAddress)
    return (*dns, *(str(address) for address in addresses))
