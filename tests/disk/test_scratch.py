"""A folder for a moment: in memory where there is room, and gone even after a kill."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from atwin.disk import scratch

if TYPE_CHECKING:
    from pathlib import Path

_KILLED = """
import os, pathlib, sys
from atwin.disk import scratch
scratch.MEMORY = pathlib.Path(sys.argv[1])
with scratch.scratch_folder(10) as folder:
    (folder / "file").write_bytes(b"x")
    print(folder, flush=True)
    sys.stdin.read()
    os._exit(9)
"""


@pytest.fixture(autouse=True)
def memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What stands in for the memory, and this process has used neither it nor anything else."""
    (tmp_path / "memory").mkdir()
    (tmp_path / "usual").mkdir()
    monkeypatch.setattr(scratch, "MEMORY", tmp_path / "memory")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "usual"))
    return tmp_path / "memory"


def test_it_is_in_memory_and_gone_afterwards(memory: Path) -> None:
    with scratch.scratch_folder(1000) as folder, scratch.scratch_folder(1000) as other:
        (folder / "file").write_bytes(b"x")
        assert folder != other
        assert folder.is_relative_to(memory)
    assert not folder.exists()
    assert not other.exists()


@pytest.mark.parametrize("gone", [False, True])
def test_where_there_is_no_room_it_is_on_the_disk(
    tmp_path: Path, memory: Path, gone: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if gone:
        memory.rmdir()
    else:
        monkeypatch.setattr(scratch, "room_for", lambda path: 64_000)
    with scratch.scratch_folder(1000) as folder:
        assert folder.is_relative_to(tmp_path / "usual")


def test_what_a_killed_process_left_is_removed_and_no_other(
    memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alive, killed = (
        subprocess.Popen(
            [sys.executable, "-c", _KILLED, str(memory)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(2)
    )  # fmt: skip
    with alive, killed:
        assert alive.stdout is not None
        assert killed.stdout is not None
        folders = [pipe.readline().strip() for pipe in (alive.stdout, killed.stdout)]
        killed.communicate(timeout=20)
        assert os.path.exists(folders[1])
        scratch._sweep(memory)  # it may be about to lock its folder
        assert os.path.exists(folders[1])
        monkeypatch.setattr(scratch, "_MOMENT", 0.0)
        scratch._sweep(memory)
        assert [os.path.exists(folder) for folder in folders] == [True, False]
        alive.communicate(timeout=20)
