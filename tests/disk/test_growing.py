"""A file that grows, and its lock."""

from __future__ import annotations

from pathlib import Path

import pytest

from atwin.disk.growing import GrowingFile
from atwin.disk.system import ProcessLock


def test_a_signal_amid_its_last_sync_leaves_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = GrowingFile(str(tmp_path / "rows"), lambda head: True, lasting=1.0)
    file.append(b"one\n")
    assert (tmp_path / "rows.lock").exists()

    def struck(fd: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("atwin.disk.growing.sync_data", struck)
    with pytest.raises(KeyboardInterrupt):
        file.close()
    assert [path.name for path in tmp_path.iterdir()] == ["rows"]


def test_a_signal_before_a_lock_is_removed_leaves_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, unlink, struck = ProcessLock(tmp_path / "lock"), Path.unlink, list[Path]()

    def struck_once(path: Path) -> None:
        if not struck:
            struck.append(path)
            raise KeyboardInterrupt
        unlink(path)

    monkeypatch.setattr(Path, "unlink", struck_once)
    with pytest.raises(KeyboardInterrupt):
        lock.close()
    assert list(tmp_path.iterdir()) == []
