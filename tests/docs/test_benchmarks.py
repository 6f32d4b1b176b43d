"""`python -m bench`: its page, its record, and what it takes for worse."""

from __future__ import annotations

import errno
import os
import random
import re
import socket
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from bench import __main__ as bench
from bench.benches import BENCHES
from bench.figures import Figure, Scale, by_turns
from bench.frame.child import figures_of
from bench.frame.machine import busy_part
from bench.frame.page import page
from bench.frame.record import Measured, Record
from bench.frame.regressions import regressions
from bench.servers import send_by_cubic
from rich.console import Console

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
RECORD = ROOT / "docs/reference/benchmarks.json"
FIGURE = Figure.of_runs("a.b", "what", "/s", [90.0, 100, 120], "peer", [10.0, 10, 10])
NOISE = [9.5, 10.0, 10.4]


def test_the_page_is_that_of_the_record() -> None:
    assert RECORD.with_suffix(".md").read_text("utf-8") == page(Record.read(RECORD))


def test_the_record_is_of_benches_that_there_are() -> None:
    record = Record.read(RECORD)
    assert record.benches.keys() <= BENCHES.keys()
    keys = {figure.key for one in record.benches.values() for figure in one.figures}
    assert record.short.keys() <= keys
    assert {"date", "commit", "processor", "python", "kernel"} <= record.facts.keys()


def test_each_bench_is_there() -> None:
    there = {
        path.stem
        for path in (ROOT / "bench").glob("*.py")
        if "\ndef figures(scale: Scale)" in path.read_text("utf-8")
    }
    assert there == BENCHES.keys()


def test_pages_name_benches_that_there_are() -> None:
    """`python -m bench NAME` measures one, `python -m bench.NAME` is a program of its own."""
    pages = [ROOT / "README.md", ROOT / "README.zh.md", *(ROOT / "docs").rglob("*.md")]
    text = "".join(page.read_text("utf-8") for page in pages)
    named = set(re.findall(r"python -m bench ([a-z]+)", text))
    assert len(named) > 5
    assert named <= BENCHES.keys()
    for program in set(re.findall(r"python -m bench\.([a-z]+)", text)):
        assert "__main__" in (ROOT / f"bench/{program}.py").read_text("utf-8"), program


def test_a_record_comes_back_as_it_was_written(tmp_path: Path) -> None:
    record = Record({"date": "today"}, {"plot": Measured([FIGURE], 2.0, 0.25)}, {"a.b": NOISE})
    (tmp_path / "file").write_text(record.json(), "utf-8")
    assert Record.read(tmp_path / "file") == record


def test_a_ratio_is_the_median_of_the_turns() -> None:
    figure = Figure.of_runs("a", "", "s", [1.0, 30, 4], "peer", [1.0, 10, 2], better="less")
    assert (figure.value, figure.low, figure.high, figure.ratio) == (4, 1, 30, 2)
    assert figure.holds
    assert not replace(figure, goal=1.9, of="ratio").holds
    assert replace(figure, goal=2.1, of="ratio").holds
    assert not replace(figure, goal=3.0).holds
    assert not replace(figure, goal=4.5, better="more").holds


def test_another_side_is_first_each_time() -> None:
    heard: list[str] = []

    def side(name: str) -> float:
        heard.append(name)
        return float(len(heard))

    assert by_turns(2, lambda: side("a"), lambda: side("b")) == [[1, 4], [2, 3]]
    assert heard == ["a", "b", "b", "a"]


@pytest.mark.parametrize("better", ["more", "less"])
def test_what_is_twice_as_bad_is_found_and_noise_is_not(better: str) -> None:
    figure = replace(FIGURE, better=better, ratios=())  # type: ignore[arg-type]
    chance = random.Random(1)
    for _ in range(200):
        noise = chance.uniform(0.85, 1.15)
        assert not regressions([replace(figure, value=100 * noise)], {"a.b": NOISE})
    worse = 50.0 if better == "more" else 200.0
    (told,) = regressions([replace(figure, value=worse)], {"a.b": NOISE}).values()
    assert "a.b: ratio" in told
    # However much the recorded runs differ.
    assert regressions([replace(figure, value=worse)], {"a.b": [5.0, 10.0, 20.0]})
    assert not regressions([replace(figure, value=worse)], {"another": NOISE})


def test_busy_is_what_was_not_idle() -> None:
    assert busy_part((1000, 600), (1200, 750)) == 0.25
    assert busy_part((1000, 600), (1000, 600)) == 1.0


def test_a_bench_is_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench").mkdir()
    told = "import os, sys; from bench.figures import Figure\n"
    told += "def figures(scale):\n print('of its own')\n"
    told += " yield Figure.of_runs('pid', str(scale.short), '', [os.getpid()])\n sys.exit(3)\n"
    (tmp_path / "bench/broken.py").write_text(told)
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), str(ROOT)]))
    figures = figures_of("broken", Scale(short=True))
    figure = next(figures)
    assert figure.value != os.getpid()
    assert figure.what == "True"
    with pytest.raises(RuntimeError, match="broken ended with code 3"):
        next(figures)


