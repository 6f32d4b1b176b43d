"""One request of a twin to a server that says what it likes, over each command there is."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, TypeAlias

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.net.network import StreamError
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable

#: What a server says: pieces one after another, a float is a pause of so many seconds.
Says: TypeAlias = "Iterable[bytes | float]"

#: The commands that make a request; the last three are an Air780E's alone.
COMMANDS = ("GET", "HEAD", "POST", "EXGET", "EXPOST", "TOFS")
#: Seconds of AT+HTTPPARA="TIMEOUT".
TIMEOUT = 20
_BODY = b"a=1"


async def results(
    says: Callable[[], Says],
    commands: Iterable[str] = COMMANDS,
    *,
    model: str = "air780e-at",
    leaves: bool = True,
    bandwidth: float = 1e6,
) -> AsyncIterator[tuple[str, int, int]]:
    """Each command with the status and the number of its closing URC; to be run on a virtual loop.

    Every connection is answered by a new `says`, and closed after it if `leaves`. Raises
    `AssertionError` when a URC does not come in time, or the module answers nothing afterwards.
    """

    async def answer(stream: SimulatedStream) -> None:
        try:
            while b"\r\n\r\n" not in await stream.read(65536):
                pass
            for piece in says():
                if isinstance(piece, float):
                    await asyncio.sleep(piece)
                else:
                    await stream.write(piece)
            if not leaves:
                await asyncio.sleep(100_000)
        except StreamError:
            pass  # the module has heard enough

    network = SimulatedNetwork(LoopClock(), latency=0.01, bandwidth=bandwidth)
    network.serve("odd.test", 80, answer)
    near, far = memory_pair()
    terminal = Terminal(near)
    async with Twin(model, far, network=network):
        await terminal.ask(b"ATE0;+SAPBR=1,1;+HTTPINIT")
        await terminal.ask(b'AT+HTTPPARA="URL","http://odd.test/"')
        await terminal.ask(b'AT+HTTPPARA="TIMEOUT",%d' % TIMEOUT)
        await terminal.ask(b'AT+HTTPPARA="REDIR",1')
        for command in commands:
            status, amount = await _result(terminal, command)
            yield command, status, amount
        assert b"+HTTPPARA: " in await terminal.ask(b"AT+HTTPPARA?")


def statuses(
    says: Callable[[], Says], commands: Iterable[str] = COMMANDS, *, leaves: bool = True
) -> dict[str, int]:
    """The status each command ends with."""

    async def main() -> dict[str, int]:
        return {
            command: status async for command, status, _ in results(says, commands, leaves=leaves)
        }

    return run_virtual(main())


async def _result(terminal: Terminal, command: str) -> tuple[int, int]:
    """Of one request: the status and the number after it (-1 where there is none)."""
    closing = {"TOFS": rb"\+HTTPGETTOFS: (\d+),(\d+)\r\n"}.get(
        command, rb"\+HTTPEXACTION: \d,(\d+)\r\n" if command[:2] == "EX" else b""
    ) or rb"\+HTTPACTION: \d,(\d+),(\d+)\r\n"
    if command == "POST":
        await terminal.ask(b"AT+HTTPDATA=%d,1000" % len(_BODY), b"DOWNLOAD\r\n")
        terminal.type(_BODY)
        await terminal.expect(b"OK\r\n")
    typed = {
        "GET": b"AT+HTTPACTION=0",
        "POST": b"AT+HTTPACTION=1",
        "HEAD": b"AT+HTTPACTION=2",
        "EXGET": b"AT+HTTPEXACTION=0",
        "EXPOST": b"AT+HTTPEXACTION=1,%d" % len(_BODY),
        "TOFS": b'AT+HTTPGETTOFS=0,"f"',
    }
    await terminal.ask(typed[command])
    match = await _streamed(terminal, closing) if command[:2] == "EX" else None
    if match is None:
        match = re.search(closing, await _line_with(terminal, closing))
    assert match is not None
    return int(match[1]), int(match[2]) if match.re.groups > 1 else -1


async def _streamed(terminal: Terminal, closing: bytes) -> re.Match[bytes] | None:
    """Give what is asked for and fetch what there is, until the URC that ends it."""
    heard = b""
    for _ in range(10_000):
        heard += await _line_with(terminal, rb"\+HTTPEX[A-Z]+\b[^\r]*\r\n")
        if match := re.search(closing, heard):
            return match
        if heard.endswith(b"\r\n+HTTPEXPOST\r\n"):
            await terminal.ask(b"AT+HTTPEXPOST=%d" % len(_BODY), b">")
            terminal.type(_BODY)
            heard = b""
        elif heard.endswith(b"\r\n+HTTPEXGET\r\n"):
            terminal.type(b"AT+HTTPEXGET=100000\r")
            # Taken by its count: a body may hold what looks like a URC.
            heard = await _line_with(terminal, rb"\+HTTPEXGET: \d+\r\n|ERROR[^\r]*\r\n")
            if b"ERROR" not in heard:
                await terminal.take(int(heard.rpartition(b": ")[2]))
                heard = await terminal.expect(b"OK\r\n")
            elif match := re.search(closing, heard):  # it has ended meanwhile
                return match
    raise AssertionError("the stream does not end")


async def _line_with(terminal: Terminal, pattern: bytes) -> bytes:
    """What is heard up to and with the first match of `pattern`, for as long as TIMEOUT allows."""
    heard = b""
    loop = asyncio.get_running_loop()
    end = loop.time() + 3 * TIMEOUT + 10
    while not re.search(pattern, heard):
        assert loop.time() < end, f"no {pattern!r} within TIMEOUT, heard {heard!r}"
        heard += await terminal.expect(b"\r\n", 3 * TIMEOUT + 10)
    return heard
