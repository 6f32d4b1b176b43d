"""A pyserial program changes the rate of module and port as it does on real hardware."""

from __future__ import annotations

import serial

import atwin.plugs  # noqa: F401 - registers `twin://`


def test_what_was_flushed_has_left_at_the_old_rate() -> None:
    """At 1200 bit/s the command is on its way for a tenth of a second, whatever `flush` returns."""
    with serial.serial_for_url("twin://air780e-at?baud=1200", baudrate=1200, timeout=10) as line:
        line.write(b"ATE0\r")
        assert line.read_until(b"OK\r\n").endswith(b"OK\r\n")
        line.write(b"AT+IPR=9600\r")
        line.flush()
        line.baudrate = 9600
        line.timeout = 0.5
        answers = []
        for _ in range(10):  # the first one comes while the module still says OK, at 1200
            line.write(b"AT+IPR?\r")
            answers.append(line.read_until(b"OK\r\n"))
            if answers[-1].endswith(b"\r\n+IPR: 9600\r\n\r\nOK\r\n"):
                break
        else:
            raise AssertionError(answers)
