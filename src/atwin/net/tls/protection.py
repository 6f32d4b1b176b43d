"""Sealing and opening the payload of records: MAC, padding, cipher (RFC 5246 §6.2.3).

The check on CBC records is plain: it takes a different time for bad padding than for a bad
MAC, so it leaks what constant-time stacks hide (the "Lucky 13" oracle). Fit for emulation and
tests, not for guarding secrets.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.tls import ciphers
from atwin.net.tls.errors import AlertNumber, EngineError, refusal
from atwin.net.tls.suites import Version

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.tls.suites import Suite

    Mac = Callable[[int, memoryview | bytes], bytes]

#: Padding of every legal length, its own length byte included, by the value of that byte.
_PADDING = tuple(bytes([n]) * (n + 1) for n in range(256))


@dataclass(frozen=True)
class Keys:
    """One direction's share of the key block."""

    mac: bytes
    cipher: bytes
    iv: bytes


class Sealer:
    """Protects outgoing records, in order."""

    def __init__(self, suite: Suite, version: Version, keys: Keys) -> None:
        self._block = suite.block_size
        self._explicit_iv = bool(self._block) and version >= Version.TLS1_1
        #: Up to TLS 1.0 the next record's IV can be seen on the wire beforehand.
        self.predictable_iv = bool(self._block) and not self._explicit_iv
        self._encrypt = ciphers.encryptor(suite, keys.cipher, keys.iv)
        self._mac = _mac(suite, version, keys.mac)

    def seal(self, kind: int, data: memoryview | bytes) -> bytes:
        """The protected payload of a record of content type `kind`."""
        tag = self._mac(kind, data)
        if not self._block:
            return self._encrypt(b"".join((data, tag)))
        padding = _PADDING[self._block - 1 - (len(data) + len(tag)) % self._block]
        # A random first block, itself encrypted, is the explicit IV (RFC 4346 §6.2.3.2, 2b).
        iv = os.urandom(self._block) if self._explicit_iv else b""
        return self._encrypt(b"".join((iv, data, tag, padding)))


class Opener:
    """Checks and unwraps incoming records, in order."""

    def __init__(self, suite: Suite, version: Version, keys: Keys) -> None:
        self._block = suite.block_size
        self._start = self._block if version >= Version.TLS1_1 else 0
        self._free_padding = version is Version.SSL3_0
        self._tag_size = suite.mac_size
        self._decrypt = ciphers.decryptor(suite, keys.cipher, keys.iv)
        self._mac = _mac(suite, version, keys.mac)

    def open(self, kind: int, payload: memoryview) -> memoryview:
        """What was sealed. Raises `EngineError` (bad_record_mac) for anything else."""
        size = len(payload)
        if self._block and (size % self._block or not size):
            raise _bad_record("record is not made of whole cipher blocks")
        plain = self._decrypt(payload)
        if self._block:
            # The last byte is the padding's length, itself not counted.
            padding = plain[-1]
            end = size - 1 - padding - self._tag_size
            if end < self._start or not self._padding_holds(plain, padding):
                raise _bad_record("record padding is wrong")
        else:
            end = size - self._tag_size
            if end < 0:
                raise _bad_record("record is shorter than its MAC")
        data = memoryview(plain)[self._start : end]
        if not hmac.compare_digest(self._mac(kind, data), plain[end : end + self._tag_size]):
            raise _bad_record("record MAC is wrong")
        return data

    def _padding_holds(self, plain: bytes, padding: int) -> bool:
        if self._free_padding:
            # SSL 3.0 bounds the length and leaves the content to the sender.
            return padding <= self._block
        return plain[-1 - padding :] == _PADDING[padding]


def _bad_record(reason: str) -> EngineError:
    return refusal(AlertNumber.BAD_RECORD_MAC, reason)


def _mac(suite: Suite, version: Version, secret: bytes) -> Mac:
    """The suite's MAC as a function of content type and data; it counts the records itself."""
    if version is Version.SSL3_0:
        return _ssl3_mac(suite, secret)
    keyed = hmac.new(secret, digestmod=suite.mac)
    header = struct.Struct(">QBHH")
    sequence = 0

    def mac(kind: int, data: memoryview | bytes) -> bytes:
        nonlocal sequence
        running = keyed.copy()
        running.update(header.pack(sequence, kind, version, len(data)))
        running.update(data)
        sequence += 1
        return running.digest()

    return mac


def _ssl3_mac(suite: Suite, secret: bytes) -> Mac:
    """The MAC that SSL 3.0 had before HMAC (RFC 6101 §5.2.3.1)."""
    pad_size = 48 if suite.mac == "md5" else 40
    inner = hashlib.new(suite.mac, secret + b"\x36" * pad_size)
    outer = hashlib.new(suite.mac, secret + b"\x5c" * pad_size)
    header = struct.Struct(">QBH")
    sequence = 0

    def mac(kind: int, data: memoryview | bytes) -> bytes:
        nonlocal sequence
        running, result = inner.copy(), outer.copy()
        running.update(header.pack(sequence, kind, len(data)))
        running.update(data)
        result.update(running.digest())
        sequence += 1
        return result.digest()

    return mac
