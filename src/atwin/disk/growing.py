"""A file that is written while things happen, and can be read meanwhile."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError, telling
from atwin.disk.system import BYTES, ProcessLock, sync_data, sync_directory

if TYPE_CHECKING:
    from collections.abc import Callable

#: How many bytes of a file are looked at before it is replaced.
_HEAD = 65536
#: Bytes of a sector and of a page, in which a power cut tears what was not synced.
_SECTOR, _PAGE = 512, 4096


class GrowingFile:
    """Appends to a file that begins empty; it is the writer's alone while it is open.

    A new file can be read by its owner only; one that was there keeps its mode, and is replaced
    only if it is empty or `is_ours` says so of how it begins. With `goes_on` it is not replaced but
    added to, after its last whole line. A pipe is waited for until somebody reads it. A power cut
    costs what the system has not written out by itself, but never how the file begins; with
    `lasting` it costs no more than was appended within that many seconds. Raises `DiskError`.
    """

    def __init__(
        self,
        path: str,
        is_ours: Callable[[bytes], bool],
        *,
        goes_on: bool = False,
        lasting: float | None = None,
    ) -> None:
        self._path = path
        self._lock: ProcessLock | None = None
        self._lasting = lasting
        # When it is to be synced next; at once, for by its beginning it is known as ours.
        self._due: float | None = None
        self._has_sure_name = False
        with telling("write", path):
            self._fd = os.open(path, _access(path) | os.O_CREAT | BYTES, 0o600)
            try:
                if stat.S_ISREG(os.fstat(self._fd).st_mode):
                    self._due = monotonic()
                    self._take_over(is_ours, goes_on=goes_on)
            except BaseException:
                self.close()
                raise

    def append(self, data: bytes) -> None:
        """Write `data`, which survives a `kill -9` from then on. Raises `DiskError`."""
        with telling("write", self._path):
            while data:
                data = data[os.write(self._fd, data) :]
            if self._due is not None and self._due <= (now := monotonic()):
                sync_data(self._fd)
                if not self._has_sure_name:
                    sync_directory(Path(os.path.realpath(self._path)).parent)
                    self._has_sure_name = True
                self._due = None if self._lasting is None else now + self._lasting

    def close(self) -> None:
        """Let go of it, also where a signal comes meanwhile."""
        try:
            if self._due is not None and self._has_sure_name:
                with suppress(OSError):  # `append` reported the full disk
                    sync_data(self._fd)
        finally:
            try:
                os.close(self._fd)
            finally:
                if self._lock is not None:
                    self._lock.close()

    def _take_over(self, is_ours: Callable[[bytes], bool], *, goes_on: bool) -> None:
        try:
            self._lock = ProcessLock(Path(os.path.realpath(self._path) + ".lock"))
        except BlockingIOError:
            raise DiskError(f"{self._path} is being written by another process") from None
        head = os.read(self._fd, _HEAD)
        if head and not is_ours(head) and not _is_torn(head):
            raise DiskError(f"{self._path} is something else: it is not replaced, name another")
        end = self._end_of_lines() if goes_on else 0
        os.ftruncate(self._fd, end)
        if head and not end:
            sync_data(self._fd)  # or a power cut may mix the old with the new
        os.lseek(self._fd, end, os.SEEK_SET)

    def _end_of_lines(self) -> int:
        """Where the last whole line ends."""
        end = os.fstat(self._fd).st_size
        while end > 0:
            start = max(0, end - _HEAD)
            os.lseek(self._fd, start, os.SEEK_SET)
            last = os.read(self._fd, end - start).rfind(b"\n")
            if last >= 0:
                return start + last + 1
            end = start
        return 0


def _is_torn(head: bytes) -> bool:
    """Whether a power cut may have left this of a first write: zeroes where it begins."""
    return len(head) <= _PAGE and not head[:_SECTOR].strip(b"\0")


def _access(path: str) -> int:
    """Of a pipe the writing end alone: with both nobody is ever told that its reader has gone."""
    try:
        return os.O_WRONLY if stat.S_ISFIFO(os.stat(path).st_mode) else os.O_RDWR
    except FileNotFoundError:
        return os.O_RDWR
