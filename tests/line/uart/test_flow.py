"""Flow control with effect, and what is lost without (docs/spec/uart.md §7)."""

from __future__ import annotations

import asyncio
import os
import tty
from collections.abc import Awaitable, Callable

import pytest

from atwin.clock import run_virtual
from atwin.line.frame import Flow, Frame, HostSettings, UartSettings
from atwin.line.ports.device_server import open_device_server
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.uart.host_receiver import HostFifo
from atwin.line.uart.uart import Uart
from support.line.terminal import Terminal

XON, XOFF = b"\x11", b"\x13"
TEXT = b"0123456789abcdef" * 3000
EVERY = bytes(range(256)) * 188

Scene = Callable[[Uart, MemoryPort, Terminal], Awaitable[None]]


def played(
    scene: Scene,
    to_host: Flow = Flow.NONE,
    to_module: Flow = Flow.NONE,
    *,
    baud: int | None = 115200,
    host_fifo: HostFifo | None = None,
) -> None:
    async def main() -> None:
        host, module = memory_pair()
        uart = Uart(module, baud=baud, host_fifo=host_fifo)
        uart.listen(lambda: None)
        uart.boot(UartSettings(baud or 0, Frame(), to_host, to_module), trained=True)
        await scene(uart, host, Terminal(host))

    run_virtual(main())


SLOW = HostFifo(4096, 5000)


def test_a_slow_host_without_flow_control_loses_bytes_and_they_are_counted() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(EVERY)
        await asyncio.sleep(60)
        assert uart.host_lost_bytes > 0
        assert len(terminal.heard) == len(EVERY) - uart.host_lost_bytes
        # 11520 bytes a second come, 5000 are read, 4096 are held.
        kept = 4096 + 5000 * len(EVERY) / 11520
        assert len(terminal.heard) == pytest.approx(kept, rel=0.02)

    played(scene, host_fifo=SLOW)


@pytest.mark.parametrize("size", [64, 256, 4096])
def test_a_slow_host_with_rts_loses_nothing(size: int) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(EVERY)
        await asyncio.sleep(60)
        assert uart.host_lost_bytes == 0
        assert terminal.heard == EVERY

    played(scene, Flow.HARDWARE, Flow.HARDWARE, host_fifo=HostFifo(size, 5000))


@pytest.mark.parametrize(
    ("flow", "enough"), [(Flow.HARDWARE, 64), (Flow.SOFTWARE, 72)], ids=["rts", "xoff"]
)
def test_a_small_receiver_is_overrun_before_the_module_has_stopped(flow: Flow, enough: int) -> None:
    """What is in the module's FIFO still comes, and an XOFF takes its time on the line."""
    lost: list[int] = []

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(TEXT[:4000])
        await asyncio.sleep(60)
        lost.append(uart.host_lost_bytes)
        assert len(terminal.heard) == 4000 - lost[-1]

    for size in (enough, enough - 1):
        played(scene, flow, flow, host_fifo=HostFifo(size, 100))
    assert lost[0] == 0 < lost[1]


def test_a_slow_host_with_xoff_loses_no_text() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(TEXT)
        await asyncio.sleep(60)
        assert uart.host_lost_bytes == 0
        assert terminal.heard == TEXT

    played(scene, Flow.SOFTWARE, Flow.SOFTWARE, host_fifo=SLOW)


def test_a_host_fast_enough_needs_no_flow_control() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(EVERY)
        await asyncio.sleep(60)
        assert uart.host_lost_bytes == 0
        assert terminal.heard == EVERY

    played(scene, host_fifo=HostFifo(64, 12000))


@pytest.mark.parametrize("baud", [None, 115200], ids=["max", "115200"])
def test_xoff_stops_the_module_and_xon_lets_it_go_on(baud: int | None) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"A" + XOFF + b"T")
        await asyncio.sleep(1)
        assert bytes(uart.rx) == b"AT"  # taken out, also in the middle of data
        uart.write(b"held")
        await asyncio.sleep(1)
        # The XOFF came while nothing was being sent: only the FIFO may still leave.
        assert len(terminal.heard) <= (0 if baud is None else 4)
        terminal.type(XON)
        assert (await terminal.quiet()).endswith(b"held")

    played(scene, Flow.SOFTWARE, baud=baud)


def test_xoff_means_nothing_to_a_module_that_does_not_listen_for_it() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"A" + XOFF + b"T")
        await asyncio.sleep(1)
        assert bytes(uart.rx) == b"A" + XOFF + b"T"
        uart.write(b"said")
        assert await terminal.quiet() == b"said"

    played(scene)


@pytest.mark.parametrize("baud", [None, 115200], ids=["max", "115200"])
def test_rts_stops_the_module_within_its_fifo(baud: int | None) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(b"x" * 11520)
        if baud is None:
            await terminal.take(1)
        else:
            await asyncio.sleep(0.5)
        host.set_line(HostSettings(rts=False))
        sent = uart.sent_bytes
        await asyncio.sleep(1)
        # Without line time there is no FIFO: only a piece may be on its way.
        assert 0 < uart.sent_bytes <= sent + (0 if baud is None else 16) < 11520
        uart.write(b"end")
        await asyncio.sleep(1)
        assert not terminal.heard.endswith(b"end")
        host.set_line(HostSettings(rts=True))
        await asyncio.sleep(1)
        assert terminal.heard.endswith(b"xend")
        assert uart.sent_bytes == 11520 + 3

    played(scene, Flow.HARDWARE, baud=baud)


