"""Command lines: the cases the specification names, then anything (docs/spec/uart.md §1, §11)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.at.grammar import (
    Argument,
    Command,
    Form,
    MalformedLine,
    parse_line,
    split_arguments,
)

E, R, T, S = Form.EXECUTE, Form.READ, Form.TEST, Form.SET


@pytest.mark.parametrize(
    ("line", "commands"),
    [
        ("AT", []),
        ("at", []),
        ("AT+HTTPINIT", [Command("+HTTPINIT", E)]),
        ("at+httpinit", [Command("+HTTPINIT", E)]),
        ("AT + HTTPINIT", [Command("+HTTPINIT", E)]),
        ("AT+CMEE = 1", [Command("+CMEE", S, "1")]),
        ("AT+CMEE?", [Command("+CMEE", R)]),
        ("AT+CMEE=?", [Command("+CMEE", T)]),
        ("junk\x00AT+CSQ", [Command("+CSQ", E)]),
        ("ATE0V1Q0", [Command("E", S, "0"), Command("V", S, "1"), Command("Q", S, "0")]),
        ("ATE0&W", [Command("E", S, "0"), Command("&W", E)]),
        ("ATI", [Command("I", E)]),
        ("ATS3?", [Command("S3", R)]),
        ("ATS3=13", [Command("S3", S, "13")]),
        ("AT+IPR=115200;&W", [Command("+IPR", S, "115200"), Command("&W", E)]),
        ("AT+CIFSR;E0", [Command("+CIFSR", E), Command("E", S, "0")]),
        ("AT+IFC=2,2;+CSQ;", [Command("+IFC", S, "2,2"), Command("+CSQ", E)]),
        ("AT*EXINFO?", [Command("*EXINFO", R)]),
        ("AT^HVER", [Command("^HVER", E)]),
        # A URL may hold every sign that means something elsewhere.
        (
            'AT+HTTPPARA="URL","http://x/a?b=1,2;c=?"',
            [Command("+HTTPPARA", S, '"URL","http://x/a?b=1,2;c=?"')],
        ),
        # Quotes inside a value are not an end of it, nor is a semicolon after one.
        (
            'AT+HTTPPARA="USER_DEFINED","X: "a;b";c"',
            [Command("+HTTPPARA", S, '"USER_DEFINED","X: "a;b";c"')],
        ),
        (
            'AT+HTTPPARA="USERDATA","D: form-data; name="a"; filename="b"";+CSQ',
            [
                Command("+HTTPPARA", S, '"USERDATA","D: form-data; name="a"; filename="b""'),
                Command("+CSQ", E),
            ],
        ),
        (
            'AT+HTTPPARA="USER_DEFINED","X: "a", b";E0',
            [Command("+HTTPPARA", S, '"USER_DEFINED","X: "a", b"'), Command("E", S, "0")],
        ),
        # But a command after the `;` is one.
        (
            'AT+HTTPPARA="UA","a" ; +HTTPPARA="URL","b;c";&W',
            [
                Command("+HTTPPARA", S, '"UA","a"'),
                Command("+HTTPPARA", S, '"URL","b;c"'),
                Command("&W", E),
            ],
        ),
        ('AT+SAPBR=3,1,"APN","x";', [Command("+SAPBR", S, '3,1,"APN","x"')]),
        # An open quote takes the rest; the command table refuses the argument.
        ('AT+HTTPPARA="URL","x;+CSQ', [Command("+HTTPPARA", S, '"URL","x;+CSQ')]),
        ('AT+HTTPPARA="URL","http://x/?"', [Command("+HTTPPARA", S, '"URL","http://x/?"')]),
        ("", None),
        ("hello", None),
    ],
)
def test_lines(line: str, commands: list[Command] | None) -> None:
    assert parse_line(line) == (None if commands is None else tuple(commands))


@pytest.mark.parametrize("line", ["AT+", "AT1", "AT+CSQ!", "AT?", "AT=", "AT+CSQ??", "AT;"])
def test_lines_without_a_commands_shape(line: str) -> None:
    with pytest.raises(MalformedLine):
        parse_line(line)


@pytest.mark.parametrize(
    ("raw", "pieces"),
    [
        ("", []),
        ("1,2", [Argument("1"), Argument("2")]),
        (' "URL" , "a,b;c" ', [Argument("URL", True), Argument("a,b;c", True)]),
        ("153,", [Argument("153"), Argument("")]),
        (",", [Argument(""), Argument("")]),
        ('""', [Argument("", True)]),
        ('"open', [Argument("open", True, unclosed=True)]),
        ('"', [Argument("", True, unclosed=True)]),
        ('1,"open, to the end', [Argument("1"), Argument("open, to the end", True, unclosed=True)]),
        ('"a "b" c","d"', [Argument('a "b" c', True), Argument("d", True)]),
        ('"last one counts"x', [Argument("last one counts", True)]),
    ],
)
def test_arguments(raw: str, pieces: list[Argument]) -> None:
    assert split_arguments(raw) == pieces


@given(st.text(st.characters(max_codepoint=255), max_size=80))
def test_any_line_parses_or_is_malformed(text: str) -> None:
    try:
        commands = parse_line("AT" + text)
    except MalformedLine:
        return
    assert commands is not None
    assert all(command.name == command.name.upper() for command in commands)


@given(st.lists(st.text(st.characters(max_codepoint=255, exclude_characters='"'), max_size=12)))
def test_quoted_arguments_come_back_as_they_were(texts: list[str]) -> None:
    raw = ",".join(f'"{text}"' for text in texts)
    assert split_arguments(raw) == [Argument(text, True) for text in texts]
