"""A journal has no secrets, knows its URL all the same, and is read whatever it has become."""

from __future__ import annotations

import json
import os
import stat
from typing import TYPE_CHECKING

import pytest

from atwin.disk.errors import DiskError
from atwin.disk.journal import Journal, Record
from atwin.disk.target import room_for

if TYPE_CHECKING:
    from pathlib import Path

URL = "https://me:s3cret@h/f.bin?token=t0psecret&v=2"


def save(tmp_path: Path, url: str = URL) -> Journal:
    journal = Journal(tmp_path / "f")
    journal.save(Record.of(url, {"length": 5, "etag": None}, 3, "0" * 64))
    return journal


def test_no_secret_is_in_it(tmp_path: Path) -> None:
    path = save(tmp_path).path
    text = path.read_text()
    assert "s3cret" not in text
    assert "t0psecret" not in text
    assert json.loads(text)["url"] == "https://***@h/f.bin?token=***&v=2"


@pytest.mark.parametrize("left_over", [False, True])
def test_its_owner_alone_reads_it(tmp_path: Path, left_over: bool) -> None:
    if left_over:
        (tmp_path / "f.journal.new").write_text("of a crash")
        (tmp_path / "f.journal.new").chmod(0o666)
    before = os.umask(0)
    try:
        path = save(tmp_path).path
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_it_knows_its_url(tmp_path: Path) -> None:
    record = save(tmp_path).load()
    assert record is not None
    assert record.is_of(URL)
    assert not record.is_of(URL.replace("t0p", "t1p"))
    assert not record.is_of(record.shown_url)
    assert record == Record.of(URL, {"length": 5, "etag": None}, 3, "0" * 64)


def test_the_first_version_is_still_read(tmp_path: Path) -> None:
    old = {"version": 1, "url": URL, "entity": {"length": 5}, "done": 3, "sha256": "0" * 64}
    journal = Journal(tmp_path / "f")
    journal.path.write_text(json.dumps(old))
    record = journal.load()
    assert record is not None
    assert record.is_of(URL)
    assert record.shown_url == "https://***@h/f.bin?token=***&v=2"
    assert (record.done, record.entity) == (3, {"length": 5})


GOOD = {
    "version": 2,
    "url": "u",
    "url_hash": "a$b",
    "entity": {"length": 5},
    "done": 3,
    "sha256": "0" * 64,
}

ODD: tuple[object, ...] = (None, [], {"a": []}, -1.5)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "3",
        "{",
        '{"a":' * 3000,
        "[" * 100_000,
        '{"version": ' + "9" * 5000 + "}",
        '{"version": NaN}',
        "\x00",
        "\ud800",
        *(json.dumps(GOOD | {name: odd}) for name in GOOD for odd in ODD),
        json.dumps(GOOD | {"url_hash": "\u00e9$"}),
        json.dumps(GOOD | {"version": 3}),
        json.dumps(GOOD | {"done": -1}),
        json.dumps(GOOD | {"done": True, "entity": {"length": 1.5}}),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_none(tmp_path: Path, text: str) -> None:
    journal = Journal(tmp_path / "f")
    journal.path.write_bytes(text.encode("utf-8", "surrogatepass"))
    assert journal.load() is None


def test_a_pipe_in_its_place_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "f.journal")
    with pytest.raises(DiskError, match=r"cannot read .*f.journal: it is a pipe"):
        Journal(tmp_path / "f").load()


def test_one_of_a_gigabyte_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "f.journal").touch()
    os.truncate(tmp_path / "f.journal", 1 << 30)
    with pytest.raises(DiskError, match="larger than"):
        Journal(tmp_path / "f").load()


def test_room_of_a_disk(tmp_path: Path) -> None:
    disk = os.statvfs(tmp_path)
    room = room_for(tmp_path / "f")
    assert 0 < room <= disk.f_blocks * disk.f_frsize
    with pytest.raises(DiskError, match="No such file"):
        room_for(tmp_path / "none" / "f")
