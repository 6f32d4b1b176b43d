"""Which method is faster on this line: parts by range, or the stream.

Measured on the virtual clock by bench/efficiency.py. A part by range costs silence: connecting and
asking, while nothing crosses the line. The stream costs a URC, a command and an answer for every
3880 bytes, but receives while the host reads (spec: http.md §3.11).
"""

from __future__ import annotations

from atwin.line.frame import USUAL_RATE

#: Bits on the wire for each byte: 8N1.
_BITS = 10
#: Bytes of commands and answers for a part by range, and for one read of the stream.
_RANGE_TALK, _STREAM_TALK = 160, 54
#: Bytes of one read of the stream.
_STREAM_READ = 3880
#: The part of the time a stream must save. With less to win ranges are better: each part has its
#: own status, and one that fails costs nothing but itself.
_WORTH = 0.02


def stream_pays(chunk: int, rate: int | None, wait: float) -> bool:
    """Whether the stream is faster than parts of `chunk` bytes, and enough so to be worth it.

    `rate` of the line in bit/s; None, where the port does not know it, counts as the usual one.
    `wait` is how many seconds a request takes without its body: lookup, connection, TLS, server.
    """
    byte_time = _BITS / (rate or USUAL_RATE)
    by_range = (chunk + _RANGE_TALK) * byte_time + wait
    by_stream = (chunk + _STREAM_TALK * chunk / _STREAM_READ) * byte_time
    return by_range - by_stream > _WORTH * by_range
