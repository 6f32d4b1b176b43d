"""How much a disk still takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from atwin.disk.errors import explained
from atwin.disk.target import find_target

if TYPE_CHECKING:
    from pathlib import Path


def room_for(target: str | Path) -> int:
    """Bytes that may still be written to the disk where the file `target` is to be.

    What this user may use, not what root may; a file that `target` replaces is not counted,
    since it stays until the new one is whole. Raises `DiskError` as `find_target` does.
    """
    folder = find_target(target).parent
    try:
        disk = os.statvfs(folder)
    except OSError as error:
        raise explained("write to", str(folder), error) from None
    return disk.f_bavail * disk.f_frsize
