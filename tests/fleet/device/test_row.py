"""A row goes to JSON and back; whatever else comes is refused in one line."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest

from atwin.fleet.device.row import Attempt, Row, Span

LOAD = (Span(0.5, 2.0, 1.0, 3, 4000.0, 500.0), Span(2.0, 2.5, 0.5, 0, 0.0, 0.0))
ROW = Row(
    device=7,
    seed=(1 << 64) - 1,
    stratum="air780e-at good",
    model="air780e-at",
    link="good",
    faults="",
    ok=True,
    wrong=False,
    exit_code=0,
    cause="",
    error="",
    seconds=12.25,
    attempts=(Attempt(0.0, 12.25, True, "", LOAD),),
    billed=123_456,
    payload=100_000,
    requests=3,
    connections=2,
    connection_seconds=1.75,
    rungs=("new PDP",),
    helped=("new PDP",),
    fired=("pdp_loss",),
    cpu_seconds=0.5,
)


def test_a_row_comes_back_from_json_and_from_a_pickle() -> None:
    assert Row.from_dict(json.loads(json.dumps(ROW.as_dict()))) == ROW
    assert pickle.loads(pickle.dumps(ROW)) == ROW


def changed(**values: Any) -> dict[str, Any]:
    return json.loads(json.dumps(ROW.as_dict())) | values  # type: ignore[no-any-return]


def with_load(*spans: object) -> dict[str, Any]:
    return changed(attempts=[ROW.attempts[0].as_dict() | {"load": list(spans)}])


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ([], "a row is []: it must be an object"),
        (changed(more=1), "row: has no more"),
        (changed(**{"a\x1b[2J": 1}), r"row: has no a\x1b[2J"),
        ({"device": 1}, "row: seed is missing"),
        (changed(device=-1), "row: device is -1: it must be a whole number, 0 or more"),
        (changed(device=True), "row: device is True"),
        (changed(seconds=float("nan")), "row: seconds is nan: it must be a number, 0 or more"),
        (changed(billed=1e3), "row: billed is 1000.0: it must be a whole number"),
        (changed(billed=1 << 65), "row: billed is"),
        (changed(ok=1), "row: ok is 1: it must be true or false"),
        (changed(error="x" * 2001), "it must be a text of at most 2000 characters"),
        (changed(rungs="new PDP"), "row: rungs is 'new PDP': it must be a list"),
        (changed(rungs=[1]), "row: rungs 1 is 1: it must be a text"),
        (changed(attempts=[3]), "row: attempts 1 is 3: it must be an object"),
        (changed(attempts=[{}]), "row: attempts 1: began is missing"),
        (with_load([1, 2, 3]), "load 1 is [1, 2, 3]: it must be a list of 6"),
        (with_load([2, 1, 0, 0, 0, 0]), "load 1: it ends before it begins"),
        (with_load([0, 2, 0, 0, 0, 0], [1, 3, 0, 0, 0, 0]), "one begins at 1, before"),
    ],
)
def test_what_is_no_row_is_refused_in_one_line(table: object, told: str) -> None:
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - the text is looked at
        Row.from_dict(table)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)
    assert "\x1b" not in str(refused.value)
