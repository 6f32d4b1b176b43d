"""Captures in files (`--pcap FILE`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError, telling
from atwin.trace.pcap.reading import PcapError, line_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.trace.pcap.reading import Piece


def read_line(path: str) -> Iterator[Piece]:
    """What went over the AT line, piece by piece; the file may be anybody's, and still grow.

    Raises `DiskError` for one that cannot be read, is not pcapng or is damaged.
    """
    with telling("read", path), open(path, "rb") as file:
        try:
            yield from line_of(file)
        except PcapError as error:
            raise DiskError(f"cannot read {path}: {error}") from None
