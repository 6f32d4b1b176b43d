"""`atwin at`: commands in order, data, exit codes, `--json`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from atwin.cli.says import shown_command
from support.line.odd_lines import silent, tcp_line
from support.running.program import atwin, only_line
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from pathlib import Path


def test_commands_in_order() -> None:
    ended = atwin("at", "AT+CMEE?", "AT+CSCS?;+CMEE=2")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == ["+CMEE: 1", "OK", '+CSCS: "GSM"', "OK"]
    assert ended.stderr == ""


def test_the_first_that_is_refused_ends_it() -> None:
    ended = atwin("at", "AT+NOSUCH", "AT", "AT")
    assert ended.returncode == 1
    assert ended.stdout == "ERROR\n"
    assert only_line(ended.stderr) == (
        "atwin: the module refused; 2 more not sent: ERROR for AT+NOSUCH"
    )


def test_keep_going_with_json() -> None:
    ended = atwin("at", "AT+CPIN=1234", "AT+CMEE?", "--keep-going", "--json")
    assert ended.returncode == 1
    told = json.loads(ended.stdout)
    refused, asked = told.pop("answers")
    why = "the module refused 1 of 2, first +CME ERROR: 3 for AT+CPIN=***"
    assert told == {"port": "twin://air724ug?time_scale=0", "error": why, "exit_code": 1}
    assert refused.pop("seconds") >= 0
    assert refused == {
        "command": "AT+CPIN=***",
        "ok": False,
        "result": "+CME ERROR: 3",
        "code": 3,
        "lines": [],
        "urcs": [],
    }
    assert (asked["ok"], asked["lines"]) == (True, ["+CMEE: 1"])


def test_data_bodies_and_what_comes_after_ok(tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(b"\x00\xff")
    with file_server(f=b"Hello\nLuatOS", b=bytes(20)) as server:
        url = f'AT+HTTPPARA="URL","{server.base}/'
        ended = atwin(
            "at", "AT+SAPBR=1,1", "AT+HTTPINIT", "AT+HTTPDATA=4,1000", "@@you",
            'AT+FSCREATE="a"', 'AT+FSWRITE="a",0,2,5', f"@{tmp_path / 'data'}", 'AT+FSFLSIZE="a"',
            f'{url}f"', "AT+HTTPACTION=0", "AT+HTTPREAD", f'{url}b"', "AT+HTTPACTION=0",
            "AT+HTTPREAD", "--port", "twin://air780e-at?time_scale=0", "--json",
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    answers = json.loads(ended.stdout)["answers"]
    assert answers[5]["lines"] == ["+FSFLSIZE: 2"]
    assert answers[7]["urcs"] == ["+HTTPACTION: 0,200,12"]
    assert answers[8]["lines"] == ["+HTTPREAD: 12"]
    assert answers[8]["body"] == "SGVsbG8KTHVhdE9T"
    assert answers[10]["urcs"] == ["+HTTPACTION: 0,200,20"]


def test_a_urc_that_comes_with_the_result_is_printed_after_it(tmp_path: Path) -> None:
    (tmp_path / "full.toml").write_text('[[fault]]\nkind = "pool_full"\n')
    ended = atwin(
        "at", "AT+HTTPINIT", 'AT+HTTPPARA="URL","http://127.0.0.1:1/"', "AT+HTTPACTION=0",
        "--port", f"twin://air724ug?time_scale=0&faults={tmp_path / 'full.toml'}",
    )  # fmt: skip
    assert ended.stdout.splitlines() == ["OK", "OK", "OK", "+HTTPACTION: 0,604,0"]


def test_a_body_is_shown_as_the_console_does() -> None:
    with file_server(f=b"Hello\nLuatOS") as server:
        ended = atwin(
            "at", "AT+SAPBR=1,1", "AT+HTTPINIT", f'AT+HTTPPARA="URL","{server.base}/f"',
            "AT+HTTPACTION=0", "AT+HTTPREAD", "--port", "twin://air780e-at?time_scale=0",
        )  # fmt: skip
    assert ended.stdout.splitlines()[-6:] == [
        "OK", "+HTTPACTION: 0,200,12", "+HTTPREAD: 12", "Hello", "LuatOS", "OK",
    ]  # fmt: skip


def test_a_silent_module() -> None:
    with tcp_line(silent) as port:
        ended = atwin("at", "AT+CSQ", "--port", port, "--timeout", "0.2", "--json")
    assert ended.returncode == 3
    told = json.loads(ended.stdout)
    assert (told["answers"], told["exit_code"]) == ([], 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "Missing argument 'COMMAND…'"),
        (("+CSQ",), "'+CSQ': give a whole command with its AT, such as AT+CSQ"),
        (("AT+CSQ\r",), "'AT+CSQ\\r': give a whole command with its AT"),
        (("AT+HTTPDATA=5,1000",), "'AT+HTTPDATA=5,1000' asks for data: give them after it, or"),
        (("AT+HTTPDATA=5,1000", "four"), "takes 5 bytes, not 4"),
        (("AT+CMGS=1", "x" * 2000), "'AT+CMGS=1' takes at most 1460 bytes, not 2000"),
        (("AT+HTTPDATA=5,1000", "@/nowhere"), "cannot read /nowhere: No such file or directory"),
    ],
)
def test_what_cannot_be_asked(words: tuple[str, ...], said: str) -> None:
    ended = atwin("at", *words)
    assert ended.returncode == 2
    assert said in only_line(ended.stderr)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("at AT+CSQ --json -p COM3", "at AT+CSQ --json -p COM3"),
        ("at AT+HTTPDATA=2,9 --json ATx AT", "at AT+HTTPDATA=2,9 --json '(3 bytes)' AT"),
        ("at AT+CMGS=1 secret --port x AT", "at AT+CMGS=1 '(6 bytes)' --port x AT"),
        ("at AT+HTTPDATA=2,9 @file", "at AT+HTTPDATA=2,9 @file"),
    ],
)
def test_a_trace_is_not_told_the_data(words: str, shown: str) -> None:
    assert shown_command(words.split()) == shown
