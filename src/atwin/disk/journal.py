"""The small file beside a download that says which bytes are on disk, and of which entity.

It is written after the bytes it speaks of have reached the disk, and replaced whole: at any
moment of a crash it is either the old or the new one, and never promises too much. Its owner alone
can read it, and no secret of the URL is in it: it knows its URL by a salted hash.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from atwin.disk.errors import telling
from atwin.disk.system import sync_directory
from atwin.disk.target import find_target
from atwin.disk.whole import read_file, replace_private
from atwin.text import masked_url, parse_json

if TYPE_CHECKING:
    from pathlib import Path

#: Version 1 had the URL in clear.
_VERSION, _CLEAR = 2, 1
#: What is longer is not a journal.
_LONGEST = 1 << 20

#: A hash of a URL takes some milliseconds, so that short secrets in it are not simply tried.
_ROUNDS, _SALT = 20_000, 16


@dataclass(frozen=True, slots=True)
class Record:
    """`done` bytes of the entity at a URL are in the part file, and hash to `sha256`.

    `shown_url` is that URL without its secrets, `url_hash` is what it is known by. `entity` is
    what identifies it: header values by name, None where the server gave none.
    """

    shown_url: str
    url_hash: str
    entity: dict[str, str | int | None]
    done: int
    sha256: str

    @classmethod
    def of(cls, url: str, entity: dict[str, str | int | None], done: int, sha256: str) -> Record:
        """The record of a download from `url`."""
        return cls(masked_url(url), _fresh_hash(url), entity, done, sha256)

    def is_of(self, url: str) -> bool:
        """Whether it speaks of what was downloaded from exactly this `url`."""
        salt = self.url_hash.partition("$")[0]
        return hmac.compare_digest(_hash(url, salt), self.url_hash)


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
            return _record(parse_json(read_file(self.path, _LONGEST)))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def save(self, record: Record) -> None:
        """Replace it: what it says now survives a power cut, too.

        Raises `DiskError`, and the old one stays."""
        fields = asdict(record)
        url = fields.pop("shown_url")
        data = json.dumps({"version": _VERSION, "url": url, **fields}, indent=1).encode()
        with telling("write", self.path):
            replace_private(self.path, data, self._new)
            sync_directory(self.path.parent)

    def remove(self) -> None:
        """Delete it. Raises `DiskError`.

        The directory is synced, and with it the name of the part file: what starts over begins
        here, so no journal promises bytes that a power cut takes away with their name.
        """
        with telling("remove", self.path):
            self.path.unlink(missing_ok=True)
            self._new.unlink(missing_ok=True)
            sync_directory(self.path.parent)


@lru_cache(maxsize=8)
def _fresh_hash(url: str) -> str:
    """With a salt of this process: each part of a download is journalled under the same one."""
    return _hash(url, os.urandom(_SALT).hex())


@lru_cache(maxsize=8)
def _hash(url: str, salt: str) -> str:
    data = url.encode("utf-8", "surrogatepass")
    return f"{salt}${hashlib.pbkdf2_hmac('sha256', data, salt.encode(), _ROUNDS).hex()}"


def _record(data: dict[str, object]) -> Record:
    """Raises ValueError, KeyError or TypeError for anything but a record of a known version."""
    entity, done, sha256 = (data[key] for key in ("entity", "done", "sha256"))
    if (
        not isinstance(entity, dict)
        or not all(isinstance(value, str | int | None) for value in entity.values())
        or not isinstance(done, int)
        or not isinstance(sha256, str)
        or done < 0
    ):
        raise ValueError
    url = data["url"]
    if not isinstance(url, str):
        raise ValueError
    if data["version"] == _CLEAR:
        return Record.of(url, entity, done, sha256)
    url_hash = data["url_hash"]
    if data["version"] != _VERSION or not isinstance(url_hash, str) or not url_hash.isascii():
        raise ValueError
    return Record(url, url_hash, entity, done, sha256)
