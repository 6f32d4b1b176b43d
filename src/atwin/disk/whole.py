"""Whole files."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError, reason, telling
from atwin.disk.system import AT_ONCE, BYTES, NO_LINK, set_mode, sync_directory
from atwin.disk.target import copy_access, find_target, kind_of

if TYPE_CHECKING:
    from pathlib import Path

_OPEN_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | BYTES | NO_LINK


def write_file(path: str, data: bytes) -> None:
    """Write `data` to `path`, in place of what was there: all of it, or what was there stays.

    Through links, with the owner and mode of the file that was there. Raises `DiskError`.
    """
    target = find_target(path)
    # A name of its own: one beside it may be as long as a name can be.
    beside = target.with_name(f".atwin-{os.urandom(8).hex()}")
    with telling("write", path):
        fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | BYTES, 0o666)
        try:
            try:
                copy_access(target, fd)
                _write_out(fd, data)
            finally:
                os.close(fd)
            os.replace(beside, target)
            sync_directory(target.parent)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise


def replace_private(path: Path, data: bytes, new: Path) -> None:
    """Write `data` to `path` by way of the file `new`; only its owner can read it.

    Raises `OSError`, and what was at `path` stays.
    """
    fd = os.open(new, _OPEN_NEW, 0o600)
    try:
        set_mode(fd, 0o600)  # one that a crash left may be an older, open one
        _write_out(fd, data)
    finally:
        os.close(fd)
    os.replace(new, path)


def _write_out(fd: int, data: bytes) -> None:
    """Write all of `data`, and bring it to the disk."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]
    os.fsync(fd)


def read_input(path: str | Path, most: int, *, name: str | None = None) -> bytes:
    """What is in `path`, a file or a pipe that somebody names, if that is at most `most` bytes.

    Raises `DiskError`, whose text calls it `name`, or else by its path.
    """
    shown = str(path) if name is None else name
    with telling("read", shown), open(path, "rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise DiskError(f"cannot read {shown}: it is larger than {most} bytes")
    return data


def read_file(path: str | Path, most: int) -> bytes:
    """What is in the regular file `path`, if that is at most `most` bytes.

    Never waits, as a pipe would make one. Raises `FileNotFoundError`, and `DiskError` for
    everything else that is in the way.
    """
    try:
        fd = os.open(path, os.O_RDONLY | BYTES | AT_ONCE)
        try:
            known = os.fstat(fd)
            if not stat.S_ISREG(known.st_mode):
                raise DiskError(f"cannot read {path}: it is {kind_of(known.st_mode)}")
            if known.st_size > most:
                raise DiskError(f"cannot read {path}: it is larger than {most} bytes")
            with os.fdopen(os.dup(fd), "rb") as file:
                return file.read(most)
        finally:
            os.close(fd)
    except FileNotFoundError:
        raise
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        raise DiskError(f"cannot read {path}: {reason(error)}") from None
