"""What an end of a download is worth, by what was expected of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from support.odd_servers import NEVER_SAID, Case, Either, GivesUp, Right, Unvouched

if TYPE_CHECKING:
    from atwin.host.download.reports import DownloadResult
    from support.odd_servers import Expectation, OddServer

#: What the file is called.
NAME = "f.bin"
#: Rungs a failure of the server may climb: nobody resets a module for that.
GENTLE_RUNGS = {"new PDP"}


@dataclass(slots=True)
class End:
    """How one process of the host ended: 0 and a file, or an exit code and a sentence."""

    code: int = 0
    sentence: str = ""
    data: bytes | None = None
    result: DownloadResult | None = None
    notes: list[str] = field(default_factory=list)
    rungs: list[str] = field(default_factory=list)
    #: Names of the files that are there afterwards.
    left: list[str] = field(default_factory=list)
    trouble: str = ""
    seconds: float = 0.0
    #: Whether a process before it was killed in the middle of the file.
    goes_on: bool = False

    def __str__(self) -> str:
        if self.trouble:
            return self.trouble
        if self.code:
            return f"exit {self.code}: {self.sentence}"
        return f"exit 0, {len(self.data or b'')} bytes"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a case; `verdict` is one of `VERDICTS`, `detail` says what was wrong."""

    behaviour: str
    case: Case
    expected: str
    verdict: str
    happened: str
    detail: str = ""
    #: See `End`; a case that is not fresh may end before it is killed.
    goes_on: bool = False

    @property
    def good(self) -> bool:
        return self.verdict in GOOD

    def __str__(self) -> str:
        why = f" ({self.detail})" if self.detail else ""
        text = (
            f"{self.behaviour}: {self.case}: {self.verdict}{why}: expected {self.expected},"
            f" happened: {self.happened}"
        )
        return " ".join("".join(c if c.isprintable() else " " for c in text).split())


GOOD = ("right", "gives up")
VERDICTS = (
    *GOOD,
    "WRONG FILE",
    "no file",
    "wrong end",
    "wrong sentence",
    "wrong requests",
    "not resumable",
    "hang",
    "defect",
)


def judge(
    server: OddServer, case: Case, expectation: Expectation, last: End, again: End | None
) -> tuple[str, str]:
    """The verdict, and what was wrong."""
    if last.trouble:
        return ("defect" if last.trouble.startswith("defect") else "hang"), ""
    verdict, detail = _judge_end(server, case, expectation, last)
    if verdict not in GOOD:
        return verdict, detail
    if strong := [rung for rung in last.rungs if rung not in GENTLE_RUNGS]:
        return "wrong requests", f"the module was brought back for the server's fault: {strong}"
    if server.count > server.most_requests:
        return "wrong requests", f"{server.count} requests"
    if wrong := server.check():
        return "wrong requests", wrong
    if again is not None:
        if again.data is None or again.data not in server.truths():
            return "not resumable", f"a later run at a server that is well: {again}"
        keeps = isinstance(expectation, GivesUp) and expectation.keeps and case.start == "resumed"
        if keeps and again.result is not None and not again.result.resumed_from:
            return "not resumable", "the good bytes were thrown away"
    return verdict, ""


def _judge_end(
    server: OddServer, case: Case, expectation: Expectation, last: End
) -> tuple[str, str]:
    if not last.code:
        return _judge_file(server, expectation, last)
    if NAME in last.left:
        return "WRONG FILE", "a file in spite of the failure"
    untrue = () if server.changing else (r"kept changing",)
    in_vain = () if case.streams else (r"(use|with|try) (--)?strategy stream",)
    for pattern in (*NEVER_SAID, *untrue, *in_vain):
        if re.search(pattern, last.sentence):
            return "wrong sentence", f"says /{pattern}/"
    if last.code not in (1, 3, 4, 5):
        return "wrong end", f"exit {last.code} is not an answer to a server"
    match expectation:
        case GivesUp() as failure:
            blame = failure.blame(last.code, last.sentence)
        case Either(failure):
            blame = failure.blame(last.code, last.sentence)
        case Unvouched() if last.code in (1, 5):
            blame = None  # noticed after all: an overlap, a total, or the hash told
        case _:
            return "no file", ""
    if blame is None:
        return "gives up", ""
    return ("wrong end" if blame.startswith("exit") else "wrong sentence"), blame


def _judge_file(server: OddServer, expectation: Expectation, last: End) -> tuple[str, str]:
    told = "\n".join(last.notes)
    if last.left != [NAME]:
        return "wrong end", f"left behind: {last.left}"
    if last.data not in server.truths():
        if isinstance(expectation, Unvouched) and re.search(expectation.warned, told, re.I):
            return "right", ""
        return "WRONG FILE", f"notes: {told!r}"
    if last.result is not None and last.result.bytes != len(last.data or b""):
        return "WRONG FILE", f"told {last.result.bytes} bytes"
    if isinstance(expectation, GivesUp):
        return "wrong end", "it cannot be had, and was"
    if isinstance(expectation, Right) and not re.search(expectation.noted, told, re.I):
        return "wrong sentence", f"no note says /{expectation.noted}/: {told!r}"
    return "right", ""
