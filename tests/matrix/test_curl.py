"""The comparison with curl: it must be able to find fault."""

from __future__ import annotations

import pytest

from matrix.curl import Fetched, compare
from matrix.judge import End
from support.odd_servers import Case, GivesUp, OddServer, Unvouched

CASE = Case("air780e-at", "range", "fresh", sha256=False, small=True)
BOTH, NEITHER = Fetched(whole=True, parts=True), Fetched(whole=False, parts=False)
FILE = OddServer(CASE).data
LACKS = "its ranges are ignored, and 9000 bytes do not fit this module's 3356"


class _LetOff(OddServer):
    def expect(self, case: Case) -> GivesUp:
        return GivesUp((1,), ())


class _Unvouched(OddServer):
    def expect(self, case: Case) -> Unvouched:
        return Unvouched("nothing vouches")


@pytest.mark.parametrize(
    ("kind", "fetched", "end", "ended", "found"),
    [
        (OddServer, BOTH, End(data=FILE), "both", False),
        (OddServer, NEITHER, End(data=FILE), "the module alone", False),
        (OddServer, NEITHER, End(1, "whatever"), "neither", False),
        (OddServer, BOTH, End(1, LACKS), "curl alone: its buffer does not hold", False),
        (OddServer, BOTH, End(1, "it failed"), "NO REASON", True),
        (OddServer, BOTH, End(data=FILE[:-1]), "WRONG FILE", True),
        (OddServer, NEITHER, End(data=FILE[:-1]), "WRONG FILE", True),
        (OddServer, NEITHER, End(trouble="defect: …"), "trouble", True),
        (_Unvouched, BOTH, End(data=b"?", notes=["Nothing vouches"]), "another version", False),
        (_Unvouched, BOTH, End(data=b"?"), "WRONG FILE", True),
        (_LetOff, BOTH, End(1, LACKS), "unfair", True),
    ],
)
def test_three_ways(
    kind: type[OddServer], fetched: Fetched, end: End, ended: str, found: bool
) -> None:
    told, wrong = compare(kind(CASE), fetched, end)
    assert told.startswith(ended)
    assert bool(wrong) is found
