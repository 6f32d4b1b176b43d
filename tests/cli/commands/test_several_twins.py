"""`atwin twin` with several lines, with a file, with values of the profile; and how it ends."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.running.controlled import ask_control
from support.running.patience import PATIENCE, wait_until
from support.running.program import ATWIN, atwin, only_line, start

if TYPE_CHECKING:
    from pathlib import Path


def lines_of(twin: subprocess.Popen[bytes], count: int) -> list[str]:
    assert twin.stdout is not None
    return [twin.stdout.readline().decode().rstrip() for _ in range(count)]


def said_by(port: str | Path, command: str = "AT+CGSN") -> str:
    return atwin("console", "--port", port, stdin=f"{command}\n").stdout


def test_each_line_is_a_module_of_its_own(tmp_path: Path) -> None:
    first, second, state, control = (tmp_path / name for name in ("a", "b", "state", "pins"))
    with start(
        "twin", "--tcp", "127.0.0.1:0", "--pty", first, "--pty", second, "--seed", "7",
        "--state", state, "--control", control, "--model", "air780e-at?parser=3",
        "--set", "http_buffer=1000", "--time-scale", "0",
    ) as twin:  # fmt: skip
        ready = lines_of(twin, 3)
        assert ready[:2] == [f"ready {first}", f"ready {second}"]
        assert ready[2].startswith("ready tcp 127.0.0.1:")
        ports: list[str | Path] = [first, second, f"socket://{ready[2].split()[-1]}"]
        found = [said_by(port) for port in ports]
        assert "864610050000075" in found[0]
        assert len({text.partition("8646")[2][:11] for text in found}) == 3
        assert sorted(path.name for path in state.iterdir()) == ["1", "2", "3"]
        for number in (1, 2, 3):
            request = {"set": {"supply": 0}} if number == 2 else {"get": "state"}
            (answer,) = ask_control(f"{control}.{number}", request)
            assert answer["ok"] is True
        twin.terminate()
        _, said = twin.communicate(timeout=PATIENCE)
        assert twin.returncode == 143
    assert b" module 2: off (supply)\n" in said
    assert not any(os.path.lexists(path) for path in (first, second, f"{control}.1"))


def test_a_file_for_a_team(tmp_path: Path) -> None:
    (tmp_path / "team.toml").write_text(
        'time_scale = 0\n[[module]]\npty = "left"\nmodel = "air780e-at"\n[[module.fault]]\n'
        'kind = "stall"\nat_action = 9\n[[module]]\npty = "right"\n'
    )
    with start("twin", "--config", tmp_path / "team.toml", "--trace", tmp_path / "t") as twin:
        assert lines_of(twin, 2) == [f"ready {tmp_path / name}" for name in ("left", "right")]
        assert "Air780E" in said_by(tmp_path / "left", "AT+CGMM")
        assert "Air724UG" in said_by(tmp_path / "right", "AT+CGMM")
        twin.terminate()
        _, said = twin.communicate(timeout=PATIENCE)
    assert b"atwin: module 1: fault 'stall at_action=9' never began" in said
    shown = [atwin("trace", "show", tmp_path / f"t.{number}").stdout for number in (1, 2)]
    assert all("* end: ended" in one for one in shown)
    assert ["Air780E" in one for one in shown] == [True, False]
    assert ["Air724UG" in one for one in shown] == [False, True]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "http_buffer"], "--set 'http_buffer': give NAME=VALUE"),
        (["--set", "no=1"], "air724ug has no flag called no; `atwin models` prints"),
        (["--set", "http_buffer=0"], "http_buffer must be a whole number"),
        (["--model", "air724ug?seed=x"], "seed='x': give a number"),
        (["--time-scale", "-1"], "--time-scale -1: give 0 or more"),
        (["--pty", "a", "--pty", "a"], "pty a: each module needs one of its own"),
        (
            ["--tcp", "127.0.0.1:0", "--pty", "a", "--count", "6000"],
            "12,000 modules: at most 10,000",
        ),
        (["--config", "no.toml"], "no.toml: cannot read it: No such file"),
    ],
)
def test_what_cannot_be(options: list[str], words: str, tmp_path: Path) -> None:
    ended = atwin("twin", *options, cwd=tmp_path)
    assert ended.returncode == 2
    assert words in only_line(ended.stderr)
    assert not ended.stdout


def test_when_one_line_cannot_be_had_there_is_no_ready(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        ended = atwin("twin", "--pty", tmp_path / "a", "--tcp", taken)
    assert (ended.returncode, ended.stdout) == (3, "")
    assert not os.path.lexists(tmp_path / "a")


def test_it_ends_with_its_input(tmp_path: Path) -> None:
    with start("twin", "--pty", tmp_path / "a", "--until-eof") as twin:
        assert lines_of(twin, 1) == [f"ready {tmp_path / 'a'}"]
        assert twin.stdin is not None
        twin.stdin.write(b"whatever\n")
        twin.stdin.flush()
        assert "OK" in said_by(tmp_path / "a", "AT")
        twin.communicate(timeout=PATIENCE)
        assert twin.returncode == 0
    assert not os.path.lexists(tmp_path / "a")


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    """Which has no time to end it."""
    link = tmp_path / "a"
    program = (
        "import subprocess, sys\n"
        "twin = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE)\n"
        "print(twin.pid, twin.stdout.readline().decode(), flush=True)\n"
        "twin.wait()\n"
    )
    command = [sys.executable, "-c", program, *ATWIN, "twin", "--with-parent", "--pty", str(link)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as parent:
        assert parent.stdout is not None
        number, ready = parent.stdout.readline().decode().split(maxsplit=1)
        assert ready.strip() == f"ready {link}"
        parent.send_signal(signal.SIGKILL)
    try:
        wait_until(lambda: not os.path.lexists(link))
    except BaseException:
        os.kill(int(number), signal.SIGKILL)
        raise
