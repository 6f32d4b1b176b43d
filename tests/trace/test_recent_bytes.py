"""The ring has the last bytes of a line, and says when some are missing."""

from __future__ import annotations

from atwin.trace.recent_bytes import Cutting, RecentBytes


def heard(**limits: int) -> RecentBytes:
    ring = RecentBytes(**limits)
    for t in range(10):
        ring.line(t, ">", b"AT\r")
        ring.line(t + 0.5, "<", b"OK%d" % t)
    return ring


def test_the_bytes_of_a_time_and_direction() -> None:
    ring = heard()
    assert ring.between(2, 3.5, "<") == Cutting(2.5, b"OK2OK3", 6, False)
    assert ring.between(2, 3.5, ">") == Cutting(2, b"AT\rAT\r", 6, False)
    assert ring.between(50, 60, ">") == Cutting(None, b"", 0, False)
    assert ring.passed == {">": 30, "<": 30}


def test_more_than_may_be_shown_is_cut() -> None:
    ring = heard()
    ring.line(20, "<", 70_000 * b"a")
    ring.line(21, "<", b"OK")
    for start, end, shown, size in (
        (20, 21, 65_536 * b"a", 70_002),
        (9, 21, b"OK9" + 65_533 * b"a", 70_005),
        (20, 20, 65_536 * b"a", 70_000),
    ):
        cutting = ring.between(start, end, "<")
        assert (cutting.data, cutting.size, cutting.cut) == (shown, size, True)
    assert ring.between(21, 21, "<") == Cutting(21, b"OK", 2, False)
    assert ring.passed["<"] == 30 + 70_002


def test_what_the_ring_let_go_of_is_told() -> None:
    ring = heard(most=10 * (64 + 3))
    assert ring.between(0, 9, "<") == Cutting(5.5, b"OK5OK6OK7OK8", 12, True)
    assert not ring.between(5, 9, "<").cut
    assert ring.passed["<"] == 30
