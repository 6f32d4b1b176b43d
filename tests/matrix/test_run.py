"""The judge of the matrix: it must be able to find fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from matrix.run import run
from support.odd_servers import Case, Either, GivesUp, OddServer, Right, Unvouched
from support.odd_servers.wire import End, Wait, reply

if TYPE_CHECKING:
    from support.odd_servers import Expectation
    from support.odd_servers.wire import Piece, Request

FRESH = Case("air724ug", "auto", "fresh", sha256=False, small=True)
KNOWN = Case("air724ug", "auto", "fresh", sha256=True, small=True)
GONE = GivesUp((1,), (r"410",))


class _Well(OddServer):
    """An ordinary server, of which something else may be expected."""

    expected: Expectation = Right()

    def expect(self, case: Case) -> Expectation:
        return self.expected


class _Lies(_Well):
    def answer(self, request: Request) -> list[Piece]:
        return self.plain(request, self.data[::-1])


class _Gone(_Well):
    def answer(self, request: Request) -> list[Piece]:
        return reply(request, 410)


class _Hammered(_Gone):
    expected = GONE
    most_requests = 0


class _Checked(_Well):
    def check(self) -> str | None:
        return "something else"


class _NeverEnds(_Well):
    give_up = 1000.0
    longest = 20.0

    def answer(self, request: Request) -> list[Piece]:
        return [Wait(4.0), End.CLOSE]


def _expecting(expected: Expectation, kind: type[_Well] = _Well) -> type[_Well]:
    return type("_Expecting", (kind,), {"expected": expected})


@pytest.mark.parametrize(
    ("behaviour", "case", "verdict"),
    [
        (_Well, FRESH, "right"),
        (_Lies, FRESH, "WRONG FILE"),
        (_expecting(Unvouched("vouch"), _Lies), FRESH, "WRONG FILE"),
        (_Lies, KNOWN, "no file"),
        (_Gone, FRESH, "no file"),
        (_expecting(GONE, _Gone), FRESH, "gives up"),
        (_expecting(Either(GONE), _Gone), FRESH, "gives up"),
        (_expecting(GivesUp((3,), (r"410",)), _Gone), FRESH, "wrong end"),
        (_expecting(GivesUp((1,), (r"404",)), _Gone), FRESH, "wrong sentence"),
        (_expecting(GivesUp((1,), (), never=(r"410",)), _Gone), FRESH, "wrong sentence"),
        (_expecting(GONE), FRESH, "wrong end"),
        (_expecting(Right(noted="gzip")), FRESH, "wrong sentence"),
        (_Hammered, FRESH, "wrong requests"),
        (_Checked, FRESH, "wrong requests"),
        (_NeverEnds, FRESH, "hang"),
    ],
)
def test_verdict(behaviour: type[OddServer], case: Case, verdict: str) -> None:
    outcome = run(behaviour, case)
    assert outcome.verdict == verdict, outcome
    assert outcome.good is (verdict in ("right", "gives up"))


@pytest.mark.parametrize("start", ["resumed", "killed"])
def test_the_first_process_leaves_something(start: str) -> None:
    """So that the second one goes on, and does not begin."""
    case = Case("air724ug", "range", "resumed" if start == "resumed" else "killed", False, True)
    asked: list[str] = []

    class _Heard(_Well):
        def handle(self, request: Request) -> list[Piece]:
            asked.append(request.headers.get("range", request.method))
            return super().handle(request)

    assert run(_Heard, case).verdict == "right"
    assert asked.count("bytes=0-2499") == 1
    assert asked.count("HEAD") == 2
