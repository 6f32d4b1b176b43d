"""What every system does in its own way: locks, private files, and names that reach the disk."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from filelock import BaseFileLock

#: For `os.open`. Windows would change line ends, and knows neither of the other two: there a link
#: is something only an administrator makes, and a file never makes anybody wait.
BYTES: int = getattr(os, "O_BINARY", 0)
NO_LINK: int = getattr(os, "O_NOFOLLOW", 0)
AT_ONCE: int = getattr(os, "O_NONBLOCK", 0)

#: Seconds for one who lets go of a lock just now.
_MOMENT, _LOOK_AGAIN = 0.05, 0.01


class ProcessLock:
    """The file `path` is held by this process alone, until `close` or its end.

    It is removed then, if `keep` does not say otherwise and nobody wrote anything to it. Raises
    `BlockingIOError` when another process holds it, and `OSError`.
    """

    def __init__(self, path: Path, *, keep: bool = False) -> None:
        # Here, because only who writes needs it.
        from filelock import FileLock, Timeout

        self._path, self._keep = path, keep
        self._lock: BaseFileLock = FileLock(path, mode=0o600, thread_local=False)
        try:
            self._lock.acquire(timeout=_MOMENT, poll_interval=_LOOK_AGAIN)
        except Timeout:
            raise BlockingIOError(f"{path} is held by another process") from None

    def close(self) -> None:
        """Let another process have it; harmless when called twice."""
        if self._lock.is_locked:
            try:
                self._remove()
            except BaseException:  # a signal came first
                self._remove()
                raise
            finally:
                self._lock.release()

    def _remove(self) -> None:
        # Windows lets nobody remove an open file, and does it by itself.
        with suppress(OSError):
            if not self._keep and self._path.stat().st_size == 0:
                self._path.unlink()


def read_at(fd: int, size: int, at: int) -> bytes:
    """Up to `size` bytes from place `at`."""
    if hasattr(os, "pread"):
        return os.pread(fd, size, at)
    os.lseek(fd, at, os.SEEK_SET)
    return os.read(fd, size)


def write_at(fd: int, data: bytes | memoryview, at: int) -> int:
    """How many bytes of `data` are at place `at` now."""
    if hasattr(os, "pwrite"):
        return os.pwrite(fd, data, at)
    os.lseek(fd, at, os.SEEK_SET)
    return os.write(fd, data)


def set_mode(fd: int, mode: int) -> None:
    """Who may read and write the open file `fd`. Raises `OSError`.

    Windows has no such modes: a file is for those who may use its folder.
    """
    if hasattr(os, "fchmod"):
        os.fchmod(fd, mode)


def sync_data(fd: int) -> None:
    """Bring what the open file `fd` holds to the disk. macOS has no fdatasync."""
    getattr(os, "fdatasync", os.fsync)(fd)


def sync_directory(path: Path) -> None:
    """Bring a directory's entries to the disk: a new name or a rename counts only then.

    Windows opens no directories, and does it by itself. So do file systems that cannot sync one;
    and one that we may not read cannot be synced by us.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(PermissionError):
        fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.ENOTSUP):
                raise
        finally:
            os.close(fd)


def make_directory(path: Path, mode: int = 0o777) -> None:
    """Have a directory at `path`, and those above it, whose names survive a power cut.

    What is in one is lost with its name. One that is there may be of a process that was killed
    before it had synced anything. Raises `OSError`.
    """
    if not path.is_dir():
        if path.parent != path:
            make_directory(path.parent)
        with suppress(FileExistsError):
            path.mkdir(mode)
    sync_directory(path.parent)