@pytest.mark.parametrize("baud", [None, 115200], ids=["max", "115200"])
def test_cts_stops_a_host_that_obeys_it_and_nothing_is_lost(baud: int | None) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(EVERY)
        await asyncio.sleep(2)
        assert 3072 <= len(uart.rx) <= 4096
        assert not host.cts
        taken = bytearray()
        while len(taken) < len(EVERY):
            taken += uart.rx[:500]
            del uart.rx[:500]
            uart.taken()
            await asyncio.sleep(0.1)
        assert taken == EVERY
        assert host.cts
        assert uart.lost_bytes == 0

    played(scene, Flow.NONE, Flow.HARDWARE, baud=baud)


def test_cts_goes_on_at_the_low_water_mark_only() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"x" * 3072)
        await asyncio.sleep(1)
        assert not host.cts
        del uart.rx[: 3072 - 1025]
        uart.taken()
        assert not host.cts
        del uart.rx[:1]
        uart.taken()
        assert host.cts

    played(scene, Flow.NONE, Flow.HARDWARE)


def test_a_host_that_ignores_cts_loses_bytes() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        host.set_line(HostSettings(obeys_cts=False))
        terminal.type(EVERY)
        await asyncio.sleep(10)
        assert len(uart.rx) == 4096
        assert uart.lost_bytes == len(EVERY) - 4096

    played(scene, Flow.NONE, Flow.HARDWARE)


def test_the_module_says_xoff_and_xon_at_its_water_marks() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"x" * 3072)
        assert await terminal.quiet() == XOFF
        uart.rx.clear()
        uart.taken()
        assert await terminal.quiet() == XON

    played(scene, Flow.NONE, Flow.SOFTWARE)


def test_a_modelled_host_obeys_xoff() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(TEXT)
        await asyncio.sleep(10)
        assert 3072 <= len(uart.rx) <= 4096
        taken = bytearray()
        while len(taken) < len(TEXT):
            taken += uart.rx
            uart.rx.clear()
            uart.taken()
            await asyncio.sleep(0.1)
        assert bytes(taken) == TEXT
        assert uart.lost_bytes == 0

    played(scene, Flow.SOFTWARE, Flow.SOFTWARE, host_fifo=SLOW)


def test_switched_off_flow_control_lets_everything_go() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        host.set_line(HostSettings(rts=False))
        uart.write(b"held back until now" * 4)
        await asyncio.sleep(1)
        uart.configure(UartSettings(115200))
        assert await terminal.quiet() == b"held back until now" * 4

    played(scene, Flow.HARDWARE)


def test_the_ok_of_ipr_goes_out_at_the_old_rate_even_when_rts_held_it_back() -> None:
    """OK is sent at the old rate, then the rate changes (docs/spec/uart.md §5)."""

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        host.set_line(HostSettings(115200, rts=False))
        uart.write(b"\r\nOK\r\n")
        uart.configure(UartSettings(921600, Frame(), Flow.HARDWARE, Flow.HARDWARE))
        await asyncio.sleep(0.1)
        assert uart.mode.rate == 115200
        host.set_line(HostSettings(115200, rts=True))
        assert await terminal.quiet() == b"\r\nOK\r\n"
        assert uart.mode.rate == 921600

    played(scene, Flow.HARDWARE, Flow.HARDWARE)


def test_ifc_0_frees_a_held_line_and_what_waits_goes_out_at_its_own_rate() -> None:
    """AT+IPR=921600 and, as nothing comes, AT+IFC=0,0: both OKs, each at its rate."""

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        host.set_line(HostSettings(115200, rts=False))
        uart.write(b"OK of IPR")
        uart.configure(UartSettings(921600, Frame(), Flow.HARDWARE, Flow.HARDWARE))
        uart.write(b"OK of IFC" * 10)  # more than a FIFO lets through
        uart.configure(UartSettings(921600))
        assert await terminal.expect(b"OK of IPR") == b"OK of IPR"
        host.set_line(HostSettings(921600, rts=False))
        assert await terminal.quiet() == b"OK of IFC" * 10
        assert uart.mode == UartSettings(921600)

    played(scene, Flow.HARDWARE, Flow.HARDWARE)


def test_a_module_that_restarts_does_not_take_up_what_the_run_before_had_set() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        host.set_line(HostSettings(115200, rts=False))
        uart.write(b"held")
        uart.configure(UartSettings(9600, Frame(), Flow.HARDWARE, Flow.HARDWARE))
        uart.boot(UartSettings(115200, to_host=Flow.HARDWARE), trained=True)
        uart.write(b" until its own OK")
        uart.configure(UartSettings(19200))
        host.set_line(HostSettings(115200, rts=True))
        assert await terminal.quiet() == b"held until its own OK"
        assert uart.mode == UartSettings(19200)

    played(scene, Flow.HARDWARE, Flow.HARDWARE)


