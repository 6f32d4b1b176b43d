"""Where a file that somebody names is to be written: through links, and never over a device."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from pathlib import Path

from atwin.disk.errors import DiskError, telling
from atwin.disk.system import set_mode

#: What can stand where a file must be, for a person.
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
}


def find_target(name: str | Path) -> Path:
    """The file that `name` means: where a link leads, also one that leads to nothing yet.

    Whoever replaces that file leaves the link as it is. Raises `DiskError` for what exists and is
    no regular file, for links in a circle, and for a directory that is not there.
    """
    text = os.fspath(name)
    if not text:
        raise DiskError("cannot write to a file without a name: name one")
    with telling("write", repr(text) if "\0" in text else text):
        try:
            mode = os.stat(text).st_mode
        except FileNotFoundError:
            mode = stat.S_IFDIR if text.endswith(os.sep) else stat.S_IFREG
    if not stat.S_ISREG(mode):
        raise DiskError(f"cannot write {text}: it is {kind_of(mode)}; name a regular file")
    path = Path(os.path.realpath(text)) if os.path.islink(text) else Path(text)
    with telling("write", text):
        os.stat(path.parent)
    return path


def room_for(target: str | Path) -> int:
    """Bytes that may still be written to the disk where the file `target` is to be.

    What this user may use, not what root may; a file that `target` replaces is not counted,
    since it stays until the new one is whole. Raises `DiskError` as `find_target` does.
    """
    folder = find_target(target).parent
    with telling("write to", folder):
        return shutil.disk_usage(folder).free


def kind_of(mode: int) -> str:
    """What kind of file it is, by its mode, where it is not a regular one."""
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def copy_access(path: Path, fd: int, *, at_least: int = 0) -> None:
    """Give the open file `fd` the owner and the mode of the file at `path`, if there is one.

    As far as the system lets us: a file may be somebody else's, a disk may know no modes.
    `at_least` are mode bits it gets besides. Raises `OSError`.
    """
    try:
        known = os.stat(path)
    except FileNotFoundError:
        return
    ours = os.fstat(fd)
    if (known.st_uid, known.st_gid) != (ours.st_uid, ours.st_gid):
        with suppress(PermissionError):
            os.fchown(fd, known.st_uid, known.st_gid)
    with suppress(PermissionError):
        set_mode(fd, (stat.S_IMODE(known.st_mode) & 0o777) | at_least)
