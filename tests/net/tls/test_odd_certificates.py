"""Odd certificates are a fact about a server: what is odd is told, and nothing else happens."""

from __future__ import annotations

import warnings

import pytest

from atwin.net.tls.certificates.verify import judge
from atwin.net.tls.profile import TlsProfile
from atwin.probe.chain import chain_facts, key_of
from support.servers.odd_certificates import good, odd_certificates, root

ODD = odd_certificates()


@pytest.mark.parametrize("name", ODD)
def test_a_survey_says_what_is_odd(name: str) -> None:
    der, words = ODD[name]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # they would go to the terminal
        facts = chain_facts([der, good()], ca=root(), name="odd.example", now=1.9e9)
        key_of(der)
    first, second = facts.certificates
    assert any(words in odd for odd in first.odd) if words else True
    assert second.odd == ()
    assert first.size == len(der)
    assert all("\n" not in odd and len(odd) < 300 for odd in first.odd)


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize("name", ODD)
def test_a_module_refuses_it_with_a_cause(name: str, place: int) -> None:
    chain = [good(), good()]
    chain.insert(place, ODD[name][0])
    profile = TlsProfile(ca=root(), authenticate=True, check_name="odd.example")
    verdict = judge(chain, profile)
    if place == 0 and name not in ("longer than it says",):
        assert verdict is not None
    if verdict is not None:
        assert verdict.reason
        assert "\n" not in verdict.reason


def test_a_good_one_is_not_odd() -> None:
    (facts,) = chain_facts([good()], ca=root(), name="odd.example", now=1.9e9).certificates
    assert facts.odd == ()
    assert facts.names == ("odd.example",)
    assert judge([good()], TlsProfile(ca=root(), authenticate=True)) is None


def test_no_certificate_at_all() -> None:
    verdict = judge([], TlsProfile(ca=root(), authenticate=True))
    assert verdict is not None
    assert verdict.reason == "the server showed no certificate"
