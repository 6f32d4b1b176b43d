"""The Tab key in real shells, after `atwin completion SHELL --install`."""

from __future__ import annotations

import os
import re
import select
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Seconds for a shell on a busy computer to start, or to ask the program.
PATIENCE = 60

#: What is typed, and what the line reads after the Tab key.
TYPED = [
    ("atwin rec", "atwin recover "),
    ("atwin get --strat", "atwin get --strategy "),
    ("atwin get http://h/ --strategy r", "atwin get http://h/ --strategy range "),
    ("atwin twin --model air724", "atwin twin --model air724ug "),
    ("atwin twin --faults pdp_l", "atwin twin --faults pdp_lost "),
    ("atwin get http://h/ --port twin://air780e-a", "--port twin://air780e-at "),
    ("atwin get http://h/ --port=twin://air780e-l", "--port=twin://air780e-lsat "),
    ("atwin at AT+HTTPTER", "atwin at AT+HTTPTERM "),
    ("atwin replay f --as mo", "atwin replay f --as module "),
    ("atwin trace show ./some", "show ./something.trace "),
]

#: A program that makes its input the terminal of its session, and then is another one.
TAKE_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def environment(home: Path) -> dict[str, str]:
    """That of a user whose home is `home`; `atwin` is on the path."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"HOME": str(home), "PATH": path, "TERM": "dumb", "LANG": "C.UTF-8"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "something.trace").touch()
    return tmp_path


@contextmanager
def terminal(shell: str, home: Path) -> Iterator[tuple[int, Callable[[str], str]]]:
    """A terminal that `shell` has, and what reads it until a text has come."""
    master, slave = os.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", TAKE_TERMINAL, shell, "-i"],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        cwd=home,
        env=environment(home),
        start_new_session=True,
    )
    os.close(slave)
    seen = ""

    def until(text: str) -> str:
        nonlocal seen
        end = time.monotonic() + PATIENCE
        while text not in seen:
            assert select.select([master], [], [], max(0.0, end - time.monotonic()))[0], seen
            raw = os.read(master, 4096).decode(errors="replace")
            seen += re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b[=>]|\r|\x07", "", raw)
        before, _, seen = seen.partition(text)
        return before

    try:
        yield master, until
    finally:
        process.kill()
        process.wait()
        os.close(master)


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_tab_key(shell: str, home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"no {shell} here")
    assert run(["completion", shell, "--install"]) == 0
    assert f"start a new {shell}" in capsys.readouterr().out
    with (home / f".{shell}rc").open("a") as start:
        start.write("PS1='ready> '\n")
    with terminal(shell, home) as (line, until):
        for typed, whole in TYPED:
            until("ready> ")
            os.write(line, f"{typed}\t".encode())
            until(whole)
            os.write(line, b"\x15\r")  # drops the line


def test_the_tab_key_of_fish(home: Path) -> None:
    fish = shutil.which("fish")
    if fish is None:
        pytest.skip("no fish here")
    assert run(["completion", "fish", "--install"]) == 0
    for typed, whole in TYPED:
        asked = subprocess.run(
            [fish, "-c", f"complete -C '{typed}'"],
            cwd=home,
            env=environment(home),
            capture_output=True,
            text=True,
            check=True,
            timeout=PATIENCE,
        )
        words = [line.partition("\t")[0] for line in asked.stdout.splitlines()]
        assert words == [whole.split()[-1]]


def test_installing_twice_adds_one_line(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".bashrc").write_text("alias l=ls\n")
    assert run(["completion", "bash", "--install"]) == 0
    once = (home / ".bashrc").read_text()
    assert once.startswith("alias l=ls\n")
    assert "added a line" in capsys.readouterr().out
    assert run(["completion", "bash", "--install"]) == 0
    assert (home / ".bashrc").read_text() == once
    assert "added" not in capsys.readouterr().out


def test_a_home_that_cannot_be_written(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / ".local").write_text("a file")
    assert run(["completion", "bash", "--install"]) == 2
    assert "cannot write" in capsys.readouterr().err
