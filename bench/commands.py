"""A command and its OK, one after the other, by `Modem.command`: in memory, over a PTY, over TCP.

Host and module are one process and one loop; the module echoes nothing. In memory nothing waits for
the system, so that CPU seconds are what is measured; the other two wait for it twice a command, and
so does the bare program beside them: an echo and its client, in one loop as well.
"""

from __future__ import annotations

import asyncio
import os
import time
import tty
from contextlib import AsyncExitStack, suppress
from functools import partial
from typing import TYPE_CHECKING

from bench.figures import Figure, by_turns
from bench.plain import awaits_a_second

from atwin.host.modem import Modem
from atwin.line.opener import open_port
from atwin.line.ports.memory import memory_pair
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.session.tracing import current_trace
from atwin.session.twins import made_twin
from atwin.session.url import parse_twin_url

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator

    from bench.figures import Scale

    from atwin.line.port import Port

    Opener = Callable[[AsyncExitStack], Awaitable[Port]]

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
    for key, name, opener, bare in (
        ("commands.pty", "PTY", over_pty, _pty_echo),
        ("commands.tcp", "TCP connection", over_tcp, _tcp_echo),
    ):
        ours, theirs = by_turns(
            scale.runs(9),
            partial(_sync, commands_a_second, opener, scale.size(3_000, 1_000)),
            partial(_sync, bare, scale.size(3_000, 1_000)),
        )
        yield Figure.of_runs(
            key, f"AT and its OK over a {name}, by Modem.command", "/s", ours,
            "a bare asyncio echo and its client", theirs,
            limit="two turns of the loop with a read and a write each",
        )  # fmt: skip


def _sync(call: Callable[..., Awaitable[float]], *arguments: object) -> float:
    async def run() -> float:
        return await call(*arguments)

    return asyncio.run(run())


async def in_memory(count: int, command: str = COMMAND) -> float:
    """Commands in a second of CPU, in memory."""
    return await commands_a_second(over_memory, count, command, time.process_time)


async def commands_a_second(
    opener: Opener,
    count: int,
    command: str = COMMAND,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """One after the other; the trace of `current_trace` hears them, to the last record."""
    async with AsyncExitStack() as stack:
        modem = await stack.enter_async_context(Modem(await opener(stack)))
        for first in ("ATE0", "AT+HTTPINIT", command):
            assert (await modem.command(first)).ok
        began = clock()
        for _ in range(count):
            await modem.command(command)
        current_trace().flush()
        return count / (clock() - began)


async def over_memory(stack: AsyncExitStack) -> Port:
    ours, its = memory_pair()
    await stack.enter_async_context(made_twin(parse_twin_url(MODEL), its))
    return ours


async def over_pty(stack: AsyncExitStack) -> Port:
    its = PtyPort(None)
    await stack.enter_async_context(made_twin(parse_twin_url(MODEL), its))
    return await open_port(its.slave_path)


async def over_tcp(stack: AsyncExitStack) -> Port:
    its = TcpServerPort("127.0.0.1", 0)
    await stack.enter_async_context(made_twin(parse_twin_url(MODEL), its))
    return await open_port(f"socket://{its.address}")


class _Waiting:
    """Whoever reads what comes back wakes whoever waits for it."""

    def __init__(self) -> None:
        self.future = asyncio.get_running_loop().create_future()

    def came(self) -> None:
        self.future.set_result(None)

    async def rate(self, count: int, ask: Callable[[], object]) -> float:
        """Questions a second."""
        began = time.perf_counter()
        for _ in range(count):
            ask()
            await self.future
            self.future = asyncio.get_running_loop().create_future()
        return count / (time.perf_counter() - began)


async def _pty_echo(count: int) -> float:
    master, slave = os.openpty()
    tty.setraw(slave)
    loop, waiting = asyncio.get_running_loop(), _Waiting()

    def back() -> None:
        os.read(slave, 4096)
        waiting.came()

    loop.add_reader(master, lambda: os.write(master, os.read(master, 4096)))
    loop.add_reader(slave, back)
    try:
        return await waiting.rate(count, lambda: os.write(slave, b"AT\r"))
    finally:
        for end in (master, slave):
            loop.remove_reader(end)
            os.close(end)


class _Echo(asyncio.Protocol):
    def __init__(self, came: Callable[[], None] | None = None) -> None:
        self._came = came

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.write = transport.write

    def data_received(self, data: bytes) -> None:
        self.write(data) if self._came is None else self._came()


async def _tcp_echo(count: int) -> float:
    loop, waiting = asyncio.get_running_loop(), _Waiting()
    server = await loop.create_server(_Echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, _ = await loop.create_connection(lambda: _Echo(waiting.came), "127.0.0.1", port)
    try:
        return await waiting.rate(count, lambda: transport.write(b"AT\r"))
    finally:
        transport.close()
        server.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(server.wait_closed(), 1)
