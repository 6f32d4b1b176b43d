"""What the module can offer: six cipher suites, four versions (docs/spec/tls.md §1, §2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, IntEnum


class Version(IntEnum):
    """Protocol version, as the two bytes it has on the wire."""

    SSL3_0 = 0x0300
    TLS1_0 = 0x0301
    TLS1_1 = 0x0302
    TLS1_2 = 0x0303

    @property
    def label(self) -> str:
        """How people write it: `TLS 1.2`."""
        return f"{self.name[:3]} {self.name[3]}.{self.name[5]}"


class Bulk(Enum):
    """The cipher that carries the data."""

    AES = "AES-CBC"
    RC4 = "RC4"
    TRIPLE_DES = "3DES-CBC"


@dataclass(frozen=True)
class Suite:
    """One cipher suite with static-RSA key exchange."""

    #: The IANA number, which is also the SSLCFG number.
    number: int
    #: The IANA name.
    name: str
    openssl: str
    bulk: Bulk
    #: Bytes.
    key_size: int
    #: The MAC's hash, by its hashlib name.
    mac: str

    @property
    def block_size(self) -> int:
        """Bytes; 0 for the stream cipher."""
        return {Bulk.AES: 16, Bulk.TRIPLE_DES: 8, Bulk.RC4: 0}[self.bulk]

    @property
    def mac_size(self) -> int:
        """Bytes."""
        return {"md5": 16, "sha1": 20, "sha256": 32}[self.mac]

    def fits(self, version: Version) -> bool:
        """Whether the suite exists at this version: HMAC-SHA256 came with TLS 1.2."""
        return self.mac != "sha256" or version is Version.TLS1_2


AES256_SHA = Suite(0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", "AES256-SHA", Bulk.AES, 32, "sha1")
AES128_SHA = Suite(0x002F, "TLS_RSA_WITH_AES_128_CBC_SHA", "AES128-SHA", Bulk.AES, 16, "sha1")
RC4_SHA = Suite(0x0005, "TLS_RSA_WITH_RC4_128_SHA", "RC4-SHA", Bulk.RC4, 16, "sha1")
RC4_MD5 = Suite(0x0004, "TLS_RSA_WITH_RC4_128_MD5", "RC4-MD5", Bulk.RC4, 16, "md5")
TRIPLE_DES_SHA = Suite(
    0x000A, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", "DES-CBC3-SHA", Bulk.TRIPLE_DES, 24, "sha1"
)
AES256_SHA256 = Suite(
    0x003D, "TLS_RSA_WITH_AES_256_CBC_SHA256", "AES256-SHA256", Bulk.AES, 32, "sha256"
)

#: All six, in the order of the manual's table, which is the order in which 0XFFFF offers them.
SUITES = (AES256_SHA, AES128_SHA, RC4_SHA, RC4_MD5, TRIPLE_DES_SHA, AES256_SHA256)

#: The SSLCFG `ciphersuite` value that stands for all of them.
ALL_SUITES = 0xFFFF

_BY_NUMBER = {suite.number: suite for suite in SUITES}
_SSLVERSION = (
    (Version.SSL3_0, Version.SSL3_0),
    (Version.TLS1_0, Version.TLS1_0),
    (Version.TLS1_1, Version.TLS1_1),
    (Version.TLS1_2, Version.TLS1_2),
    (Version.SSL3_0, Version.TLS1_2),
)


def suites_for(ciphersuite: int) -> tuple[Suite, ...]:
    """The suites an SSLCFG `ciphersuite` number offers (docs/spec/tls.md §2).

    Raises ValueError for a number that is not one of the seven.
    """
    if ciphersuite == ALL_SUITES:
        return SUITES
    if ciphersuite not in _BY_NUMBER:
        raise ValueError(f"no cipher suite 0X{ciphersuite:04X}")
    return (_BY_NUMBER[ciphersuite],)


def versions_for(sslversion: int) -> tuple[Version, Version]:
    """Lowest and highest version of an SSLCFG `sslversion` 0..4 (docs/spec/tls.md §2).

    Raises ValueError outside that range.
    """
    if not 0 <= sslversion < len(_SSLVERSION):
        raise ValueError(f"sslversion {sslversion} is not 0..{len(_SSLVERSION) - 1}")
    return _SSLVERSION[sslversion]