@pytest.mark.parametrize(
    ("values", "code", "runs"),
    [([50.0, 50.0], 1, 2), ([50.0, 100.0], 0, 2), ([100.0], 0, 1)],
    ids=["worse", "worse once", "as it was"],
)
def test_the_short_form_measures_again_before_it_fails(
    values: list[float], code: int, runs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Record({}, {}, {"a.b": NOISE})
    (tmp_path / "record").write_text(recorded.json())
    measured: list[float] = []

    def figures(name: str, scale: Scale) -> Iterator[Figure]:
        assert scale.short
        measured.append(values[len(measured)])
        yield replace(FIGURE, value=measured[-1], ratios=())

    monkeypatch.setattr(bench, "figures_of", figures)
    monkeypatch.setattr(bench, "taken_by_others", lambda seconds: None)
    monkeypatch.setattr(bench, "RECORD", tmp_path / "record")
    monkeypatch.setattr(sys, "argv", ["bench", "plot", "--short"])
    assert bench.main() == code
    assert len(measured) == runs


@pytest.mark.parametrize(
    ("recorded", "code", "said"),
    [
        (Record({}, {"plot": Measured([FIGURE])}, {"a.b": NOISE}), 0, "none of 1 ratios is worse"),
        (Record({}), 1, "nothing was compared"),
        (
            Record({}, {"plot": Measured([FIGURE, replace(FIGURE, key="c")])}, {"c": [1.0]}),
            1,
            "c: on record, and not measured any more",
        ),
    ],
    ids=["all there", "no record", "one gone"],
)
def test_what_is_not_compared_is_said(
    recorded: Record,
    code: int,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "record").write_text(recorded.json())
    alone = Figure.of_runs("alone", "what has no peer", "", [1.0])
    monkeypatch.setattr(bench, "figures_of", lambda name, scale: iter([FIGURE, alone]))
    monkeypatch.setattr(bench, "taken_by_others", lambda seconds: None)
    monkeypatch.setattr(bench, "RECORD", tmp_path / "record")
    monkeypatch.setattr(bench, "CONSOLE", Console(width=160))
    monkeypatch.setattr(sys, "argv", ["bench", "plot", "--short"])
    assert bench.main() == code
    told = capsys.readouterr().out
    assert said in told
    assert "alone" not in told.partition("compared with nothing")[2]
    assert ("compared with nothing: a.b" in told) == ("a.b" not in recorded.short)


@pytest.mark.parametrize(("told", "written"), [(1, False), (2, True)])
def test_no_page_is_written_when_others_are_busy(
    told: int, written: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    figure = replace(FIGURE, value=0.10049999)  # 0.1 as it is, 0.101 as it is kept
    monkeypatch.setattr(bench, "figures_of", lambda name, scale: iter([figure]))
    monkeypatch.setattr(bench, "taken_by_others", lambda seconds: 0.11)
    monkeypatch.setattr(sys, "argv", ["bench", "plot", *["--docs", str(tmp_path)] * told])
    if written:
        assert bench.main() == 0
        kept = tmp_path / "reference/benchmarks.json"
        assert kept.with_suffix(".md").read_text("utf-8") == page(Record.read(kept))
    else:
        with pytest.raises(SystemExit):
            bench.main()
    assert sorted(path.name for path in tmp_path.glob("*/*")) == (
        ["benchmarks.json", "benchmarks.md"] if written else []
    )


def test_a_short_run_is_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["bench", "--short", "--docs", str(tmp_path)])
    with pytest.raises(SystemExit):
        bench.main()
    assert "a page of whole runs" in capsys.readouterr().err


def test_a_goal_that_is_missed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    missed = replace(FIGURE, goal=101.0)
    monkeypatch.setattr(bench, "figures_of", lambda name, scale: iter([missed]))
    monkeypatch.setattr(bench, "taken_by_others", lambda seconds: 0.0)
    monkeypatch.setattr(sys, "argv", ["bench", "plot"])
    assert bench.main() == 1


def test_there_is_help() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "bench", "--help"], cwd=ROOT, capture_output=True, text=True
    )
    assert told.returncode == 0
    assert all(name in told.stdout for name in BENCHES)


@pytest.mark.skipif(sys.platform != "linux", reason="others have no TCP_CONGESTION")
def test_what_a_server_accepts_is_sent_by_cubic(capsys: pytest.CaptureFixture[str]) -> None:
    """The server may be any process of ours; here it is this one."""
    algorithm = socket.IPPROTO_TCP, socket.TCP_CONGESTION
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(*algorithm, b"reno")
        send_by_cubic(os.getpid())
        with socket.create_connection(server.getsockname()), server.accept()[0] as accepted:
            used = accepted.getsockopt(*algorithm, 16).rstrip(b"\0")
    assert used == b"cubic" or "not by CUBIC" in capsys.readouterr().err


@pytest.mark.skipif(sys.platform != "linux", reason="others have no TCP_CONGESTION")
@pytest.mark.parametrize(
    ("refuses", "said"),
    [(0, "it has no socket that listens"), (errno.ENOSYS, "not implemented")],
    ids=["nobody listens", "an older kernel, or a container"],
)
def test_where_cubic_cannot_be_set_it_is_said(
    refuses: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def called(number: int, *arguments: int) -> int:
        if refuses:
            raise OSError(refuses, os.strerror(refuses))
        return os.open("/dev/null", os.O_RDONLY)

    monkeypatch.setattr("bench.servers._called", called)
    send_by_cubic(os.getpid())
    told = capsys.readouterr().err
    assert "not by CUBIC" in told
    assert said in told
