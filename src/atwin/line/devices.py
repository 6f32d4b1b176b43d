"""The serial devices of this computer, and whether another program has one open."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from glob import iglob
from pathlib import Path

#: Where programs say by a file with their process number that they use a device.
_LOCKS = ("/var/lock", "/run/lock", "/var/spool/lock")


@dataclass(frozen=True, slots=True)
class Device:
    """A serial device; the texts are empty where it has none."""

    path: str
    product: str = ""
    manufacturer: str = ""
    serial_number: str = ""


def devices() -> list[Device]:
    """All there are, sorted by their paths."""
    from serialx import list_serial_ports

    return sorted(
        (
            Device(one.device, one.product or "", one.manufacturer or "", one.serial_number or "")
            for one in list_serial_ports()
        ),
        key=lambda one: one.path,
    )


def user_of(path: str) -> int | None:
    """The number of another process that has the device open; None where none is seen.

    Nothing is opened for it. Of the processes of other users only root sees all (their lock files
    everybody does); on Windows opening itself fails.
    """
    if sys.platform == "win32":
        return None
    device = os.path.realpath(path)
    name = os.path.basename(device)
    for folder in _LOCKS:
        number = _locker(Path(folder) / f"LCK..{name}")
        if number is not None and number != os.getpid():
            return number
    for link in iglob("/proc/[0-9]*/fd/*"):
        process = Path(link).parts[2]
        try:
            is_it = os.readlink(link) == device and process != str(os.getpid())
        except OSError:
            continue  # it has been closed, or is not ours to see
        if is_it and not _serves(process, device):
            return int(process)
    return None


def _serves(process: str, device: str) -> bool:
    """Whether `process` has the other end of this PTY: a twin, or what else makes one."""
    folder, number = os.path.split(device)
    if folder != "/dev/pts":
        return False
    index = re.compile(rf"^tty-index:\s*{re.escape(number)}$", re.MULTILINE)
    for info in iglob(f"/proc/{process}/fdinfo/*"):
        with suppress(OSError):
            if index.search(Path(info).read_text()):
                return True
    return False


def _locker(file: Path) -> int | None:
    """The process that `file` names, if it runs."""
    try:
        number = int(file.read_bytes()[:20].decode("ascii").split()[0])
        os.kill(number, 0)
    except PermissionError:
        return number
    except (OSError, ValueError, IndexError):
        return None
    return number
