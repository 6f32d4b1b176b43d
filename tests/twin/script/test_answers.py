"""Scripted answers and URCs on the line, on the virtual clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from atwin.twin.board.hardware import Taps
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


def said(script: dict[str, Any], *typed: str, seconds: float = 0.0) -> list[str]:
    """What the module says to each line, without its CR LF."""

    async def test(twin: Twin, terminal: Terminal) -> list[str]:
        answers = []
        for line in typed:
            terminal.type(f"{line}\r".encode())
            if seconds:
                await asyncio.sleep(seconds)
            answers.append((await terminal.quiet()).decode("latin-1").replace("\r\n", "|"))
        return answers

    return on_twin(test, script=script)


def answered(row: dict[str, Any], *typed: str) -> list[str]:
    return said({"answer": [row]}, *typed)


def test_an_answer_wins_over_the_own_one_of_the_module() -> None:
    assert answered({"command": "AT+CSQ", "lines": "+CSQ: 3,99"}, "AT+CSQ", "at+csq;+CSQ=?") == [
        "|+CSQ: 3,99||OK|",
        "|+CSQ: 3,99||+CSQ: (0-31,99),(0-7,99)||OK|",
    ]


@pytest.mark.parametrize(
    ("row", "answer"),
    [
        ({}, "|OK|"),
        ({"lines": "ERROR"}, "|ERROR|"),
        ({"lines": ["A", "B"]}, "|A|B||OK|"),
        ({"lines": ["A", "+CME ERROR: 10"]}, "|A||+CME ERROR: 10|"),
        ({"lines": []}, ""),
        ({"result": ""}, ""),
        ({"lines": "A", "result": ""}, "|A|"),
        ({"lines": "OK", "result": "SEND OK"}, "|OK||SEND OK|"),
    ],
)
def test_lines_and_result(row: dict[str, Any], answer: str) -> None:
    assert answered({"command": "AT+NEW", **row}, "AT+NEW") == [answer]


def test_other_grammars_can_be_answered_too() -> None:
    script = {"answer": [{"command": "AT#X*", "match": "glob", "lines": "#X: 1"}]}
    assert said(script, "AT#X=4,5", "AT#Y", "AT+CSQ==?;") == ["|#X: 1||OK|", "|ERROR|", "|ERROR|"]


def test_times_after_and_the_order_of_a_file() -> None:
    script = {
        "answer": [
            {"command": "AT+NEW", "lines": "second", "after": 1, "times": 1},
            {"command": "AT+N*", "match": "glob", "lines": "first"},
        ]
    }
    assert said(script, *["AT+NEW"] * 3) == ["|first||OK|", "|second||OK|", "|first||OK|"]


def test_what_was_added_last_comes_first() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.answer("AT+NEW", "1")
        once = twin.answer("AT+NEW", "2", times=1)
        terminal.type(b"AT+NEW\rAT+NEW\r")
        assert await terminal.quiet() == b"\r\n2\r\n\r\nOK\r\n\r\n1\r\n\r\nOK\r\n"
        assert (once.came, once.happened) == (2, 1)
        twin.answers.clear()
        terminal.type(b"AT+NEW\r")
        assert await terminal.quiet() == b"\r\nERROR\r\n"

    on_twin(test)


def test_there_is_a_most() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for _ in range(1000):
            twin.urc("RING", delay=9)
        with pytest.raises(ValueError, match="at most 1000 answers and URCs at a time"):
            twin.answer("AT+CSQ")
        await asyncio.sleep(10)
        twin.answer("AT+CSQ")

    on_twin(test)


def test_the_line_is_busy_during_a_delay() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.answer("AT+SLOW", "done", delay=30)
        start = asyncio.get_running_loop().time()
        terminal.type(b"AT+SLOW;+CSQ\rAT\r")
        assert await terminal.quiet() == b""
        twin.urc("+NEWS: 1")
        await asyncio.sleep(28)
        assert await terminal.quiet(0.5) == b""
        got = await terminal.quiet()
        assert got.startswith(b"\r\ndone\r\n\r\n+CSQ: ")
        assert got.endswith(b"\r\n\r\nOK\r\n\r\n+NEWS: 1\r\n\r\nOK\r\n")
        assert asyncio.get_running_loop().time() - start < 40

    on_twin(test)


def test_a_prompt_takes_data() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        counted = twin.answer("AT+PUT=4", "+PUT: 4", prompt=">", data=4, delay=1)
        typed = twin.answer("AT+SMS", prompt="TEXT", data="ctrl-z", urc="+SENT: 1", urc_delay=2)
        terminal.type(b"AT+PUT=4\r")
        assert await terminal.quiet() == b"\r\n> "
        terminal.type(b"a\r\nb")
        await asyncio.sleep(2)
        assert await terminal.quiet() == b"\r\n+PUT: 4\r\n\r\nOK\r\n"
        assert counted.data == b"a\r\nb"
        terminal.type(b"AT+SMS\rhello\x1a")
        assert await terminal.quiet() == b"\r\nTEXT\r\n\r\nOK\r\n"
        await asyncio.sleep(3)
        assert await terminal.quiet() == b"\r\n+SENT: 1\r\n"
        assert typed.data == b"hello"
        terminal.type(b"AT+PUT=4;+CSQ\r")
        assert await terminal.quiet() == b"\r\nERROR\r\n"
        terminal.type(b"AT+PUT=4\rab")
        await asyncio.sleep(61)
        assert await terminal.quiet() == b"\r\n> \r\nERROR\r\n"

    on_twin(test)


def test_urcs_at_a_time_and_after_commands() -> None:
    script = {
        "urc": [
            {"text": "NOW 1"},
            {"text": ["+CMT: 1", "hello"], "at_time": 20.0},
            {"text": "+SEEN: 1", "command": r"AT\+CS.*", "match": "regex", "times": 1},
        ]
    }

    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"ATE0\r")
        assert b"\r\nNOW 1\r\n" in await terminal.quiet()
        terminal.type(b"AT+CSCS?\rAT+CSCS?\r")
        got = await terminal.quiet()
        assert got.count(b"\r\n+SEEN: 1\r\n") == 1
        assert got.index(b"OK") < got.index(b"+SEEN")
        await asyncio.sleep(20)
        assert await terminal.quiet() == b"\r\n+CMT: 1\r\n\r\nhello\r\n"

    on_twin(test, script=script, echo=True)


def test_they_outlast_a_restart_and_a_module_that_is_off_says_nothing() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.answer("AT+NEW", "1")
        later = twin.urc("+LATE: 1", delay=1)
        twin.pins.supply = False
        with pytest.raises(RuntimeError, match="the module is off"):
            twin.urc("+NEWS: 1")
        await asyncio.sleep(2)
        assert later.happened == 0
        twin.pins.supply = True
        twin.module.power_on(warm=True)
        await terminal.quiet()
        terminal.type(b"ATE0\rAT+NEW\r")
        assert (await terminal.quiet()).endswith(b"\r\n1\r\n\r\nOK\r\n")

    on_twin(test)


def test_unknown_commands_can_pass() -> None:
    typed = ("AT+NOSUCH=1", "AT+CSQ=5", "AT#X", "AT+CSQ", "AT+CSQ??", "AT+CIND=?")
    answers = said({"unknown": "ok"}, *typed)
    assert [answer.endswith("|OK|") for answer in answers] == [True, True, True, True, False, True]
    assert answers[0] == "|OK|"


def test_what_never_happened_is_told_with_the_reason() -> None:
    script = {
        "answer": [
            {"command": "AT+CSQ"},
            {"command": "AT+CSQ", "lines": "never"},
            {"command": "AT+CGMI", "after": 2},
            {"command": "AT+NEVER"},
        ],
        "urc": [{"text": "+LATE: 1", "at_time": 1000}],
    }

    async def test(twin: Twin, terminal: Terminal) -> None:
        assert "AT+CSQ" in twin.unmatched
        terminal.type(b"AT+CSQ\rAT+CGMI\r")
        await terminal.quiet()
        assert twin.unmatched == {
            "AT+CSQ": "another answer in front of it took all such commands",
            "AT+CGMI": "1 such commands came; choose a lower after",
            "AT+NEVER": "no such command came; is the pattern right, and the match?",
            "+LATE: 1": "the run was over before, or the module off; choose an earlier at_time",
        }

    on_twin(test, script=script)


def test_without_a_script_there_is_no_tap() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert not twin.has_answers
        assert twin.unmatched == {}
        assert twin.module.hardware.taps == Taps()

    on_twin(test)
