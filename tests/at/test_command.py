"""Declarations: what the signature says is what arguments must be, and what =? prints."""

import asyncio
from types import SimpleNamespace
from typing import Annotated

import pytest

from atwin.at import command
from atwin.at.command import CommandTable, Family
from atwin.at.grammar import Argument, Command, Form, parse_line
from atwin.at.kinds import BadArgument, Late, OneOf, Range, Tail, Text
from atwin.at.reply import Answer, AtError, CmeError, Reply


class Limits:
    def limit(self, name: str) -> int:
        return {"post_limit": 3356}[name]

    def has(self, feature: str) -> bool:
        return {"ext_http": False, "gettofs": True}[feature]


class Example(Family):
    """For these tests."""

    title = "Example"

    def __init__(self) -> None:
        self.calls: list[tuple[object, ...]] = []
        self.values = SimpleNamespace(level=1, only=0)

    @command.set("+DATA", test=True)
    def data(
        self,
        size: Annotated[int, Range(0, "post_limit")],
        time: Annotated[int, Range(1000, 120000)],
    ) -> None:
        """Two ranges, one from the profile."""
        self.calls.append((size, time))

    @command.set("+MODE", test=True, bare=True)
    def mode(self, n: Annotated[int, OneOf(0, 2)] = 0) -> str:
        """May stand bare."""
        return f"+MODE: {n}"

    @command.set("+TAG")
    def tag(
        self, tag: Annotated[str, Text("Tag", 5)], value: Annotated[Argument, Tail("Value")]
    ) -> None:
        """A tag and all the rest."""
        self.calls.append((tag, value))

    @command.set("+RAW", test=True)
    def raw(self, value: Annotated[Argument, Late(Range(1, 2))]) -> str:
        """One piece, unconverted."""
        return value.text

    @command.set("+FILE", plain_errors=True)
    def file(self, name: Annotated[str, Text(longest=3)]) -> None:
        """Errors in the plain form."""

    @command.execute("+EXT", needs="ext_http")
    def ext(self) -> None:
        """Not on this profile."""

    @command.execute("+TOFS", needs="gettofs")
    def tofs(self) -> None:
        """On this profile."""

    level = command.Setting("+LEVEL", "n", Range(0, "post_limit"), "A number.", bare=7)
    only = command.Setting("+ONLY", "n", OneOf(0, 1), "A number that must be given.")

    @command.test("+OWN")
    def own(self) -> str:
        """A test form with a text of its own."""
        return "+OWN: anything"


@pytest.fixture
def example() -> Example:
    return Example()


class Table(CommandTable):
    """A table and the one family of it."""

    def __init__(self, example: Example) -> None:
        super().__init__([Example], Limits())
        self.example = example


@pytest.fixture
def table(example: Example) -> Table:
    return Table(example)


def call(table: Table, line: str) -> Answer:
    commands = parse_line(line)
    assert commands is not None
    answer = table.call(commands[0], lambda family: table.example)
    assert not asyncio.iscoroutine(answer)
    return answer  # type: ignore[return-value]


def test_arguments_reach_the_method_as_its_types(table: Table, example: Example) -> None:
    call(table, "AT+DATA=3356,1000")
    call(table, 'AT+DATA="0","120000"')
    call(table, 'AT+TAG="URL","http://x/?a,b;"')
    call(table, 'AT+TAG=URL,"say "hi", twice"')
    assert example.calls == [
        (3356, 1000),
        (0, 120000),
        ("URL", Argument("http://x/?a,b;", True)),
        ("URL", Argument('say "hi", twice', True)),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "AT+DATA=3357,1000",
        "AT+DATA=1,999",
        "AT+DATA=1",
        "AT+DATA=",
        "AT+DATA=1,1000,1",
        'AT+DATA="1,1000',
        'AT+TAG="URL","http://x',
        "AT+DATA=-1,1000",
        "AT+DATA=1.0,1000",
        "AT+DATA=,1000",
        "AT+DATA=99999999999,1000",
        "AT+MODE=1",
        "AT+TAG=LONGER,1",
        "AT+TAG=URL",
    ],
)
def test_wrong_arguments_never_reach_the_body(table: Table, example: Example, line: str) -> None:
    with pytest.raises(CmeError, match="53"):
        call(table, line)
    assert example.calls == []


