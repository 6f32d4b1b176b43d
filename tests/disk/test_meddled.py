"""What gets the name is what was received, whatever others did to the part file meanwhile."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from atwin.disk.errors import DiskError, MeddledError
from atwin.disk.part import PartFile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DATA = bytes(range(256)) * 12


def cut(path: Path) -> None:
    os.truncate(path, 10)


def cut_to_nothing(path: Path) -> None:
    os.truncate(path, 0)


def replace(path: Path) -> None:
    path.unlink()
    path.write_bytes(b"other")


def replace_by_the_same_size(path: Path) -> None:
    path.unlink()
    path.write_bytes(bytes(len(DATA)))


def remove(path: Path) -> None:
    path.unlink()


def fold(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def overwrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(100)
        file.write(b"!")


SHOWS_AT_ONCE = [
    (cut, "cut it to 10 of 2000 bytes"),
    (cut_to_nothing, "cut it to 0 of 2000 bytes"),
    (replace, "put another in its place"),
    (replace_by_the_same_size, "put another in its place"),
    (remove, "removed it"),
    (fold, "put another in its place"),
    (link, "put another in its place"),
    (pipe, "put another in its place"),
]


@pytest.mark.parametrize("old", [None, b"what was there"])
@pytest.mark.parametrize(("meddle", "text"), [*SHOWS_AT_ONCE, (overwrite, "wrote to it")])
def test_no_foreign_file_gets_the_name(
    tmp_path: Path, meddle: Callable[[Path], None], text: str, old: bytes | None
) -> None:
    target = tmp_path / "f"
    if old is not None:
        target.write_bytes(old)
    with PartFile(target) as part:
        part.append(DATA[:2000])
        meddle(part.path)
        with pytest.raises(MeddledError, match=text) as caught:
            part.finish()
    assert "\n" not in str(caught.value)
    assert (target.read_bytes() if target.exists() else None) == old


@pytest.mark.parametrize(("meddle", "text"), SHOWS_AT_ONCE)
def test_it_shows_with_the_next_part(
    tmp_path: Path, meddle: Callable[[Path], None], text: str
) -> None:
    """Not after hours, when the rest has come."""
    with PartFile(tmp_path / "f") as part:
        part.append(DATA[:2000])
        meddle(part.path)
        with pytest.raises(MeddledError, match=text):
            part.append(DATA[2000:])


def test_what_others_put_there_is_left_alone(tmp_path: Path) -> None:
    with PartFile(tmp_path / "f") as part:
        part.append(DATA)
        replace(part.path)
        part.remove()
    assert (tmp_path / "f.part").read_bytes() == b"other"


def test_more_behind_the_good_bytes_does_no_harm(tmp_path: Path) -> None:
    with PartFile(tmp_path / "f") as part:
        part.append(DATA)
        with part.path.open("ab") as file:
            file.write(b"more")
        part.finish()
    assert (tmp_path / "f").read_bytes() == DATA


def test_a_target_that_became_a_directory(tmp_path: Path) -> None:
    with PartFile(tmp_path / "f") as part:
        part.append(DATA)
        (tmp_path / "f").mkdir()
        with pytest.raises(DiskError, match="it is a directory"):
            part.finish()
        assert part.path.read_bytes() == DATA
