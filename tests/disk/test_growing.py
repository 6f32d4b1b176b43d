"""A file that grows, and its lock."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.disk.growing import GrowingFile

if TYPE_CHECKING:
    from pathlib import Path


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
