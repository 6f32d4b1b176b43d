"""The module's flash: files that survive everything but deletion (docs/spec/fs.md §1)."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from atwin.at.reply import AtError
from atwin.disk.state import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from atwin.disk.state import StateDirectory

log = logging.getLogger("atwin.twin")

#: Bytes; of one name between slashes, and of a whole path (docs/spec/fs.md §1, http.md §3.10).
LONGEST_NAME = 64
LONGEST_PATH = 255

#: Directories that come into being by themselves when something is stored there.
SELF_MADE = "/USER/HTTP"


class FlashError(AtError):
    """A file operation cannot be done; the text says why.

    A command that lets it pass ends with plain ERROR.
    """


class FlashFull(FlashError):  # noqa: N818 - becomes CME 20 or ERROR, as the command has it
    """There is no room for that much."""


class FileMissing(FlashError):  # noqa: N818 - see FlashFull
    """There is no such file or directory."""


class BadName(FlashError):  # noqa: N818 - see FlashFull
    """No file can have that name: empty, too long, or trying to leave the root."""


def normalise(name: str) -> str:
    """`name` as an absolute path: `C:` off, backslashes turned, one slash between names.

    `/` for the root. Raises `BadName`.
    """
    path = name.replace("\\", "/")
    if path[:2].upper() == "C:":
        path = path[2:]
    parts = [part for part in path.split("/") if part]
    if any(part in (".", "..") or "\0" in part or len(part) > LONGEST_NAME for part in parts):
        raise BadName(f"{name!r} is not a file name")
    normal = "/" + "/".join(parts)
    if len(normal) > LONGEST_PATH:
        raise BadName(f"a path of {len(normal)} bytes is too long")
    return normal


class Flash:
    """Files and directories by normalised path.

    Every method takes names as the host writes them and raises `BadName`, and `FlashError` when
    a change does not reach the store.
    """

    def __init__(
        self,
        capacity: int = 1_304_000,
        block: int = 1,
        *,
        files: Mapping[str, bytes] | None = None,
        directories: Iterable[str] = (),
        store: StateDirectory | None = None,
    ) -> None:
        """`capacity` bytes, given out in blocks of `block` bytes."""
        self.capacity = capacity
        self._block = block
        self._files = dict(files or {})
        self._directories = set(directories)
        self._store = store
        self._coming: list[NewFile] = []

    @property
    def free(self) -> int:
        """Bytes left: whole blocks count, and a directory or an empty file takes one."""
        used = sum(self._cost(len(data)) for data in self._files.values())
        used += self._cost(0) * len(self._directories)
        # What is being written takes only what it needs beyond the file it will replace.
        used += sum(max(0, self._growth(new.path, len(new))) for new in self._coming)
        return max(0, self.capacity - used)

    # --- files ----------------------------------------------------------------------------------

    def read(self, name: str) -> bytes:
        """The whole file. Raises `FileMissing`."""
        path = normalise(name)
        if path not in self._files:
            raise FileMissing(f"no file {path}")
        return self._files[path]

    def create(self, name: str) -> None:
        """An empty file. Raises `FlashError`: there is one already, no directory, no room."""
        path = normalise(name)
        if self._exists(path):
            raise FlashError(f"{path} exists")
        self._need_parent(path)
        self._put(path, b"")

    def write(self, name: str, data: bytes) -> None:
        """Create or replace the file. Raises `FlashFull`, and the old content stays.

        Raises `FileMissing` for a missing directory other than those of `SELF_MADE`.
        """
        path = self.place(name)
        if _parent(path) == SELF_MADE:
            self._make_all(SELF_MADE)
        self._need_parent(path)
        self._put(path, data)

    def place(self, name: str) -> str:
        """The path of a file that is to be written, there already or not.

        Raises `FlashError` when it is a directory's, or in a directory that is missing.
        """
        path = normalise(name)
        if path in (*self._directories, "/", SELF_MADE):
            raise BadName(f"{path} is a directory")
        if _parent(path) != SELF_MADE:
            self._need_parent(path)
        return path

    @contextmanager
    def new_file(self, name: str) -> Iterator[NewFile]:
        """A file that comes piece by piece, and takes the place of an old one when it is kept.

        Without `keep` nothing has happened: power lost, or a download broken off, leaves the
        old content. Raises as `place` does.
        """
        new = NewFile(self, self.place(name))
        self._coming.append(new)
        try:
            yield new
        finally:
            self._coming.remove(new)

    def append(self, name: str, data: bytes) -> None:
        """Add to the end of a file. Raises `FileMissing`, `FlashFull`."""
        self._put(normalise(name), self.read(name) + data)

    def delete(self, name: str) -> None:
        """Delete a file. Raises `FileMissing`."""
        self.read(name)
        path = normalise(name)
        if self._store is not None:
            _reach(self._store.remove_file, path)
        del self._files[path]

    # --- directories ----------------------------------------------------------------------------

    def listing(self, name: str) -> tuple[list[str], list[str]]:
        """Names of the files and of the directories right under a directory, sorted.

        Raises `FileMissing`.
        """
        path = normalise(name)
        if path != "/" and path not in self._directories:
            raise FileMissing(f"no directory {path}")
        return self._under(path, self._files), self._under(path, self._directories)

    def make_directory(self, name: str) -> None:
        """Raises `FlashError`: exists already, no parent, no room."""
        path = normalise(name)
        if self._exists(path):
            raise FlashError(f"{path} exists")
        self._need_parent(path)
        self._need_room(self._cost(0))
        if self._store is not None:
            _reach(self._store.make_directory, path)
        self._directories.add(path)

    def remove_directory(self, name: str) -> None:
        """Raises `FlashError`: missing or not empty."""
        path = normalise(name)
        files, directories = self.listing(path)
        if path == "/" or files or directories:
            raise FlashError(f"{path} is not empty")
        if self._store is not None:
            _reach(self._store.remove_directory, path)
        self._directories.remove(path)

    def erase(self) -> None:
        """Neither files nor directories any more. Raises `StateError` when the store stays so."""
        if self._store is not None:
            for path in self._files:
                self._store.remove_file(path)
            for path in sorted(self._directories, key=len, reverse=True):
                self._store.remove_directory(path)
        self._files.clear()
        self._directories.clear()

    # --- bookkeeping ----------------------------------------------------------------------------

    def _put(self, path: str, data: bytes) -> None:
        self._need_room(self._growth(path, len(data)))
        if self._store is not None:
            _reach(self._store.put_file, path, data)
        self._files[path] = data

    def _growth(self, path: str, size: int) -> int:
        """Bytes that `size` bytes at `path` take more than what is there now."""
        before = self._files.get(path)
        return self._cost(size) - (0 if before is None else self._cost(len(before)))

    def room_for(self, new: NewFile) -> int:
        """The most bytes that `new` may hold."""
        before = self._files.get(new.path)
        mine = max(0, self._growth(new.path, len(new)))
        room = self.free + mine + (0 if before is None else self._cost(len(before)))
        return room // self._block * self._block

    def _cost(self, size: int) -> int:
        return max(1, -(-size // self._block)) * self._block

    def _need_room(self, more: int) -> None:
        if more > self.free:
            raise FlashFull(f"{more} more bytes do not fit into {self.free}")

    def _need_parent(self, path: str) -> None:
        parent = _parent(path)
        if parent != "/" and parent not in self._directories:
            raise FileMissing(f"no directory {parent}")

    def _exists(self, path: str) -> bool:
        return path == "/" or path in self._files or path in self._directories

    def _make_all(self, path: str) -> None:
        if not self._exists(path):
            self._make_all(_parent(path))
            self.make_directory(path)

    def _under(self, path: str, names: Iterable[str]) -> list[str]:
        return sorted(name.rpartition("/")[2] for name in names if _parent(name) == path)


class NewFile:
    """See `Flash.new_file`."""

    def __init__(self, flash: Flash, path: str) -> None:
        self.path = path
        self._flash = flash
        self._data = bytearray()

    def __len__(self) -> int:
        return len(self._data)

    def append(self, data: bytes) -> None:
        """Add to the end. Raises `FlashFull` after the last byte there is room for."""
        fits = self._flash.room_for(self) - len(self)
        self._data += data[:fits]
        if fits < len(data):
            raise FlashFull(f"no room for more than {len(self)} bytes of {self.path}")

    def keep(self) -> None:
        """From now on the file has this content. Raises `FlashError`, and it does not."""
        data, self._data = bytes(self._data), bytearray()
        self._flash.write(self.path, data)


def _reach(change: Callable[..., None], *arguments: object) -> None:
    """Bring a change to the store; to the host a disk that fails is a flash that does."""
    try:
        change(*arguments)
    except StateError as error:
        log.error("the module's files: %s", error)
        raise FlashError(str(error)) from error


def _parent(path: str) -> str:
    return path.rpartition("/")[0] or "/"
