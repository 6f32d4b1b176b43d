"""AT+CMGS of a twin that sends nothing: it asks for the text, and ends at once after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

PROMPT = b"\r\n> "


async def sent(terminal: Terminal, command: bytes = b'AT+CMGS="10086"') -> bytes:
    assert await terminal.ask(command, PROMPT) == PROMPT
    return await terminal.ask(b"hello\rworld\x1a", b"\r\n+CMS ERROR: ")


def test_the_network_takes_no_message() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for command in (b'AT+CMGS="+8613800138000",145', b"AT+CMGS=19", b"AT+CMGS=10086"):
            await sent(terminal, command)
            assert await terminal.quiet() == b"500\r\n"
        await terminal.ask(b"AT+CMGS=", b"\r\n+CMS ERROR: 305\r\n")
        assert await terminal.ask(b"AT") == b"\r\nOK\r\n"

    on_twin(test)


@pytest.mark.parametrize(("event", "number"), [("deregister", b"331"), ("pull_sim", b"310")])
def test_without_network_or_card_the_error_says_so(event: str, number: bytes) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        getattr(twin.radio, event)()
        await terminal.quiet()
        await sent(terminal)
        assert await terminal.quiet() == number + b"\r\n"

    on_twin(test)


def test_a_card_that_wants_its_pin_sends_nothing() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.sim.lock(True)
        twin.module.restart()
        await terminal.expect(b"RDY\r\n")
        await terminal.ask(b"ATE0")
        await terminal.quiet(5)
        await sent(terminal)
        assert await terminal.quiet() == b"311\r\n"

    on_twin(test)


def test_a_host_that_goes_away_gets_its_module_back_after_a_minute() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+CMGS="10086"', PROMPT)
        terminal.type(b"hello")
        assert await terminal.quiet(59) == b""
        assert await terminal.quiet(2) == b"\r\nERROR\r\n"
        assert await terminal.ask(b"AT") == b"\r\nOK\r\n"

    on_twin(test)


def test_escape_gives_it_up() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+CMGS="10086"', PROMPT)
        terminal.type(b"hello\x1b")
        assert await terminal.expect(b"OK\r\n") == b"\r\nOK\r\n"

    on_twin(test)
