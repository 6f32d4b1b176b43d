"""How many bytes TLS adds: records by suite, handshakes by their parts (docs/spec/tls.md §1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.tls.messages import RANDOM_SIZE, client_hello
from atwin.net.tls.suites import SUITES, Version

if TYPE_CHECKING:
    from atwin.net.tls.suites import Suite

_RECORD_HEADER = 5
#: Bytes of content in the largest record.
LARGEST_RECORD = 16384
_MESSAGE_HEADER = 4
_ALERT = 2
_FINISHED = _MESSAGE_HEADER + 12
_CHANGE_CIPHER_SPEC = _RECORD_HEADER + 1
#: Of an RSA key with 2048 bits: what encrypted or signed things have.
_RSA = 256

#: Certificates of a usual server: its own and one above it, DER.
USUAL_CHAIN: tuple[int, ...] = (1500, 1200)


@dataclass(frozen=True, slots=True)
class TlsShape:
    """A full TLS 1.2 handshake, as the module has one for every connection."""

    #: The suite that is agreed on, and those that are offered.
    suite: Suite
    offered: tuple[Suite, ...] = SUITES
    #: The server name sent along; None for an address.
    sni: str | None = None
    #: Bytes of each certificate, DER.
    chain: tuple[int, ...] = USUAL_CHAIN
    #: The module's own certificates, if it has to show them.
    client_chain: tuple[int, ...] = ()

    def record(self, size: int) -> int:
        """Bytes on the wire of one record that carries `size` bytes."""
        inner = size + self.suite.mac_size
        if block := self.suite.block_size:
            # An explicit IV, and 1 to `block` bytes of padding.
            inner = block + (inner // block + 1) * block
        return _RECORD_HEADER + inner

    def records(self, size: int) -> int:
        """The same for a stream of `size` bytes, in the largest records there are."""
        full, rest = divmod(size, LARGEST_RECORD)
        return full * self.record(LARGEST_RECORD) + (self.record(rest) if rest else 0)

    @property
    def close_notify(self) -> int:
        """The alert by which the module says that it has ended."""
        return self.record(_ALERT)

    @property
    def flights(self) -> tuple[int, int, int, int]:
        """Bytes of the handshake: module, server, module, server."""
        numbers = tuple(suite.number for suite in self.offered)
        hello = client_hello(Version.TLS1_2, numbers, self.sni, bytes(RANDOM_SIZE))
        finished = _CHANGE_CIPHER_SPEC + self.record(_FINISHED)
        asks = bool(self.client_chain)
        server = [_server_hello(self.sni is not None), _certificates(self.chain), _MESSAGE_HEADER]
        module = [_MESSAGE_HEADER + 2 + _RSA]
        if asks:
            server.append(_MESSAGE_HEADER + 40)  # CertificateRequest: types, algorithms, no names
            module += [_certificates(self.client_chain), _MESSAGE_HEADER + 4 + _RSA]
        return (
            _RECORD_HEADER + len(hello),
            sum(_RECORD_HEADER + size for size in server),
            sum(_RECORD_HEADER + size for size in module) + finished,
            finished,
        )


def _server_hello(knows_name: bool) -> int:
    """Version, random, a session id of 32 bytes, suite, compression, and what is agreed on."""
    renegotiation_info, server_name = 5, 4 * knows_name
    return _MESSAGE_HEADER + 2 + RANDOM_SIZE + 33 + 2 + 1 + 2 + renegotiation_info + server_name


def _certificates(chain: tuple[int, ...]) -> int:
    return _MESSAGE_HEADER + 3 + sum(3 + size for size in chain)
