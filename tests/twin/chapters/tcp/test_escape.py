"""`+++` and its silences, to the tenth of a second."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.tcp.service import Sockets
from atwin.twin.chapters.tcp.transparent import Escape
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.peers import Peer

#: Seconds of silence, then what is typed.
Typed = list[tuple[float, bytes]]


def typed(what: Typed) -> list[bytes | str]:
    """The data that came out, and "found" for each escape, in order."""
    out: list[bytes | str] = []
    waiting = b""

    async def main() -> None:
        nonlocal waiting

        def flush() -> None:
            nonlocal waiting
            end = len(waiting) - escape.held
            if end:
                out.append(waiting[:end])
            waiting = waiting[end:]

        def found() -> None:
            nonlocal waiting
            assert waiting == b"+++"
            out.append("found")
            waiting = b""
            escape.forget()

        escape = Escape(LoopClock(), flush, found)
        for gap, data in what:
            await asyncio.sleep(gap)
            waiting += data
            escape.typed(data)
            flush()
        await asyncio.sleep(2)

    run_virtual(main())
    return out


@pytest.mark.parametrize(
    "what",
    [
        [(1.0, b"+++")],
        [(5, b"+"), (0.4, b"+"), (0.4, b"+")],
        [(1.2, b"++"), (0.49, b"+")],
    ],
)
def test_found(what: Typed) -> None:
    assert typed(what) == ["found"]


@pytest.mark.parametrize(
    "what",
    [
        [(0.9, b"+++")],  # no silence before
        [(2, b"x"), (0.9, b"+++")],
        [(2, b"+++"), (0.4, b"\r")],  # none after
        [(2, b"++++")],
        [(2, b"+++"), (0.3, b"+")],
        [(2, b"+"), (0.6, b"++")],  # too slow
        [(2, b"++")],
        [(2, b"+++x")],
        [(2, b"x+++")],
        [(2, b"+"), (0.1, b"+x+")],
    ],
)
def test_data(what: Typed) -> None:
    out = typed(what)
    assert "found" not in out
    assert b"".join(out) == b"".join(data for _, data in what)  # type: ignore[arg-type]


def test_data_without_plus_are_not_held_back() -> None:
    assert typed([(2, b"+"), (0, b"abc")]) == [b"+abc"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([0, 0.1, 0.3, 0.6, 0.9, 1.1, 2]),
            st.sampled_from([b"+", b"++", b"+++", b"++++", b"a", b"+a", b"a+", b"\r"]),
        ),
        max_size=12,
    )
)
def test_nothing_is_lost_or_changes_places(what: Typed) -> None:
    out = typed(what)
    restored = b"".join(b"+++" if piece == "found" else piece for piece in out)  # type: ignore[misc]
    assert restored == b"".join(data for _, data in what)


@pytest.mark.parametrize(
    ("gaps", "found"),
    [((1.5, 0.6), True), ((0.5, 0.6), False), ((1.5, 0.3), False)],
)
def test_it_counts_when_it_is_typed_not_when_the_peer_takes_what_was_before(
    gaps: tuple[float, float], found: bool
) -> None:
    """The peer takes nothing, and then all: neither makes or spoils an escape."""
    before, behind = gaps
    data = bytes(range(65, 91)) * 300  # more than the link's own buffer, less than the UART's too

    async def main() -> None:
        network = SimulatedNetwork(LoopClock())
        peer = Peer("server")
        taking = asyncio.Event()

        async def serve(stream: Any) -> None:
            await taking.wait()
            await peer.serve(stream)

        network.serve("server.test", 7000, serve)
        near, far = memory_pair()
        terminal = Terminal(near)
        async with Twin("air780e-lsat", far, network=network) as twin:
            await terminal.ask(b"ATE0;+CIPMODE=1")
            terminal.type(b'AT+CIPSTART="TCP","server.test",7000\r')
            await terminal.expect(b"CONNECT\r\n")
            (link,) = twin.module.firmware.find(Sockets).links.values()  # type: ignore[union-attr]
            send = link.send

            async def blocked(clock: Any, packet: bytes) -> bool:
                await taking.wait()
                return await send(clock, packet)

            link.send = blocked  # type: ignore[method-assign]
            terminal.type(data)
            await asyncio.sleep(before)
            assert twin.module.hardware.uart.rx  # back-pressure, as far as the UART
            terminal.type(b"+++")
            await asyncio.sleep(behind)
            if found:
                await terminal.expect(b"OK\r\n")
            else:
                terminal.type(b"x")
            await asyncio.sleep(3)
            taking.set()
            await peer.hear(data if found else data + b"+++x")
            assert not terminal.heard
            if found:
                await terminal.ask(b"AT")

    run_virtual(main())


def test_ciprxget_means_nothing_in_transparent_mode() -> None:
    async def main() -> None:
        network = SimulatedNetwork(LoopClock())
        peer = Peer("server")
        network.serve("server.test", 7000, peer.serve)
        near, far = memory_pair()
        terminal = Terminal(near)
        async with Twin("air780e-lsat", far, network=network) as twin:
            await terminal.ask(b"ATE0;+CIPRXGET=1;+CIPMODE=1")
            terminal.type(b'AT+CIPSTART="TCP","server.test",7000\r')
            await terminal.expect(b"CONNECT\r\n")
            await peer.say(b"bare")
            assert await terminal.take(4) == b"bare"
            await terminal.quiet(2)
            terminal.type(b"+++")
            assert await terminal.quiet(2) == b"\r\nOK\r\n"
            await peer.say(b"later")
            assert await terminal.quiet(2) == b""
            terminal.type(b"ATO\r")
            assert await terminal.quiet(2) == b"\r\nCONNECT\r\nlater"
            assert twin.module.firmware is not None

    run_virtual(main())
