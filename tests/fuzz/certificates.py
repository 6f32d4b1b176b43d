"""Certificates with changed bytes: whoever reads one says what is odd, or takes it."""

from __future__ import annotations

import base64
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.net.tls.certificates.verify import judge, load_anchors
from atwin.net.tls.profile import TlsProfile
from atwin.probe.chain import chain_facts, key_of
from atwin.probe.diagnosis import diagnose
from fuzz.runner import main
from support.servers.odd_certificates import odd_certificates, root

if TYPE_CHECKING:
    from random import Random

ODD = [der for der, _ in odd_certificates().values() if len(der) < 4000]


def attempt(dice: Random) -> None:
    """Facts, verdict and diagnosis of a chain of one to three of them."""
    chain = [changed(dice) for _ in range(dice.randrange(1, 4))]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        facts = chain_facts(chain, ca=root(), name="odd.example", now=dice.choice((0.0, 1.9e9)))
        key_of(chain[0])
        profile = TlsProfile(
            ca=root(), authenticate=True, check_name="odd.example", check_time=1.9e9
        )
        verdict = judge(chain, profile)
        if verdict is not None:
            diagnose(chain, root(), verdict)
    assert len(facts.certificates) == len(chain)
    with suppress(ValueError):
        load_anchors(pem(changed(dice)) if dice.random() < 0.5 else changed(dice))


def pem(der: bytes) -> bytes:
    """`der` as a CA file has it."""
    lines = (b"-----BEGIN CERTIFICATE-----", base64.b64encode(der), b"-----END CERTIFICATE-----")
    return b"\n".join(lines)


def changed(dice: Random) -> bytes:
    """One of the odd ones, or a good one, with up to ten bytes changed, cut out or put in."""
    der = bytearray(dice.choice(ODD))
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


if __name__ == "__main__":
    main(attempt)
