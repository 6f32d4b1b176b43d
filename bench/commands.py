"""A command and its OK in memory, one after the other, by `Modem.command`.

Host and module are one process and one loop; the module echoes nothing. Nothing waits for the
system, so that CPU seconds are what is measured. `bench.pty` has the same over a PTY and TCP.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bench.figures import Figure, by_turns
from bench.plain import awaits_a_second

from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.session.tracing import current_trace
from atwin.session.twins import made_twin
from atwin.session.url import parse_twin_url

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    from bench.figures import Scale

MODEL = "twin://air780e-at"
COMMAND = "AT"
URL = 'AT+HTTPPARA="URL","http://files.example.com/firmware/air780e/v1180.bin"'
ONE_PARTY = "one thread: parsing, running and answering a command, and the task that asked"


def figures(scale: Scale) -> Iterator[Figure]:
    count = scale.size(20_000, 5_000)
    for key, what, command, goal in (
        ("commands.memory", "AT and its OK in memory", COMMAND, 100_000.0),
        ("commands.url", "a URL of 50 characters set, in memory", URL, 60_000.0),
    ):
        ours, plain = by_turns(
            scale.runs(9),
            lambda command=command: asyncio.run(in_memory(count, command)),  # type: ignore[misc]
            awaits_a_second,
        )
        yield Figure.of_runs(
            key, f"{what}, by Modem.command, in a second of CPU", "/s", ours,
            "an empty coroutine awaited", plain, limit=ONE_PARTY, goal=goal,
        )  # fmt: skip


async def in_memory(count: int, command: str = COMMAND) -> float:
    """Commands in a second of CPU, in memory; `current_trace` hears them, to the last record."""
    async with modem_in_memory() as modem:
        assert (await modem.command(command)).ok
        began = time.process_time()
        for _ in range(count):
            await modem.command(command)
        current_trace().flush()
        return count / (time.process_time() - began)


@asynccontextmanager
async def modem_in_memory() -> AsyncIterator[Modem]:
    """A host of a twin that echoes nothing and has a session of HTTP."""
    ours, its = memory_pair()
    async with made_twin(parse_twin_url(MODEL), its), Modem(ours) as modem:
        for first in ("ATE0", "AT+HTTPINIT"):
            assert (await modem.command(first)).ok
        yield modem
