"""Whatever comes down the line: no exception, no growth, and still an answer."""

from __future__ import annotations

import asyncio
import gc
import logging
import random
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atwin.clock import LoopClock
from atwin.models import MODELS
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.firmware import CHAPTERS
from support.modules.on_twin import on_twin
from support.running.sampling import WHOLE
from support.servers.peers import Peer, simulated

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

#: Commands whose business is to take the module away.
ENDS = ("+RESET", "+RSTSET", "+CPOWD", "+CFUN")

ARGUMENTS = (
    *("0", "1", "2", "3", "5", "10", "100", "-1", "4294967295", "99999999999", "", '""', '"', ","),
    *("IP", '"APN"', '"a"', "b", '"/d"', '"../x"', '"C:/a"', '"24/08/22,15:00:02+32"', "\xff", "?"),
    *('"TCP"', "UDP", '"echo.test"', '"deaf.test"', "7000"),
)


def command_names() -> list[str]:
    names = {
        declaration.name
        for chapter in CHAPTERS
        for family in chapter.commands
        for declaration in family.declarations
    }
    return sorted(names - set(ENDS))


def random_line(chance: random.Random, names: list[str]) -> bytes:
    """A line that is more or less a command."""
    if chance.random() < 0.1:
        return chance.randbytes(chance.randrange(80)).replace(b"+CPOWD", b"") + b"\r"
    parts = []
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        form = chance.choice(("", "?", "=?", "=", "="))
        count = chance.randrange(6) if form == "=" else 0
        arguments = ",".join(chance.choice(ARGUMENTS) for _ in range(count))
        parts.append(chance.choice(names) + form + arguments)
    return ("AT" + ";".join(parts) + chance.choice("\r\r\r\n")).encode("latin-1")


def network() -> SimulatedNetwork:
    """Somebody to talk to."""
    net = SimulatedNetwork(LoopClock(), latency=0.02)
    simulated(net, [Peer("echo", "tcp", echo=True), Peer("deaf", "udp")])
    return net


class Faults(logging.Handler):
    """Collects what should never be logged or reach the event loop."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.seen: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.seen.append(f"{record.getMessage()}: {record.exc_info}")


@pytest.fixture(scope="module")
def faults() -> Iterator[Faults]:
    """Nothing may fail inside the module, in a command or in a callback of the loop."""
    handler = Faults()
    for name in ("atwin", "asyncio"):
        logging.getLogger(name).addHandler(handler)
    yield handler
    for name in ("atwin", "asyncio"):
        logging.getLogger(name).removeHandler(handler)


async def still_answers(terminal: Terminal) -> None:
    """Also out of a data phase: those end by time, or by the bytes they ask for."""
    await terminal.quiet(200)
    terminal.type(b"\r" * 10240)
    await terminal.quiet(200)
    # Out of what is typed without a length, and out of transparent mode.
    terminal.type(b"\x1b\r")
    await terminal.quiet(200)
    terminal.type(b"+++")
    await terminal.quiet(200)
    # A module that sleeps loses one line.
    terminal.type(b"\r")
    await terminal.quiet(0.3)
    terminal.type(b"ATQ0V1E0+CMEE=1;+CSCLK=0\r")
    await terminal.quiet(200)
    terminal.type(b"AT*CSQ=0;+CCED=2,1;+CCED=2,2;+CCED=2,8\r")
    await terminal.quiet(200)
    terminal.type(b"AT+CGSN\r")
    assert await terminal.quiet() == b"\r\n864610050000000\r\n\r\nOK\r\n"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(MODELS),
    st.lists(st.binary(max_size=300) | st.integers(0, 2**32), max_size=30),
)
def test_any_bytes_leave_a_module_that_still_answers(
    faults: Faults, model: str, pieces: list[bytes | int]
) -> None:
    names = command_names()

    async def test(twin: Twin, terminal: Terminal) -> None:
        for piece in pieces:
            line = random_line(random.Random(piece), names) if isinstance(piece, int) else piece
            terminal.type(line)
            await asyncio.sleep(0)
        await still_answers(terminal)
        assert faults.seen == []

    on_twin(test, model, network=network)


@pytest.mark.slow
@pytest.mark.sampled
def test_thousands_of_lines_leave_nothing_behind(faults: Faults) -> None:
    names = command_names()

    async def test(twin: Twin, terminal: Terminal) -> None:
        chance = random.Random(20240823)
        blocks: list[int] = []
        for _ in range(5):
            for _ in range(1000 if WHOLE else 250):
                for _ in range(20):
                    terminal.type(random_line(chance, names))
                    await asyncio.sleep(0)
                await terminal.quiet(30)
            await still_answers(terminal)
            gc.collect()
            blocks.append(sys.getallocatedblocks())
        assert faults.seen == []
        # The first rounds fill caches and the flash; after them nothing is kept.
        assert blocks[-1] - blocks[1] < 1000

    on_twin(test, "air724ug", network=network)
