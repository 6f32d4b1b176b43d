"""`atwin fleet`: figures, what is kept when it is ended, and what it says of what cannot be."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.app import run
from atwin.cli.commands.fleet.work import stoppable
from atwin.fleet.device.simulate import simulate
from atwin.fleet.engine.cluster import Cluster
from support.fleet.plans import SMALL
from support.running.patience import PATIENCE, wait_until
from support.running.program import ATWIN, only_line, start

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.fleet.campaign.campaign import Campaign
    from atwin.fleet.device.row import Row

PLAN = f"""{SMALL}[price]
per_mb = 0.5
currency = "EUR"
[sample]
devices = 16
"""

#: Devices that take far longer than any test.
LONG = 5000


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    """A plan of 40 devices."""
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(devices=40, seed=5))
    return path


@pytest.fixture
def long_plan(tmp_path: Path) -> Path:
    """One of so many devices that a test can do something before the end."""
    path = tmp_path / "plan.toml"
    path.write_text(PLAN.format(devices=LONG, seed=5))
    return path


def told(capsys: pytest.CaptureFixture[str], *words: str | Path, code: int = 0) -> dict[str, Any]:
    """The object of a command that is run here."""
    assert run(["fleet", *map(str, words), "--json"]) == code
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    found = json.loads(out)
    assert isinstance(found, dict)
    return found


def test_the_same_figures_with_and_without_workers(
    plan: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    here = told(capsys, plan, "--workers", "0")
    there = told(capsys, plan, "--workers", "2")
    assert here.pop("engine")["name"] == "this process"
    assert there.pop("engine") | {"seconds": 0, "cpu_seconds": 0} == {
        "name": "processes", "workers": 2, "seconds": 0, "cpu_seconds": 0, "restarts": 0,
        "resumed": 0,
    }  # fmt: skip
    assert here == there
    assert (here["devices"], here["simulated"], here["wrong_files"]) == (40, 16, 0)
    assert here["estimates"]["billed"]["value"] > 40 * 4096
    server = here["server"]
    assert server["done"] + server["failed"] + server["never_started"] == 40
    assert [entry["share"] for entry in server["done_by"]][-1] == 1.0


def test_rows_of_other_devices_count_for_nothing(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Those of this campaign have its seeds and its kinds."""
    words = ["--workers", "0", "--devices", "4", "--out", str(tmp_path / "out")]
    whole = told(capsys, plan, *words)
    journal = tmp_path / "out/rows.jsonl"
    header, *rows = map(json.loads, journal.read_text().splitlines())
    for row, wrong in zip(
        rows, ({"seed": 5}, {"stratum": "a/b/c"}, {"model": "x"}, {"link": "y"}), strict=True
    ):
        row |= wrong
    journal.write_text("".join(json.dumps(line) + "\n" for line in (header, *rows)))
    again = told(capsys, plan, *words, "--resume")
    assert again.pop("engine")["resumed"] == 0
    assert whole.pop("engine")["resumed"] == 0
    assert again == whole


