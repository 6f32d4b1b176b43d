"""Handshake messages as bytes: the ClientHello, and reading what a server says in clear text.

Only what the engine must see with its own eyes and what the prober asks for. Extensions are
those of an Mbed TLS client offering RSA suites: server name and signature algorithms.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from atwin.net.tls.suites import Version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: Suite number by which a client says that it knows secure renegotiation (RFC 5746).
RENEGOTIATION_SCSV = 0x00FF

RANDOM_SIZE = 32

_SERVER_NAME = 0
_SIGNATURE_ALGORITHMS = 13
_RENEGOTIATION_INFO = 0xFF01
#: The extensions a server may answer our ClientHello with.
ANSWERABLE = frozenset({_SERVER_NAME, _RENEGOTIATION_INFO})

#: Hash and signature pairs in Mbed TLS's order: SHA-512 down to SHA-1, ECDSA before RSA.
_SIGNATURES = bytes(value for hash_ in (6, 5, 4, 3, 2) for value in (hash_, 3, hash_, 1))


class ContentType(IntEnum):
    """What a record carries."""

    CHANGE_CIPHER_SPEC = 20
    ALERT = 21
    HANDSHAKE = 22
    APPLICATION_DATA = 23


class HandshakeType(IntEnum):
    """The handshake messages looked at here."""

    HELLO_REQUEST = 0
    CLIENT_HELLO = 1
    SERVER_HELLO = 2
    CERTIFICATE = 11
    CERTIFICATE_REQUEST = 13
    SERVER_HELLO_DONE = 14
    FINISHED = 20


class MalformedMessageError(ValueError):
    """A handshake message whose lengths do not fit together."""


@dataclass(frozen=True)
class ServerHello:
    """The server's choice."""

    #: As on the wire; may be none of `Version`.
    version: int
    suite: int
    compression: int
    extensions: tuple[int, ...]


def hello_random(given: bytes | None, fresh: bytes, wall: float) -> bytes:
    """The ClientHello random: the 32 bytes given, or the time and 28 bytes given or fresh.

    `wall`: UTC seconds since 1970 by the module's clock. `fresh`: 28 random bytes.
    TLS 1.2's random begins with the time (docs/spec/tls.md §2, clientrandom).
    """
    if given is not None and len(given) == RANDOM_SIZE:
        return given
    return struct.pack(">I", int(wall) & 0xFFFF_FFFF) + (given or fresh)


def extensions(version: Version, sni: str | None) -> list[tuple[int, bytes]]:
    """Number and content of the extensions of a ClientHello whose highest version is given.

    Raises ValueError when `sni` is not ASCII.
    """
    result = []
    if sni and version > Version.SSL3_0:
        if not sni.isascii():
            raise ValueError(f"server name {sni!r} is not ASCII")
        name = sni.encode("ascii")
        entry = struct.pack(">BH", 0, len(name)) + name
        result.append((_SERVER_NAME, _counted(entry)))
    if version >= Version.TLS1_2:
        result.append((_SIGNATURE_ALGORITHMS, _counted(_SIGNATURES)))
    return result


def client_hello(version: Version, suites: Sequence[int], sni: str | None, random: bytes) -> bytes:
    """A whole ClientHello message, the renegotiation SCSV after `suites`."""
    numbers = (*suites, RENEGOTIATION_SCSV)
    body = struct.pack(">H", version) + random + b"\0"
    body += _counted(struct.pack(f">{len(numbers)}H", *numbers)) + b"\1\0"
    block = b"".join(
        struct.pack(">H", number) + _counted(data) for number, data in extensions(version, sni)
    )
    if block:
        body += _counted(block)
    return bytes([HandshakeType.CLIENT_HELLO]) + len(body).to_bytes(3, "big") + body


def split(buffer: bytearray) -> Iterator[bytes]:
    """Take the whole handshake messages out of `buffer`, their headers included."""
    while len(buffer) >= 4:
        size = 4 + int.from_bytes(buffer[1:4], "big")
        if len(buffer) < size:
            return
        message = bytes(buffer[:size])
        del buffer[:size]
        yield message


def server_hello(message: bytes) -> ServerHello:
    """Read a ServerHello. Raises `MalformedMessageError`."""
    reader = _Reader(message, 4)
    version = reader.number(2)
    reader.take(RANDOM_SIZE)
    reader.take(reader.number(1))
    suite, compression = reader.number(2), reader.number(1)
    found = []
    if not reader.at_end:
        block = _Reader(reader.take(reader.number(2)))
        while not block.at_end:
            found.append(block.number(2))
            block.take(block.number(2))
    return ServerHello(version, suite, compression, tuple(found))


def certificates(message: bytes) -> tuple[bytes, ...]:
    """The DER certificates of a Certificate message, leaf first. `MalformedMessageError`."""
    reader = _Reader(message, 4)
    chain = _Reader(reader.take(reader.number(3)))
    found = []
    while not chain.at_end:
        found.append(chain.take(chain.number(3)))
    return tuple(found)


class _Reader:
    """Big-endian numbers and runs of bytes, one after the other."""

    def __init__(self, data: bytes, position: int = 0) -> None:
        self._data = data
        self._position = position

    @property
    def at_end(self) -> bool:
        return self._position == len(self._data)

    def take(self, size: int) -> bytes:
        start = self._position
        self._position = start + size
        if self._position > len(self._data):
            raise MalformedMessageError("handshake message is shorter than it says")
        return self._data[start : self._position]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def _counted(data: bytes) -> bytes:
    return struct.pack(">H", len(data)) + data
