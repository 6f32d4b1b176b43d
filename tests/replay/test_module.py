"""The stub module: it says to a host of today what the module of a recording said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.replay.compare import compare, differences
from atwin.replay.ignoring import Ignoring
from atwin.replay.module import ReplayedModule
from support.line.recorded import said, transparent_session
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.trace.exchanges import Exchanges

    Test = Callable[[Terminal, LoopClock], Awaitable[None]]

#: A poll, a body, data, and a URC that closes what began three commands before.
SESSION = (
    "> AT+CREG?", "< +CREG: 0,2", "< OK",
    "> AT+CREG?", "< +CREG: 0,1", "< OK",
    "> AT+HTTPDATA=5,1000", "< DOWNLOAD", b"hello", "< OK",
    "> AT+HTTPACTION=1", "< OK",
    "> AT+CSQ", "2", "< +CSQ: 22,99", "< OK",
    "3", "< +HTTPACTION: 1,200,5",
    "> AT+HTTPREAD", "< +HTTPREAD: 5", b"world\r\n", "< OK",
)  # fmt: skip


def on_module(recording: Exchanges, test: Test, *, fast: bool = False) -> list[list[str]]:
    """Let `test` be the host; the differences, as of `atwin replay`."""

    async def main() -> Exchanges:
        near, far = memory_pair()
        clock = LoopClock()
        module = ReplayedModule(far, recording, clock, fast=fast)
        async with module:
            await test(Terminal(near), clock)
        return module.heard

    heard = run_virtual(main())
    found = differences(compare(recording.all, heard.all, Ignoring(), polls=True))
    return [
        [
            f"{mark} {one.told(other)}"
            for line in group
            for mark, one, other in (
                ("-", line.recorded, line.replayed),
                ("+", line.replayed, line.recorded),
            )
            if one is not None
        ]
        for group in found
    ]


async def whole_session(host: Terminal, clock: LoopClock) -> None:
    """As it was recorded."""
    await host.ask(b"AT+CREG?")
    assert b"0,1" in await host.ask(b"AT+CREG?")
    await host.ask(b"AT+HTTPDATA=5,1000", b"DOWNLOAD\r\n")
    host.type(b"hello")
    await host.expect(b"OK\r\n")
    await host.ask(b"AT+HTTPACTION=1")
    await host.ask(b"AT+CSQ")
    await host.expect(b"+HTTPACTION: 1,200,5\r\n")
    assert b"world" in await host.ask(b"AT+HTTPREAD")


def test_the_same_host_finds_what_was_recorded_at_the_recorded_pace() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        await whole_session(host, clock)
        assert 5 < clock.now() < 6

    assert on_module(said(*SESSION), test) == []


def test_fast_takes_no_time() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        await host.ask(b"AT+HTTPACTION=1")
        await host.expect(b"+HTTPACTION: 1,200,5\r\n")
        await host.ask(b"AT+CSQ")
        assert clock.now() < 0.1

    assert on_module(said(*SESSION[10:18]), test, fast=True) == []


def test_answers_are_the_recorded_bytes() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        assert await host.ask(b"AT+CSQ") == b"\r\n+CSQ: 22,99\r\n\r\nOK\r\n"

    on_module(said("> AT+CSQ", "< +CSQ: 22,99", "< OK", echo=False), test)


def test_a_poll_may_be_repeated_more_or_less_often() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        for state in (b"0,2", b"0,1", b"0,1", b"0,1"):
            assert state in await host.ask(b"AT+CREG?")
        assert b"OK" in await host.ask(b"AT+CGATT=1")

    recording = said(*SESSION[:6], "> AT+CGATT=1", "< OK")
    assert on_module(recording, test) == []

    async def once(host: Terminal, clock: LoopClock) -> None:
        await host.ask(b"AT+CREG?")
        await host.ask(b"AT+CGATT=1")

    assert on_module(recording, once) == []


def test_a_urc_comes_though_nobody_asks_what_was_asked_meanwhile() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        await host.ask(b"AT+HTTPACTION=1")
        began = clock.now()
        await host.expect(b"+HTTPACTION: 1,200,5\r\n")
        assert 5 < clock.now() - began < 5.2

    differs = on_module(said(*SESSION[10:18]), test)
    assert differs == [["- > AT+CSQ", "- < +CSQ: 22,99", "- < OK"]]


def test_a_command_again_ends_again() -> None:
    """A host that tries a request once more gets its end once more."""

    async def test(host: Terminal, clock: LoopClock) -> None:
        for _ in range(2):
            await host.ask(b"AT+HTTPACTION=0")
            await host.expect(b"+HTTPACTION: 0,200,5\r\n")

    recording = said("> AT+HTTPACTION=0", "< OK", "< +HTTPACTION: 0,200,5")
    assert on_module(recording, test) == [
        ["+ > AT+HTTPACTION=0", "+ < OK", "+ < +HTTPACTION: 0,200,5"]
    ]


def test_out_of_order_missing_and_unknown_commands() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        assert b"B" in await host.ask(b"AT+B?")  # ahead
        assert b"A" in await host.ask(b"AT+A?")  # left behind
        assert await host.ask(b"AT+NEW=1", b"ERROR\r\n") == b"AT+NEW=1\r\r\nERROR\r\n"
        assert b"D" in await host.ask(b"AT+D?")  # C is missing

    recording = said(
        *("> AT+A?", "< +A: A", "< OK", "> AT+B?", "< +B: B", "< OK"),
        *("> AT+C?", "< +C: C", "< OK", "> AT+D?", "< +D: D", "< OK"),
    )
    assert on_module(recording, test) == [
        ["+ > AT+B?", "+ < +B: B", "+ < OK"],
        [
            "- > AT+B?",
            "- < +B: B",
            "- < OK",
            "- > AT+C?",
            "- < +C: C",
            "- < OK",
            "+ > AT+NEW=1",
            "+ < ERROR",
        ],
    ]


def test_other_data_are_told_by_size_and_first_difference() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        await host.ask(b"AT+HTTPDATA=5,1000", b"DOWNLOAD\r\n")
        host.type(b"help!")
        await host.expect(b"OK\r\n")

    assert on_module(said(*SESSION[6:10]), test) == [
        [
            "- > (5 bytes, the first difference at byte 3)",
            "+ > (5 bytes, the first difference at byte 3)",
        ]
    ]


def test_a_module_that_said_nothing_says_nothing() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        host.type(b"AT\r")
        await clock.sleep(1)
        assert host.heard == b""
        assert b"OK" in await host.ask(b"AT")

    recording = said("> AT", "1", "> AT", "< OK", echo=False)
    assert on_module(recording, test) == []


def test_a_boot_is_said_before_anybody_asks() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        await host.expect(b"RDY\r\n")
        assert 3 < clock.now() < 3.1
        await host.ask(b"AT")

    assert on_module(said("3", "< RDY", "> AT", "< OK"), test) == []


@pytest.mark.parametrize("early", [b"AT+A?\rAT+B?\r", b"AT+A?\r\nAT+B?\r\n"])
def test_commands_that_come_early_wait(early: bytes) -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        host.type(early)
        await host.expect(b"+A: 1\r\n")
        await host.expect(b"+B: 2\r\n")
        await host.expect(b"OK\r\n")

    recording = said("> AT+A?", "1", "< +A: 1", "< OK", "> AT+B?", "< +B: 2", "< OK")
    assert on_module(recording, test) == []


def test_transparent_mode() -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        await host.ask(b"AT+CIPMODE=1")
        await host.ask(b'AT+CIPSTART="TCP","h",7', b"CONNECT\r\n")
        host.type(b"GET")
        host.type(b" /\n")
        await host.expect(b"AT is in it\r\n")
        await clock.sleep(1)
        host.type(b"+++")
        await host.expect(b"\r\nOK\r\n")
        await host.ask(b"AT+CIPSHUT", b"SHUT OK\r\n")

    assert on_module(transparent_session(), test) == []


@pytest.mark.parametrize(
    ("sent", "differs"), [(b"", ("9", "3", "0")), (b"GET", ("9", "6", "3"))], ids=["none", "some"]
)
def test_transparent_mode_left_early(sent: bytes, differs: tuple[str, str, str]) -> None:
    async def test(host: Terminal, clock: LoopClock) -> None:
        await host.ask(b"AT+CIPMODE=1")
        await host.ask(b'AT+CIPSTART="TCP","h",7', b"CONNECT\r\n")
        host.type(sent)
        await clock.sleep(1)
        host.type(b"+++")
        await host.expect(b"\r\nOK\r\n")
        await host.ask(b"AT+CIPSHUT", b"SHUT OK\r\n")

    assert on_module(transparent_session(), test) == [
        [
            f"- > ({differs[0]} bytes, the first difference at byte {differs[2]})",
            f"+ > ({differs[1]} bytes, the first difference at byte {differs[2]})",
            "- < (13 bytes)",
        ]
    ]
