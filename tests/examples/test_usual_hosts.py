"""examples/usual_hosts.py: each host comes through on every model."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from atwin.models import MODELS
from support.running.patience import PATIENCE

EXAMPLE = Path(__file__).parents[2] / "examples" / "usual_hosts.py"
#: What each ends with when all went well.
HOSTS = {
    "gsm_modem": "864610050000000, CHINA MOBILE, signal 22",
    "tiny_gsm": "heard hello",
    "multi_link": "heard link 0, link 1, link 2",
    "forwarder": 'server took {"level": 7}',
}


def test_every_host_on_every_model() -> None:
    ran = subprocess.run(
        [sys.executable, str(EXAMPLE)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    expected = [f"{model:13} {host:11} {said}" for model in MODELS for host, said in HOSTS.items()]
    assert ran.stdout.splitlines() == expected, ran.stderr
    assert ran.returncode == 0
