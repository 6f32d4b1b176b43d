"""The frame of the proofs: whatever a try does, it is told, kept, and can be repeated."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from prove.frame import MOST_DETAIL, PROOFS, load, spread
from prove.runner import main
from prove.running import pool
from prove.running.journal import Head, Journal

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parents[3]
SAMPLES = "prove.running.samples"


def prove(folder: Path, *names: str, base: int = 10, more: Sequence[str] = ()) -> int:
    """Six tries of each, from 10 to 15."""
    places = [f"{SAMPLES}:{name}" for name in names]
    return main([*places, "--base", f"{base}", "--journal", str(folder), "--jobs", "2", *more])


def told(folder: Path, name: str) -> Journal:
    return Journal(folder, f"{SAMPLES}:{name}")


def test_a_find_is_told_by_its_seed_and_repeats(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(tmp_path, "LOSES") == 1
    shown = capsys.readouterr().out
    assert re.search(r"LOSES +6 +2 +\d+  10-15$", shown, re.MULTILINE)
    assert "bytes 75" in shown
    again = re.findall(r"^ +python -m tests\.prove (\S+) --seed (\d+)$", shown, re.MULTILINE)
    assert [seed for _, seed in again] == ["12", "15"]
    assert main([again[0][0], "--seed", "12"]) == 1
    assert main([again[0][0], "--seed", "13"]) == 0
    finds = told(tmp_path, "LOSES").told.finds
    assert [len(find.detail) <= MOST_DETAIL + 5 for find in finds] == [True, True]


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("SLEEPS", r"HANG: 0\.3 s"),
        ("SPINS", r"HANG: 0\.05 s of a processor"),
        ("DEAF", r"HANG: no Python ran"),
        ("STOPS", r"HANG: it is deaf"),
        ("DIES", r"DIED: the process ended with -9"),
        ("RAISES", r"ValueError: as it happens"),
    ],
)
def test_a_try_that_ends_its_process_does_not_end_the_run(
    name: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "PATIENCE", 0.7)
    assert prove(tmp_path, name) == 1
    verdicts = told(tmp_path, name).told.verdicts
    assert sorted(verdicts) == list(range(10, 16))
    assert [seed for seed in sorted(verdicts) if verdicts[seed].lost] == [10, 15]
    assert re.fullmatch(why, verdicts[10].lost)


def test_the_first_find_ends_the_run_if_asked_to(tmp_path: Path) -> None:
    assert prove(tmp_path, "LOSES", more=["--first", "--jobs", "1"]) == 1
    assert sorted(told(tmp_path, "LOSES").told.verdicts) == [10, 11, 12]


def test_a_killed_run_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is there is not tried again, but what another commit lost; torn lines do not count."""
    monkeypatch.setattr("prove.running.journal.commit", lambda: "one")
    assert prove(tmp_path, "LOSES", more=["--jobs", "1"]) == 1
    path = told(tmp_path, "LOSES").path
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:4], lines[4][:20]]))
    assert prove(tmp_path, "LOSES", more=["--jobs", "1"]) == 1
    assert len(told(tmp_path, "LOSES").told.verdicts) == 6
    seeds = [json.loads(line).get("seed") for line in path.read_text().splitlines()[5:]]
    assert [seed for seed in seeds if seed] == [13, 14, 15]
    before = path.stat().st_size
    assert prove(tmp_path, "LOSES") == 1
    assert path.read_text()[before:].count("seed") == 0
    monkeypatch.setattr("prove.running.journal.commit", lambda: "another")
    assert prove(tmp_path, "LOSES", more=["--jobs", "1"]) == 1
    assert path.read_text().count('"seed": 12') == 2
    assert prove(tmp_path, "LOSES", base=20) == 1
    assert sorted(told(tmp_path, "LOSES").told.verdicts) == list(range(20, 26))
    assert '"seed": 12' in Path(f"{path}.old").read_text()


