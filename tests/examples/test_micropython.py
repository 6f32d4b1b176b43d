"""examples/micropython: a whole file through a twin's PTY, on MicroPython itself."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from support.running.patience import PATIENCE
from support.servers.ranged import URL, serve_ranges

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from atwin import Rig

SCRIPT = Path(__file__).parents[2] / "examples" / "micropython" / "fetch.py"
MICROPYTHON = Path(sys.executable).with_name("micropython")
DATA = random.Random(3).randbytes(20_000)

pytestmark = pytest.mark.skipif(not MICROPYTHON.exists(), reason="MicroPython is not installed")


@pytest.mark.parametrize("atwin", ["air724ug", "air780e-at"], indirect=True)
def test_a_whole_file(atwin: Rig, httpserver: HTTPServer, tmp_path: Path) -> None:
    serve_ranges(httpserver, DATA, atwin)
    ran = fetch(atwin, URL, tmp_path)
    assert ran.stdout == f"{len(DATA)} bytes, sha256 {hashlib.sha256(DATA).hexdigest()}\n"
    assert (tmp_path / "f").read_bytes() == DATA


@pytest.mark.atwin(model="air780e-at")
def test_lost_bytes_are_told(atwin: Rig, httpserver: HTTPServer, tmp_path: Path) -> None:
    serve_ranges(httpserver, DATA, atwin)
    atwin.fault("lost_bytes", at_command="AT+HTTPREAD", nth=6, after=200, bytes=40)
    ran = fetch(atwin, URL, tmp_path)
    assert (ran.returncode, ran.stdout) == (1, "bytes were lost\n")


def fetch(atwin: Rig, url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the script to its end."""
    return subprocess.run(
        [MICROPYTHON, SCRIPT, atwin.port, url, folder / "f"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
