"""What is declared reads back as what it was written from, and the twin says every URC."""

from __future__ import annotations

import ast
import string
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

import atwin
from atwin.at.dialect import results
from atwin.at.dialect.commands import COMMANDS, DOWNLOAD
from atwin.at.dialect.said import Said, Urc
from atwin.at.dialect.urcs import (
    BearerDeact,
    Closed,
    ConnectOk,
    DataWaiting,
    HttpAction,
    HttpExAction,
    HttpGetToFs,
    NameResolved,
    NameUnknown,
    NetworkTime,
    PdnChanged,
    PdpDeact,
    Registration,
    TransportError,
    parse_urc,
)

if TYPE_CHECKING:
    from collections.abc import Iterator


def values(hint: Any) -> st.SearchStrategy[Any]:
    """What a field of a URC may hold, by its annotation."""
    kind, pattern = get_args(hint) or (hint, r"[\w.-]+" if hint is str else r"\d{1,9}")
    text = st.from_regex(pattern, fullmatch=True, alphabet=string.printable[:94])
    value = text if kind in (str, str | None) else text.map(int)
    return value if kind in (str, int) else st.none() | value


@cache
def saying(kind: Any) -> st.SearchStrategy[Any]:
    """Whatever can be said of this kind."""
    hints = get_type_hints(kind, include_extras=True)
    return st.builds(kind, **{name: values(hints[name]) for name in kind.FIELDS})


def kinds(of: type[Said]) -> list[Any]:
    """All that is declared."""
    below = [kind for each in of.__subclasses__() for kind in kinds(each)]
    return below or [of]


@pytest.mark.parametrize("kind", kinds(Said), ids=lambda kind: kind.__name__)
@given(st.data())
def test_round_trip(kind: Any, data: st.DataObject) -> None:
    said = data.draw(saying(kind))
    assert kind.read(str(said)) == said
    if isinstance(said, Urc):
        assert parse_urc(str(said)) == said


@pytest.mark.parametrize(
    ("line", "urc"),
    [
        ("+HTTPACTION:0,200,1348", HttpAction(0, 200, 1348)),
        ("+HTTPACTION: 0,200,285\r", HttpAction(0, 200, 285)),
        ("+SAPBR 1: DEACT", BearerDeact(1)),
        ("+SAPBR: 1,1", None),
        ("+HTTPACTION: 0,200", None),
        ("1,CONNECT OK", ConnectOk(1)),
        ("+PDP DEACT", PdpDeact(None)),
        ("+PDP:DEACT", PdpDeact()),
        ("TCP ERROR:14", TransportError("TCP", 14)),
        ("+CDNSGIP:1,a.b,1.2.3.4", NameResolved("a.b", "1.2.3.4")),
        ("+CIPRXGET: 2,10,0", None),
        ("OK", None),
        ("+HTTPACTION:  0,200,15", HttpAction(0, 200, 15)),
        ("+HTTPACTION: 0, 206, 6000", HttpAction(0, 206, 6000)),
        ("+HTTPACTION : 0 ,206 ,6000", HttpAction(0, 206, 6000)),
        ("+HTTPEXACTION: 0, 200", HttpExAction(0, 200)),
        ("+HTTPGETTOFS: 200, 9", HttpGetToFs(200, 9)),
        ("+SAPBR: 1: DEACT", BearerDeact(1)),
        ("1 , CLOSED", Closed(1)),
        ("+CIPRXGET: 1, 3", DataWaiting(3)),
        ("+CDNSGIP: 0, 11", NameUnknown(11)),
        ("+CGEV: ME PDN ACT 1", PdnChanged("ME", "ACT", 1)),
        ("+CGEV: ME PDN ACT 1,0", PdnChanged("ME", "ACT", 1, 0)),
        # The forms that logs of three chips have (docs/spec/network.md §2).
        ("+NITZ: 2024/08/27,06:36:38+0, ", NetworkTime("2024/08/27,06:36:38+0,")),
        ("+NITZ: 2024/10/11,07:38:35+0,0", NetworkTime("2024/10/11,07:38:35+0,0")),
        ("+NITZ: 24/08/22,07:00:02+32, ", NetworkTime("24/08/22,07:00:02+32,")),
        ("+NITZ: 25/02/05,08:33:52+32,0", NetworkTime("25/02/05,08:33:52+32,0")),
        ("+CEREG: 1,4844,0EA2D0CA,7", None),
        ('+CEREG: 1,"4844","0EA2D0CA",7', Registration("CEREG", '1,"4844","0EA2D0CA",7')),
        ("*BANDIND: 0, 39, 7", None),
        (f"+HTTPACTION: 0,200,{'9' * 5000}", None),
        (f"+HTTPEXPOST: {'9' * 5000}", None),
        (f"+SAPBR {'1' * 5000}: DEACT", None),
        (f"TCP ERROR: {'1' * 5000}", None),
    ],
)
def test_texts_seen(line: str, urc: Urc | None) -> None:
    assert parse_urc(line) == urc


# --- the twin says them -------------------------------------------------------------------------

TWIN = [
    node
    for path in Path(atwin.__path__[0], "twin").rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.Call)
]


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("kind", Urc.__subclasses__(), ids=lambda kind: kind.__name__)
def test_what_is_declared_is_said(kind: type[Urc]) -> None:
    assert any(called(node) == kind.__name__ for node in TWIN), f"no twin says {kind.called()}"


def test_what_is_said_is_declared() -> None:
    """Only a `Urc` or the text of one goes to what frames URCs; `mypy` holds it to the same."""
    texts = (ast.JoinedStr, ast.Constant, ast.BinOp)
    said = [node for node in TWIN if called(node) in ("urc", "_urc", "frame_urc")]
    assert len(said) > len(Urc.__subclasses__()) // 2
    for node in said:
        assert not any(isinstance(argument, texts) for argument in node.args), ast.unparse(node)


# --- nobody else says them ----------------------------------------------------------------------

SOURCE = Path(atwin.__path__[0])
#: Texts that stand elsewhere because they are something else: states of links and scene, which
#: AT+CIPSTATUS prints, and what a fault says in between unless it is told otherwise.
ELSEWHERE = {"twin/chapters/tcp/scene.py", "twin/faults/kinds/serial_line.py"}


def texts(path: Path) -> Iterator[str]:
    """The strings in a file, docstrings left out."""
    tree = ast.parse(path.read_text("utf-8"))
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and id(node) not in docs:
            if isinstance(node.value, str):
                yield node.value.strip()
            elif isinstance(node.value, bytes):
                yield node.value.decode("latin-1").strip()


def test_no_text_stands_outside_of_the_table() -> None:
    declared = [kind for kind in kinds(Said) if kind is not results.Address]
    found = {
        f"{path.relative_to(SOURCE)}: {text}"
        for path in SOURCE.rglob("*.py")
        if path.parent.name != "dialect" and str(path.relative_to(SOURCE)) not in ELSEWHERE
        for text in texts(path)
        if text not in COMMANDS
        if text == DOWNLOAD or any(kind.read(text) for kind in declared)
    }
    assert found == set()
