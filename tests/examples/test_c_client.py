"""examples/c: a client in C at a twin's PTY brings whole files home, whatever goes wrong."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from atwin.models import MODELS
from support.running.patience import PATIENCE
from support.servers.ranged import URL, serve_ranges

if TYPE_CHECKING:
    from pytest_httpserver import HTTPServer

    from atwin import Rig

HERE = Path(__file__).parents[2] / "examples" / "c"
DATA = random.Random(7).randbytes(50_000)
CRC = f"{zlib.crc32(DATA):08x}"

pytestmark = [
    pytest.mark.skipif(not shutil.which("make") or not shutil.which("cc"), reason="no C compiler"),
    pytest.mark.atwin(model="air780e-at", offline=True),
]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, built."""
    folder = tmp_path_factory.mktemp("c")
    subprocess.run(["make", "-s", "-C", HERE, f"OUT={folder}"], check=True)
    return folder / "fetch"


@pytest.fixture(autouse=True)
def server(atwin: Rig, httpserver: HTTPServer) -> None:
    """One that knows ranges."""
    serve_ranges(httpserver, DATA, atwin)


def fetch(client: Path, atwin: Rig, to: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run it to its end."""
    return subprocess.run(
        [client, *options, atwin.port, URL, to],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


@pytest.mark.parametrize("atwin", [{"model": name} for name in MODELS], indirect=True, ids=MODELS)
def test_a_whole_file_on_every_model(client: Path, atwin: Rig, tmp_path: Path) -> None:
    ran = fetch(client, atwin, tmp_path / "f", "-c", CRC)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout == f"{len(DATA)} bytes, crc {CRC}, 0 lost, 0 mended\n"
    assert (tmp_path / "f").read_bytes() == DATA
    assert "AT+IFC=2,2" in atwin.sent()
    atwin.assert_no_loss()


@pytest.mark.sampled("faults", "said")
@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"kind": "pdp_loss", "at_action": 3}, "GET: status 601"),
        ({"kind": "reset_connection", "at_connection": 3, "after": 900}, "GET: status"),
        ({"kind": "restart", "at_action": 3}, "GET: status 0"),
    ],
)
def test_what_goes_wrong_is_mended(
    client: Path, atwin: Rig, tmp_path: Path, faults: dict[str, object], said: str
) -> None:
    kind = str(faults["kind"])
    atwin.fault(kind, **{key: value for key, value in faults.items() if key != "kind"})
    ran = fetch(client, atwin, tmp_path / "f", "-c", CRC)
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.startswith(said)
    assert "mend: the same again\n" in ran.stderr
    assert (tmp_path / "f").read_bytes() == DATA


def test_lost_bytes_are_told_and_read_again(client: Path, atwin: Rig, tmp_path: Path) -> None:
    atwin.fault("lost_bytes", at_command="AT+HTTPREAD", nth=5, after=200, bytes=40)
    ran = fetch(client, atwin, tmp_path / "f", "-n", "-c", CRC)
    assert re.fullmatch(r"lost 40 of \d+ bytes at \d+\n", ran.stderr)
    assert ran.stdout == f"{len(DATA)} bytes, crc {CRC}, 40 lost, 0 mended\n"
    assert "AT+IFC=0,0" in atwin.sent()


def test_another_crc_is_told(client: Path, atwin: Rig, tmp_path: Path) -> None:
    ran = fetch(client, atwin, tmp_path / "f", "-c", "deadbeef")
    assert (ran.returncode, ran.stderr) == (3, "the CRC must be deadbeef\n")


def test_a_file_that_is_not_there(client: Path, atwin: Rig, tmp_path: Path) -> None:
    ran = subprocess.run(
        [client, atwin.port, "http://ota.example.com/none", tmp_path / "f"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert ran.returncode == 1
    assert ran.stderr.startswith("HEAD: status ")
