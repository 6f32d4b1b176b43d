"""Certificates and keys with changed bytes: whoever reads one says what is odd, or takes it.

Only what a root has signed is ever taken for a server's: its signed part is that of a good one.
"""

from __future__ import annotations

import base64
import warnings
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from atwin.net.tls.certificates.client_key import load_client_key
from atwin.net.tls.certificates.verify import judge, load_anchors
from atwin.net.tls.profile import TlsProfile
from atwin.probe.chain import chain_facts, key_of
from atwin.probe.diagnosis import diagnose
from fuzz.guided.dice import text
from fuzz.runner import main
from support.servers.odd_certificates import good, many_names, odd_certificates, root, whole_domain
from support.servers.tls_by_hand import fixed_chain, fixed_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

ODD = [der for der, _ in odd_certificates().values() if len(der) < 4000]
#: Object identifiers, tags and lengths: what parsers decide by.
WORDS = (
    *(bytes.fromhex(f"0603551d{number:02x}") for number in (14, 15, 17, 19, 30, 31, 32, 35, 37)),
    *(bytes.fromhex(f"06035504{number:02x}") for number in (3, 6, 10)),
    *(bytes.fromhex(f"06092a864886f70d0101{number:02x}") for number in (1, 4, 5, 10, 11)),
    *(bytes([tag, size]) for tag in (1, 2, 3, 4, 5, 12, 19, 23, 24, 30, 48, 49, 130, 135, 160, 163)
      for size in (0, 1, 4, 128)),
    b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----", b"\x82\xff\xff", b"\x84\xff\xff",
)  # fmt: skip
#: Nothing here is for that name, or valid then.
ELSE, LATE = "else.example", 5.0e9


def seeds() -> Iterator[bytes]:
    """Good ones and odd ones."""
    yield from (*fixed_chain(), *ODD, pem(ODD[0]), pem(ODD[0]) + root())


@cache
def _signed() -> frozenset[bytes]:
    """The signed parts of what the root has signed."""
    ours = (good(), many_names())
    return frozenset(x509.load_der_x509_certificate(der).tbs_certificate_bytes for der in ours)


def chains(dice: Random) -> None:
    """Facts, verdict and diagnosis of a chain of one to three of them."""
    chain = [text(dice, changed) for _ in range(dice.randrange(1, 4))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        facts = chain_facts(chain, ca=root(), name="odd.example", now=dice.choice((0.0, 1.9e9)))
        key_of(chain[0])
        name = dice.choice(("odd.example", "h7.example", "127.0.0.1", None))
        profile = TlsProfile(ca=root(), authenticate=True, check_name=name, check_time=1.9e9)
        verdict = judge(chain, profile)
        if verdict is not None:
            said = diagnose(chain, root(), verdict)
            assert verdict.reason.isprintable(), verdict
            assert str(said).isprintable(), said
    for other, time in ((ELSE, 1.9e9), ("odd.example", LATE)):
        profile = TlsProfile(ca=root(), authenticate=True, check_name=other, check_time=time)
        assert judge([good()], profile) is not None, f"good for {other} at {time:g}"
    profile = TlsProfile(ca=root(), authenticate=True, check_name="odd.example", check_time=1.9e9)
    assert judge([whole_domain()], profile) is not None, "a wildcard for a whole domain is good"
    if verdict is None:
        taken = x509.load_der_x509_certificate(chain[0])
        assert taken.tbs_certificate_bytes in _signed(), chain[0]
    assert len(facts.certificates) == len(chain)


def anchors(dice: Random) -> None:
    """A CA file: its certificates, or one line."""
    data = text(dice, lambda dice: pem(changed(dice)) if dice.random() < 0.5 else changed(dice))
    try:
        assert load_anchors(data)
    except ValueError as error:
        assert "\n" not in str(error), error


def keys(dice: Random) -> None:
    """A client's certificate and key: what signs, or one line."""
    leaf, _ = fixed_chain()
    made = dice.choice((Encoding.PEM, Encoding.DER))
    layout = dice.choice((PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL))
    key = fixed_key("leaf").private_bytes(made, layout, NoEncryption())
    key = text(dice, lambda dice: spoilt(dice, key))
    certificate = dice.choice((leaf, pem(leaf)))
    try:
        found = load_client_key(spoilt(dice, certificate), key)
    except ValueError as error:
        assert "\n" not in str(error), error
        return
    with suppress(ValueError):
        assert len(found.sign(b"x" * 36)) == 128


def pem(der: bytes) -> bytes:
    """`der` as a CA file has it."""
    lines = (b"-----BEGIN CERTIFICATE-----", base64.b64encode(der), b"-----END CERTIFICATE-----")
    return b"\n".join(lines)


def changed(dice: Random) -> bytes:
    """One of the odd ones, or a good one, changed."""
    return spoilt(dice, dice.choice(ODD))


def spoilt(dice: Random, given: bytes) -> bytes:
    """With up to ten bytes changed, cut out or put in."""
    der = bytearray(given)
    for _ in range(dice.choice((0, 1, 1, 2, 10))):
        place = dice.randrange(len(der) + 1)
        match dice.randrange(4):
            case 0:
                der[place : place + 1] = bytes([dice.randrange(256)])
            case 1:
                der[place : place + dice.randrange(1, 9)] = b""
            case 2:
                der[place:place] = dice.randbytes(dice.randrange(1, 9))
            case _:
                der[place : place + 4] = bytes(der[: dice.randrange(1, 200)])
    return bytes(der)


def attempt(dice: Random) -> None:
    """One of the three."""
    dice.choice((chains, chains, chains, anchors, keys))(dice)


if __name__ == "__main__":
    main(attempt)
