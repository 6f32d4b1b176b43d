"""What the host's receiver notices, and what the host throws away of both directions."""

from __future__ import annotations

import asyncio
import os
import sys
import termios

import pytest

from atwin.clock import run_virtual
from atwin.line.frame import Flow, HostSettings, ReceiveError, UartSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.ports.pty import PtyPort
from atwin.line.uart.host_receiver import HostFifo
from atwin.line.uart.uart import Uart
from support.line.terminal import Terminal


def shown_at(module: MemoryPort, monkeypatch: pytest.MonkeyPatch) -> list[ReceiveError]:
    """What the host is told of its receiver; a memory port itself tells nobody."""
    errors: list[ReceiveError] = []
    monkeypatch.setattr(module, "show_error", errors.append)
    return errors


def test_an_overrun_is_shown_each_time_bytes_are_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        _host, module = memory_pair()
        uart = Uart(module, baud=9600, host_fifo=HostFifo(100, 1))
        errors = shown_at(module, monkeypatch)
        uart.boot(UartSettings(9600), trained=True)
        uart.write(b"x" * 100)
        await uart.drain()
        assert (errors, uart.host_lost_bytes) == ([], 0)
        uart.write(b"x" * 100)
        await uart.drain()
        assert uart.host_lost_bytes > 90
        assert set(errors) == {ReceiveError.OVERRUN}

    run_virtual(main())


def test_another_rate_is_shown_as_framing_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    async def main() -> None:
        host, module = memory_pair()
        host.set_line(HostSettings(9600))
        uart = Uart(module, baud=9600)
        errors = shown_at(module, monkeypatch)
        uart.boot(UartSettings(115200), trained=True)
        uart.write(b"x" * 10)
        await uart.drain()
        assert set(errors) == {ReceiveError.FRAMING}

    run_virtual(main())


def test_a_host_that_purges_does_not_read_what_its_receiver_held() -> None:
    async def main() -> None:
        host, module = memory_pair()
        uart = Uart(module, baud=115200, host_fifo=HostFifo(4096, 100))
        uart.boot(UartSettings(115200), trained=True)
        terminal = Terminal(host)
        uart.write(b"old" * 500)
        await uart.drain()
        module.on_purge(True, False)
        read = len(terminal.heard)
        assert read < 100
        uart.write(b"new")
        await asyncio.sleep(30)
        assert terminal.heard[read:] == b"new"
        assert uart.host_lost_bytes == 0

    run_virtual(main())


def test_a_purge_makes_room_for_a_module_that_rts_had_stopped() -> None:
    async def main() -> None:
        host, module = memory_pair()
        uart = Uart(module, baud=115200, host_fifo=HostFifo(1024, 1))
        uart.boot(UartSettings(115200, to_host=Flow.HARDWARE), trained=True)
        Terminal(host)
        uart.write(bytes(2000))
        await asyncio.sleep(1)
        stopped = uart.sent_bytes
        assert stopped < 1024
        module.on_purge(True, False)
        await asyncio.sleep(1)
        assert uart.sent_bytes > stopped + 700

    run_virtual(main())


def test_what_the_host_wrote_and_purged_never_comes() -> None:
    async def main() -> None:
        host, module = memory_pair()
        uart = Uart(module, baud=9600)
        uart.listen(lambda: None)
        uart.boot(UartSettings(9600), trained=True)
        host.write(b"x" * 960)
        await asyncio.sleep(0.5)
        module.on_purge(False, True)
        host.write(b"AT\r")
        await asyncio.sleep(1)
        assert 400 < len(uart.rx) < 500
        assert uart.rx.endswith(b"xAT\r")

    run_virtual(main())


@pytest.mark.skipif(sys.platform != "linux", reason="packet mode as Linux has it")
def test_a_terminal_that_is_flushed_purges_both_ways() -> None:
    async def main() -> None:
        port = PtyPort(rate=600)
        uart = Uart(port, baud=600, host_fifo=HostFifo(4096, 1))
        uart.listen(lambda: None)
        uart.boot(UartSettings(600), trained=True)
        slave = os.open(port.slave_path, os.O_RDWR | os.O_NOCTTY)
        purged: asyncio.Queue[tuple[bool, bool]] = asyncio.Queue()
        purge = port.on_purge

        def note(received: bool, unsent: bool) -> None:
            purge(received, unsent)
            purged.put_nowait((received, unsent))

        port.on_purge = note
        os.write(slave, b"x" * 600)  # ten seconds
        async with asyncio.timeout(10):
            while not uart.input_pending:  # noqa: ASYNC110 - the UART tells nobody
                await asyncio.sleep(0.001)
            termios.tcflush(slave, termios.TCIOFLUSH)
            seen = (False, False)
            while seen != (True, True):
                received, unsent = await purged.get()
                seen = (seen[0] or received, seen[1] or unsent)
        assert uart.input_pending == 0
        assert len(uart.rx) < 600
        os.close(slave)
        await port.close()

    asyncio.run(main())
