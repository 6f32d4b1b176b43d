"""What the console makes of a module's answers, over a memory port and a scripted module."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.at.dialect.commands import DOWNLOAD, SIGN, expected_of
from atwin.cli.commands.console.terminal import Mark, NoAnswer, Terminal
from atwin.clock import run_virtual
from atwin.line.ports.memory import MemoryPort, memory_pair
from support.line.terminal import Terminal as FakeModule

if TYPE_CHECKING:
    from pathlib import Path

Said = list[tuple[Mark, str]]


def console() -> tuple[Terminal, FakeModule, MemoryPort, Said]:
    """A console, the module at the other end as something that types, its port, and the screen."""
    ours, its = memory_pair()
    said: Said = []
    terminal = Terminal(ours, lambda mark, text: said.append((mark, text)))
    return terminal, FakeModule(its), its, said


def test_a_command_and_its_answer() -> None:
    async def main() -> None:
        terminal, module, _, said = console()
        terminal.enter("AT+CSQ")
        assert await module.expect(b"\n") == b"AT+CSQ\r\n"
        module.type(b"AT+CSQ\r\r\n+CSQ: 20,0\r\n\r\nOK\r\n\r\nRDY\r\n")
        await terminal.settled(1)
        assert said == [
            (Mark.SENT, "AT+CSQ"),
            (Mark.ANSWER, "+CSQ: 20,0"),
            (Mark.ANSWER, "OK"),
            (Mark.URC, "RDY"),
        ]

    run_virtual(main())


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"first\r\nsecond", ["first", "second"]),
        (bytes(range(200)), ["(200 bytes: 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f …)"]),
        (b"\xff\x00", ["(2 bytes: ff 00)"]),
        (b"x" * 65536, ["x" * 65536]),
        (b"x" * 65537, ["(65537 bytes: " + "78 " * 15 + "78 …)"]),
    ],
)
def test_a_counted_body_is_text_or_shortened(body: bytes, shown: list[str]) -> None:
    async def main() -> None:
        terminal, module, _, said = console()
        terminal.enter("AT+HTTPREAD")
        module.type(b"\r\n+HTTPREAD: %d\r\n" % len(body) + body + b"\r\nOK\r\n")
        await terminal.settled(1)
        answers = [text for mark, text in said if mark is Mark.ANSWER]
        assert answers == [f"+HTTPREAD: {len(body)}", *shown, "OK"]

    run_virtual(main())


def test_an_action_is_over_with_its_urc() -> None:
    async def main() -> None:
        terminal, module, _, said = console()
        terminal.enter("AT+HTTPACTION=0")
        module.type(b"\r\nOK\r\n")
        waiting = asyncio.create_task(terminal.settled(60))
        await asyncio.sleep(30)
        assert not waiting.done()
        module.type(b"\r\n+HTTPACTION: 0,200,15\r\n")
        await waiting
        assert said[-1] == (Mark.URC, "+HTTPACTION: 0,200,15")

    run_virtual(main())


def test_a_refused_action_has_no_urc() -> None:
    async def main() -> None:
        terminal, module, _, _ = console()
        terminal.enter("AT+HTTPACTION=0")
        module.type(b"\r\n+CME ERROR: 3\r\n")
        await terminal.settled(1)

    run_virtual(main())


def test_data_behind_a_prompt(tmp_path: Path) -> None:
    async def main() -> None:
        terminal, module, _, _ = console()
        terminal.enter("AT+HTTPDATA=8,10000")
        await module.expect(b"\n")
        module.type(b"\r\nDOWNLOAD\r\n")
        await terminal.settled(1)
        assert terminal.data_due == 8
        terminal.enter("@@one")
        assert await module.expect(b"\n") == b"@one\r\n"
        (tmp_path / "rest").write_bytes(b"two and more")
        terminal.enter(f"@{tmp_path / 'rest'}")
        assert await module.expect(b"tw") == b"tw"
        module.type(b"\r\nOK\r\n")
        await terminal.settled(1)
        terminal.enter("AT")
        assert await module.expect(b"\n") == b"AT\r\n"

    run_virtual(main())


def test_an_early_end_of_the_input_leaves_the_data_to_the_module() -> None:
    async def main() -> None:
        terminal, module, _, said = console()
        terminal.enter('AT+FSWRITE="f",0,9,5')
        module.type(b"\r\n>")
        await terminal.settled(1)
        assert terminal.data_due == 9
        terminal.data_due = 0
        module.type(b"\r\nERROR\r\n")
        await terminal.settled(1)
        assert said[-1] == (Mark.ANSWER, "ERROR")

    run_virtual(main())


def test_silence() -> None:
    async def main() -> None:
        terminal, _, _, _ = console()
        terminal.enter("AT")
        with pytest.raises(NoAnswer, match="no answer for 100 s"):
            await terminal.settled(100)

    run_virtual(main())


def test_a_line_that_goes_away() -> None:
    async def main() -> None:
        terminal, _, port, _ = console()
        terminal.enter("AT")
        await port.close()
        with pytest.raises(NoAnswer, match="the line is gone"):
            await terminal.settled(100)

    run_virtual(main())


def test_what_needs_no_answer_is_not_waited_for() -> None:
    async def main() -> None:
        terminal, _, _, _ = console()
        for line in ("", "   ", "hello"):
            terminal.enter(line)
            await terminal.settled(1)

    run_virtual(main())


@pytest.mark.parametrize(
    ("line", "prompt", "size"),
    [
        ("AT+HTTPDATA=4,10000", DOWNLOAD, 4),
        ('AT+CMEE=1;+FSWRITE="a,b",0,12,10', SIGN, 12),
        ("AT+HTTPDATA=x", DOWNLOAD, 0),
        ("AT+HTTPDATA=?", None, 0),
        ("AT+HTTPACTION=?", None, 0),
        ("AT", None, 0),
        ("AT$", None, 0),
        ("hello", None, 0),
    ],
)
def test_what_a_command_asks_for(line: str, prompt: str | None, size: int) -> None:
    expected = expected_of(line)
    assert expected.shape.prompt == prompt
    assert expected.answered == (line != "hello")
    assert expected.shape.closing == ()
    if prompt is not None:
        assert expected.data(multi=False) == (size, b"")


def test_data_for_a_link_with_and_without_a_length() -> None:
    async def main() -> None:
        terminal, module, _, said = console()
        for line, data, sent in (
            ("AT+CIPSEND=4", "hi", b"hi\r\n"),
            ("AT+CIPSEND", "hi", b"hi\x1a"),
            ("AT+CIPSEND", "@@x", b"@x\x1a"),
        ):
            terminal.enter(line)
            await module.expect(b"\n")
            module.type(b"\r\n> ")
            await terminal.settled(1)
            terminal.enter(data)
            assert await module.expect(sent) == sent
            assert terminal.data_due == 0
            module.type(b"\r\nSEND OK\r\n")
            await terminal.settled(1)
        assert said[-1] == (Mark.ANSWER, "SEND OK")
        # With several links the first number is the link's.
        terminal.enter("AT+CIPMUX=1")
        module.type(b"\r\nOK\r\n")
        await terminal.settled(1)
        terminal.enter("AT+CIPSEND=4")
        module.type(b"\r\n> ")
        await terminal.settled(1)
        await module.quiet()
        terminal.enter("hi")
        assert await module.quiet() == b"hi\x1a"

    run_virtual(main())


def test_what_links_received() -> None:
    async def main() -> None:
        terminal, module, _, said = console()
        module.type(b"\r\n+RECEIVE,1,9:\r\none\r\ntwo\x21\r\n\r\n+IPD,3:\x00\x01\x02\r\n")
        module.type(b"\r\n1, CLOSED\r\n")
        await asyncio.sleep(1)
        assert said == [
            (Mark.URC, "link 1: one"),
            (Mark.URC, "link 1: two!"),
            (Mark.URC, "received: (3 bytes: 00 01 02)"),
            (Mark.URC, "1, CLOSED"),
        ]
        terminal.enter("AT+CIPRXGET=2,9")
        module.type(b"\r\n+CIPRXGET: 2,5,0\r\nhello\r\nOK\r\n")
        await terminal.settled(1)
        assert [text for _, text in said[-3:]] == ["+CIPRXGET: 2,5,0", "hello", "OK"]

    run_virtual(main())


def test_a_connection_is_over_with_its_urc() -> None:
    async def main() -> None:
        terminal, module, _, _ = console()
        terminal.enter('AT+CIPSTART="TCP","a",1')
        module.type(b"\r\nOK\r\n")
        with pytest.raises(NoAnswer):
            await terminal.settled(1)
        module.type(b"\r\nSTATE: IP STATUS\r\n\r\nCONNECT FAIL\r\n")
        await terminal.settled(1)

    run_virtual(main())
