"""What lies in a folder, as an origin that knows ranges; `/post` takes what is posted."""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import quote

from atwin.testing.origin.origin import Origin
from atwin.testing.origin.resource import Answer, File, Sink, plain

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.net.network import Stream
    from atwin.testing.origin.resource import Headers, Resource


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file as it was when it was looked at; see `Content`."""

    path: Path
    size: int
    tag: str

    def read(self, start: int, length: int) -> bytes:
        """See `Content.read`."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)


class Receipt(Sink):
    """Keeps nothing, and answers with the length and the SHA-256 of what came."""

    def answer(self, method: str, headers: Headers, body: bytes) -> Answer:
        """See `File.answer`."""
        return plain(200, f"{len(body)} bytes, sha256 {sha256(body).hexdigest()}\n".encode())


class Folder(Origin):
    """What lies in `folder`. Files come and go: each connection finds what is there now."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    async def handle(self, stream: Stream) -> None:
        self.resources = {"/post": Receipt(), **_files_in(self._folder)}
        await super().handle(stream)


def _files_in(folder: Path) -> dict[str, Resource]:
    """Every file that can be read, by the path of its URL."""
    found: dict[str, Resource] = {}
    for path in folder.rglob("*"):
        if path.is_file() and os.access(path, os.R_OK):
            seen = path.stat()
            content = OnDisk(path, seen.st_size, f"{seen.st_mtime_ns:x}-{seen.st_size:x}")
            name = quote(os.fsencode(path.relative_to(folder)))
            found[f"/{name}"] = File(content, modified=int(seen.st_mtime))
    return found
