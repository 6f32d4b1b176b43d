"""Why a chain does not verify, and who can mend it: the server, or whoever chose the CA."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.exceptions import InvalidSignature

from atwin.net.tls.certificates.reading import UNREADABLE, read_certificate, unpack
from atwin.net.tls.certificates.verify import HOST_NAME_MISMATCH, Verdict

#: OpenSSL's X509_V_ERR_* numbers: an issuer that is not there, in one form or another.
_NO_ISSUER = (2, 18, 19, 20, 21)
#: A signature that the certificate found under the issuer's name did not make.
_WRONG_SIGNATURE = 7


class Cause(StrEnum):
    """What is wrong with a chain."""

    #: The issuer of the server's own certificate was neither sent nor given.
    ISSUER_MISSING = "issuer_missing"
    #: The chain is whole, and ends at a CA that was not given.
    OTHER_CA = "other_ca"
    #: The given CA has the issuer's name and another key.
    OTHER_KEY = "other_key"
    WRONG_NAME = "wrong_name"
    #: Anything else; the reason is OpenSSL's.
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """`reason` is the end of a sentence, `change` what to do about it."""

    cause: Cause
    reason: str
    change: str


def diagnose(chain: Sequence[bytes], ca: bytes, verdict: Verdict) -> Diagnosis:
    """Why `verdict` was spoken over `chain` (DER, leaf first) by the CA file `ca`."""
    try:
        sent = [read_certificate(der) for der in chain]
        given = [read_certificate(der) for der in unpack(ca)]
        if verdict.code == HOST_NAME_MISMATCH:
            return Diagnosis(
                Cause.WRONG_NAME,
                verdict.reason,
                "ask by a name the certificate is for, tell the module that name (hostname in"
                " AT+SSLCFG, --name here), or give the server a certificate for this one",
            )
        if verdict.code in (*_NO_ISSUER, _WRONG_SIGNATURE) and (found := _no_issuer(sent, given)):
            return found
    except UNREADABLE:
        pass  # the verdict says what cannot be read
    return Diagnosis(
        Cause.OTHER, verdict.reason, "give the server a certificate without this fault"
    )


def _no_issuer(sent: list[x509.Certificate], given: list[x509.Certificate]) -> Diagnosis | None:
    top = _top(sent)
    subject, issuer = _name(top.subject), _name(top.issuer)
    held = ", ".join(_name(one.subject) for one in given)
    signers = [one for one in given if _signed(top, one)]
    if signers:
        above = _name(signers[0].issuer)
        if signers[0].subject == signers[0].issuer:
            return None  # it should have verified: OpenSSL knows better why it does not
        return Diagnosis(
            Cause.OTHER_CA,
            f"the file holds {held}, which is not a root: {above} signed it",
            f"give {above} as the CA, and let the server send {issuer} after its own certificate",
        )
    if any(one.subject == top.issuer for one in given):
        return Diagnosis(
            Cause.OTHER_KEY,
            f"{subject} names {issuer} as its issuer, and the CA of that name in the file did not"
            " sign it",
            f"give the certificate of the {issuer} that signed it: the file holds another one of"
            " the same name",
        )
    if top.subject == top.issuer:
        alone = len(sent) == 1
        return Diagnosis(
            Cause.OTHER_CA,
            f"{subject} is self-signed, and the file holds {held}"
            if alone
            else f"the chain ends at {subject}, and the file holds {held}",
            f"give {subject} as the CA, if this is the server you mean",
        )
    if top is not sent[0]:
        return Diagnosis(
            Cause.OTHER_CA,
            f"the chain ends below {issuer}, and the file holds {held}",
            f"give {issuer} as the CA; if that is an intermediate itself, the server has to send"
            " it too",
        )
    return Diagnosis(
        Cause.ISSUER_MISSING,
        f"{issuer}, which signed the server's certificate, was not sent, and the file holds {held}",
        f"if {issuer} is a root, the server has another CA: give {issuer} as the CA\n"
        f"if it is an intermediate, send its certificate after the server's own"
        " (nginx: both in the file of ssl_certificate)",
    )


def _top(sent: list[x509.Certificate]) -> x509.Certificate:
    """The last certificate on the way up from the leaf that the server sent."""
    top, left = sent[0], sent[1:]
    while issuers := [one for one in left if _signed(top, one)]:
        top = issuers[0]
        left.remove(top)
    return top


def _signed(one: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        one.verify_directly_issued_by(issuer)
    except (*UNREADABLE, InvalidSignature):
        return False
    return True


def _name(name: x509.Name) -> str:
    return name.rfc4514_string() or "a CA without a name"
