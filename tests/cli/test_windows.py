"""No command needs what Windows does not have (a stand-in: support/running/windows.py)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from support.running.patience import PATIENCE
from support.servers.file_server import file_server

PROGRAM = Path(__file__).with_name("windows_program.py")


def test_everything_without_what_windows_does_not_have(tmp_path: Path) -> None:
    with file_server(body=bytes(range(256)) * 64) as files:
        ended = subprocess.run(
            [sys.executable, str(PROGRAM), f"{files.base}/body", str(tmp_path)],
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
            env={**os.environ, "PYTHONPATH": str(PROGRAM.parents[1])},
        )
    assert (ended.stdout, ended.returncode) == ("done\n", 0), ended.stderr
