"""The machine that is measured, and how much of it others take."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

_STAT = Path("/proc/stat")
_CPUS = Path("/proc/cpuinfo")
#: The most that others may take of the processors on a quiet machine.
QUIET = 0.10


def taken_by_others(seconds: float) -> float | None:
    """The part of all processors that is busy while this process sleeps; None where not told."""
    if not _STAT.exists():
        return None
    before = _ticks(_STAT.read_text())
    time.sleep(seconds)
    return busy_part(before, _ticks(_STAT.read_text()))


def _ticks(stat: str) -> tuple[int, int]:
    """All ticks of the processors since they began, and those without work."""
    ticks = [int(word) for word in stat.split("\n", 1)[0].split()[1:9]]
    return sum(ticks), ticks[3] + ticks[4]


def busy_part(before: tuple[int, int], after: tuple[int, int]) -> float:
    """Of the ticks between two readings."""
    passed = max(after[0] - before[0], 1)
    return min(max(1 - (after[1] - before[1]) / passed, 0.0), 1.0)


def facts() -> dict[str, str]:
    """What one must know to repeat a measurement."""
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "commit": commit(", changed"),
        "processor": processor(),
        "processors": str(os.cpu_count()),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "kernel": f"{platform.system()} {platform.release()}",
    }


def processor() -> str:
    """Its model, or its kind where the system has no more."""
    listed = _CPUS.read_text() if _CPUS.exists() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", listed, re.MULTILINE)
    return platform.machine() if found is None else found[1]


def commit(changed: str = "+") -> str:
    """Of the source, or "unknown"; `changed` follows when that is not all there is."""
    root = Path(__file__).parents[2]
    try:
        told = subprocess.run(
            ["git", "describe", "--always", "--abbrev=12", f"--dirty={changed}", "--match="],
            cwd=root, capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return told.stdout.strip()
