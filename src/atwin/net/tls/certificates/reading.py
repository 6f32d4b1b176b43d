"""Reading certificates that others made, however odd they are.

`cryptography` reads a certificate lazily: each field of an odd one may raise on its own, each in
another way. Here is what may come, and what a person is told of it.
"""

from __future__ import annotations

import base64
import binascii
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from OpenSSL import crypto

from atwin.text import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What reading a certificate, or a field of it, may raise.
UNREADABLE = (
    ValueError,
    TypeError,
    OverflowError,
    NotImplementedError,
    crypto.Error,
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)

_LONGEST_REASON = 200
_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


@contextmanager
def read_quietly() -> Iterator[None]:
    """Inside, what `cryptography` would warn of on stderr, such as serial numbers, is not shown."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def unpack(data: bytes) -> list[bytes]:
    """The certificates in `data`, PEM with any number of them or one in DER: DER each, in order.

    Only the packing is undone here. Raises ValueError when nothing in it can be one.
    """
    _, *rest = data.split(_BEGIN)
    blocks = [block for block, end, _ in (piece.partition(_END) for piece in rest) if end]
    if blocks:
        try:
            return [base64.b64decode(b"".join(block.split()), validate=True) for block in blocks]
        except binascii.Error:
            raise ValueError("PEM text is damaged") from None
    if data[:1] == b"\x30":
        return [data]
    raise ValueError("neither a PEM nor a DER certificate")


def read_certificate(der: bytes) -> x509.Certificate:
    """The certificate. Raises one of `UNREADABLE`, as its fields may later."""
    with read_quietly():
        return x509.load_der_x509_certificate(der)


def why_unreadable(error: Exception) -> str:
    """What is odd about a certificate whose reading raised `error`: the end of a sentence."""
    match error:
        case UnsupportedAlgorithm():
            return "its key is of a kind that is not known here"
        case x509.InvalidVersion():
            return f"it says X.509 version {error.parsed_version + 1}; there are 1 to 3"
        case x509.DuplicateExtension():
            return f"it has extension {error.oid.dotted_string} twice"
        case x509.UnsupportedGeneralNameType():
            return "a name in it is of a kind that is not known here"
        case crypto.Error():
            return "it is no X.509 certificate"
        case _:
            text = str(error).strip() or type(error).__name__
            return f"it cannot be read: {shown(' '.join(text.split()), limit=_LONGEST_REASON)}"
