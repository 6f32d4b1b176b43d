"""Each URC reads back as what it was written from, and the twin says all of them."""

from __future__ import annotations

import ast
import string
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as st

import atwin.twin
from atwin.at.dialect.urc import Urc
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
    PdpDeact,
    TransportError,
    parse_urc,
)


def values(hint: Any) -> st.SearchStrategy[Any]:
    """What a field of a URC may hold, by its annotation."""
    kind, pattern = get_args(hint) or (hint, r"[\w.-]+")
    if kind is str:
        return st.from_regex(pattern, fullmatch=True, alphabet=string.printable[:95])
    return st.integers(0, 999_999) if kind is int else st.none() | st.integers(0, 9)


def urcs(kind: type[Urc]) -> st.SearchStrategy[Urc]:
    hints = get_type_hints(kind, include_extras=True)
    own = [name for name in hints if name not in get_type_hints(Urc)]
    return st.builds(kind, **{name: values(hints[name]) for name in own})


@pytest.mark.parametrize("kind", Urc.DECLARED, ids=lambda kind: kind.__name__)
@given(st.data())
def test_round_trip(kind: type[Urc], data: st.DataObject) -> None:
    urc = data.draw(urcs(kind))
    assert parse_urc(str(urc)) == urc


@pytest.mark.parametrize(
    ("line", "urc"),
    [
        ("+HTTPACTION:0,200,1348", HttpAction(0, 200, 1348)),
        ("+HTTPACTION: 0,200,285\r", HttpAction(0, 200, 285)),
        ("+SAPBR 1: DEACT", BearerDeact(1)),
        ("+SAPBR: 1,1", None),
        ("+HTTPACTION: 0,200", None),
        ("1,CONNECT OK", ConnectOk(1)),
        ("+PDP DEACT", PdpDeact()),
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
    for path in Path(atwin.twin.__path__[0]).rglob("*.py")
    for node in ast.walk(ast.parse(path.read_text("utf-8")))
    if isinstance(node, ast.Call)
]


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


@pytest.mark.parametrize("kind", Urc.DECLARED, ids=lambda kind: kind.__name__)
def test_what_is_declared_is_said(kind: type[Urc]) -> None:
    assert any(called(node) == kind.__name__ for node in TWIN), f"no twin says {kind.NAME}"


def test_what_is_said_is_declared() -> None:
    """Only a `Urc` or the text of one goes to what frames URCs; `mypy` holds it to the same."""
    texts = (ast.JoinedStr, ast.Constant, ast.BinOp)
    said = [node for node in TWIN if called(node) in ("urc", "_urc", "frame_urc")]
    assert len(said) > len(Urc.DECLARED) // 2
    for node in said:
        assert not any(isinstance(argument, texts) for argument in node.args), ast.unparse(node)
