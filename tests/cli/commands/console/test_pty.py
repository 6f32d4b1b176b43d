"""The console as a person meets it: on a terminal of its own."""

from __future__ import annotations

import os
import pty
import select
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from support.running.program import ATWIN

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Screen:
    """A console child process on a PTY; `expect` reads on until the text was shown."""

    def __init__(self, state: Path, *arguments: str, **more: str) -> None:
        self._master, slave = pty.openpty()
        env = {**os.environ, "XDG_STATE_HOME": str(state), "TERM": "xterm", "COLUMNS": "200"} | more
        self.process = subprocess.Popen(
            [*ATWIN, "console", *arguments], stdin=slave, stdout=slave, stderr=slave, env=env
        )
        os.close(slave)
        self._shown = b""

    def type(self, text: str) -> None:
        os.write(self._master, text.encode())

    def expect(self, text: str, seconds: float = 20) -> None:
        while text.encode() not in self._shown:
            assert select.select([self._master], [], [], seconds)[0], self._shown
            self._shown += os.read(self._master, 65536)
            # prompt_toolkit asks the terminal where its cursor is and waits for the answer.
            if b"\x1b[6n" in self._shown:
                self._shown = self._shown.replace(b"\x1b[6n", b"")
                os.write(self._master, b"\x1b[1;1R")
        self._shown = self._shown.partition(text.encode())[2]

    def leave(self, seconds: float = 20) -> int:
        """Ctrl-D until it ends; the exit code.

        While a line is being printed above the prompt the terminal is in its own line mode, and
        would keep a Ctrl-D of just that moment for itself.
        """
        for _ in range(int(seconds)):
            self.type("\x04")
            with suppress(subprocess.TimeoutExpired):
                return self.process.wait(1)
        raise AssertionError(self._shown)

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self._master)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    screen = Screen(tmp_path, "--port", "twin://air724ug?time_scale=0")
    yield screen
    screen.close()


def test_a_terminal_without_the_extra_is_plain(tmp_path: Path) -> None:
    (tmp_path / "prompt_toolkit.py").write_text("raise ModuleNotFoundError(name=__name__)")
    port = ("--port", "twin://air724ug?time_scale=0")
    plain = Screen(tmp_path, *port, PYTHONPATH=str(tmp_path))
    plain.expect("pip install 'atwin[console]'")
    plain.type("AT+CMEE?\n")
    plain.expect("+CMEE: 1")
    plain.expect("OK")
    assert plain.leave() == 0
    plain.close()


def test_type_a_command_and_leave(screen: Screen, tmp_path: Path) -> None:
    screen.expect("Ctrl-D ends")
    screen.type("AT+CMEE?\r")
    screen.expect("> AT+CMEE?")
    screen.expect("< +CMEE: 1")
    screen.expect("< OK")
    for secret in ("AT+CPIN=4711", 'AT+CPIN="12344321","4711"', 'at+clck="SC",1,"4711"'):
        screen.type(f"{secret}\r")
        screen.expect("< ")
    assert screen.leave() == 0
    kept = (tmp_path / "atwin" / "console-history").read_text()
    assert "AT+CMEE?" in kept
    assert "4711" not in kept


def test_completion_shows_the_meaning(screen: Screen) -> None:
    screen.expect("Ctrl-D ends")
    screen.type("AT+CME\t")
    screen.expect("The current error report mode")
    screen.type("\x03")
    assert screen.leave() == 0


def test_a_data_file_that_is_not_there(screen: Screen) -> None:
    screen.expect("Ctrl-D ends")
    screen.type("AT+HTTPINIT\r")
    screen.expect("< OK")
    screen.type("AT+HTTPDATA=4,60000\r")
    screen.expect("< DOWNLOAD")
    screen.expect("data>")
    screen.type("@/nowhere\r")
    screen.expect("cannot read /nowhere: No such file or directory")
    screen.type("text\r")
    screen.expect("< OK")
    assert screen.leave() == 0
