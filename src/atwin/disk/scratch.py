"""Folders that are needed for a moment: in memory, where there is room for them.

Nothing in them must last, and what is synced there waits for no disk. Whatever a killed process has
left is removed by the next one.
"""

from __future__ import annotations

import os
import shutil
import time
from contextlib import contextmanager, suppress
from functools import lru_cache
from multiprocessing.util import Finalize
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir, mkdtemp
from threading import Lock
from typing import TYPE_CHECKING, Final

from atwin.disk.errors import DiskError
from atwin.disk.system import ProcessLock
from atwin.disk.target import room_for

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Files in it are kept in memory. It must have room for so many of one's own, because other
#: processes have theirs there.
MEMORY: Final = Path("/dev/shm")
_ROOM: Final = 64
_PREFIX: Final = "atwin-scratch-"
#: Seconds in which a process that has made its folder has locked it, too.
_MOMENT: Final = 60.0

_one_at_a_time = Lock()


@contextmanager
def scratch_folder(size: int) -> Iterator[Path]:
    """A new folder for a file of about `size` bytes, removed at the end. Raises `OSError`."""
    base = MEMORY if _has_room(size) else Path(gettempdir())
    with _one_at_a_time:
        home = _home(base, os.getpid())
    with TemporaryDirectory(dir=home) as folder:
        yield Path(folder)


def _has_room(size: int) -> bool:
    try:
        return os.access(MEMORY, os.W_OK | os.X_OK) and room_for(MEMORY / "file") > _ROOM * size
    except DiskError:
        return False


@lru_cache(maxsize=4)
def _home(base: Path, process: int) -> Path:
    """The folder of this process in `base`: locked until it ends, however it ends."""
    _sweep(base)
    home = Path(mkdtemp(prefix=_PREFIX, dir=base))
    lock = ProcessLock(home / "lock", keep=True)

    def leave() -> None:
        lock.close()
        shutil.rmtree(home, ignore_errors=True)

    # Workers of `multiprocessing` call nothing that was told to `atexit`.
    Finalize(None, leave, exitpriority=0)
    return home


def _sweep(base: Path) -> None:
    """Remove the folders of processes that are no more."""
    for folder in base.glob(f"{_PREFIX}*"):
        with suppress(OSError):  # somebody else's, or somebody else is sweeping
            if time.time() - folder.stat().st_mtime < _MOMENT:
                continue
            lock = ProcessLock(folder / "lock", keep=True)
            try:
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                lock.close()
