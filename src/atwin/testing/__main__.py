"""`python -m atwin.testing DIR [PORT]`: a file server on this computer, as modules need one.

What lies in DIR, its folders included, is served on 127.0.0.1 (port 18080) until Ctrl-C, with
ranges, ETags and dates. Modules fetch large files by ranges, and `python -m http.server` knows
none.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from atwin.testing import File, Origin, serve_tcp

if TYPE_CHECKING:
    from atwin.testing import Resource, Stream

HOST, PORT = "127.0.0.1", 18080


@dataclass(frozen=True, slots=True)
class OnDisk:
    """A file as it was when it was looked at; see `atwin.testing.Content`."""

    path: Path
    size: int
    tag: str

    def read(self, start: int, length: int) -> bytes:
        """See `Content.read`."""
        with self.path.open("rb") as file:
            file.seek(start)
            return file.read(length)


def files_in(folder: Path) -> dict[str, Resource]:
    """Every file that can be read, by the path of its URL."""
    found: dict[str, Resource] = {}
    for path in folder.rglob("*"):
        if path.is_file() and os.access(path, os.R_OK):
            seen = path.stat()
            content = OnDisk(path, seen.st_size, f"{seen.st_mtime_ns:x}-{seen.st_size:x}")
            name = quote(os.fsencode(path.relative_to(folder)))
            found[f"/{name}"] = File(content, modified=int(seen.st_mtime))
    return found


class Folder(Origin):
    """What lies in `folder`. Files come and go: each connection finds what is there now."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder

    async def handle(self, stream: Stream) -> None:
        self.resources = files_in(self._folder)
        await super().handle(stream)


async def serve(folder: Path, port: int) -> None:
    """Serve `folder` until cancelled. Raises `OSError` when the port cannot be had."""
    async with serve_tcp(Folder(folder), HOST, port) as bound:
        print(f"serving {folder} at http://{HOST}:{bound}/, until Ctrl-C", flush=True)
        await asyncio.Event().wait()


def main() -> int:
    """Serve what the command line says; exit code 2 for what cannot be served."""
    parser = argparse.ArgumentParser(
        prog="python -m atwin.testing", description=(__doc__ or "").partition(": ")[2]
    )
    parser.add_argument("folder", metavar="DIR", type=Path, help="what is served")
    parser.add_argument(
        "port", metavar="PORT", type=int, nargs="?", default=PORT, help="0 takes a free one"
    )
    arguments = parser.parse_args()
    if not arguments.folder.is_dir():
        parser.error(f"{arguments.folder}: there is no such folder")
    if not 0 <= arguments.port <= 65535:
        parser.error(f"{arguments.port}: a port is a number from 0 to 65535; 0 takes a free one")
    try:
        asyncio.run(serve(arguments.folder, arguments.port))
    except OSError as error:
        parser.error(f"port {arguments.port}: {error.strerror or error}; give another one")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
