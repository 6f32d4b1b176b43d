"""CSV, Parquet and page on disk: whole or not at all, and nothing in them that acts."""

from __future__ import annotations

import csv
import io
import sys
from typing import TYPE_CHECKING, Any

import pytest

from atwin.disk.errors import DiskError
from atwin.fleet.report.outputs import ReportFiles
from atwin.fleet.report.parquet import parquet
from atwin.fleet.report.sheets import SHEETS, sheets
from atwin.host.errors import UsageError
from support.fleet.results import result

if TYPE_CHECKING:
    from pathlib import Path


def tables(**given: Any) -> dict[str, list[dict[str, str]]]:
    return {
        name: list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        for name, data in sheets(result(**given))
    }


def test_each_file() -> None:
    found = tables(stage=[{"share": 0.1}])
    assert {name: len(lines) > 0 for name, lines in found.items()} == dict.fromkeys(SHEETS, True)
    rows = found["rows.csv"]
    assert [row["device"] for row in rows] == [str(n) for n in range(10)]
    assert (rows[8]["ok"], rows[8]["attempts"], rows[8]["rungs"]) == ("1", "2", "CIPSHUT")
    done = [float(line["share"]) for line in found["completion.csv"]]
    assert done == sorted(done)
    drawn = [line for line in found["completion.csv"] if line["low"]]
    assert all(
        float(line["low"]) <= float(line["seconds"]) <= float(line["high"]) for line in drawn
    )
    assert drawn
    assert sum(float(line["bytes"]) for line in found["server.csv"]) > 1_000_000
    billed = found["bill.csv"][-1]
    assert float(billed["price"]) == pytest.approx(float(billed["bytes"]) / 2000)
    assert {line["kind"] for line in found["causes.csv"]} == {"cause", "rung", "fault"}
    assert [line["devices"] for line in found["stages.csv"]] == ["100", "900"]


def test_no_text_is_a_formula() -> None:
    texts = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"]
    found, escaped = tables(devices=50, texts=texts), [f"'{text}" for text in texts]
    assert [row["error"] for row in found["rows.csv"][9:]] == escaped
    assert {*escaped} < {line["name"] for line in found["causes.csv"]}


def test_text_that_is_no_unicode() -> None:
    assert tables(devices=50, texts=['a\ud800,"b\nc'])["rows.csv"][9]["error"] == 'a\\ud800,"b\nc'


def test_parquet() -> None:
    arrow = pytest.importorskip("pyarrow.parquet")
    found = result()
    lines = arrow.read_table(io.BytesIO(parquet(found.rows))).to_pylist()
    assert [line["billed"] for line in lines] == [row.billed for row in found.rows]
    assert [attempt["cause"] for attempt in lines[8]["attempts"]] == ["outage", ""]
    assert lines[8]["rungs"] == ["CIPSHUT"]


def test_no_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match=r"^Parquet needs pyarrow: pip install pyarrow$"):
        ReportFiles(parquet=str(tmp_path / "f")).check("plan.toml")


def test_written_where_they_can_be(tmp_path: Path) -> None:
    files = ReportFiles(html=str(tmp_path / "page"), csv=str(tmp_path / "a/b"))
    files.check("plan.toml")
    assert not (tmp_path / "page").exists()
    files.write(result(50))
    assert sorted(path.name for path in tmp_path.rglob("*.csv")) == sorted(SHEETS)
    assert (tmp_path / "page").read_text("utf-8").startswith("<!doctype html>")


def test_what_cannot_be_written_is_told_before(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text("")
    (tmp_path / "rows.csv").mkdir()
    for files, error, said in (
        (ReportFiles(html=str(tmp_path / "no/page")), DiskError, "No such file"),
        (ReportFiles(html=str(tmp_path)), DiskError, "a directory"),
        (ReportFiles(html=str(plan)), UsageError, "is the plan itself"),
        (ReportFiles(csv=str(plan)), DiskError, "cannot make the folder"),
        (ReportFiles(csv=str(tmp_path)), DiskError, "a directory"),
    ):
        with pytest.raises(error, match=said):
            files.check(str(plan))
    (tmp_path / "link").symlink_to(plan)
    with pytest.raises(UsageError, match="is the plan itself"):
        ReportFiles(html=str(tmp_path / "link")).check(str(plan))
