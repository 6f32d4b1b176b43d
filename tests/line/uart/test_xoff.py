"""XON and XOFF in the module's output: who obeys, also inside data (docs/spec/uart.md §7)."""

from __future__ import annotations

import asyncio
import os
import sys
import termios
from collections.abc import Awaitable, Callable

import pytest

from atwin.clock import run_virtual
from atwin.line.frame import Flow, Frame, HostSettings, UartSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.ports.pty import PtyPort
from atwin.line.uart.host_receiver import HostFifo
from atwin.line.uart.uart import Uart
from support.line.terminal import Terminal

XON, XOFF = b"\x11", b"\x13"

Scene = Callable[[Uart, MemoryPort, Terminal], Awaitable[None]]


def played(
    scene: Scene,
    flow: Flow,
    *,
    baud: int | None = 115200,
    host_fifo: HostFifo | None = None,
    obeys_xoff: bool = False,
) -> None:
    async def main() -> None:
        host, module = memory_pair()
        host.set_line(HostSettings(obeys_xoff=obeys_xoff))
        uart = Uart(module, baud=baud, host_fifo=host_fifo)
        uart.listen(lambda: None)
        uart.boot(UartSettings(baud or 0, Frame(), flow, flow), trained=True)
        await scene(uart, host, Terminal(host))

    run_virtual(main())


async def until(met: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not met():  # noqa: ASYNC110 - the UART tells nobody
            await asyncio.sleep(0.001)


@pytest.mark.parametrize("baud", [None, 115200], ids=["max", "115200"])
@pytest.mark.parametrize("modelled", [True, False], ids=["fifo", "port"])
def test_a_host_that_obeys_xoff_takes_it_for_one_in_data_too(
    modelled: bool, baud: int | None
) -> None:
    """Hence "not for binary data": the payload arrives short, and the host falls silent."""

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(bytes(range(256)))
        everything = bytes(range(256)).replace(XON, b"").replace(XOFF, b"")
        assert await terminal.quiet() == everything
        terminal.type(b"AT\r")
        await asyncio.sleep(1)
        assert uart.rx == b""
        uart.write(b"and" + XON)
        assert await terminal.quiet() == b"and"
        assert uart.rx == b"AT\r"

    fifo = HostFifo(4096, 50_000) if modelled else None
    played(scene, Flow.SOFTWARE, baud=baud, host_fifo=fifo, obeys_xoff=not modelled)


def test_a_port_set_so_obeys_xoff_whatever_the_module_is_set_to() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(b"a" + XOFF + b"b")
        assert await terminal.quiet() == b"ab"
        terminal.type(b"AT\r")
        await asyncio.sleep(1)
        assert uart.rx == b""
        host.set_line(HostSettings(obeys_xoff=False))  # a terminal that is set so starts again
        await asyncio.sleep(1)
        assert uart.rx == b"AT\r"
        uart.write(b"a" + XOFF + b"b")
        assert await terminal.quiet() == b"a" + XOFF + b"b"

    played(scene, Flow.NONE, obeys_xoff=True)


def test_a_modelled_host_takes_nothing_out_without_that_flow_control() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(bytes(range(256)))
        assert await terminal.quiet() == bytes(range(256))

    played(scene, Flow.HARDWARE, host_fifo=HostFifo(4096, 50_000))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says how the host set its end")
def test_a_terminal_with_ixon_obeys_xoff_in_data() -> None:
    async def main() -> None:
        port = PtyPort()
        uart = Uart(port)
        came = asyncio.Event()
        uart.listen(came.set)
        slave = os.open(port.slave_path, os.O_RDWR | os.O_NOCTTY)
        settings = termios.tcgetattr(slave)
        settings[0] |= termios.IXON
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        await until(lambda: uart.host_settings.obeys_xoff)
        uart.write(b"a" + XOFF + b"b")
        assert os.read(slave, 10) == b"ab"
        os.write(slave, b"AT\r")
        await until(lambda: uart.input_pending == 3)
        assert uart.rx == b""
        uart.write(XON)
        await came.wait()
        assert uart.rx == b"AT\r"
        os.close(slave)
        await port.close()

    asyncio.run(main())


def test_a_modelled_host_is_let_go_without_a_byte_when_the_flow_control_ends() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"x" * 5000)
        await asyncio.sleep(1)
        assert uart.input_pending
        uart.configure(UartSettings(115200))
        assert await terminal.quiet() == b""
        assert not uart.input_pending

    played(scene, Flow.SOFTWARE, host_fifo=HostFifo(4096, 50_000))


@pytest.mark.parametrize("rate", [9600, 921600])
def test_xoff_comes_in_time_while_the_module_is_speaking(rate: int) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(bytes(200_000))  # full duplex
        terminal.type(b"x" * 500)  # short of the mark by nearly a piece, later
        await asyncio.sleep(1)
        terminal.type(b"x" * 19_500)
        taken = 0
        while taken < 20_000:
            await asyncio.sleep(5)
            assert len(uart.rx) >= min(3072, 20_000 - taken)
            taken += len(uart.rx)
            uart.rx.clear()
            uart.taken()
        assert taken == 20_000
        assert uart.lost_bytes == 0

    played(scene, Flow.SOFTWARE, baud=rate, obeys_xoff=True)
