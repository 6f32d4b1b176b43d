"""examples/blind_timer.py shows what it says it shows."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parents[2] / "examples" / "blind_timer.py"


def test_only_the_patient_host_gets_every_page() -> None:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE)], capture_output=True, text=True, timeout=60, check=True
    )
    hosts: dict[str, dict[str, int]] = {}
    name = ""
    for line in ran.stdout.splitlines():
        if match := re.match(r" +(\d+) x (.*?)(?:  \(|$)", line):
            hosts[name][match[2]] = int(match[1])
        else:
            name = line
            hosts[name] = {}
    silent = "started, and never heard of again"
    assert set(hosts["patient"]) == {"200"}
    assert set(hosts["timer"]) == {"200", "+CME ERROR: 3"}
    assert set(hosts["timer, restarts"]) == {"200", "604", silent}
    restarts = hosts["timer, restarts"]
    assert restarts["200"] < hosts["patient"]["200"]
    assert restarts["604"] > 10
    assert restarts[silent] > 10
