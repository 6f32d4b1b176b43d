"""AT+HTTPEXPOST against servers that do not wait for the whole body (docs/spec/http.md §3.11)."""

from __future__ import annotations

import asyncio

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from atwin.twin.faults.plan import fault_from_table
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

SIZE = 1_000_000


async def begin(terminal: Terminal) -> None:
    """Stream 3000 of `SIZE` bytes."""
    for line in (
        b"ATE0",
        b"AT+SAPBR=1,1",
        b"AT+HTTPINIT",
        b'AT+HTTPPARA="URL","http://files.example/up"',
        b"AT+HTTPEXACTION=1,%d" % SIZE,
    ):
        await terminal.ask(line)
    await terminal.expect(b"\r\n+HTTPEXPOST\r\n")
    terminal.type(b"AT+HTTPEXPOST=3000,10000\r")
    await terminal.expect(b"\r\n>")
    terminal.type(b"x" * 3000)


def post(refuse: bytes) -> bytes:
    """To a server that reads one piece and says `refuse`."""

    async def answer(stream: SimulatedStream) -> None:
        heard = b""
        while b"\r\n\r\n" not in heard or heard.endswith(b"\r\n\r\n"):
            heard += await stream.read(65536)
        if refuse:
            await stream.write(refuse)

    async def main() -> bytes:
        clock = LoopClock()
        network = SimulatedNetwork(clock)
        network.serve("files.example", 80, answer)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin("air780e-at", module, network=network):
            await begin(terminal)
            return await terminal.expect(b"+HTTPEXACTION: 1,") + await terminal.expect(b"\r\n")

    return run_virtual(main())


def test_the_answer_ends_a_body_that_is_not_all_there() -> None:
    heard = post(b"HTTP/1.1 413 Too Much\r\nContent-Length: 0\r\n\r\n")
    assert heard.endswith(b"+HTTPEXACTION: 1,413\r\n")
    assert heard.count(b"+HTTPEXPOST: 3000\r\n") == 1


@pytest.mark.parametrize("noise", [b"", b"HTTP/1.1 "])
def test_a_server_that_leaves_ends_it(noise: bytes) -> None:
    heard = post(noise)
    assert heard.endswith(b"+HTTPEXACTION: 1,601\r\n" if not noise else b"+HTTPEXACTION: 1,600\r\n")


def test_a_bearer_that_is_lost_ends_all_of_it() -> None:
    """What waits for the next piece of the body as well: nobody else would ever end that."""

    async def serve(stream: SimulatedStream) -> None:
        while await stream.read(65536):
            pass

    async def main() -> list[str]:
        network = SimulatedNetwork(LoopClock())
        network.serve("files.example", 80, serve)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin("air780e-at", module, network=network) as twin:
            await begin(terminal)
            await terminal.expect(b"\r\n+HTTPEXPOST: 3000\r\n")
            twin.faults.add(fault_from_table({"kind": "pdp_loss"}))
            await terminal.expect(b"+HTTPEXACTION: 1,601\r\n")
        await asyncio.sleep(60)
        return [repr(task) for task in asyncio.all_tasks() - {asyncio.current_task()}]

    assert run_virtual(main()) == []
