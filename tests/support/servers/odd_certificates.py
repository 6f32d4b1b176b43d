"""Certificates that nobody should have made, each made from a good one by a change of its bytes."""

from __future__ import annotations

from functools import cache

from support.servers import tls_pki

#: DER of what is changed: object identifiers, the version, tags of dates.
_RSA = bytes.fromhex("06092a864886f70d010101")
_SM2 = bytes.fromhex("06082a811ccf5501822d")
_SHA256_RSA = bytes.fromhex("06092a864886f70d01010b")
_VERSION_3 = bytes.fromhex("a003020102")
_COMMON_NAME = bytes.fromhex("0603550403")
_EXTENDED_USE, _ALTERNATIVE = bytes.fromhex("0603551d25"), bytes.fromhex("0603551d11")


@cache
def good() -> bytes:
    """An ordinary certificate for `odd.example`."""
    return tls_pki.leaf(_root(), name="odd-leaf", hosts=("odd.example",), secret="odd").der


@cache
def whole_domain() -> bytes:
    """One with the name `*.example`, which is good for no server."""
    return tls_pki.leaf(_root(), name="wide-leaf", hosts=("*.example",), secret="odd").der


@cache
def root() -> bytes:
    """The one that signed it, PEM."""
    return _root().pem


@cache
def _root() -> tls_pki.Issued:
    return tls_pki.authority("Odd root")


def _changed(old: bytes, new: bytes) -> bytes:
    assert old in good()
    assert len(old) == len(new)
    return good().replace(old, new)


def _date(kind: bytes) -> bytes:
    place = good().index(b"\x17\x0d")
    return good()[: place + 2] + kind + good()[place + 15 :]


def _serial(first: int) -> bytes:
    place = good().index(_VERSION_3) + len(_VERSION_3) + 2
    return good()[:place] + bytes([first]) + good()[place + 1 :]


def odd_certificates() -> dict[str, tuple[bytes, str]]:
    """By name: DER, and words of what is to be said of it, "" where nothing has to be."""
    return {
        "unknown key algorithm": (_changed(_RSA, _RSA[:-1] + b"\x19"), "not known here"),
        "unknown signature algorithm": (_changed(_SHA256_RSA, _SHA256_RSA[:-1] + b"\x77"), ""),
        "version 10": (_changed(_VERSION_3, _VERSION_3[:-1] + b"\x09"), "X.509 version 10"),
        "version 0": (_changed(_VERSION_3, _VERSION_3[:-1] + b"\xff"), ""),
        "an extension twice": (_changed(_EXTENDED_USE, _ALTERNATIVE), ""),
        "a negative serial number": (_serial(0x80), "serial number is not positive"),
        "month 99": (_date(b"209901000000Z"), "cannot be read"),
        "letters for a date": (_date(b"XXXXXXXXXXXXZ"), "cannot be read"),
        "a name that is not UTF-8": (_changed(b"odd-leaf", b"odd\xff\xfe\x80af"), "cannot be read"),
        "a name with escapes": (_changed(b"odd-leaf", b"\x1b]0;own\x07"), ""),
        "a host with escapes": (_changed(b"odd.example", b"\x1b[2J\r\nevil\x9b"), ""),
        "a name with a NUL": (_changed(b"odd.example", b"odd\x00example"), ""),
        "cut": (good()[:-20], "cannot be read"),
        "longer than it says": (good() + b"more", ""),
        "empty": (b"", "cannot be read"),
        "no DER": (b"hello, world", "cannot be read"),
        "a length of 4 GiB": (b"\x30\x84\xff\xff\xff\xff" + good()[4:], "cannot be read"),
        "nested without end": (b"\x30\x80" * 3000, "cannot be read"),
        "thousands of names": (many_names(), ""),
    }


@cache
def many_names() -> bytes:
    """For 2,000 hosts."""
    hosts = [f"h{number}.example" for number in range(2000)]
    return tls_pki.leaf(_root(), name="many", hosts=hosts, secret="odd").der
