"""Ranges as the server sees them, and each status from its own cause (docs/spec/http.md §4, §7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"


def act(
    *parameters: str,
    method: int = 0,
    host: str = "files.example",
    says: bytes = OK,
    before: Callable[[Twin, SimulatedNetwork], Awaitable[None]] | None = None,
) -> tuple[str, bytes]:
    """What the action's URC says, and the head of the request the server saw."""
    asked = bytearray()

    async def answer(stream: SimulatedStream) -> None:
        while b"\r\n\r\n" not in asked:
            data = await stream.read(65536)
            if not data:
                return
            asked.extend(data)
        await stream.write(says)

    async def main() -> str:
        network = SimulatedNetwork(LoopClock())
        network.serve("files.example", 80, answer)
        near, far = memory_pair()
        terminal = Terminal(near)
        async with Twin("air724ug", far, network=network) as twin:
            await terminal.ask(b"ATE0")
            await terminal.ask(b"AT+HTTPINIT")
            url = f'AT+HTTPPARA="URL","http://{host}/f"'
            for line in (url, 'AT+HTTPPARA="TIMEOUT",20', *parameters):
                await terminal.ask(line.encode())
            if method == 1:
                terminal.type(b"AT+HTTPDATA=2,1000\r")
                await terminal.expect(b"DOWNLOAD\r\n")
                terminal.type(b"ab")
                await terminal.expect(b"OK\r\n")
            if before is not None:
                await before(twin, network)
            await terminal.ask(b"AT+HTTPACTION=%d" % method)
            await terminal.expect(b"+HTTPACTION: ", 400)
            return (await terminal.expect(b"\r\n")).strip().decode()

    return run_virtual(main()), bytes(asked)


@pytest.mark.parametrize(
    ("first", "last", "method", "line"),
    [
        (0, 307199, 0, b"Range: bytes=0-307199\r\n"),
        (100, 50, 0, b"Range: bytes=100-\r\n"),
        (307200, 614399, 0, b"Range: bytes=307200-614399\r\n"),
        (0, 0, 0, None),
        (5, 9, 1, None),
    ],
)
def test_the_range_line(first: int, last: int, method: int, line: bytes | None) -> None:
    urc, asked = act(
        f'AT+HTTPPARA="BREAK",{first}', f'AT+HTTPPARA="BREAKEND",{last}', method=method
    )
    assert urc == f"{method},200,2"
    if line is None:
        assert b"range" not in asked.lower()
    else:
        assert line in asked


@pytest.mark.parametrize(
    ("says", "urc"),
    [
        (b"SSH-2.0-server\r\n", "0,600,0"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9000 + b"\r\n\r\n", "0,600,0"),
        (b"HTTP/1.1 200 OK\r\nContent-Le", "0,600,0"),
        (b"", "0,601,0"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", "0,601,0"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "0,404,2"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", "0,204,0"),
        (b"HTTP/1.1 200 OK\r\n\r\nto the end", "0,200,10"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            "0,200,5",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, "0,200,2"),
    ],
)
def test_what_the_server_says(says: bytes, urc: str) -> None:
    assert act(says=says)[0] == urc


async def _mute_server(twin: Twin, network: SimulatedNetwork) -> None:
    async def listen(stream: SimulatedStream) -> None:
        while await stream.read(65536):
            pass

    network.serve("files.example", 80, listen)


async def _lose_bearer(twin: Twin, network: SimulatedNetwork) -> None:
    await _mute_server(twin, network)
    twin.module.hardware.clock.call_later(1, twin.radio.lose_pdp)


@pytest.mark.parametrize(
    ("host", "before", "urc"),
    [
        ("nowhere.example", None, "0,603,0"),
        ("files.example:81", None, "0,601,0"),
        ("files.example", _mute_server, "0,408,0"),
        ("files.example", _lose_bearer, "0,601,0"),
    ],
    ids=["unknown host", "refused", "no answer", "bearer lost"],
)
def test_what_the_network_does(
    host: str, before: Callable[[Twin, SimulatedNetwork], Awaitable[None]] | None, urc: str
) -> None:
    assert act(host=host, before=before)[0] == urc
