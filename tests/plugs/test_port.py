"""A `twin://` port does what pyserial says a port does: times, buffers, wires, threads."""

from __future__ import annotations

import gc
import os
import select
import threading
import time
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import serial

import atwin.plugs  # noqa: F401 - registers `twin://`
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

URL = "twin://air780e-at"
#: Ten bits for a byte: 120 bytes take a second.
SLOW = f"{URL}?baud=1200"

Make = Any


@pytest.fixture(params=[serial.serial_for_url, serial.Serial], ids=["for_url", "Serial"])
def make(request: pytest.FixtureRequest) -> Iterator[Make]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield request.param


def seconds(call: Callable[[], object]) -> float:
    begun = time.monotonic()
    call()
    return time.monotonic() - begun


def ask(line: serial.Serial, command: bytes) -> bytes:
    line.write(command + b"\r")
    answer: bytes = line.read_until(b"OK\r\n")
    return answer


def arrived(line: serial.Serial, size: int) -> None:
    until = time.monotonic() + PATIENCE
    while line.in_waiting < size:
        assert time.monotonic() < until, line.in_waiting
        time.sleep(0.001)


def test_a_read_ends_with_its_time_and_not_before(make: Make) -> None:
    with make(URL, timeout=0) as line:
        assert line.read(10) == b""
        assert line.read_until() == b""
        line.timeout = 0.05
        short = seconds(lambda: line.read(1))
        line.timeout = 0.2
        long = seconds(lambda: line.read(1))
        assert 0.05 <= short < long
        assert long >= 0.2
        line.timeout = PATIENCE
        # What has come ends it before the time does.
        assert ask(line, b"AT") == b"AT\r\r\nOK\r\n"
        line.write(b"AT\r")
        arrived(line, 9)
        line.timeout = 0
        assert line.read(4) == b"AT\r\r"
        assert line.read(100) == b"\nOK\r\n"


def test_a_gap_between_two_bytes_ends_a_read(make: Make) -> None:
    with make(URL, timeout=PATIENCE, inter_byte_timeout=0.05) as line:
        line.write(b"AT\r")
        assert seconds(lambda: line.read(1000)) < PATIENCE / 2
        # Before the first byte there is no gap.
        line.timeout = 0.15
        assert seconds(lambda: line.read(1)) >= 0.15


def test_a_write_ends_with_its_time(make: Make) -> None:
    with make(SLOW, baudrate=1200, write_timeout=0.1) as line:
        with pytest.raises(serial.SerialTimeoutException, match="Write timeout"):
            line.write(bytes(50_000))
        waiting = line.out_waiting
        assert 4096 <= waiting < 50_000
        line.write_timeout = 0
        assert line.write(bytes(50_000)) < 50_000
        line.reset_output_buffer()
        assert line.out_waiting == 0
        # What was taken back never comes to the module.
        line.write_timeout, line.timeout = None, PATIENCE
        line.write(b"\rATE0\r")
        assert b"OK\r\n" in line.read_until(b"OK\r\n")
        assert ask(line, b"AT") == b"\r\nOK\r\n"


def test_flush_waits_until_all_has_left() -> None:
    with serial.serial_for_url(SLOW, baudrate=1200) as line:
        line.write(b"A" * 24)
        assert 0 < line.out_waiting <= 24
        assert seconds(line.flush) >= 0.15
        assert line.out_waiting == 0
        line.write(b"A" * 12)
        assert seconds(line.flush) < PATIENCE / 2


def test_a_read_that_waits_is_ended_by_another_thread(make: Make) -> None:
    with make(URL) as line:
        threading.Timer(0.05, line.cancel_read).start()
        assert line.read(1) == b""
        for _ in range(10_000):
            line.cancel_read()  # nobody waits: the next one is ended, once
        assert line.read(1) == b""
        line.timeout = PATIENCE
        assert ask(line, b"AT") == b"AT\r\r\nOK\r\n"


def test_a_write_that_waits_is_ended_by_another_thread(make: Make) -> None:
    with make(SLOW, baudrate=1200) as line:
        threading.Timer(0.05, line.cancel_write).start()
        assert 4096 <= line.write(bytes(50_000)) < 50_000


def test_close_ends_a_read_of_another_thread(make: Make) -> None:
    line = make(URL)
    threading.Timer(0.05, line.close).start()
    assert line.read(1) == b""
    with pytest.raises(serial.PortNotOpenError):
        line.read(1)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
def test_a_fork_that_closes_its_copy_leaves_the_port_alone() -> None:
    with serial.serial_for_url(URL, timeout=PATIENCE) as line:
        child = os.fork()
        if child == 0:
            line.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        line.write(b"AT\r")
        assert line.read(2) == b"AT"


def test_what_is_waiting_is_counted_and_thrown_away(make: Make) -> None:
    with make(URL, timeout=PATIENCE) as line:
        line.write(b"AT\r")
        arrived(line, 9)
        assert line.in_waiting == 9
        assert line.read(2) == b"AT"
        assert line.in_waiting == 7
        line.reset_input_buffer()
        assert line.in_waiting == 0
        assert ask(line, b"ATE0") == b"ATE0\r\r\nOK\r\n"
        assert line.read_all() == b""


