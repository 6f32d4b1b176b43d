"""Makes a picture of a page small: 256 colours are enough for one, and no filter suits text."""

from __future__ import annotations

import struct
import zlib
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Pixel = tuple[int, ...]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
#: Depth of 8 bits, and the colour types RGB and palette.
_RGB, _PALETTE = bytes((8, 2, 0, 0, 0)), bytes((8, 3, 0, 0, 0))


def small(png: bytes) -> bytes:
    """The same picture, an RGB one without interlacing, with its 256 most frequent colours."""
    chunks = list(_chunks(png))
    header = chunks[0][1]
    width, height = struct.unpack(">II", header[:8])
    assert header[8:] == _RGB
    data = zlib.decompress(b"".join(data for kind, data in chunks if kind == b"IDAT"))
    rows = [_pixels(row) for row in _rows(data, 3 * width)]
    assert len(rows) == height
    often = Counter(pixel for row in rows for pixel in row).most_common(256)
    colours = [colour for colour, _ in often]
    place = _nearest(colours)
    indices = b"".join(b"\0" + bytes(map(place, row)) for row in rows)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", header[:8] + _PALETTE),
            _chunk(b"PLTE", b"".join(map(bytes, colours))),
            _chunk(b"IDAT", zlib.compress(indices, 9)),
            _chunk(b"IEND", b""),
        )
    )


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(_SIGNATURE)
    while at < len(png):
        (size,) = struct.unpack(">I", png[at : at + 4])
        yield png[at + 4 : at + 8], png[at + 8 : at + 8 + size]
        at += size + 12


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _rows(data: bytes, size: int) -> Iterator[bytes]:
    """The rows without what their filters made of them."""
    above = bytearray(size)
    for start in range(0, len(data), size + 1):
        row = bytearray(data[start + 1 : start + 1 + size])
        add = _FILTERS[data[start]]
        for i in range(size):
            left, corner = (row[i - 3], above[i - 3]) if i >= 3 else (0, 0)
            row[i] = (row[i] + add(left, above[i], corner)) & 255
        above = row
        yield bytes(row)


def _paeth(left: int, above: int, corner: int) -> int:
    guess = left + above - corner
    return min((left, above, corner), key=lambda one: abs(guess - one))


_FILTERS: tuple[Callable[[int, int, int], int], ...] = (
    lambda left, above, corner: 0,
    lambda left, above, corner: left,
    lambda left, above, corner: above,
    lambda left, above, corner: (left + above) // 2,
    _paeth,
)


def _pixels(row: bytes) -> list[Pixel]:
    return list(zip(row[::3], row[1::3], row[2::3], strict=True))


def _nearest(colours: list[Pixel]) -> Callable[[Pixel], int]:
    """What gives the place of the colour that is most like a pixel."""

    @cache
    def place(pixel: Pixel) -> int:
        def far(index: int) -> int:
            return sum((a - b) ** 2 for a, b in zip(pixel, colours[index], strict=True))

        return min(range(len(colours)), key=far)

    return place
