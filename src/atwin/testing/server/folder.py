"""What lies in a folder, as an origin that knows ranges; `/post` takes what is posted."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote_to_bytes

from atwin.net.network import StreamError
from atwin.testing.origin.origin import Origin
from atwin.testing.origin.resource import Answer, File, Sink, plain

if TYPE_CHECKING:
    from atwin.testing.origin.resource import Headers, Resource


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file as it was when it was looked at; see `Content`."""

    path: Path
    size: int
    tag: str

    def read(self, start: int, length: int) -> bytes:
        """See `Content.read`. Raises `StreamError` when the file is gone, or shorter now."""
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                data = file.read(length)
        except OSError as error:
            raise StreamError(str(error)) from error
        if len(data) < length:
            raise StreamError(f"{self.path} has become shorter")
        return data


class Receipt(Sink):
    """Keeps nothing, and answers with the length and the SHA-256 of what came."""

    def answer(self, method: str, headers: Headers, body: bytes) -> Answer:
        """See `File.answer`."""
        return plain(200, f"{len(body)} bytes, sha256 {sha256(body).hexdigest()}\n".encode())


class Folder(Origin):
    """What lies in `folder`. Files come and go: each request finds what is there now."""

    def __init__(self, folder: Path) -> None:
        super().__init__({"/post": Receipt()})
        self._folder = folder

    def _find(self, path: str) -> Resource | None:
        return _file_at(self._folder, path) or super()._find(path)


def _file_at(folder: Path, path: str) -> File | None:
    """The file at the path of a URL, if it can be read, and lies in `folder`."""
    name = os.fsdecode(unquote_to_bytes(path.encode("latin-1")))
    parts = name.removeprefix("/").split("/")
    # A drive, and what else leads out of a folder, has another name than it is written with.
    if any(part in ("", "..") or Path(part).name != part for part in parts):
        return None
    place = folder.joinpath(*parts)
    with suppress(OSError, ValueError):  # gone meanwhile; not a name at all
        if place.is_file() and os.access(place, os.R_OK):
            seen = place.stat()
            content = OnDisk(place, seen.st_size, f"{seen.st_mtime_ns:x}-{seen.st_size:x}")
            return File(content, modified=int(seen.st_mtime))
    return None
