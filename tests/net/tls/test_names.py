"""Host names against certificates."""

from __future__ import annotations

import pytest

from atwin.net.tls.certificates.names import speaks_for
from support.servers import tls_pki


@pytest.mark.parametrize(
    ("hosts", "asked", "expected"),
    [
        (["a.test"], "a.test", True),
        (["a.test"], "A.Test", True),
        (["a.test"], "a.test.", True),
        (["a.test", "b.test"], "b.test", True),
        (["a.test"], "b.test", False),
        (["a.test"], "x.a.test", False),
        (["*.a.test"], "x.a.test", True),
        (["*.a.test"], "X.A.TEST", True),
        (["*.a.test"], "a.test", False),
        (["*.a.test"], "x.y.a.test", False),
        (["*.a.test"], ".a.test", False),
        (["*.test"], "a.test", False),
        (["w*.a.test"], "www.a.test", False),
        (["x.*.test"], "x.a.test", False),
        (["10.0.0.1"], "10.0.0.1", True),
        (["10.0.0.1"], "10.0.0.2", False),
        (["::1"], "0:0:0:0:0:0:0:1", True),
        (["a.test"], "10.0.0.1", False),
        (["10.0.0.1"], "a.test", False),
    ],
)
def test_alternative_names(hosts: list[str], asked: str, expected: bool) -> None:
    certificate = tls_pki.leaf(None, name="cn.test", hosts=hosts).certificate
    assert speaks_for(certificate, asked) is expected


def test_the_common_name_counts_only_without_alternatives() -> None:
    alone = tls_pki.leaf(None, name="cn.test", hosts=()).certificate
    accompanied = tls_pki.leaf(None, name="cn.test", hosts=["a.test"]).certificate
    assert speaks_for(alone, "cn.test")
    assert not speaks_for(alone, "a.test")
    assert not speaks_for(accompanied, "cn.test")


def test_an_address_as_common_name() -> None:
    certificate = tls_pki.leaf(None, name="192.168.1.9", hosts=()).certificate
    assert speaks_for(certificate, "192.168.1.9")
    assert not speaks_for(certificate, "192.168.1.8")
