"""examples/wake.py: a host that wakes a module hears it each time, on every model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from atwin.models import MODELS

EXAMPLE = Path(__file__).parents[2] / "examples" / "wake.py"


def test_only_the_waking_host_is_answered() -> None:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE), *MODELS],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    _, *rows = (line.split() for line in ran.stdout.splitlines())
    assert rows == [[model, "misses", lines, "0", "10"] for model in MODELS for lines in "12"]
