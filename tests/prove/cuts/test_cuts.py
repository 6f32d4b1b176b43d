"""A few power cuts, and that one is found which the program is not ready for."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from prove.cuts import SHARED, _first, attempt
from prove.cuts.disk import after_cut, everything
from prove.cuts.recorder import read_tree, recorded

if TYPE_CHECKING:
    from pathlib import Path

#: The first of some seeds that cut a download.
BASE = 1728


def nothing(*arguments: object) -> None:
    """In place of what brings something to the disk."""


def test_cuts() -> None:
    for seed in range(BASE, BASE + SHARED):
        assert attempt(seed).ended


@pytest.mark.parametrize("missing", ["part.sync_data", "journal.sync_directory"])
def test_a_sync_that_is_left_out_is_found(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"atwin.disk.{missing}", nothing)
    _first.cache_clear()
    try:
        assert any(is_lost(seed) for seed in range(BASE, BASE + SHARED))
    finally:
        _first.cache_clear()


def is_lost(seed: int) -> bool:
    try:
        attempt(seed)
    except AssertionError:
        return True
    return False


def test_what_a_cut_leaves(tmp_path: Path) -> None:
    """Whatever is drawn, what was synced is there, and nothing that was never written."""
    with recorded(tmp_path) as log:
        fd = os.open(tmp_path / "a", os.O_RDWR | os.O_CREAT)
        os.write(fd, b"1" * 5000)
        os.fsync(fd)
        folder = os.open(tmp_path, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)
        os.pwrite(fd, b"2" * 3000, 4000)
        os.close(fd)
        os.replace(tmp_path / "a", tmp_path / "b")
    assert everything(log) == read_tree(tmp_path) == {"b": b"1" * 4000 + b"2" * 3000}
    drawn = [after_cut(log, len(log.events), Random(seed)) for seed in range(400)]
    assert {name for tree in drawn for name in tree} == {"a", "b"}
    contents = set[bytes]()
    for tree in drawn:
        (content,) = tree.values()
        assert content is not None
        contents.add(content)
        assert content[:4000] == b"1" * 4000
        assert set(content[4000:5000]) <= set(b"12")
        assert set(content[5000:]) <= set(b"\x002")
    assert {b"1" * 5000, b"1" * 4000 + b"2" * 3000} < contents
    assert any(b"\0" in content for content in contents)
