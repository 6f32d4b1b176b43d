r"""What goes between quotes: whatever it is, the module gets it as it was, or nothing is sent."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import atwin.host
from atwin.at.grammar import Argument, parse_line, split_arguments
from atwin.clock import run_virtual
from atwin.host.certificates import StoredFile
from atwin.host.channel.quoted import (
    LONGEST,
    check_header_line,
    is_header_line,
    quoted,
    quoted_headers,
)
from atwin.host.download.judging.entity import Entity
from atwin.host.errors import UsageError
from atwin.host.headers import Headers
from atwin.host.http.setup import Setup
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.twin.chapters.http.parameters import Parameters
from support.modules.fake_module import FakeModule

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Values that end a string, a line or a module's patience, wherever the host lets them in.
NASTY = [
    'x";+CFUN=0;+HTTPPARA="UA","y',
    'x"',
    '"',
    "x\rAT+CPOWD=1",
    "x\nAT+CPOWD=1",
    "x\x00y",
    "x\x08\x08y",
    "x\x11\x13y",
    "x\x1a",
    "x\x1b",
    "x\x7fy",
    "\udc80",
    "x" * 513,
    "ü" * 257,
]


def parsed(line: str) -> list[Argument]:
    """The arguments as a module has them, of a line that must be one command."""
    commands = parse_line(line.encode().decode("latin-1"))
    assert commands is not None
    assert len(commands) == 1
    return split_arguments(commands[0].arguments)


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("tag", ["", *LONGEST])
def test_what_cannot_be_sent_is_refused_and_not_told(tag: str, value: str) -> None:
    with pytest.raises(UsageError, match=r"^the password \w+ ") as caught:
        quoted(value, tag, "the password")
    assert value not in str(caught.value)


@given(st.text(max_size=70), st.sampled_from(["", *LONGEST]))
def test_what_is_not_refused_arrives(value: str, tag: str) -> None:
    try:
        shown = quoted(value, tag)
    except UsageError:
        return
    sent = parsed(f'AT+HTTPPARA="URL",{shown}')
    if "," not in value:
        assert sent[1] == Argument(value.encode().decode("latin-1"), quoted=True)


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (["A: b"], '"A: b"'),
        (['A: "x"', "B: 2"], r'"A: \22x\22\r\nB: 2"'),
        (["A: \\", "B: \\2"], r'"A: \\r\nB: \2"'),
        ([], '""'),
    ],
)
def test_header_lines_are_escaped(lines: list[str], shown: str) -> None:
    assert quoted_headers(lines, "USERDATA") == shown


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("A: \\r\\nX-Evil: 1", r"A holds \\r\\n in letters, of which a module makes a line end"),
        ("A: \\22", r"A holds \\22 in letters, of which a module makes a quote"),
        ("A: b\r\nC: d", "A holds the control character"),
        ("A: \udc80", "A is not UTF-8"),
        ("A b: c", "'A b' cannot be the name of a header"),
        (": c", "'' cannot be the name"),
        ("Just words", "'Just words' cannot be the name"),
        ('A"b: c', "cannot be the name"),
        ("A: " + "x" * 510, "A has 513 bytes, a module takes 512"),
    ],
)
def test_header_lines_that_cannot_be_said(line: str, text: str) -> None:
    assert not is_header_line(line)
    with pytest.raises(UsageError, match=text):
        quoted_headers([line], "USER_DEFINED")


def test_several_lines_that_are_too_long_together() -> None:
    line = "A: " + "x" * 300
    check_header_line(line)
    with pytest.raises(UsageError, match="the header lines has 610 bytes"):
        quoted_headers([line, line], "USERDATA")


VALUE = st.text(st.characters(codec="utf-8"), max_size=30) | st.text(r'\r\n2"ab ', max_size=12)


@given(st.lists(VALUE, max_size=3))
@example(["Ʌ", "à"])  # they end with bytes that Python takes for blanks
def test_header_lines_arrive_as_they_are_or_not_at_all(values: list[str]) -> None:
    lines = [f"X-{index}: {value.strip()}" for index, value in enumerate(values)]
    try:
        shown = quoted_headers(lines, "USERDATA")
    except UsageError:
        return
    parameters = Parameters()
    (tag, value) = parsed_tail(f'AT+HTTPPARA="USERDATA",{shown}')
    parameters.set(tag, value)
    got = [f"{name.decode()}: {text.decode()}" for name, text in parameters.user_headers]
    assert got == lines


def parsed_tail(line: str) -> tuple[str, Argument]:
    """Tag and value, which is everything after the comma, commas too."""
    arguments = parse_line(line.encode().decode("latin-1"))
    assert arguments is not None
    tag, _, value = arguments[0].arguments.partition(",")
    return tag.strip('"'), Argument(value[1:-1], quoted=True)


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("key", ["apn", "user", "password"])
def test_bearer(key: str, value: str) -> None:
    async def main() -> None:
        with pytest.raises(UsageError, match="APN") as caught:
            Modem(memory_pair()[0], **{key: value})  # type: ignore[arg-type]
        assert value not in str(caught.value)

    run_virtual(main())


@pytest.mark.parametrize("value", NASTY)
@pytest.mark.parametrize("key", ["url", "content_type", "header", "name"])
def test_requests_say_nothing_that_cannot_be_said(key: str, value: str) -> None:
    if key == "header" and value.startswith(("x", '"')) and '"' in value:
        pytest.skip("a header may hold a quote")

    async def main() -> None:
        near, far = memory_pair()
        module = FakeModule(far)
        options: dict[str, object] = {}
        match key:
            case "content_type":
                options["content_type"] = value
            case "header":
                options["headers"] = {"X": value}
            case "name":
                options["headers"] = {value: "x"}
        url = f"http://files.example/{value}" if key == "url" else "http://files.example/"
        modem = Modem(near)
        with pytest.raises(UsageError):
            await modem.post(url, b"x", **options)  # type: ignore[arg-type]
        assert module.heard == []

    run_virtual(main())


@pytest.mark.parametrize(
    ("etag", "condition"),
    [
        ('"abc"', '"abc"'),
        ('"a\\b"', '"a\\b"'),
        ('"a\\r\\nX-Evil: 1"', None),
        ('"a\\22b"', None),
        ('"%s"' % ("x" * 600), None),
        ('"%s"' % ("x" * 460), None),
        ('"%s"' % ("x" * 300), '"%s"' % ("x" * 300)),
    ],
)
def test_an_etag_that_cannot_be_said_is_no_condition(etag: str, condition: str | None) -> None:
    headers = Headers(f"ETag: {etag}\r\nContent-Length: 5".encode())
    assert Entity.of(headers).condition == condition


def test_names_of_files() -> None:
    assert StoredFile("ca", b"x").quoted_name == '"ca-2d711642b726.pem"'
    with pytest.raises(UsageError):
        _ = StoredFile('a"b', b"x").quoted_name


def test_content_type_of_a_setup_is_checked_before_anything() -> None:
    with pytest.raises(UsageError, match="the Content-Type holds a quote"):
        Setup.of("http://h/", content_type=NASTY[0])


# --- nothing goes around it ---------------------------------------------------------------------


def variables_in_quotes(tree: ast.AST) -> Iterator[int]:
    """The lines where something that is not a constant is put between double quotes."""
    for node in ast.walk(tree):
        match node:
            case ast.JoinedStr(values=pieces):
                pass
            case ast.BinOp(op=ast.Add()):
                pieces = list(_added(node))
            case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str() as text)):
                pieces = _formatted(text.split("%"))
            case ast.Call(
                func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format")
            ):
                pieces = _formatted(text.split("{"))
            case _:
                continue
        inside = False
        for piece in pieces:
            if isinstance(piece, ast.Constant):
                inside ^= str(piece.value).count('"') % 2 == 1
            elif inside:
                yield node.lineno
                break


def _added(node: ast.expr) -> Iterator[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _added(node.left)
        yield from _added(node.right)
    elif isinstance(node, ast.JoinedStr):
        yield from node.values
    else:
        yield node


def _formatted(texts: list[str]) -> list[ast.expr]:
    pieces: list[ast.expr] = []
    for text in texts:
        pieces += [ast.Constant(text), ast.Name("x")]
    return pieces[:-1]


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("""f'AT+X="{a}"'""", True),
        ("""f'AT+X="TAG",{a}'""", False),
        ("""f'AT+X="TAG",' f'"{a}"'""", True),
        ("""'AT+X="' + a + '"'""", True),
        ("""'AT+X=' + a + ',"T"'""", False),
        ("""f'AT+X="' + f'{a}"'""", True),
        ("""'AT+X="%s"' % a""", True),
        ("""'AT+X="T",%d' % a""", False),
        ("""'AT+X="{}"'.format(a)""", True),
    ],
)
def test_the_search_finds_what_it_should(code: str, found: bool) -> None:
    assert bool(list(variables_in_quotes(ast.parse(code)))) is found


def test_nothing_in_the_host_is_put_between_quotes_elsewhere() -> None:
    root = Path(atwin.host.__file__).parent
    found = [
        f"{path.relative_to(root)}:{line}"
        for path in sorted(root.rglob("*.py"))
        for line in variables_in_quotes(ast.parse(path.read_text("utf-8")))
    ]
    assert len(found) == 1, found
    assert found[0].startswith("channel/quoted.py:")


def test_a_line_leaves_room_for_a_range() -> None:
    assert is_header_line("If-Range: " + "x" * 464)
    assert not is_header_line("If-Range: " + "x" * 465)
