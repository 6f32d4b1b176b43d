"""examples/gateway.py: jobs are done, told, and gone on with."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from support.running.patience import PATIENCE
from support.servers.ranged import NAME, URL, serve_ranges

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from atwin import Rig

EXAMPLE = Path(__file__).parents[2] / "examples" / "gateway.py"
DATA = random.Random(5).randbytes(9_000)
SHA256 = hashlib.sha256(DATA).hexdigest()

pytestmark = pytest.mark.atwin(model="air780e-at", offline=True)


def told(atwin: Rig, folder: Path, *lines: str) -> list[dict[str, Any]]:
    """What the service says of these jobs."""
    ran = subprocess.run(
        [sys.executable, EXAMPLE, "--port", atwin.port, folder],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_each_job_is_told_and_the_next_one_taken(
    atwin: Rig, httpserver: HTTPServer, tmp_path: Path
) -> None:
    serve_ranges(httpserver, DATA, atwin)
    httpserver.expect_request("/none").respond_with_data(status=404)
    atwin.fault("pdp_loss", at_action=2)
    escape, first, none, again = told(
        atwin,
        tmp_path,
        f"{URL} ../f",
        f"{URL} f {SHA256}",
        f"http://{NAME}/none none",
        f"{URL} f {SHA256}",
    )
    assert "without a folder" in escape["error"]
    assert "404" in none["error"]
    assert not none["again"]
    assert (first["bytes"], first["sha256"]) == (len(DATA), SHA256)
    assert first["recovery"]
    assert (again["sha256"], again["recovery"]) == (SHA256, [])
    assert (tmp_path / "f").read_bytes() == DATA
