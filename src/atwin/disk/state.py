"""A module's NVRAM and files in a directory, so that they outlive the process.

    DIR/lock          held while a process has the module
    DIR/module.json   format version, model, NVRAM records, SIM card
    DIR/files/        one file a file, one directory a directory, names encoded
    DIR/new           a file being written, renamed when it is whole

Every change is whole or not there at all, whenever the process dies. No path of the module is
ever used as a path here: each name is encoded on its own, and a code cannot climb or collide.
Client keys are among the files: all of it is its owner's alone.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from atwin.disk.errors import DiskError, telling
from atwin.disk.system import ProcessLock, make_directory, sync_directory
from atwin.disk.whole import read_file, replace_private
from atwin.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_VERSION = 1
#: Bytes of NVRAM; what is longer is not a record of ours.
_LONGEST_RECORD = 4 << 20

#: What stands for itself in an encoded name; capitals do not, since some disks ignore case.
_PLAIN = re.compile(r"[a-z0-9_-]")
_CODE = re.compile(r"(?:[a-z0-9_.-]|%[0-9A-F]{2})+")

Records = dict[str, dict[str, Any]]


class StateError(Exception):
    """The directory cannot be used or written; one line says why and what to do."""


class StateDirectory:
    """The state of a module, locked until `close`; every method may raise `StateError`.

    Each change is whole or not made at all.
    """

    def __init__(self, path: str | Path, model: str) -> None:
        """Of a module of `model` (a profile key) in the directory `path`, made when missing.

        Raises `StateError`: another model's, in use by another process, damaged, not writable.
        """
        self.path = Path(path)
        self._model = model
        self._files = self.path / "files"
        self._record_file = self.path / "module.json"
        self._lock = self._open_locked()
        self._card: dict[str, Any] = {}
        try:
            self._records = self._load_or_begin()
            # It is ours; what an earlier version left open to others is closed.
            with suppress(OSError):
                self._files.chmod(0o700)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let another process have it. Harmless when called twice."""
        self._lock.close()

    # --- NVRAM ----------------------------------------------------------------------------------

    def load_records(self) -> Records:
        """NVRAM as it was kept last."""
        return {name: dict(record) for name, record in self._records.items()}

    def keep_records(self, records: Records) -> None:
        """Replace NVRAM."""
        self._keep(records, self._card)

    def load_card(self) -> dict[str, Any]:
        """The SIM card as it was kept last; empty where none was."""
        return dict(self._card)

    def keep_card(self, card: dict[str, Any]) -> None:
        """Replace the SIM card, which is not part of NVRAM."""
        self._keep(self._records, card)

    def _keep(self, records: Records, card: dict[str, Any]) -> None:
        content = {"version": _VERSION, "model": self._model, "records": records, "card": card}
        self._replace(self._record_file, json.dumps(content, indent=1).encode())
        self._records, self._card = records, card

    # --- files ----------------------------------------------------------------------------------

    def load_files(self) -> dict[str, bytes]:
        """All files by their path in the module."""
        with telling("read", self._files, StateError):
            return {name: path.read_bytes() for name, path in self._walk() if path.is_file()}

    def load_directories(self) -> list[str]:
        """All directories by their path in the module."""
        return [name for name, path in self._walk() if path.is_dir()]

    def put_file(self, path: str, data: bytes) -> None:
        """Create or replace."""
        self._replace(self._place(path), data)

    def remove_file(self, path: str) -> None:
        """Delete one that is there."""
        self._change("delete", self._place(path), os.unlink)

    def make_directory(self, path: str) -> None:
        """Create one."""
        self._change("create", self._place(path), os.mkdir)

    def remove_directory(self, path: str) -> None:
        """Delete an empty one."""
        self._change("delete", self._place(path), os.rmdir)

    # --- opening --------------------------------------------------------------------------------

    def _open_locked(self) -> ProcessLock:
        with telling("use", self.path, StateError):
            make_directory(self.path, 0o700)
            make_directory(self._files, 0o700)
            try:
                return ProcessLock(self.path / "lock", keep=True)
            except BlockingIOError:
                text = "is in use by another process: stop that one or take another"
                raise StateError(f"{self.path} {text}") from None

    def _load_or_begin(self) -> Records:
        try:
            content = read_file(self._record_file, _LONGEST_RECORD)
        except FileNotFoundError:
            if any(self._files.iterdir()):
                raise self._damaged(self._record_file, "it is missing") from None
            self.keep_records({})
            return {}
        except DiskError as error:
            raise StateError(str(error)) from None
        return self._read_records(content)

    def _read_records(self, content: bytes) -> Records:
        try:
            data = parse_json(content)
            version, model, records = data["version"], data["model"], data["records"]
        except (ValueError, KeyError, TypeError):
            raise self._damaged(self._record_file, "it is not a module record") from None
        if version != _VERSION:
            raise StateError(f"{self.path} was written in format {version}, not {_VERSION}")
        if model != self._model:
            raise StateError(
                f"{self.path} holds the state of a module {model}, not {self._model}: "
                f"take --model {model} or another directory"
            )
        if not isinstance(records, dict) or not all(isinstance(r, dict) for r in records.values()):
            raise self._damaged(self._record_file, "its records are not objects")
        if isinstance(card := data.get("card", {}), dict):
            self._card = card
        return records

    def _damaged(self, path: Path, what: str) -> StateError:
        return StateError(f"{path} is damaged ({what}): restore or delete {self.path}")

    # --- names ----------------------------------------------------------------------------------

    def _place(self, path: str) -> Path:
        """Where the module's `path` is kept."""
        return self._files.joinpath(*(_encoded(name) for name in path.split("/") if name))

    def _walk(self, inside: Path | None = None, above: str = "") -> Iterator[tuple[str, Path]]:
        with telling("read", inside or self._files, StateError):
            entries = sorted(os.scandir(inside or self._files), key=lambda entry: entry.name)
        for entry in entries:
            path = Path(entry.path)
            name = f"{above}/{self._decoded(path)}"
            yield name, path
            if entry.is_dir(follow_symlinks=False):
                yield from self._walk(path, name)
            elif not entry.is_file(follow_symlinks=False):
                raise self._damaged(path, "it is neither file nor directory")

    def _decoded(self, path: Path) -> str:
        if not _CODE.fullmatch(path.name):
            raise self._damaged(path, "no module file has such a name")
        name = re.sub("%(..)", lambda code: chr(int(code[1], 16)), path.name)
        if _encoded(name) != path.name:
            raise self._damaged(path, "no module file has such a name")
        return name

    # --- writing --------------------------------------------------------------------------------

    def _replace(self, path: Path, data: bytes) -> None:
        with telling("write", path, StateError):
            replace_private(path, data, self.path / "new")
            sync_directory(path.parent)

    def _change(self, action: str, path: Path, change: Callable[[Path], None]) -> None:
        with telling(action, path, StateError):
            change(path)
            sync_directory(path.parent)


def _encoded(name: str) -> str:
    """`name` (latin-1) in characters every disk keeps apart; dots only where they do no harm."""
    inner = len(name) - 1
    return "".join(
        char if _PLAIN.match(char) or (char == "." and 0 < place < inner) else f"%{ord(char):02X}"
        for place, char in enumerate(name)
    )
