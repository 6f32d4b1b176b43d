"""A server's end of TLS 1.0 to 1.2, piece by piece, so that each piece can be a lie.

Written from RFC 2246, 4346 and 5246 alone; nothing of `atwin.net.tls` is used, so that the two can
be held against each other. It needs no private key: the client tells its master secret.
"""

from __future__ import annotations

import datetime
import hashlib
import hmac
from dataclasses import dataclass
from functools import cache
from random import Random
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.decrepit.ciphers.algorithms import ARC4, TripleDES
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers import CipherAlgorithm

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
#: IANA numbers: cipher, bytes of its key, its block (0: a stream), and the hash of the MAC.
SUITES: dict[int, tuple[type[CipherAlgorithm], int, int, str]] = {
    0x0035: (algorithms.AES, 32, 16, "sha1"),
    0x002F: (algorithms.AES, 16, 16, "sha1"),
    0x0005: (ARC4, 16, 0, "sha1"),
    0x0004: (ARC4, 16, 0, "md5"),
    0x000A: (TripleDES, 24, 8, "sha1"),
    0x003D: (algorithms.AES, 32, 16, "sha256"),
}


def record(kind: int, payload: bytes, version: int = 0x0303) -> bytes:
    """One record as it goes over the line."""
    return bytes([kind]) + version.to_bytes(2, "big") + len(payload).to_bytes(2, "big") + payload


def records(data: bytes) -> list[tuple[int, bytes]]:
    """Kinds and payloads of whole records."""
    found, place = [], 0
    while place < len(data):
        end = place + 5 + int.from_bytes(data[place + 3 : place + 5], "big")
        assert end <= len(data), "half a record"
        found.append((data[place], data[place + 5 : end]))
        place = end
    return found


def message(kind: int, content: bytes) -> bytes:
    """One handshake message."""
    return bytes([kind]) + len(content).to_bytes(3, "big") + content


def prf(version: int, secret: bytes, label: bytes, seed: bytes, size: int) -> bytes:
    """The pseudorandom function (RFC 2246 §5, RFC 5246 §5)."""
    if version == 0x0303:
        return _p("sha256", secret, label + seed, size)
    half = (len(secret) + 1) // 2
    one, other = (
        _p("md5", secret[:half], label + seed, size),
        _p("sha1", secret[-half:], label + seed, size),
    )
    return bytes(a ^ b for a, b in zip(one, other, strict=True))


def _p(name: str, secret: bytes, seed: bytes, size: int) -> bytes:
    made, a = b"", seed
    while len(made) < size:
        a = hmac.digest(secret, a, name)
        made += hmac.digest(secret, a + seed, name)
    return made[:size]


def verify_data(version: int, master: bytes, side: bytes, transcript: bytes) -> bytes:
    """What a Finished message has in it; `side` is b"client" or b"server"."""
    if version == 0x0303:
        digest = hashlib.sha256(transcript).digest()
    else:
        digest = hashlib.md5(transcript).digest() + hashlib.sha1(transcript).digest()
    return prf(version, master, side + b" finished", digest, 12)


@dataclass
class Direction:
    """One direction of a connection: seals as the writer, opens as the reader."""

    version: int
    block: int
    mac_name: str
    mac_key: bytes
    cipher: CipherContext
    sequence: int = 0

    def mac(self, kind: int, data: bytes) -> bytes:
        """Of the next record, which is counted."""
        head = self.sequence.to_bytes(8, "big") + bytes([kind]) + self.version.to_bytes(2, "big")
        self.sequence += 1
        return hmac.digest(self.mac_key, head + len(data).to_bytes(2, "big") + data, self.mac_name)

    def seal(self, kind: int, data: bytes, padding: int = 0, *, spoil: bool = False) -> bytes:
        """The payload of a record; `padding` is more whole blocks, `spoil` spoils a byte of it."""
        plain = data + self.mac(kind, data)
        if self.block:
            size = self.block - 1 - len(plain) % self.block
            size += self.block * min(padding, (255 - size) // self.block)
            filling = bytearray([size]) * (size + 1)
            if spoil and size:
                filling[0] ^= 1
            # What is in the explicit IV does not matter, as long as it is sent.
            first = bytes(self.block) if self.version > 0x0301 else b""
            plain = first + plain + filling
        return self.cipher.update(plain)

    def open(self, kind: int, payload: bytes) -> bytes:
        """What was sealed; AssertionError where it was not."""
        plain = self.cipher.update(payload)
        if self.block:
            assert set(plain[-plain[-1] - 1 :]) == {plain[-1]}, "padding"
            plain = plain[self.block if self.version > 0x0301 else 0 : -plain[-1] - 1]
        size = hashlib.new(self.mac_name).digest_size
        data, tag = plain[:-size], plain[-size:]
        assert self.mac(kind, data) == tag, "MAC"
        return data


def directions(
    version: int, suite: int, master: bytes, client_random: bytes, server_random: bytes
) -> tuple[Direction, Direction]:
    """What the client writes, which is to be opened here, and what the server writes."""
    algorithm, key_size, block, mac_name = SUITES[suite]
    mac_size = hashlib.new(mac_name).digest_size
    sizes = [mac_size, mac_size, key_size, key_size, block, block]
    made = prf(version, master, b"key expansion", server_random + client_random, sum(sizes))
    parts = []
    for size in sizes:
        parts.append(made[:size])
        made = made[size:]

    def cipher(key: bytes, iv: bytes) -> Cipher[modes.CBC | None]:
        return Cipher(algorithm(key), modes.CBC(iv) if block else None)  # type: ignore[call-arg]

    client = cipher(parts[2], parts[4]).decryptor()
    server = cipher(parts[3], parts[5]).encryptor()
    return (
        Direction(version, block, mac_name, parts[0], client),
        Direction(version, block, mac_name, parts[1], server),
    )


# Certificates that are the same in every process.


def _prime(dice: Random, bits: int) -> int:
    while True:
        number = dice.getrandbits(bits) | 3 << bits - 2 | 1
        if number % 65537 != 1 and all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)):
            return number


@cache
def fixed_key(name: str) -> rsa.RSAPrivateKey:
    """The RSA key of that name; of 1024 bits, so that it is made soon."""
    dice = Random(name)
    p, q = _prime(dice, 512), _prime(dice, 512)
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    return rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), public
    ).private_key()


@cache
def fixed_chain() -> tuple[bytes, bytes]:
    """The certificate of `odd.example` and the root that signed it, DER."""
    root, leaf = fixed_key("root"), fixed_key("leaf")
    names = [
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        for name in ("Fixed root", "odd.example")
    ]

    def made(number: int, key: rsa.RSAPrivateKey, extension: x509.ExtensionType) -> bytes:
        builder = x509.CertificateBuilder().subject_name(names[number]).issuer_name(names[0])
        builder = builder.not_valid_before(datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC))
        builder = builder.not_valid_after(datetime.datetime(2045, 1, 1, tzinfo=datetime.UTC))
        builder = builder.public_key(key.public_key()).serial_number(1 + number)
        builder = builder.add_extension(extension, critical=number == 0)
        return builder.sign(root, hashes.SHA256()).public_bytes(Encoding.DER)

    host = x509.SubjectAlternativeName([x509.DNSName("odd.example")])
    return made(1, leaf, host), made(0, root, x509.BasicConstraints(ca=True, path_length=None))
