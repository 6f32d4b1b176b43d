"""Everything that a piece of code does to one folder, in order.

The calls of `os` are wrapped while a block runs; the disk takes less than it is given now and then,
as a full one does, or one on a network. What C writes past them, or a call that is not
wrapped, is not heard: so the block ends with a look at whether the log explains the folder.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: So many writes bring one that is short.
SHORT_EVERY = 3
#: What a folder holds: files by their path in it, None for a directory.
Tree = dict[str, bytes | None]


@dataclass(frozen=True, slots=True)
class Write:
    """`data` was written to a file from byte `at` on."""

    node: int
    at: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    """A file was cut, or made longer, to `size` bytes."""

    node: int
    size: int


@dataclass(frozen=True, slots=True)
class Entries:
    """Names changed, all at once: each leads to a node now, or to nothing (None)."""

    changes: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True, slots=True)
class Sync:
    """A file or directory was synced: what the log had of it before entry `begun` is on the disk.

    The event stands where the call came back. A sync on another thread covers nothing that was
    written after it had begun.
    """

    node: int
    begun: int


@dataclass(frozen=True, slots=True)
class Mark:
    """The code under test got so far: a scenario says what that means."""

    what: Any


Event = Write | Truncate | Entries | Sync | Mark


@dataclass
class Log:
    """The events of one run in a folder, and how the folder was before."""

    events: list[Event] = field(default_factory=list)
    #: Nodes that were there before, by their path, all of them on the disk.
    before: dict[str, int] = field(default_factory=dict)
    #: What the files among them had.
    content: dict[int, bytes] = field(default_factory=dict)
    directories: set[int] = field(default_factory=set)

    def mark(self, what: object) -> None:
        """Say how far it got."""
        self.events.append(Mark(what))

    def marks(self, at: int) -> tuple[list[Any], list[Any]]:
        """Those before event `at`, and those from it on."""
        halves = self.events[:at], self.events[at:]
        before, after = ([each.what for each in half if isinstance(each, Mark)] for half in halves)
        return before, after


class _Recorder:
    """Keeps a `Log` of the folder `root`."""

    def __init__(self, root: Path) -> None:
        self.log = Log()
        self._root = os.path.realpath(root)
        self._names: dict[str, int] = {}
        self._nodes: dict[int, int] = {}
        self._count = self._writes = 0
        self._lock = RLock()
        self._real = {name: getattr(os, name) for name in _WRAPPED if hasattr(os, name)}
        for path, content in sorted(read_tree(root).items()):
            node = self._new(path, is_directory=content is None)
            if content is not None:
                self.log.content[node] = content
        self._new("", is_directory=True)
        self.log.before = dict(self._names)

    @contextmanager
    def wrapped(self) -> Iterator[None]:
        """The calls of `os` are heard inside."""
        calls = {name: getattr(self, f"_{name}") for name in self._real}
        with patch.multiple(os, **calls):
            yield

    def _new(self, path: str, *, is_directory: bool = False) -> int:
        node = self._names[path] = self._count
        self._count += 1
        if is_directory:
            self.log.directories.add(node)
        return node

    def _inside(self, path: Any) -> str | None:
        """The path in the folder; None for one elsewhere."""
        folder, name = os.path.split(os.path.abspath(os.fsdecode(path)))
        whole = os.path.join(os.path.realpath(folder), name)
        if whole == self._root:
            return ""
        return whole[len(self._root) + 1 :] if whole.startswith(self._root + os.sep) else None

    def _enter(self, *changes: tuple[str, int | None]) -> None:
        for path, node in changes:
            if node is None:
                self._names.pop(path, None)
            else:
                self._names[path] = node
        self.log.events.append(Entries(changes))

    # --- the calls ------------------------------------------------------------------------------

    def _open(self, path: Any, flags: int, *rest: Any, **more: Any) -> int:
        with self._lock:
            inside = self._inside(path) if isinstance(path, str | bytes | os.PathLike) else None
            fd: int = self._real["open"](path, flags, *rest, **more)
            self._nodes.pop(fd, None)  # a file object may have closed the one before
            if inside is not None:
                node = self._names.get(inside)
                if node is None:
                    node = self._new(inside)
                    self._enter((inside, node))
                elif flags & os.O_TRUNC:
                    self.log.events.append(Truncate(node, 0))
                self._nodes[fd] = node
            return fd

    def _close(self, fd: int) -> None:
        with self._lock:
            self._nodes.pop(fd, None)
            self._real["close"](fd)

    def _write(self, fd: int, data: Any) -> int:
        with self._lock:
            count: int = self._real["write"](fd, self._taken(fd, data))
            if fd in self._nodes:
                at = os.lseek(fd, 0, os.SEEK_CUR) - count
                self._wrote(fd, data, count, at)
            return count

    def _pwrite(self, fd: int, data: Any, at: int, *rest: Any) -> int:
        with self._lock:
            count: int = self._real["pwrite"](fd, self._taken(fd, data), at, *rest)
            self._wrote(fd, data, count, at)
            return count

    def _taken(self, fd: int, data: Any) -> memoryview:
        """What the disk takes of it at once: of each third piece half."""
        self._writes += fd in self._nodes
        is_short = fd in self._nodes and self._writes % SHORT_EVERY == 0
        return memoryview(data)[: (len(data) + 1) // 2 if is_short else None]

    def _wrote(self, fd: int, data: Any, count: int, at: int) -> None:
        if fd in self._nodes:
            self.log.events.append(Write(self._nodes[fd], at, bytes(memoryview(data)[:count])))

    def _ftruncate(self, fd: int, size: int) -> None:
        with self._lock:
            self._real["ftruncate"](fd, size)
            if fd in self._nodes:
                self.log.events.append(Truncate(self._nodes[fd], size))

    def _truncate(self, path: Any, size: int) -> None:
        fd = os.open(path, os.O_WRONLY)
        try:
            os.ftruncate(fd, size)
        finally:
            os.close(fd)

    def _fsync(self, fd: int) -> None:
        self._synced("fsync", fd)

    def _fdatasync(self, fd: int) -> None:
        self._synced("fdatasync", fd)

    def _synced(self, name: str, fd: int) -> None:
        begun, node = len(self.log.events), self._nodes.get(fd)
        self._real[name](fd)
        if node is not None:
            self.log.events.append(Sync(node, begun))

    def _replace(self, old: Any, new: Any, **more: Any) -> None:
        with self._lock:
            here, there = self._inside(old), self._inside(new)
            self._real["replace"](old, new, **more)
            if here is not None and there is not None:
                assert self._names[here] not in self.log.directories, "directories keep their names"
                self._enter((there, self._names[here]), (here, None))
            else:
                assert here == there, f"{old} came from elsewhere, or went there"

    _rename = _replace

    def _link(self, old: Any, new: Any, **more: Any) -> None:
        with self._lock:
            here, there = self._inside(old), self._inside(new)
            self._real["link"](old, new, **more)
            if here is not None and there is not None:
                self._enter((there, self._names[here]))

    def _unlink(self, path: Any, **more: Any) -> None:
        self._removed("unlink", path, more)

    def _remove(self, path: Any, **more: Any) -> None:
        self._removed("remove", path, more)

    def _rmdir(self, path: Any, **more: Any) -> None:
        self._removed("rmdir", path, more)

    def _removed(self, name: str, path: Any, more: dict[str, Any]) -> None:
        with self._lock:
            inside = self._inside(path)
            self._real[name](path, **more)
            if inside is not None:
                self._enter((inside, None))

    def _mkdir(self, path: Any, *rest: Any, **more: Any) -> None:
        with self._lock:
            inside = self._inside(path)
            self._real["mkdir"](path, *rest, **more)
            if inside is not None:
                self._enter((inside, self._new(inside, is_directory=True)))


_WRAPPED = (
    "open", "close", "write", "pwrite", "ftruncate", "truncate", "fsync", "fdatasync", "replace",
    "rename", "link", "unlink", "remove", "rmdir", "mkdir",
)  # fmt: skip


@contextmanager
def recorded(root: Path) -> Iterator[Log]:
    """The log of what happens to the folder `root` inside, one such block at a time.

    AssertionError when something happened there that was not heard.
    """
    recorder = _Recorder(root)
    with recorder.wrapped():
        yield recorder.log
    from prove.cuts.disk import everything

    assert everything(recorder.log) == read_tree(root), "something was written past the log"


def read_tree(root: Path) -> Tree:
    """What is in `root`."""
    return {
        str(path.relative_to(root)): None if path.is_dir() else path.read_bytes()
        for path in root.rglob("*")
    }


def write_tree(root: Path, tree: Tree) -> None:
    """Make `root`, which is empty or not there, hold `tree`."""
    root.mkdir(exist_ok=True)
    for path, content in sorted(tree.items()):
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)