def test_threads_read_and_write_at_once() -> None:
    with serial.serial_for_url(URL, timeout=PATIENCE) as line:
        came: list[bytes] = []

        def read() -> None:
            came.extend(line.read_until(b"OK\r\n") for _ in range(100))

        reader = threading.Thread(target=read)
        reader.start()
        for _ in range(100):
            line.write(b"AT\r")
        reader.join()
        assert came == [b"AT\r\r\nOK\r\n"] * 100
        assert (line.in_waiting, line.out_waiting) == (0, 0)


def test_select_tells_when_something_has_come(make: Make) -> None:
    with make(URL) as line:
        assert select.select([line], [line], [], 0) == ([], [line], [])
        line.write(b"AT\r")
        assert select.select([line], [], [], PATIENCE)[0] == [line]


def test_the_rate_changes_after_what_was_written(make: Make) -> None:
    with make(f"{URL}?baud=9600", baudrate=9600, timeout=PATIENCE) as line:
        assert ask(line, b"ATE0").endswith(b"OK\r\n")
        line.write(b"AT+IPR=115200\r")
        line.baudrate = 115200  # at once, while the command is on its way
        line.baudrate = 9600
        line.read_until(b"OK\r\n")
        line.baudrate = 115200
        assert ask(line, b"AT+IPR?") == b"\r\n+IPR: 115200\r\n\r\nOK\r\n"


def test_frames_and_flow_control_that_the_module_does_not_have(make: Make) -> None:
    with make(f"{URL}?baud=9600", baudrate=9600, timeout=PATIENCE) as line:
        assert ask(line, b"AT").endswith(b"OK\r\n")
        line.parity, line.bytesize = serial.PARITY_EVEN, serial.SEVENBITS
        line.timeout = 0.1
        assert b"OK" not in ask(line, b"AT")
        line.parity, line.bytesize = serial.PARITY_NONE, serial.EIGHTBITS
        line.xonxoff = line.rtscts = line.dsrdtr = True
        line.timeout = PATIENCE
        line.write(b"\r")
        line.reset_input_buffer()
        assert ask(line, b"AT").endswith(b"OK\r\n")


def test_the_wires() -> None:
    with serial.serial_for_url(URL) as line:
        assert (line.cts, line.dsr, line.cd, line.ri) == (True, True, True, False)
        line.send_break(0.001)


@pytest.mark.parametrize("output", ["rts", "dtr"])
def test_an_output_wired_to_reset(output: str) -> None:
    url = f"{URL}?{output}=reset&time_scale=0.01"
    line = serial.serial_for_url(url, do_not_open=True, timeout=PATIENCE)
    setattr(line, output, False)  # before it is open: the module is not held in reset
    with line:
        assert ask(line, b"AT") == b"AT\r\r\nOK\r\n"
        setattr(line, output, True)
        line.timeout = 0.05
        while ask(line, b"AT"):  # it needs a moment to stop
            pass


def test_what_cannot_be_is_refused_as_by_any_port(make: Make) -> None:
    with pytest.raises(serial.SerialException, match="could not open port twin://air999"):
        make("twin://air999")
    line = make(URL, exclusive=True)
    with pytest.raises(serial.SerialException, match="already open"):
        line.open()
    with pytest.raises(ValueError, match="Not a valid baudrate"):
        line.baudrate = -1
    with pytest.raises(TypeError, match="encode to bytes"):
        line.write("AT\r")
    line.close()
    line.close()
    for use in (line.read, line.flush, line.reset_input_buffer, lambda: line.write(b"AT\r")):
        with pytest.raises(serial.PortNotOpenError):
            use()
    line.open()
    line.timeout = PATIENCE
    assert ask(line, b"AT") == b"AT\r\r\nOK\r\n"
    line.close()


def test_two_ports_cannot_have_one_module(make: Make, tmp_path: Path) -> None:
    url = f"{URL}?state={tmp_path / 'state'}"
    with make(url), pytest.raises(serial.SerialException, match="is in use by another process"):
        make(url)
    make(url).close()


def test_a_port_that_is_forgotten_ends_its_module(make: Make) -> None:
    before = threading.active_count()
    line = make(URL)
    assert threading.active_count() == before + 1
    with warnings.catch_warnings(record=True):
        del line
        gc.collect()
    assert threading.active_count() == before


def test_what_a_class_of_the_program_does_comes_first() -> None:
    class Own(serial.Serial):  # type: ignore[misc] # pyserial has no type hints
        reads = 0

        def read(self, size: int = 1) -> bytes:
            self.reads += 1
            return bytes(super().read(size))

    with Own(URL, timeout=PATIENCE) as line:
        assert isinstance(line, Own)
        assert ask(line, b"AT") == b"AT\r\r\nOK\r\n"
        assert line.reads == 9
    assert type(line) is Own


def test_a_device_is_as_it_was() -> None:
    with pytest.raises(serial.SerialException, match="No such file"):
        serial.Serial("/nowhere/ttyUSB0")


def test_opening_and_closing_never_sleep(monkeypatch: pytest.MonkeyPatch) -> None:
    """What took pyserial's RFC 2217 client a third of a second each were its pauses."""

    def sleep(_: float) -> None:
        raise AssertionError

    monkeypatch.setattr(time, "sleep", sleep)
    serial.serial_for_url(URL, baudrate=115200, timeout=1, rtscts=True).close()
