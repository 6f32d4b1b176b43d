"""Lines out of bytes: how a port cuts them makes no difference."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.twin.engine.lines import LineReader

#: What matters: command letters, terminators, editing, the repeat.
TYPED = st.lists(st.sampled_from(b"AT+x/\r\n\r\n\x08"), max_size=60).map(bytes)


def read(pieces: list[bytes], *, refuses: bool, awaits: bool) -> tuple[bytes, list[str]]:
    """The whole echo and the lines, with no time between the pieces and much after them."""
    reader = LineReader(12)
    reader.refuses, reader.awaits_line_feed = refuses, awaits
    echo, lines = b"", []
    for piece in pieces:
        rx = bytearray(piece)
        while rx:
            line = reader.take(rx)
            echo += reader.echo
            if line is not None:
                lines.append(line)
    if reader.holds:
        lines.append(reader.release())
    return echo, lines


@pytest.mark.parametrize("refuses", [False, True])
@pytest.mark.parametrize("awaits", [False, True])
@given(typed=TYPED, cuts=st.lists(st.integers(0, 60), max_size=8))
def test_any_pieces_are_read_as_the_whole(
    typed: bytes, cuts: list[int], *, refuses: bool, awaits: bool
) -> None:
    edges = sorted({0, len(typed), *(cut for cut in cuts if cut < len(typed))})
    pieces = [typed[a:b] for a, b in pairwise(edges)]
    whole = read([typed], refuses=refuses, awaits=awaits)
    assert read(pieces, refuses=refuses, awaits=awaits) == whole
    assert read([bytes((b,)) for b in typed], refuses=refuses, awaits=awaits) == whole
