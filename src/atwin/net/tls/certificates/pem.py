"""Certificate files: PEM with any number of certificates, or one in DER."""

from __future__ import annotations

import base64
import binascii

_BEGIN, _END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"


def certificates(data: bytes) -> list[bytes]:
    """The certificates in `data`, DER each, in their order.

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
