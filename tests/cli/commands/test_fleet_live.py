"""`atwin fleet` with `[server] url`: the devices come to a real server, in real time."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.app import run
from support.running.patience import PATIENCE, wait_until
from support.running.program import only_line, start
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = b"firmware" * 512
PLAN = """
devices = {devices}
[download]
size = {size}
[[model]]
model = "air724ug"
baud = "max"
[[link]]
rtt = 0
[arrival]
over = "{over} s"
[retry]
attempts = 1
[server]
url = "{url}"
"""


@pytest.fixture
def files() -> Iterator[FileServer]:
    with file_server(fw=FILE) as served:
        yield served


def plan_of(
    folder: Path, files: FileServer, devices: int = 6, over: int = 1, size: int = len(FILE)
) -> Path:
    path = folder / "plan.toml"
    url = f"{files.base}/fw"
    path.write_text(PLAN.format(devices=devices, over=over, size=size, url=url))
    return path


def rows_in(folder: Path) -> list[Any]:
    """Of `rows.jsonl`, without its first line."""
    lines = (folder / "rows.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines][1:]


def test_every_device_comes(
    tmp_path: Path, files: FileServer, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    words = ["fleet", str(plan_of(tmp_path, files)), "--all", "--out", str(out), "--json"]
    assert run(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["engine"]["name"] == "in real time"
    assert (told["devices"], told["simulated"], told["wrong_files"]) == (6, 6, 0)
    assert len(rows_in(out)) == 6
    asked = len(files.log)
    assert asked == 1 + 6 * 2
    assert run([*words, "--resume"]) == 0
    assert len(files.log) == asked, "what is done is not done again"


def test_what_is_done_is_kept_when_it_is_stopped(tmp_path: Path, files: FileServer) -> None:
    out, plan = tmp_path / "out", plan_of(tmp_path, files, devices=60, over=20)
    kept = out / "rows.jsonl"
    with start("fleet", plan, "--all", "--out", out) as fleet:
        wait_until(lambda: kept.exists() and kept.read_text().count("\n") > 2)
        fleet.send_signal(signal.SIGINT)
        _, said = fleet.communicate(timeout=PATIENCE)
    assert fleet.returncode == 130
    assert "of 60 devices are done, and kept: the same command with --resume goes on" in only_line(
        said.decode()
    )
    assert 1 < len(rows_in(out)) < 60


def test_what_cannot_be(
    tmp_path: Path, files: FileServer, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(tmp_path, files)
    assert run(["fleet", str(plan), "--workers", "2"]) == 2
    assert "--workers: only this process may load a real server" in capsys.readouterr().err
    plan = plan_of(tmp_path, files, size=5)
    assert run(["fleet", str(plan)]) == 2
    said = only_line(capsys.readouterr().err)
    assert f"{plan}: [download]: size is 5: the file at {files.base}/fw has more than 5" in said
