"""Sums of what traffic was made of."""

from __future__ import annotations

from dataclasses import astuple

from atwin.net.meter.bill import Bill, Count, OneWay

UP, DOWN = OneWay(*range(1, 11)), OneWay(*range(20, 30))
BILL = Bill(UP, DOWN, 3)


def test_each_number_is_added_and_multiplied_with_its_own() -> None:
    assert astuple(UP + DOWN) == tuple(range(21, 41, 2))
    assert astuple(UP * 7) == tuple(range(7, 77, 7))
    assert astuple(BILL + Bill(DOWN, UP, 4)) == (astuple(UP + DOWN), astuple(DOWN + UP), 7)
    assert astuple(BILL * 2) == (astuple(UP * 2), astuple(DOWN * 2), 6)
    count = Count(BILL, Bill(DOWN, UP), 1) + Count(BILL, BILL, 5)
    assert count == Count(BILL * 2, Bill(DOWN + UP, UP + DOWN, 3), 6)
    assert count * 3 == count + count + count


def test_the_total_is_of_bytes_only() -> None:
    assert (UP.total, BILL.total, BILL.packets) == (sum(range(1, 9)), 36 + sum(range(20, 28)), 37)
