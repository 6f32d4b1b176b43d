"""What files are made of."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

_BLOCK = 16


class Content(Protocol):
    """Bytes that can be read from anywhere."""

    @property
    def size(self) -> int:
        """Bytes in all."""

    @property
    def tag(self) -> str:
        """Equal for equal bytes, and only for them: the inside of an ETag."""

    def read(self, start: int, length: int) -> bytes:
        """The bytes from `start` on; `start` + `length` does not exceed `size`."""


@dataclass(frozen=True, slots=True)
class Stored:
    """Bytes held in memory."""

    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    @property
    def tag(self) -> str:
        return hashlib.sha256(self.data).hexdigest()[:32]

    def read(self, start: int, length: int) -> bytes:
        return self.data[start : start + length]


@dataclass(frozen=True, slots=True)
class Generated:
    """`size` bytes that cost nothing to keep: the AES-CTR key stream of `seed`.

    Counter mode gives any range at gigabytes per second, and no two of its 16-byte blocks are
    alike, so bytes from a wrong offset are never the right ones.
    """

    size: int
    seed: int = 0

    @property
    def tag(self) -> str:
        return hashlib.sha256(b"%d of %d" % (self.size, self.seed)).hexdigest()[:32]

    def read(self, start: int, length: int) -> bytes:
        key = hashlib.sha256(b"%d" % self.seed).digest()[:16]
        first, skipped = divmod(start, _BLOCK)
        counter = modes.CTR(first.to_bytes(_BLOCK, "big"))
        stream = Cipher(algorithms.AES(key), counter).encryptor()
        return stream.update(bytes(skipped + length))[skipped:]
