"""The part file and the journal: what is promised is on disk, whatever happens."""

from __future__ import annotations

import errno
import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from atwin.disk.errors import DiskError
from atwin.disk.journal import Journal, Record
from atwin.disk.part import PartFile, hash_file

if TYPE_CHECKING:
    from pathlib import Path

DATA = bytes(range(256)) * 40
PIECE = 1_000


def sha(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def record(done: int) -> Record:
    return Record.of("http://x/y", {"length": len(DATA)}, done, sha(DATA[:done]))


def test_whole_course(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    with PartFile(target, md5=True) as part:
        part.append(DATA[:PIECE])
        part.append(DATA[PIECE:])
        assert not target.exists()
        assert part.tail(10) == DATA[-10:]
        assert part.tail(10**6) == DATA
        assert part.hashes.md5 == hashlib.md5(DATA).hexdigest()
        part.finish()
        assert target.read_bytes() == DATA
    assert [p.name for p in tmp_path.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("torn", [False, True])
def test_full_disk_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, torn: bool
) -> None:
    target = tmp_path / "file.bin"
    real = os.pwrite

    def full(fd: int, data: Any, at: int) -> int:
        if torn and at == 2000:
            return real(fd, bytes(data)[:300], at)
        raise OSError(errno.ENOSPC, "full")

    with PartFile(target) as part:
        part.append(DATA[:2000])
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(DiskError, match=r"cannot write .*file.bin.part: No space left"):
            part.append(DATA[2000:3000])
        monkeypatch.setattr(os, "pwrite", real)
        assert part.size == part.path.stat().st_size == 2000
        part.append(DATA[2000:])
        assert part.hashes.sha256 == sha(DATA)


def test_full_disk_keeps_the_old_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = Journal(tmp_path / "file.bin")
    journal.save(record(1000))

    def full(fd: int, data: Any) -> int:
        raise OSError(errno.ENOSPC, "full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", full)
        with pytest.raises(DiskError, match="No space left"):
            journal.save(record(2000))
    assert journal.load() == record(1000)
    journal.remove()
    assert list(tmp_path.iterdir()) == []


def test_adopting_less_than_promised(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    target.with_name("file.bin.part").write_bytes(DATA[:500])
    with PartFile(target) as part:
        assert not part.adopt(501)
        assert part.size == 0
        assert part.adopt(400)
        part.append(b"x")
        part.finish()
    assert target.read_bytes() == DATA[:400] + b"x"


def test_second_opener_is_refused_until_the_first_lets_go(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    with PartFile(target) as part:
        part.append(b"x")
        with pytest.raises(DiskError, match=r"file.bin is being downloaded by another process"):
            PartFile(target)
    PartFile(target).close()


def test_lock_ends_with_the_process(tmp_path: Path) -> None:
    target = tmp_path / "file.bin"
    program = (
        "import os, sys; from atwin.disk.part import PartFile\n"
        "part = PartFile(sys.argv[1]); part.append(b'x'); print('ready', flush=True)\n"
        "sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", program, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(DiskError, match="another process"):
            PartFile(target)
        child.kill()
    with PartFile(target) as part:
        assert part.adopt(1)


def test_lock_won_on_a_file_that_was_just_renamed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The finished file must never be taken for a part file to write into."""
    target = tmp_path / "file.bin"
    real = os.open
    raced: list[str] = []

    def slow_open(path: Any, flags: int, mode: int = 0o777) -> int:
        fd = real(path, flags, mode)
        if not raced and str(path).endswith(".part"):
            raced.append(str(path))
            os.replace(path, target)
        return fd

    target.with_name("file.bin.part").write_bytes(DATA)
    monkeypatch.setattr(os, "open", slow_open)
    with PartFile(target) as part:
        part.start_over()
        part.append(b"x")
    assert raced
    assert target.read_bytes() == DATA


def test_empty_part_file_is_not_left_behind(tmp_path: Path) -> None:
    PartFile(tmp_path / "file.bin").close()
    assert list(tmp_path.iterdir()) == []


def test_close_twice_and_remove(tmp_path: Path) -> None:
    part = PartFile(tmp_path / "file.bin")
    part.append(b"x")
    part.remove()
    part.close()
    part.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_directory_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DiskError, match="Permission denied"):
        PartFile(tmp_path / "file.bin")


def test_hash_file(tmp_path: Path) -> None:
    path = tmp_path / "x"
    assert hash_file(path) is None
    path.write_bytes(DATA * 300)
    hashes = hash_file(path, md5=True)
    assert hashes is not None
    assert hashes.sha256 == sha(DATA * 300)
    assert hashes.md5 == hashlib.md5(DATA * 300).hexdigest()
    with pytest.raises(DiskError, match="cannot read"):
        hash_file(tmp_path)


def test_journal_of_a_directory_is_told(tmp_path: Path) -> None:
    (tmp_path / "file.bin.journal").mkdir()
    with pytest.raises(DiskError, match=r"cannot read .*file.bin.journal: it is a directory"):
        Journal(tmp_path / "file.bin").load()