def test_plain_errors(table: Table) -> None:
    with pytest.raises(AtError) as caught:
        call(table, 'AT+FILE="four"')
    assert not isinstance(caught.value, CmeError)


def test_test_forms(table: Table) -> None:
    assert call(table, "AT+DATA=?") == "+DATA: (0-3356),(1000-120000)"
    assert call(table, "AT+MODE=?") == "+MODE: (0,2)"
    assert call(table, "AT+RAW=?") == "+RAW: (1-2)"
    assert call(table, "AT+TAG=?") == Reply()  # known, no text: OK
    assert call(table, "AT+TOFS=?") == Reply()
    assert call(table, "AT+OWN=?") == "+OWN: anything"


@pytest.mark.parametrize(
    "line", ["AT+EXT", "AT+EXT=?", "AT+NEVER", "AT+NEVER=?", "AT+DATA?", "AT+DATA"]
)
def test_unknown_commands_and_forms(table: Table, line: str) -> None:
    with pytest.raises(AtError) as caught:
        call(table, line)
    assert not isinstance(caught.value, CmeError)


def test_bare_set_form_uses_the_defaults(table: Table) -> None:
    assert call(table, "AT+MODE") == "+MODE: 0"
    assert call(table, "AT+MODE=2") == "+MODE: 2"


def test_a_setting_is_set_read_and_tested_by_one_declaration(table: Table) -> None:
    assert call(table, "AT+LEVEL?") == "+LEVEL: 1"
    assert call(table, "AT+LEVEL=3356") is None
    assert call(table, "AT+LEVEL?") == "+LEVEL: 3356"
    assert call(table, "AT+LEVEL") is None
    assert call(table, "AT+LEVEL?") == "+LEVEL: 7"
    assert call(table, "AT+LEVEL=?") == "+LEVEL: (0-3356)"
    for wrong in ("AT+LEVEL=3357", "AT+ONLY=2", "AT+ONLY="):
        with pytest.raises(CmeError, match="53"):
            call(table, wrong)
    with pytest.raises(AtError, match="unknown"):
        call(table, "AT+ONLY")
    assert call(table, "AT+ONLY?") == "+ONLY: 0"


def test_a_parameter_without_a_kind_stops_the_import() -> None:
    with pytest.raises(TypeError, match="what does n take"):

        class Wrong(Family):
            @command.set("+WRONG")
            def wrong(self, n: int) -> None:
                """Says nothing about n."""


def test_a_command_without_a_meaning_stops_the_import() -> None:
    with pytest.raises(TypeError, match="one-line meaning"):

        class Mute(Family):
            @command.execute("+MUTE")
            def mute(self) -> None:
                pass


def test_a_command_declared_twice_stops_the_start() -> None:
    class Again(Example):
        pass

    with pytest.raises(TypeError, match="declared twice"):
        CommandTable([Example, Again], Limits())


def test_only_declared_commands_take_data(table: Table) -> None:
    assert not table.ends_line(Command("+DATA", Form.SET, "1,1000"))


@pytest.mark.parametrize(("text", "value"), [("-47", -47), ("-1", -1), ("+32", 32), ("48", 48)])
def test_a_range_below_zero_takes_a_sign(text: str, value: int) -> None:
    assert Range(-47, 48).convert(Argument(text)) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [(Range(-47, 48), "-48"), (Range(-47, 48), "--1"), (Range(-47, 48), "-"), (Range(0, 9), "+1")],
)
def test_a_number_out_of_range_or_with_a_sign_too_many(kind: Range, text: str) -> None:
    with pytest.raises(BadArgument):
        kind.convert(Argument(text))