def test_in_words(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fleet", str(plan), "--workers", "0", "--all", "--devices", "9"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith("9 devices: ")
    assert "* 9 of 9 devices simulated in " in out
    assert " EUR at 0.5 a MiB" in " ".join(out.split())


def ended(plan: Path, out: Path, number: int, workers: int = 2) -> tuple[int, str, list[Any]]:
    """`--all` when a few rows are there, by a signal for its whole group, as of a terminal.

    The exit code, what it said, and the rows; its output ends with the last of its processes.
    """
    rows = out / "rows.jsonl"
    words = ["fleet", str(plan), "--all", "--workers", str(workers), "--out", str(out)]
    with subprocess.Popen(
        [*ATWIN, *words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    ) as process:
        wait_until(lambda: rows.exists() and rows.read_bytes().count(b"\n") > 1)
        os.killpg(process.pid, number)
        said, _ = process.communicate(timeout=PATIENCE)
    return process.returncode, said.decode(), rows.read_text().splitlines()[1:]


def test_interrupted_and_resumed(
    long_plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said, rows = ended(long_plan, tmp_path / "out", signal.SIGINT)
    assert code == 130
    assert only_line(said) == (
        f"atwin: interrupted; {len(rows)} of {LONG} devices are done, and kept: the same command "
        "with --resume goes on"
    )
    few = ["--all", "--devices", str(max(json.loads(row)["device"] for row in rows) + 3)]
    words = [*few, "--workers", "0"]
    resumed = told(capsys, long_plan, *words, "--out", tmp_path / "out", "--resume")
    assert resumed["engine"]["resumed"] == len(rows)
    assert resumed | {"engine": 0} == told(capsys, long_plan, *words) | {"engine": 0}


@pytest.mark.parametrize(
    ("number", "workers", "code", "word"),
    [(signal.SIGTERM, 2, 143, "terminated"), (signal.SIGINT, 0, 130, "interrupted")],
)
def test_stopped(
    long_plan: Path, tmp_path: Path, number: int, workers: int, code: int, word: str
) -> None:
    ended_with, said, rows = ended(long_plan, tmp_path / "out", number, workers)
    assert ended_with == code
    assert only_line(said).startswith(f"atwin: {word}; {len(rows)} of {LONG} devices are done")


class _Finalized:
    """Is interrupted while it goes, where Python drops what is raised."""

    def __del__(self) -> None:
        signal.raise_signal(signal.SIGINT)


def test_an_interrupt_that_python_drops_stops_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dropped = list[object]()
    monkeypatch.setattr(sys, "unraisablehook", dropped.append)
    with stoppable() as go_on:
        go_on()
        _Finalized()
        assert not dropped
        with pytest.raises(KeyboardInterrupt):
            go_on()


def test_workers_die_with_their_parent(long_plan: Path, tmp_path: Path) -> None:
    rows = tmp_path / "out/rows.jsonl"
    words = ["--all", "--workers", "2", "--out", str(tmp_path / "out")]
    with start("fleet", long_plan, *words) as process:
        wait_until(lambda: rows.exists() and rows.read_bytes().count(b"\n") > 1)
        process.kill()
        # Its output ends when the last process that has it has ended.
        process.communicate(timeout=PATIENCE)


def test_one_device_again(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, plan, "--workers", "0", "--out", tmp_path, "--all", "--devices", "5")
    lines = (tmp_path / "rows.jsonl").read_text().splitlines()
    row = json.loads(lines[3])
    trace = tmp_path / "trace"
    again = told(capsys, plan, "--device", str(row["device"]), "--trace", trace)
    assert again.pop("command").startswith("atwin get URL --port 'twin://air724ug?baud=max&")
    assert again | {"cpu_seconds": 0} == row | {"cpu_seconds": 0}
    assert trace.stat().st_size > 1000
    assert run(["fleet", str(plan), "--device", str(row["device"])]) == 0
    out, _ = capsys.readouterr()
    assert out.startswith(f"device {row['device']}, air724ug/")
    assert out.splitlines()[-1].startswith("atwin get URL ")


def test_progress_on_a_terminal(plan: Path, tmp_path: Path) -> None:
    """Twice: what was there before counts as done, and nobody has to work for it."""
    words = ["--workers", "0", "--out", str(tmp_path / "out"), "--resume"]
    for left in ("<00:00, ", "<?, ?/s"):
        master, slave = pty.openpty()
        env = {"TERM": "xterm-256color", "COLUMNS": "100"}
        with start(
            "fleet", plan, *words, env=env, stderr=slave, stdout=subprocess.DEVNULL
        ) as process:
            os.close(slave)
            shown = b""
            with suppress(OSError):  # how a PTY says that nobody has it open any more
                while piece := os.read(master, 65536):
                    shown += piece
            os.close(master)
        assert process.returncode == 0
        assert b"16/16" in shown
        assert left.encode() in shown.rpartition(b"16/16")[2]


def wrong(campaign: Campaign, number: int) -> Row:
    """In place of `simulate`: device 3 has a wrong file."""
    return replace(simulate(campaign, number), wrong=number == 3, ok=number != 3)


def test_a_wrong_file(
    plan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atwin.fleet.conduct.simulate", wrong)
    found = told(capsys, plan, "--workers", "0", "--all", "--devices", "5", code=5)
    assert found["error"] == "1 simulated device got a wrong file"
    assert (found["wrong_files"], found["exit_code"]) == (1, 5)


def test_workers_that_cannot_be(
    plan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("atwin.cli.commands.fleet.work.Cluster", partial(Cluster, patience=0.2))
    found = told(capsys, plan, "--cluster", "tcp://127.0.0.1:9", code=3)
    assert str(found["error"]).startswith("no scheduler at tcp://127.0.0.1:9: ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--resume"], "--resume goes on with what is in a folder: name it with --out"),
        (["--trace", "t"], "--trace is for one device: name it with --device"),
        (["--all", "--sample", "3"], "--all and --sample: choose one"),
        (["--workers", "1", "--cluster", "tcp://h:1"], "--workers and --cluster: choose one"),
        (["--device", "1", "--out", "d"], "--device and --out: choose one"),
        (["--cluster", "h:1"], "--cluster 'h:1': it takes tcp://HOST:PORT"),
        (["--device", "40"], "--device 40: give 0 to 39"),
        (["--devices", "0"], "--devices 0: give 1 or more"),
    ],
)
def test_what_does_not_go_together(
    plan: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["fleet", str(plan), *words]) == 2
    assert only_line(capsys.readouterr().err) == f"atwin: {said}; see atwin fleet --help"


def test_without_simpy_nothing_begins(
    plan: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "simpy", None)
    assert (
        "pip install 'atwin[fleet]'"
        in told(capsys, plan, "--all", "--workers", "0", code=2)["error"]
    )


def test_a_plan_with_an_error(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text(plan.read_text().replace("4K", "4Q"))
    found = told(capsys, plan, code=2)
    assert "[download]" in str(found["error"])


def test_rows_of_another_plan(
    plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--workers", "0", "--out", tmp_path)
    told(capsys, plan, *words)
    assert "rows already: --resume goes on" in told(capsys, plan, *words, code=2)["error"]
    grown = told(capsys, plan, *words, "--resume", "--sample", "20")
    assert (grown["simulated"], grown["engine"]["resumed"]) == (20, 16)
    assert "another campaign" in told(capsys, plan, *words, "--seed", "1", code=2)["error"]
