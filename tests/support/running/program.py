"""`atwin` as a user starts it: a child process."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from support.running.forked import Forked
from support.running.patience import PATIENCE
from support.running.sampling import WHOLE
from support.running.struck import STRIKE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from subprocess import _FILE

#: The whole program, without depending on what is on the PATH.
ATWIN = (sys.executable, "-m", "atwin.cli")
_TESTS = Path(__file__).parents[2]
#: What Python reads at its start, so that a forked one would not.
_FOR_PYTHON = ("PYTHON", "LC_", "LANG", "TZ", "COVERAGE_")


def start(
    *arguments: str | Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    stdin: _FILE = subprocess.PIPE,
    stdout: _FILE = subprocess.PIPE,
    stderr: _FILE = subprocess.PIPE,
    fresh: bool = False,
    strike: str | None = None,
) -> subprocess.Popen[bytes]:
    """Start it with pipes on all three streams, unless others are given.

    `strike` is when it is to be struck by which signal: see `support.running.struck`.

    Forked from a process that has it imported already, unless a `fresh` start of Python is part of
    the test, `env` has something for Python itself, coverage is measured, or all is tested whole.
    """
    environment = _environment(env)
    ours = {name for name, value in environment.items() if os.environ.get(name) != value}
    measured = "COVERAGE_PROCESS_CONFIG" in environment
    fresh = fresh or WHOLE or measured or any(name.startswith(_FOR_PYTHON) for name in ours)
    command = list(ATWIN)
    if strike is not None:
        command = [sys.executable, "-m", "support.running.struck"]
        environment |= {STRIKE: strike, "PYTHONPATH": str(_TESTS)}
    return (subprocess.Popen if fresh else Forked)(
        [*command, *map(str, arguments)],
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        cwd=cwd,
    )


def atwin(
    *arguments: str | Path,
    stdin: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    with start(*arguments, env=env, cwd=cwd) as process:
        try:
            out, err = process.communicate(stdin.encode(), PATIENCE)
        except BaseException:
            process.kill()
            raise
    said = [text.decode().replace("\r\n", "\n") for text in (out, err)]
    return subprocess.CompletedProcess(process.args, process.returncode, *said)


@contextmanager
def twin_running(*arguments: str | Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`atwin twin` until the block is left: its process, and the name of its last line."""
    with start("twin", *arguments) as twin:
        try:
            assert twin.stdout is not None
            ready = twin.stdout.readline().decode()
            assert ready.startswith("ready "), ready
            yield twin, ready.split()[-1]
        finally:
            if twin.poll() is None:
                twin.terminate()
                twin.communicate(timeout=PATIENCE)


def only_line(text: str) -> str:
    """`text` without its line end; AssertionError when it is not one line."""
    lines = text.splitlines()
    assert len(lines) == 1, text
    return lines[0]


def _environment(more: Mapping[str, str] | None) -> dict[str, str]:
    """Ours, but with a port that does not make a test wait for the network's delays."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ATWIN_")}
    return {**kept, "ATWIN_PORT": "twin://air724ug?time_scale=0", **(more or {})}
