"""`machine.UART` on a serial port of a computer: what the unix port of MicroPython lacks."""

import select
import termios

VMIN, VTIME = 6, 5  # of Linux
CC = 6  # where tcgetattr has them


class UART:
    """The part of machine.UART that is used here; `path` takes the place of the number."""

    def __init__(self, path, baudrate=115200, timeout=500):
        self._file = open(path, "r+b")
        number = self._file.fileno()
        termios.setraw(number)
        settings = termios.tcgetattr(number)
        settings[4] = settings[5] = getattr(termios, "B%d" % baudrate)
        # A read ends when the line was silent for so long, as that of a UART does.
        settings[CC][VMIN] = 0
        settings[CC][VTIME] = max(1, timeout // 100)
        termios.tcsetattr(number, termios.TCSANOW, settings)
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def any(self):
        """Whether a byte is there."""
        return len(self._poll.poll(0))

    def write(self, data):
        """All of it."""
        return self._file.write(data)

    def read(self, count):
        """So many bytes, fewer after a silence; None when there are none."""
        return self._file.read(count) or None

    def readline(self):
        """Up to a line's end, or a silence; None when there is nothing."""
        return self._file.readline() or None
