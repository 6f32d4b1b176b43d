"""The UART with line time: pacing, frames, other rates, auto-baud (docs/spec/uart.md §5, §6)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest

from atwin.clock import run_virtual
from atwin.line.frame import Flow, Frame, HostSettings, UartSettings
from atwin.line.port import TellingPort
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.uart.uart import Uart
from support.line.terminal import Terminal

Scene = Callable[[Uart, MemoryPort, Terminal], Awaitable[None]]


def played(
    scene: Scene, baud: int, mode: UartSettings | None = None, *, trained: bool = True
) -> None:
    """A UART at `mode`, whose firmware takes nothing by itself, and a host at `baud`."""

    async def main() -> None:
        host, module = memory_pair()
        uart = Uart(module, baud=baud)
        uart.listen(lambda: None)
        uart.boot(mode or UartSettings(baud), trained=trained)
        await scene(uart, host, Terminal(host))

    run_virtual(main())


@pytest.mark.parametrize("rate", [9600, 115200, 460800, 921600])
def test_ten_seconds_of_output_take_ten_seconds(rate: int) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(bytes(rate))
        await uart.drain()
        assert asyncio.get_running_loop().time() == pytest.approx(10, abs=1e-6)
        assert len(terminal.heard) == rate

    played(scene, rate)


@pytest.mark.parametrize("rate", [9600, 115200, 460800, 921600])
def test_both_directions_at_once_do_not_slow_each_other(rate: int) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        times: list[float] = []
        came = asyncio.Event()

        def count() -> None:
            if len(uart.rx) == 4096:
                times.append(asyncio.get_running_loop().time())
                came.set()

        uart.listen(count)
        uart.write(bytes(rate // 10))
        terminal.type(b"x" * 4096)
        await uart.drain()
        out = asyncio.get_running_loop().time()
        await came.wait()
        assert out == pytest.approx(1, abs=1e-6)
        assert times[-1] == pytest.approx(40960 / rate, abs=1e-6)

    played(scene, rate)


@pytest.mark.parametrize(("frame", "bits"), [(1, 11), (2, 11), (3, 10), (4, 10), (5, 10), (6, 9)])
def test_the_frame_tells_the_bits_of_a_byte(frame: int, bits: int) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(bytes(9600))
        await uart.drain()
        assert asyncio.get_running_loop().time() == pytest.approx(bits, abs=1e-6)

    played(scene, 9600, UartSettings(9600, Frame.of_icf(frame, 0)))


def test_a_rate_set_now_holds_behind_what_is_under_way() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(b"\r\nOK\r\n")
        uart.configure(UartSettings(921600))
        assert uart.mode.rate == 9600
        assert await terminal.expect(b"OK\r\n") == b"\r\nOK\r\n"
        assert uart.mode.rate == 921600
        host.set_line(HostSettings(921600))
        uart.write(b"faster")
        assert await terminal.expect(b"faster") == b"faster"

    played(scene, 9600)


def test_what_was_written_before_a_change_of_rate_goes_out_at_the_old_one() -> None:
    """As a tty does it for write, flush, set."""

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        start = asyncio.get_running_loop().time()
        came: list[float] = []
        uart.listen(lambda: came.append(asyncio.get_running_loop().time() - start))
        terminal.type(b"AT+IPR=9600\r")
        await host.set_rate(9600)
        assert uart.host_settings.rate == 115200
        await asyncio.sleep(1)
        assert uart.host_settings.rate == 9600
        assert bytes(uart.rx) == b"AT+IPR=9600\r"
        assert came[-1] == pytest.approx(12 * 10 / 115200)

    played(scene, 115200)


def test_each_of_several_changes_of_rate_has_its_place_among_the_bytes() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        for rate, text in ((19200, b"lost"), (115200, b"heard"), (9600, b"lost"), (115200, b".")):
            await host.set_rate(rate)
            terminal.type(text)
        await asyncio.sleep(1)
        assert re.sub(rb"[\x00\x80-\xff]", b"", uart.rx) == b"heard."

    played(scene, 115200)


def test_what_has_come_by_a_change_of_rate_came_at_the_old_one() -> None:
    """Either side may change in the middle of a slice of line time."""
    five = 5.5 * 10 / 9600

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(b"x" * 100)
        await asyncio.sleep(five)
        host.set_line(HostSettings(19200))
        await asyncio.sleep(1)
        assert terminal.heard.startswith(b"xxxxx")
        assert terminal.heard.count(b"x") == 5

        host.set_line(HostSettings(9600))
        terminal.type(b"y" * 100)
        await host.drain()
        await asyncio.sleep(five)
        uart.configure(UartSettings(19200))
        await asyncio.sleep(1)
        assert uart.rx.startswith(b"yyyyy")
        assert uart.rx.count(b"y") == 5

    played(scene, 9600)


def test_rts_does_not_wait_for_what_was_written() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        outputs: list[tuple[bool | None, bool | None]] = []
        uart.host.on_outputs = lambda rts, dtr: outputs.append((rts, dtr))
        terminal.type(b"x" * 960)
        await host.drain()
        await host.set_output("rts", False)
        await host.set_output("dtr", True)
        assert outputs == [(False, None), (False, True)]
        assert uart.input_pending

    played(scene, 9600)


def test_a_host_that_throws_away_what_it_wrote_still_changes_its_rate() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"x" * 960)
        await host.set_rate(115200)
        assert uart.host_settings.rate == 9600
        port = uart.port
        assert isinstance(port, TellingPort)
        port.on_purge(False, True)
        assert uart.input_pending == 0
        assert uart.host_settings.rate == 115200
        assert len(uart.rx) < 10

    played(scene, 9600)


def test_rates_that_differ_give_noise_both_ways() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"AT\r" * 100)
        uart.write(b"\r\nRDY\r\n" * 100)
        await uart.drain()
        await asyncio.sleep(1)
        for noise in (bytes(uart.rx), bytes(terminal.heard)):
            assert noise
            assert all(value == 0 or value >= 0x80 for value in noise)

    played(scene, 9600, UartSettings(115200))


@pytest.mark.parametrize(("host_rate", "heard"), [(9400, True), (9250, False), (9850, True)])
def test_rates_a_little_apart_are_understood(host_rate: int, heard: bool) -> None:
    """A byte is sampled until its tenth bit: 3 % add up to a third of a bit."""

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"AT\r")
        uart.write(b"\r\nOK\r\n")
        await asyncio.sleep(1)
        assert (bytes(uart.rx) == b"AT\r") == heard
        assert (bytes(terminal.heard) == b"\r\nOK\r\n") == heard

    played(scene, host_rate, UartSettings(9600))


def test_noise_is_the_same_at_every_run() -> None:
    heard: list[bytes] = []

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(b"\r\nRDY\r\n" * 100)
        await uart.drain()
        await asyncio.sleep(1)
        heard.append(bytes(terminal.heard))

    played(scene, 9600, UartSettings(115200))
    played(scene, 9600, UartSettings(115200))
    assert heard[0] == heard[1]


@pytest.mark.parametrize("first", [b"AT\r", b"at\r\n", b"AT\n", b"\x00\x80AT+CPIN?\r", b"aTAT\r"])
@pytest.mark.parametrize("split", [False, True], ids=["whole", "split"])
def test_auto_baud_takes_the_rate_of_the_first_at(first: bytes, split: bool) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        assert not uart.ready
        for piece in [bytes((value,)) for value in first] if split else [first]:
            terminal.type(piece)
            await asyncio.sleep(0.5)
        assert uart.ready
        assert bytes(uart.rx).strip(b"\n") == b""  # it is lost
        terminal.type(b"AT\r")
        await asyncio.sleep(0.5)
        assert bytes(uart.rx).strip(b"\n") == b"AT\r"
        uart.write(b"\r\nOK\r\n")
        assert await terminal.expect(b"OK\r\n") == b"\r\nOK\r\n"

    played(scene, 19200, UartSettings(0), trained=False)


@pytest.mark.parametrize("first", [b"aT\r", b"At\r", b"+++\r", b"\x00\xff" * 50])
def test_auto_baud_takes_it_from_nothing_else(first: bytes) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(first)
        await asyncio.sleep(1)
        assert not uart.ready
        assert not uart.rx

    played(scene, 19200, UartSettings(0), trained=False)


def test_a_host_that_ends_lines_with_lf_trains_the_module() -> None:
    """A quarter of real hosts send LF only (docs/spec/uart.md §11)."""

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"AT\nAT\n")
        await asyncio.sleep(0.5)
        assert uart.ready
        assert bytes(uart.rx) == b"AT\n"

    played(scene, 19200, UartSettings(0), trained=False)


@pytest.mark.parametrize(("typed", "left"), [(b"AT\rat\r", b"at\r"), (b"at\rAT\r", b"AT\r")])
def test_only_the_first_line_is_lost_whatever_its_case(typed: bytes, left: bytes) -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(typed)
        await asyncio.sleep(0.5)
        assert bytes(uart.rx) == left

    played(scene, 19200, UartSettings(0), trained=False)


def test_auto_baud_is_found_up_to_230400_only() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"AT\r" * 5)
        await asyncio.sleep(1)
        assert not uart.ready
        host.set_line(HostSettings(230400))
        terminal.type(b"AT\r")
        await asyncio.sleep(1)
        assert uart.ready

    played(scene, 460800, UartSettings(0), trained=False)


def test_once_found_the_rate_stays_until_the_next_start() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"AT\rAT\r")
        await asyncio.sleep(1)
        assert bytes(uart.rx) == b"AT\r"
        uart.rx.clear()
        host.set_line(HostSettings(9600))
        terminal.type(b"AT\r")
        await asyncio.sleep(1)
        assert b"AT" not in uart.rx
        uart.boot(UartSettings(0), trained=False)
        uart.rx.clear()
        terminal.type(b"AT\rAT\r")
        await asyncio.sleep(1)
        assert bytes(uart.rx) == b"AT\r"

    played(scene, 115200, UartSettings(0), trained=False)


def test_auto_baud_asked_for_again_looks_for_the_rate_again() -> None:
    """AT at 115200, AT+IPR=9600, AT+IPR=0: who speaks at 9600 is heard."""

    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"AT\r")
        await asyncio.sleep(0.1)
        uart.configure(UartSettings(9600))
        host.set_line(HostSettings(9600))
        await asyncio.sleep(0.1)
        uart.write(b"\r\nOK\r\n")
        uart.configure(UartSettings(0))
        assert not uart.ready
        assert await terminal.expect(b"OK\r\n") == b"\r\nOK\r\n"
        uart.rx.clear()
        assert not uart.ready
        terminal.type(b"AT\rAT\r")
        await asyncio.sleep(0.1)
        assert uart.ready
        assert bytes(uart.rx) == b"AT\r"

    played(scene, 115200, UartSettings(0))


def test_another_flow_control_is_no_reason_to_look_for_the_rate_again() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        terminal.type(b"AT\r")
        await asyncio.sleep(0.1)
        uart.configure(UartSettings(0, to_host=Flow.SOFTWARE))
        uart.configure(UartSettings(0))
        terminal.type(b"AT\r")
        await asyncio.sleep(0.1)
        assert bytes(uart.rx) == b"AT\rAT\r"

    played(scene, 115200, UartSettings(0))


def test_a_port_that_cannot_tell_a_rate_follows_the_module() -> None:
    class NoLine:
        """The module's end of a port like TCP's."""

        name = "plain"

        def __init__(self, port: MemoryPort) -> None:
            self._port = port
            self.start, self.write, self.drain = port.start, port.write, port.drain
            self.close, self.pause_reading = port.close, port.pause_reading
            self.resume_reading = port.resume_reading

    async def main() -> None:
        host, module = memory_pair()
        uart = Uart(NoLine(module), baud=115200)
        uart.listen(lambda: None)
        uart.boot(UartSettings(115200), trained=True)
        terminal = Terminal(host)
        uart.configure(UartSettings(9600))
        start = asyncio.get_running_loop().time()
        uart.write(b"x" * 960)
        assert await terminal.expect(b"x" * 960) == b"x" * 960
        assert asyncio.get_running_loop().time() - start == pytest.approx(1, abs=0.001)

    run_virtual(main())


def test_a_host_that_writes_much_is_made_to_wait() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        taken, size = bytearray(), 500_000
        all_of_it = asyncio.Event()

        def take() -> None:
            taken.extend(uart.rx)
            uart.rx.clear()
            if len(taken) == size:
                all_of_it.set()

        uart.listen(take)
        most = 0
        for _ in range(size // 1000):
            host.write(b"x" * 1000)
            await host.drain()
            most = max(most, uart.input_pending)
        await all_of_it.wait()
        assert most < 100_000
        assert uart.lost_bytes == 0

    played(scene, 115200)


def test_a_host_that_wrote_much_to_a_module_that_is_off_is_heard_later() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.listen(None)
        for _ in range(100):
            host.write(b"x" * 1000)
            await asyncio.sleep(0)
        await asyncio.sleep(30)
        assert uart.lost_bytes == 100_000
        uart.listen(lambda: None)
        terminal.type(b"AT\r")
        await asyncio.sleep(1)
        assert bytes(uart.rx) == b"AT\r"

    played(scene, 115200)


def test_what_was_being_said_is_cut_off() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        uart.write(b"x" * 9600)
        await asyncio.sleep(1)
        uart.cut()
        await asyncio.sleep(20)
        assert 900 < len(terminal.heard) < 961

    played(scene, 9600)


def test_it_tells_once_which_rate_was_found_and_which_host_has_another() -> None:
    async def scene(uart: Uart, host: MemoryPort, terminal: Terminal) -> None:
        told: list[str] = []
        uart.tell(told.append)
        terminal.type(b"AT\rAT\r")
        await asyncio.sleep(1)
        host.set_line(HostSettings(115200))
        for _ in range(3):
            terminal.type(b"AT\r")
            await asyncio.sleep(1)
        host.set_line(HostSettings(9600, Frame(7, "E")))
        terminal.type(b"AT\r")
        await asyncio.sleep(1)
        assert told == [
            "auto-baud: the first AT fixes the line at 9600 bit/s,"
            " until AT+IPR sets another rate or the module restarts",
            "noise: the host sends at 115200 bit/s, the module is set to 9600 bit/s 8N1",
            "noise: the host sends in another frame, the module is set to 9600 bit/s 8N1",
        ]

    played(scene, 9600, UartSettings(0), trained=False)
