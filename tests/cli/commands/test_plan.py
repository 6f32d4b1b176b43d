"""`atwin plan`: on paper, played, with faults; for people and for programs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.app import run
from support.running.program import atwin, only_line

if TYPE_CHECKING:
    from pathlib import Path

FIGURES = ("seconds", "bytes_billed", "requests", "connections", "connection_seconds")


@pytest.fixture
def told(capsys: pytest.CaptureFixture[str]) -> Any:
    def ask(*arguments: str, code: int = 0) -> dict[str, Any]:
        assert run(["plan", *arguments, "--json"]) == code
        answer: dict[str, Any] = json.loads(capsys.readouterr().out)
        return answer

    return ask


@pytest.mark.parametrize("tls", [(), ("--tls",)])
def test_paper_beside_the_simulation(told: Any, tls: tuple[str, ...]) -> None:
    answer = told("--size", "600K", "--rtt", "0.3", "--down", "60K", *tls)
    assert (answer["by"], answer["way"], answer["part"]) == ("simulation", "range", 307_200)
    assert (answer["requests"], answer["connections"]) == (3, 3)
    for name in FIGURES:
        assert answer[name] == answer["simulation"][name]
        assert answer["paper"][name] == pytest.approx(answer[name], rel=0.02)
    assert answer["seconds"] == pytest.approx(sum(answer["times"].values()))
    assert answer["bytes_billed"] == answer["billed"]["total"]
    assert (answer["times"]["tls"] > 0) is bool(tls)


def test_only_paper(told: Any) -> None:
    answer = told("--size", "1024M", "--model", "air780e-at", "--strategy", "range", "--paper")
    assert (answer["by"], answer["simulation"], answer["faults"]) == ("paper", None, None)
    assert answer["requests"] == 1 + -(-(1 << 30) // 3356)


def test_what_changes_the_figures(told: Any) -> None:
    def seconds(*more: str) -> float:
        answer = told("--size", "20K", "--model", "air780e-at", "--paper", *more)
        return float(answer["seconds"])

    usual = seconds("--strategy", "range")
    assert seconds("--strategy", "range", "--no-hash") > usual
    assert seconds("--strategy", "range", "--part", "1000") > usual
    assert seconds("--strategy", "range", "--server-latency", "1") == pytest.approx(usual + 8)
    assert seconds("--strategy", "range", "--dns") == pytest.approx(usual + 8 * 0.1, rel=0.01)
    assert seconds("--strategy", "range", "--baud", "max") < 0.6 * usual
    assert seconds("--strategy", "range", "--up", "500") > usual
    assert seconds() < usual  # it streams


def test_a_download_that_ends_badly(
    told: Any, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "plan.toml").write_text('[[fault]]\nkind = "sim_pulled"\nat_connection = 2\n')
    options = ("--size", "9000", "--faults", str(tmp_path / "plan.toml"))
    answer = told(*options, code=3)
    assert (answer["exit_code"], answer["simulation"]["exit_code"]) == (3, 3)
    assert "SIM" in answer["error"]
    assert answer["simulation"]["faults"] == ["sim_pulled"]
    assert 0 < answer["bytes_billed"] < answer["paper"]["bytes_billed"]
    assert run(["plan", *options]) == 3
    out, error = capsys.readouterr()
    assert "with faults" in out
    assert "Faults that happened: sim_pulled" in out
    assert "SIM" in only_line(error)


def test_a_share_of_random_plans(told: Any, capsys: pytest.CaptureFixture[str]) -> None:
    options = ("--size", "20000", "--faults", "40%", "--runs", "4", "--seed", "7")
    answer = told(*options)
    faults = answer["faults"]
    assert (faults["share"], faults["runs"]) == (0.4, 4)
    assert [one["seed"] for one in faults["by_seed"]] == [7, 8, 9, 10]
    assert faults["failed"] == 0.1 * sum(not one["ok"] for one in faults["by_seed"])
    assert faults["seconds"]["median"] == answer["seconds"]
    worst = max(one["seconds"] for one in faults["by_seed"])
    assert faults["seconds"]["p95"] == worst > answer["seconds"]
    assert told(*options) == answer
    assert run(["plan", *options]) == 0
    out, error = capsys.readouterr()
    assert "40 % with faults" in out
    assert "4 downloads met a random plan each (random:N, seeds 7 to 10)" in out
    assert error == ""


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_no_number_is_cut(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    assert run(["plan", "--size", "1024M", "--tls", "--paper", "--baud", "600"]) == 0
    out = capsys.readouterr().out
    tables = out.split("\n\n")[1:4]
    assert max(len(line) for text in tables for line in text.splitlines()) <= columns
    assert "17,895,697.07" in tables[0]
    assert "1,073,741,824" in tables[1]
    assert "…" not in out


def test_the_program_itself_and_its_pipe() -> None:
    ended = atwin("plan", "--size", "12M", "--paper")
    assert ended.returncode == 0
    rows = {line[:23].strip(): line[23:].split() for line in ended.stdout.splitlines()}
    assert rows["the file on the line"][0] == "1,092.27"
    assert " s in all, 42 connections of " in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--size: give the bytes of the file"),
        (["--size", "0"], "--size: give the bytes of the file"),
        (["--size", "1.5M"], "--size '1.5M' is not a number of bytes"),
        (["--size", "2048M"], "--size 2048M: give 1024M or less"),
        (["--size", "9", "--model", "sim800"], "unknown model 'sim800'"),
        (["--size", "9", "--baud", "1200x"], "--baud '1200x': give 600"),
        (["--size", "9", "--rtt", "61"], "--rtt 61: give 60 or less"),
        (["--size", "9", "--rtt", "nan"], "--rtt 'nan': give a number"),
        (["--size", "9", "--down", "0"], "--down 0: give 1 to 1000G bytes per second"),
        (["--size", "9", "--up", "x"], "--up 'x' is not a rate in bytes per second"),
        (["--size", "9", "--part", "1"], "--part 1: give at least 2 bytes"),
        (["--size", "9", "--part", "1M"], "--part 1,048,576: air724ug takes up to 319,488"),
        (["--size", "9", "--strategy", "stream"], "--strategy stream: air724ug cannot stream"),
        (["--size", "9", "--strategy", "fast"], "--strategy"),
        (["--size", "9", "--faults", "0%"], "--faults 0%: give more than 0% and up to 100%"),
        (["--size", "9", "--faults", "101%"], "--faults 101%: give more than 0%"),
        (["--size", "9", "--faults", "random:x"], "give a number after random:"),
        (["--size", "9", "--faults", "/no/such"], "faults /no/such: "),
        (["--size", "9", "--faults", "5%", "--paper"], "--paper simulates nothing"),
        (["--size", "9", "--runs", "0"], "--runs 0: give 1 or more"),
        (["--size", "9", "--seed", "-1"], "--seed -1: give 0 or more"),
        (["--size", "9", "--server-latency", "-1"], "--server-latency -1: give 0 or more"),
    ],
)
def test_a_wrong_command_line(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["plan", *arguments]) == 2
    out, error = capsys.readouterr()
    assert out == ""
    assert said in only_line(error)
