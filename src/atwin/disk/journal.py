"""The small file beside a download that says which bytes are on disk, and of which entity.

It is written after the bytes it speaks of have reached the disk, and replaced whole: at any
moment of a crash it is either the old or the new one, and never promises too much.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from atwin.disk.errors import explained
from atwin.disk.part import sync_directory
from atwin.disk.target import find_target

if TYPE_CHECKING:
    from pathlib import Path

_VERSION = 1

_OPEN_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | os.O_NOFOLLOW


@dataclass(frozen=True, slots=True)
class Record:
    """`done` bytes of the entity behind `url` are in the part file, and hash to `sha256`.

    `entity` is what identifies it: header values by name, None where the server gave none.
    """

    url: str
    entity: dict[str, str | int | None]
    done: int
    sha256: str


class Journal:
    """`<target>.journal`. Its user holds the lock of the part file beside it."""

    def __init__(self, target: str | Path) -> None:
        """Raises `DiskError` as `find_target` does."""
        target = find_target(target)
        self.path = target.with_name(target.name + ".journal")
        self._new = self.path.with_name(self.path.name + ".new")

    def load(self) -> Record | None:
        """What it says; None when there is none, or none that makes sense. Raises `DiskError`."""
        try:
            return _record(json.loads(self.path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            return None
        except OSError as error:
            raise explained("read", str(self.path), error) from None

    def save(self, record: Record) -> None:
        """Replace it. Raises `DiskError`, and the old one stays."""
        data = json.dumps({"version": _VERSION, **asdict(record)}, indent=1).encode()
        try:
            fd = os.open(self._new, _OPEN_NEW, 0o666)
            try:
                while data:
                    data = data[os.write(fd, data) :]
                os.fsync(fd)
            finally:
                os.close(fd)
            os.replace(self._new, self.path)
        except OSError as error:
            raise explained("write", str(self.path), error) from None

    def remove(self) -> None:
        """Delete it. Raises `DiskError`."""
        try:
            self.path.unlink(missing_ok=True)
            self._new.unlink(missing_ok=True)
            sync_directory(self.path.parent)
        except OSError as error:
            raise explained("remove", str(self.path), error) from None


def _record(data: dict[str, object]) -> Record:
    """Raises ValueError, KeyError or TypeError for anything but a record of this version."""
    url, entity, done, sha256 = (data[key] for key in ("url", "entity", "done", "sha256"))
    if (
        data["version"] != _VERSION
        or not isinstance(url, str)
        or not isinstance(entity, dict)
        or not isinstance(done, int)
        or not isinstance(sha256, str)
        or done < 0
    ):
        raise ValueError
    return Record(url, entity, done, sha256)
