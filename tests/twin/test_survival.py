"""What survives: every event against every item (docs/spec/power.md §4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

import pytest

from support.modules.http_twin import SIZE, action, on_http

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

Event = Callable[["Twin", "Terminal"], Awaitable[None]]
Step = Callable[["Twin", "Terminal"], Awaitable[None]]
Check = Callable[["Twin", "Terminal"], Awaitable[bool]]


def command(line: bytes) -> Event:
    async def event(twin: Twin, terminal: Terminal) -> None:
        terminal.type(line + b"\r")

    return event


async def reset_pin(twin: Twin, terminal: Terminal) -> None:
    twin.pins.reset = False
    await terminal.quiet(0.6)
    twin.pins.reset = True
    await press_key(twin, terminal)


async def power_cut(twin: Twin, terminal: Terminal) -> None:
    twin.pins.supply = False
    await terminal.quiet(3)
    twin.pins.supply = True
    await press_key(twin, terminal)


async def off_and_on(twin: Twin, terminal: Terminal) -> None:
    terminal.type(b"AT+CPOWD=1\r")
    await terminal.quiet(3)
    await press_key(twin, terminal)


async def crash(twin: Twin, terminal: Terminal) -> None:
    twin.module.restart()


async def press_key(twin: Twin, terminal: Terminal) -> None:
    twin.pins.power_key = False
    await terminal.quiet(1.1)
    twin.pins.power_key = True


#: Kind of event: the columns of the specification.
EVENTS: dict[str, tuple[str, Event]] = {
    "RESET pin": ("restart", reset_pin),
    "AT+RESET": ("restart", command(b"AT+RESET")),
    "AT+CFUN=1,1": ("restart", command(b"AT+CFUN=1,1")),
    "AT+CPOWD=1 and PWRKEY": ("restart", off_and_on),
    "crash": ("restart", crash),
    "power cut": ("cut", power_cut),
    "AT+RSTSET": ("factory", command(b"AT+RSTSET")),
}


def ask(line: bytes, wanted: bytes) -> Check:
    async def check(twin: Twin, terminal: Terminal) -> bool:
        terminal.type(line + b"\r")
        return wanted in await terminal.quiet(2)

    return check


def say(*lines: bytes) -> Step:
    async def step(twin: Twin, terminal: Terminal) -> None:
        for line in lines:
            await terminal.ask(line)

    return step


async def fetch(twin: Twin, terminal: Terminal) -> None:
    assert await action(terminal) == b"0,200,%d" % SIZE


async def start_fetching(twin: Twin, terminal: Terminal) -> None:
    await terminal.ask(b"AT+HTTPACTION=0")
    await terminal.quiet(0.5)


async def clock_is_right(twin: Twin, terminal: Terminal) -> bool:
    hardware = twin.module.hardware
    return abs(hardware.rtc.now() - hardware.clock.wall()) < 1


ALL, KEPT, NEVER = ("restart", "cut", "factory"), ("restart", "cut"), ()

#: How it is made, how it is found, and the kinds of event it survives.
ITEMS: dict[str, tuple[Step, Check, tuple[str, ...]]] = {
    "HTTP session": (fetch, ask(b"AT+HTTPTERM", b"OK"), NEVER),
    "HTTP buffer": (fetch, ask(b"AT+HTTPINIT;+HTTPREAD", b"+HTTPREAD: "), NEVER),
    "header block": (fetch, ask(b"AT+HTTPINIT;+HTTPHEAD", b"+HTTPHEAD: "), NEVER),
    "action": (start_fetching, ask(b"AT", b"+HTTPACTION"), NEVER),
    "HTTPPARA": (say(), ask(b"AT+HTTPINIT;+HTTPPARA?", b"files.example"), NEVER),
    "HTTPPARA and HTTPSCONT": (
        say(b"AT+HTTPSCONT"),
        ask(b"AT+HTTPINIT;+HTTPPARA?", b"files.example"),
        KEPT,
    ),
    "HTTPSSL": (say(b"AT+HTTPSSL=1"), ask(b"AT+HTTPSSL?", b": 1"), NEVER),
    "SSLCFG": (
        say(b'AT+SSLCFG="ciphersuite",153,0X002F'),
        ask(b'AT+SSLCFG="ciphersuite",153', b"0X002F"),
        NEVER,
    ),
    "SAPBR parameter": (
        say(b'AT+SAPBR=3,2,"APN","corp"'),
        ask(b'AT+SAPBR=4,2,"APN"', b"corp"),
        NEVER,
    ),
    "bearer": (say(), ask(b"AT+SAPBR=2,1", b": 1,1,"), NEVER),
    "CMEE and AT&W": (say(b"AT+CMEE=2;&W"), ask(b"AT+CMEE?", b": 2"), KEPT),
    "CMEE": (say(b"AT+CMEE=2"), ask(b"AT+CMEE?", b": 2"), NEVER),
    "echo and AT&W": (say(b"AT&W"), ask(b"AT", b"\r\nOK\r\n"), ALL),
    "IFC and AT&W": (say(b"AT+IFC=2,2;&W"), ask(b"AT+IFC?", b": 2, 2"), KEPT),
    "IFC": (say(b"AT+IFC=2,2"), ask(b"AT+IFC?", b": 2, 2"), NEVER),
    "IPR and AT&W": (say(b"AT+IPR=115200;&W"), ask(b"AT+IPR?", b": 115200"), KEPT),
    "CFUN": (say(b"AT+CFUN=0"), ask(b"AT+CFUN?", b": 0"), NEVER),
    "context": (say(b'AT+CGDCONT=3,"IP","corp"'), ask(b"AT+CGDCONT?", b"corp"), NEVER),
    "file": (say(b'AT+FSCREATE="note"'), ask(b'AT+FSLS="/"', b"note"), ALL),
    "clock": (say(), clock_is_right, ("restart", "factory")),
}


@pytest.mark.parametrize("item", ITEMS)
@pytest.mark.parametrize("event", EVENTS)
def test_what_survives(event: str, item: str) -> None:
    kind, happens = EVENTS[event]
    make, check, survives = ITEMS[item]

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.cell.sends_nitz = False  # it would set a lost clock right
        await make(twin, terminal)
        await happens(twin, terminal)
        await terminal.expect(b"+E_UTRAN Service")
        await terminal.quiet(2)
        assert await check(twin, terminal) == (kind in survives)

    on_http(test)


def test_a_power_cut_during_fswrite_keeps_the_old_content() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+FSCREATE="note"')
        terminal.type(b'AT+FSWRITE="note",0,3,10\r')
        await terminal.expect(b">")
        terminal.type(b"old")
        await terminal.expect(b"OK\r\n")
        terminal.type(b'AT+FSWRITE="note",0,3,10\r')
        await terminal.expect(b">")
        terminal.type(b"ne")
        await power_cut(twin, terminal)
        await terminal.expect(b"+E_UTRAN Service")
        await terminal.ask(b'AT+FSREAD="note",0,3,0', b"\r\nold\r\nOK\r\n")

    on_http(test)
