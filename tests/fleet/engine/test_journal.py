"""Rows on disk: what was there is taken as far as it is ours, and never lost."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from atwin import __version__
from atwin.disk.errors import DiskError
from atwin.fleet.engine.journal import RowJournal
from support.fleet.tasks import row_of

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.fleet.device.row import Row


def journal(folder: Path, *, digest: str = "d", resume: bool = False) -> RowJournal:
    def is_of(row: Row) -> bool:
        return row.device < 10 and row.seed == 0

    return RowJournal(str(folder), digest, 1, is_of, resume=resume)


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A folder with a first line and the rows 0 to 2."""
    with closing(journal(tmp_path)) as first:
        assert first.rows == {}
        for number in range(3):
            first.append(row_of(number))
    return tmp_path


def test_rows_come_back(kept: Path) -> None:
    with closing(journal(kept, resume=True)) as again:
        assert again.rows == {number: row_of(number) for number in range(3)}
        assert again.notes == []
        again.append(row_of(7))
    with closing(journal(kept, resume=True)) as again:
        assert sorted(again.rows) == [0, 1, 2, 7]
    header = json.loads((kept / "rows.jsonl").read_text().splitlines()[0])
    assert header == {
        "format": "atwin-fleet-rows-1",
        "campaign": "d",
        "seed": 1,
        "atwin": __version__,
    }


@pytest.mark.parametrize("size", [1, 5, 200])
def test_a_torn_last_line_is_dropped(kept: Path, size: int) -> None:
    file = kept / "rows.jsonl"
    file.write_bytes(file.read_bytes()[:-size])
    with closing(journal(kept, resume=True)) as again:
        assert sorted(again.rows) == [0, 1]
        again.append(row_of(2))
    with closing(journal(kept, resume=True)) as again:
        assert again.rows == {number: row_of(number) for number in range(3)}
        assert again.notes == []


def test_lines_that_are_no_rows_of_the_campaign(kept: Path) -> None:
    odd = [row_of(10).as_dict(), row_of(4, seed=9).as_dict(), row_of(5).as_dict() | {"ok": 1}, {}]
    with (kept / "rows.jsonl").open("a") as file:
        for line in odd:
            file.write(json.dumps(line) + "\n")
        file.write("[" * 5000 + "\n\x00\n" + json.dumps(row_of(6).as_dict()) + "\n")
    with closing(journal(kept, resume=True)) as again:
        assert sorted(again.rows) == [0, 1, 2, 6]
        assert [note.partition(": ")[2] for note in again.notes] == [
            "lines that are not rows of this campaign: 6; their devices are simulated again"
        ]


def test_another_version_is_told(kept: Path) -> None:
    file = kept / "rows.jsonl"
    file.write_text(file.read_text().replace(__version__, "0.0.\\u001b[1m", 1))
    with closing(journal(kept, resume=True)) as again:
        assert len(again.rows) == 3
        [note] = again.notes
    assert note.endswith(f"is of atwin 0.0.\\x1b[1m, and this is {__version__}")


@pytest.mark.parametrize(
    ("digest", "resume", "said"),
    [
        ("e", True, "has rows of another campaign: name another folder"),
        ("e", False, "has rows of another campaign: name another folder"),
        ("d", False, "has rows already: --resume goes on with them, or name another folder"),
    ],
)
def test_rows_that_are_not_touched(kept: Path, digest: str, resume: bool, said: str) -> None:
    before = (kept / "rows.jsonl").read_bytes()
    with pytest.raises(DiskError, match=rf"rows\.jsonl {said}"):
        journal(kept, digest=digest, resume=resume)
    assert (kept / "rows.jsonl").read_bytes() == before


def test_a_file_of_somebody_else(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text('{"a": 1}\nno end')
    with pytest.raises(DiskError, match="is something else: it is not replaced"):
        journal(tmp_path, resume=True)
    assert (tmp_path / "rows.jsonl").read_text() == '{"a": 1}\nno end'


def test_only_a_first_line_is_no_rows(tmp_path: Path) -> None:
    journal(tmp_path).close()
    journal(tmp_path).close()


def test_two_at_a_time(kept: Path) -> None:
    with (
        closing(journal(kept, resume=True)),
        pytest.raises(DiskError, match="is being written by another process"),
    ):
        journal(kept, resume=True)
