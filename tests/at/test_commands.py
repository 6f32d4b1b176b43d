"""The table of commands and the twin's own declarations of them agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args, get_type_hints

import pytest

from atwin.at.dialect.commands import COMMANDS, PLAIN, SIGN, Shape, expected_of
from atwin.at.dialect.results import Fetched, HttpRead, SendOk
from atwin.at.dialect.urcs import (
    ConnectFail,
    HttpAction,
    HttpExAction,
    HttpGetToFs,
    NameUnknown,
)
from atwin.at.grammar import Form
from atwin.at.reply import Block, Collect, frame_prompt
from atwin.cli.reference import command_families

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc

#: What each command of the twin that is set or executed may return.
RETURNS: dict[str, set[Any]] = {}
for _family in command_families():
    for _declaration in _family.declarations:
        _hint = get_type_hints(getattr(_family, _declaration.method))["return"]
        RETURNS.setdefault(_declaration.name, set()).update(get_args(_hint) or (_hint,))


ROWS = {name: row for name, row in COMMANDS.items() if name in RETURNS}


def test_what_takes_data_or_brings_a_body_has_a_row() -> None:
    for name, returns in RETURNS.items():
        row = COMMANDS.get(name, PLAIN)
        assert (Collect in returns) == (row.prompt is not None), name
        assert (Block in returns) == bool(row.bodies or row.reads_file), name


def test_rows_of_commands_the_twin_does_not_know_have_secrets_alone() -> None:
    for name, row in COMMANDS.items():
        assert name in RETURNS or row.secrets
    assert len(ROWS) > 15


@pytest.mark.parametrize(
    ("line", "multi", "data"),
    [
        ("AT+CIPSEND=5", False, (5, b"")),
        ("AT+CIPSEND=0,5", True, (5, b"")),
        ("AT+CIPSEND=0", True, (1460, b"\x1a")),
        ("AT+CIPSEND", False, (1460, b"\x1a")),
        ('AT+CMGS="10086"', True, (1460, b"\x1a")),
        ('AT+FSWRITE="a",0,7,9', True, (7, b"")),
        ("AT+HTTPDATA=99999999999,1", False, (0, b"")),
    ],
)
def test_how_much_data_a_command_takes(line: str, multi: bool, data: tuple[int, bytes]) -> None:
    assert expected_of(line).data(multi=multi) == data


@pytest.mark.parametrize(
    ("line", "links"),
    [
        ("AT+CIPMUX=1", True),
        ("at+cipmux = 0", False),
        ("AT+CIPMUX=1;+CIPMUX=0", False),
        ("AT+CIPMUX?", None),
        ('AT+HTTPPARA="URL","+CIPMUX=1"', None),
        ("AT+CIPMUX=2", None),
    ],
)
def test_who_sets_the_links(line: str, links: bool | None) -> None:
    assert expected_of(line).links is links


def test_the_two_prompts() -> None:
    assert frame_prompt("DOWNLOAD") == b"\r\nDOWNLOAD\r\n"
    assert frame_prompt(SIGN) == b"\r\n>"
    assert frame_prompt(SIGN, blank=True) == b"\r\n> "


def test_a_body_in_hex_has_two_characters_a_byte() -> None:
    assert HttpRead(5).length == Fetched(5, 2, 0).length == 5
    fetched = Fetched(5, 3, 7, 1)
    assert fetched.length == 10
    assert str(fetched) == "+CIPRXGET: 3,1,5,7"
    assert str(SendOk(1)) == "1, SEND OK"


@pytest.mark.parametrize(
    ("line", "urc"),
    [
        ("AT+HTTPACTION=0", HttpAction(0, 200, 5)),
        ("AT+HTTPEXACTION=1,9", HttpExAction(1, 200)),
        ('AT+HTTPGETTOFS="a"', HttpGetToFs(200, 5)),
        ('AT+CIPSTART="TCP","a",1', ConnectFail()),
        ('AT+CDNSGIP="a"', NameUnknown(10)),
    ],
)
def test_what_ends_that_a_command_began(line: str, urc: Urc) -> None:
    shape = expected_of(line).shape
    assert isinstance(urc, shape.closing)
    assert shape.is_action == ("HTTP" in line)


@pytest.mark.parametrize(("line", "waits"), [("AT+LATER", True), ('AT+LATER="a",1', False)])
def test_a_row_of_one_form(monkeypatch: pytest.MonkeyPatch, line: str, waits: bool) -> None:
    row = Shape(forms=(Form.EXECUTE,), closing=(HttpAction,))
    monkeypatch.setitem(COMMANDS, "+LATER", row)
    assert bool(expected_of(line).shape.closing) is waits