def test_xoff_of_the_run_before_does_not_hold_the_next_one() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(XOFF)
        await asyncio.sleep(0.1)
        uart.boot(UartSettings(115200, to_host=Flow.SOFTWARE), trained=True)
        uart.write(b"RDY")
        assert await terminal.quiet() == b"RDY"

    played(scene, Flow.SOFTWARE)


def test_a_host_stopped_by_xoff_is_released_when_that_flow_control_is_switched_off() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"x" * 3500)
        assert await terminal.quiet() == XOFF
        uart.configure(UartSettings(115200))
        assert await terminal.quiet() == XON

    played(scene, Flow.NONE, Flow.SOFTWARE)


def test_another_flow_control_takes_over_a_stopped_host() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"x" * 3500)
        assert await terminal.quiet() == XOFF
        uart.configure(UartSettings(115200, to_module=Flow.HARDWARE))
        assert await terminal.quiet() == XON
        assert not host.cts
        uart.configure(UartSettings(115200, to_module=Flow.SOFTWARE))
        assert host.cts
        assert await terminal.quiet() == XOFF
        uart.rx.clear()
        uart.taken()
        assert await terminal.quiet() == XON

    played(scene, Flow.NONE, Flow.SOFTWARE)


def test_cts_switched_off_while_it_stops_the_host_lets_it_go_on() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"x" * 5000)
        await asyncio.sleep(1)
        assert not host.cts
        uart.configure(UartSettings(115200))
        assert host.cts
        await asyncio.sleep(1)
        assert uart.input_pending == 0
        assert uart.lost_bytes == 5000 - 4096

    played(scene, Flow.NONE, Flow.HARDWARE)


@pytest.mark.parametrize("how", [Flow.SOFTWARE, Flow.HARDWARE])
def test_without_line_time_flow_control_still_stops_a_long_answer(how: Flow) -> None:
    async def main() -> None:
        host, module = memory_pair()
        uart = Uart(module)
        uart.listen(lambda: None)
        uart.boot(UartSettings(0, Frame(), how, how), trained=True)
        heard = bytearray()

        class Stopper:
            """A host that wants a rest after the first piece."""

            def received(self, data: bytes) -> None:
                if not heard and how is Flow.SOFTWARE:
                    host.write(XOFF)
                elif not heard:
                    host.set_line(HostSettings(rts=False))
                heard.extend(data)

            def lost(self, reason: str | None) -> None: ...

        host.start(Stopper())
        uart.write(TEXT)
        await asyncio.sleep(1)
        assert 0 < len(heard) <= 3 * 4096
        if how is Flow.SOFTWARE:
            host.write(XON)
        else:
            host.set_line(HostSettings(rts=True))
        await uart.drain()
        assert heard == TEXT

    run_virtual(main())


def test_without_flow_control_and_line_time_an_answer_is_handed_over_in_one_piece() -> None:
    """Each piece costs a turn, and most hosts are fast."""

    async def main() -> None:
        _host, module = memory_pair()
        uart = Uart(module)
        uart.write(TEXT)
        assert uart.sent_bytes == len(TEXT)

    run_virtual(main())


def test_xoff_stops_a_module_on_a_serial_device() -> None:
    """What is in its transport already no XOFF brings back."""

    async def main() -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        port = await open_device_server(os.ttyname(slave), 115200)
        uart = Uart(port)
        uart.listen(lambda: None)
        uart.boot(UartSettings(0, Frame(), Flow.SOFTWARE, Flow.SOFTWARE), trained=True)
        loop, heard = asyncio.get_running_loop(), bytearray()
        loop.add_reader(master, lambda: heard.extend(os.read(master, 65536)))
        try:
            os.write(master, XOFF + b"first")
            while not uart.rx:  # noqa: ASYNC110 - the UART tells nobody
                await asyncio.sleep(0.001)
            os.write(master, XON)
            uart.write(TEXT * 8)
            while not heard:  # noqa: ASYNC110 - and neither does the kernel
                await asyncio.sleep(0)
            os.write(master, XOFF)
            await asyncio.sleep(0.3)
            stopped = len(heard)
            assert 0 < stopped < len(TEXT) * 4
            await asyncio.sleep(0.1)
            assert len(heard) == stopped
            os.write(master, XON)
            async with asyncio.timeout(20):
                while len(heard) < len(TEXT) * 8:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
            assert heard == TEXT * 8
        finally:
            loop.remove_reader(master)
            await port.close()
            os.close(master)
            os.close(slave)

    asyncio.run(main())


def test_an_xoff_is_forgotten_when_nobody_listens_for_xon_any_more() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(XOFF)
        await asyncio.sleep(1)
        uart.configure(UartSettings(115200))
        uart.configure(UartSettings(115200, to_host=Flow.SOFTWARE))
        uart.write(b"said")
        assert await terminal.quiet() == b"said"

    played(scene, Flow.SOFTWARE)