def test_an_interrupted_run_keeps_all(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.prove", f"{SAMPLES}:STOPS", "--base", "11"]
    with subprocess.Popen(
        [*words, "--jobs", "1", "--journal", tmp_path],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        path = told(tmp_path, "STOPS").path
        while not path.exists() or '"seed": 14' not in path.read_text():
            assert process.poll() is None
            os.sched_yield()
        process.send_signal(signal.SIGINT)
        shown, _ = process.communicate(timeout=30)
    assert process.returncode == 130
    assert b"11-14" in shown


def test_what_a_machine_lacks_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert prove(tmp_path, "LACKS") == 5, "nothing was tried"
    assert "SKIPPED: a modem" in capsys.readouterr().out
    assert prove(tmp_path, "LACKS", "SPINS", base=11, more=["--tries", "1"]) == 0


def test_a_seed_that_has_nothing_to_try_is_no_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert prove(tmp_path, "NOTHING_HERE", more=["--tries", "2"]) == 5
    shown = capsys.readouterr().out
    assert re.search(r"NOTHING_HERE +0 +0 +\d+  10-11$", shown, re.MULTILINE)
    assert "nothing to try: it is not here 2" in shown


def test_what_was_tried_at_an_earlier_commit_is_no_proof_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [f"{SAMPLES}:SPINS", "--jobs", "1", "--journal", str(tmp_path), "--tries"]
    for commit, more in (("one", ["2", "--base", "11"]), ("two", ["4"]), ("now", ["4"])):
        monkeypatch.setattr("prove.running.journal.commit", partial(str, commit))
        assert main([*words, *more]) == 0
    said = capsys.readouterr()
    assert re.findall("base .*", said.err) == [f"base 11; {tries} tries" for tries in (2, 2, 0)]
    assert "all was tried before" in said.err
    assert re.findall(r"11-14  (.*)", said.out) == [f"{n} AT ANOTHER COMMIT" for n in (2, 4)]
    runs = told(tmp_path, "SPINS").told.runs
    assert [runs[seed].commit for seed in sorted(runs)] == ["one", "one", "two", "two"]


def test_what_is_tried_after_the_source_has_changed_is_of_no_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    times = iter([1.0, 1.0, 1.0, 2.0])
    monkeypatch.setattr("prove.runner.source_time", lambda: next(times))
    monkeypatch.setattr("prove.runner.NOTICED", 0.0)
    monkeypatch.setattr("prove.running.journal.commit", lambda: "one")
    assert prove(tmp_path, "SPINS", base=11, more=["--tries", "4", "--jobs", "1"]) == 0
    runs = told(tmp_path, "SPINS").told.runs
    assert [runs[seed].commit for seed in sorted(runs)] == ["one", "one", "one+", "one+"]
    assert capsys.readouterr().err.count("the source has changed") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["foo"], "no proof is called foo"),
        (["foo:bar"], "no proof is at foo:bar: No module named 'foo'"),
        ([f"{SAMPLES}:BAR"], f"no proof is at {SAMPLES}:BAR: module '{SAMPLES}' has no"),
        ([f"{SAMPLES}:partial"], f"no proof is at {SAMPLES}:partial: it is something else"),
        ([":x"], "no proof is at :x: Empty module name"),
        (["rungs", "--seed", "-5"], "argument --seed: 0 or more, not -5"),
        (["rungs", "--base", "x"], "argument --base: invalid number value: 'x'"),
    ],
)
def test_what_cannot_be_is_one_line(
    words: Sequence[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    *_, last = capsys.readouterr().err.splitlines()
    assert last.startswith(f"python -m tests.prove: error: {said}")


def test_what_was_mended_is_counted(tmp_path: Path) -> None:
    journal = told(tmp_path, "LOSES")
    verdict = load(f"{SAMPLES}:LOSES").attempt(12)
    journal.begin(Head("LOSES", 12, "abc", "2026-11-30", "here"), fresh=True)
    journal.add(verdict, 1.0)
    journal.begin(Head("LOSES", 12, "def", "2026-11-30", "here"), fresh=False)
    journal.add(type(verdict)(12, "done"), 1.0)
    kept = told(tmp_path, "LOSES").told
    assert (kept.mended, kept.finds, kept.seconds) == (1, [], 2.0)


@pytest.mark.parametrize("count", [1, 2, 3, 10, 69, 345])
def test_seeds_in_a_row_bring_each_case_once(count: int) -> None:
    assert sorted(spread(range(count), seed) for seed in range(17, 17 + count)) == list(
        range(count)
    )


@pytest.mark.parametrize("name", PROOFS)
def test_each_row_is_a_proof(name: str) -> None:
    proof = load(name)
    assert proof.name == name
    assert proof.claim.endswith(".")
    assert proof.whole >= proof.short
