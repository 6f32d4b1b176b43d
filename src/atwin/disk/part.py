"""The file a download grows in: `<target>.part`, until it is whole and gets its name.

While it is open `<target>.part.lock` is there and locked, so that two processes never write one
target. Its first
`size` bytes are good and on the disk, whatever happens; bytes after them are leftovers of an
append that was cut off, and are cut away at the next one.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Self

from atwin.disk.errors import DiskError, MeddledError, reason, telling
from atwin.disk.system import (
    BYTES,
    NO_LINK,
    ProcessLock,
    read_at,
    sync_data,
    sync_directory,
    write_at,
)
from atwin.disk.target import copy_access, find_target

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Bytes read at a time when a file is hashed.
_BLOCK = 1 << 20

#: The data file is never somebody else's at the end of a link.
_OPEN = os.O_RDWR | os.O_CREAT | BYTES | NO_LINK


class Hashes:
    """SHA-256 of what was written, and MD5 when somebody will ask for it."""

    def __init__(self, *, md5: bool = False) -> None:
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if md5 else None

    def update(self, data: bytes) -> None:
        """Add the next bytes."""
        self._sha256.update(data)
        if self._md5 is not None:
            self._md5.update(data)

    @property
    def sha256(self) -> str:
        """Of everything so far, in hex."""
        return self._sha256.hexdigest()

    @property
    def md5(self) -> str | None:
        """Of everything so far, in hex; None when it was not asked for."""
        return self._md5.hexdigest() if self._md5 is not None else None


class PartFile:
    """`<target>.part`, open and locked. Every method raises `DiskError`."""

    def __init__(self, target: str | Path, *, md5: bool = False) -> None:
        """Open or create it; refused as `find_target` does, and when another process has it."""
        self.target = find_target(target)
        self.path = self.target.with_name(self.target.name + ".part")
        find_target(self.path)
        self.size = 0
        self._md5 = md5
        #: `target` is the whole file already, and what was adopted.
        self.finished = False
        self.hashes = Hashes(md5=md5)
        self._fd = self._open_locked()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go; a file that holds nothing is removed. Harmless when called twice."""
        try:
            if self._fd >= 0:
                with suppress(OSError):
                    empty = os.fstat(self._fd).st_size == 0
                    if self._close_ours() and empty:
                        self.path.unlink(missing_ok=True)
        finally:
            self._lock.close()

    def adopt(self, size: int) -> bool:
        """Take the first `size` bytes found on disk as good and hash them.

        False, and nothing taken, when there are fewer.
        """
        self.set_aside()
        with telling("read", self.path):
            for block in _blocks(self._fd, size):
                self.hashes.update(block)
                self.size += len(block)
        if self.size == size:
            return True
        self.set_aside()
        return False

    def is_finished(self, size: int, sha256: str) -> bool:
        """Whether `target` itself is the whole file already; then that is what is adopted.

        A run that was killed between naming the file and removing its journal leaves this.
        """
        hashes = hash_file(self.target, md5=self._md5)
        if hashes is None or hashes.sha256 != sha256:
            return False
        self.finished, self.size, self.hashes = True, size, hashes
        return True

    def append(self, data: bytes) -> None:
        """Write after the good bytes and bring it to the disk; then they are good too.

        When that fails, a full disk for one, the good bytes stay as they were.
        """
        self._check_ours()
        with telling("write", self.path):
            try:
                self._write(data)
            except OSError:
                self._cut()
                raise
        self.size += len(data)
        self.hashes.update(data)

    def set_aside(self) -> None:
        """Begin at byte 0 again; what is on disk stays until the next append."""
        self.finished = False
        self.size = 0
        self.hashes = Hashes(md5=self._md5)

    def start_over(self) -> None:
        """Drop everything."""
        self.set_aside()
        self._cut()

    def tail(self, size: int) -> bytes:
        """The last `size` good bytes, or all there are."""
        start = max(0, self.size - size)
        with telling("read", self.path):
            return read_at(self._fd, self.size - start, start)

    def finish(self) -> None:
        """Give the file its name: from here on `target` exists, whole.

        It has the mode of the file it replaces. What is on the disk is read once more before: a
        file that somebody else replaced, cut or wrote to does not get the name, and `MeddledError`
        is raised.
        """
        if self.finished:
            return
        # Something else may have come there meanwhile.
        find_target(self.target)
        self._check_ours()
        with telling("rename to", self.target):
            self._cut()
            if _hash(self._fd, self.size).sha256 != self.hashes.sha256:
                raise self._meddled("another program wrote to it")
            copy_access(self.target, self._fd)
            os.fsync(self._fd)
            self._close_ours()
            os.replace(self.path, self.target)
            sync_directory(self.target.parent)

    def remove(self) -> None:
        """Delete the file, if it is still ours; `target` is not touched."""
        self.set_aside()
        with telling("remove", self.path):
            if self._fd >= 0 and self._close_ours():
                self.path.unlink(missing_ok=True)

    def _close_ours(self) -> bool:
        """Close it, since Windows lets nobody rename or remove an open file.

        Whether it was still where it was.
        """
        fd, self._fd = self._fd, -1
        try:
            return _same_file(fd, self.path)
        finally:
            os.close(fd)

    def _open_locked(self) -> int:
        with telling("write", self.path):
            try:
                self._lock = ProcessLock(self.path.with_name(self.path.name + ".lock"))
            except BlockingIOError:
                raise DiskError(f"{self.target} is being downloaded by another process") from None
            try:
                return self._open()
            except BaseException:
                self._lock.close()
                raise

    def _open(self) -> int:
        while True:
            fd = os.open(self.path, _OPEN, 0o666)
            try:
                # Somebody may have renamed it just now.
                if _same_file(fd, self.path):
                    # What may not be read there is not shown here meanwhile.
                    copy_access(self.target, fd, at_least=0o600)
                    return fd
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)

    def _check_ours(self) -> None:
        """Raises `MeddledError` where what was received is not what the name leads to any more."""
        try:
            there = os.lstat(self.path)
            ours = os.fstat(self._fd)
        except FileNotFoundError:
            raise self._meddled("another program removed it") from None
        except OSError as error:
            raise DiskError(f"cannot read {self.path}: {reason(error)}") from None
        if not os.path.samestat(there, ours):
            raise self._meddled("another program put another in its place")
        if ours.st_size < self.size:
            raise self._meddled(f"another program cut it to {ours.st_size} of {self.size} bytes")

    def _meddled(self, what: str) -> MeddledError:
        text = f"{self.path}: {what} during the download; {self.target} is as it was before"
        return MeddledError(f"{text}, run the command again")

    def _write(self, data: bytes) -> None:
        view, at = memoryview(data), self.size
        while view:
            count = write_at(self._fd, view, at)
            view, at = view[count:], at + count
        sync_data(self._fd)

    def _cut(self) -> None:
        """Drop what lies after the good bytes."""
        with telling("write", self.path):
            if os.fstat(self._fd).st_size != self.size:
                os.ftruncate(self._fd, self.size)


def hash_file(path: Path, *, md5: bool = False) -> Hashes | None:
    """The hashes of a file; None when there is no such file. Raises `DiskError`."""
    with telling("read", path):
        try:
            fd = os.open(path, os.O_RDONLY | BYTES)
        except FileNotFoundError:
            return None
        try:
            return _hash(fd, os.fstat(fd).st_size, md5=md5)
        finally:
            os.close(fd)


def _hash(fd: int, size: int, *, md5: bool = False) -> Hashes:
    hashes = Hashes(md5=md5)
    for block in _blocks(fd, size):
        hashes.update(block)
    return hashes


def _blocks(fd: int, size: int) -> Iterator[bytes]:
    at = 0
    while at < size and (block := read_at(fd, min(_BLOCK, size - at), at)):
        yield block
        at += len(block)


def _same_file(fd: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(fd), path.stat())
    except OSError:
        return False
