"""What a TLS server says before the keys are changed, message by message, and how it is spoilt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.net.tls.suites import Version
from support.servers.tls_by_hand import message

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from atwin.net.tls.profile import TlsProfile

#: The random of either side.
RANDOM = bytes(range(32))


def spoilt(dice: Random, text: bytes) -> bytes:
    """With some bytes changed, gone or put in, never the same."""
    place = dice.randrange(len(text))
    match dice.randrange(4):
        case 0:
            return text[:place] + bytes([text[place] ^ 1 << dice.randrange(8)]) + text[place + 1 :]
        case 1:
            return text[:place] + text[place + dice.choice((1, 2, 10, 300)) :]
        case 2:
            return text[:place] + dice.randbytes(dice.choice((1, 2, 4, 60))) + text[place:]
        case _:
            return text[:place]


def flipped(dice: Random, payload: bytes) -> bytes:
    """With one bit the other way round."""
    place = dice.randrange(len(payload))
    return payload[:place] + bytes([payload[place] ^ 1 << dice.randrange(8)]) + payload[place + 1 :]


def cut(dice: Random, data: bytes) -> Iterator[bytes]:
    """In pieces of any size."""
    most = dice.choice((1, 7, 200, 1 << 20, 1 << 20)) if len(data) < 3000 else 1 << 20
    while data:
        size = dice.randint(1, most)
        yield data[:size]
        data = data[size:]


def hello(dice: Random, profile: TlsProfile, version: int, suite: int) -> bytes:
    """A ServerHello that may be said."""
    session = bytes(dice.choice((0, 0, 32)))
    content = version.to_bytes(2, "big") + RANDOM + bytes([len(session)]) + session
    content += suite.to_bytes(2, "big") + b"\0"
    extensions = [b"\xff\x01\0\1\0"] if dice.random() < 0.5 else []
    if profile.sni and dice.random() < 0.5:
        extensions.append(bytes(4))
    if extensions:
        content += len(b"".join(extensions)).to_bytes(2, "big") + b"".join(extensions)
    return message(2, content)


def certificate(*chain: bytes) -> bytes:
    """A Certificate message."""
    entries = b"".join(len(one).to_bytes(3, "big") + one for one in chain)
    return message(11, len(entries).to_bytes(3, "big") + entries)


def request(version: int) -> bytes:
    """A CertificateRequest."""
    algorithms = b"\0\2\4\1" if version == Version.TLS1_2 else b""
    return message(13, b"\1\1" + algorithms + b"\0\0")
