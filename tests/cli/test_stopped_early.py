"""How the program begins and ends: one that is stopped before its work begins leaves one line."""

from __future__ import annotations

import gc
import json
import os
import re
import subprocess
import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

import pytest

from atwin import cli
from atwin.cli import app

if TYPE_CHECKING:
    from pathlib import Path

URL = "http://127.0.0.1:9/x"


def interrupt(*given: Any, **named: Any) -> None:
    raise KeyboardInterrupt


def test_a_download_that_has_only_read_its_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup = import_module("atwin.host.http.setup")
    monkeypatch.setattr(setup.Setup, "of", interrupt)
    target = str(tmp_path / "f")
    assert app.run(["get", URL, "-o", target, "--json"]) == 130
    out, err = capsys.readouterr()
    line = "interrupted; nothing was kept yet"
    assert err == f"atwin: {line}\n"
    told = {"error": line, "exit_code": 130, "url": URL, "file": target, "bytes_kept": 0}
    assert json.loads(out) == told


@pytest.mark.parametrize("where", ["run", "_written_out"])
def test_the_program_as_it_begins_and_ends(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app if where == "run" else cli, where, interrupt)
    monkeypatch.setattr("sys.argv", ["atwin", "models"])
    monkeypatch.setattr("signal.signal", lambda number, handler: None)
    assert cli.program() == 130


#: One that ends only after the command has.
THREAD = """
def late():
    threading.main_thread().join()
    sys.stderr.write("thread, ")
threading.Thread(target=late).start()
"""


@pytest.mark.parametrize(
    ("thread", "told"), [("", "at exit"), (THREAD, "thread, at exit, taken apart")]
)
def test_the_process_takes_nothing_apart_unless_a_thread_goes_on(thread: str, told: str) -> None:
    program = f"""
import atexit, sys, threading
from atwin.cli import main
class Kept:
    def __del__(self): sys.stderr.write(", taken apart")
kept = Kept()
atexit.register(sys.stderr.write, "at exit")
atexit.register(print, "printed late")
{thread}
sys.argv = ["atwin", "--version"]
main()
"""
    command, buffered = [sys.executable, "-c", program], {**os.environ, "PYTHONUNBUFFERED": ""}
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, env=buffered)
    assert (ended.returncode, ended.stderr) == (0, told)
    assert re.fullmatch(r"atwin \S+\nprinted late\n", ended.stdout)


def test_who_profiles_the_program_goes_on_after_it(tmp_path: Path) -> None:
    """As `python -m cProfile` does, and whoever looks for the lines that run."""
    program = tmp_path / "program.py"
    program.write_text(
        "import sys; from atwin.cli import main; sys.argv = ['atwin', '--version']; main()"
    )
    command = [sys.executable, "-m", "cProfile", str(program)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0
    assert "function calls" in ended.stdout


def test_garbage_is_looked_for_as_usual_after_the_first_time() -> None:
    usual, others = gc.get_threshold(), list(gc.callbacks)
    cli._collect_later()
    assert gc.get_threshold()[0] > usual[0]
    gc.collect()
    assert (gc.get_threshold(), gc.callbacks) == (usual, others)
