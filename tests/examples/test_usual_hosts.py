"""examples/usual_hosts.py: each host comes through on every model."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.models import MODELS
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    import pytest

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


def test_a_package_that_is_missing_is_named_in_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The others are run all the same."""
    example = runpy.run_path(str(EXAMPLE))
    monkeypatch.setitem(sys.modules, "gsmmodem.modem", None)
    monkeypatch.setitem(sys.modules, "gsmmodem", None)
    monkeypatch.setitem(example["HOSTS"], "tiny_gsm", lambda *_: "came")
    for host in ("multi_link", "forwarder"):
        monkeypatch.delitem(example["HOSTS"], host)
    first, second = example["run"]("air780e-at", 0, 0)
    assert first.split("failed: ")[1] == "no package gsmmodem; pip install python-gsmmodem-new"
    assert second.endswith("tiny_gsm    came")
