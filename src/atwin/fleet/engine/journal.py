"""The rows of a fleet on disk, one a line, from the moment they come: `--resume` reads them."""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin import __version__
from atwin.disk.errors import DiskError, telling
from atwin.disk.json_lines import JsonLines, read_json_lines
from atwin.disk.system import make_directory
from atwin.fleet.device.row import Row
from atwin.text import shown

if TYPE_CHECKING:
    from collections.abc import Callable

#: The value of `format` in the first line.
MARK = "atwin-fleet-rows-1"
_NAME = "rows.jsonl"
#: Seconds whose rows a power cut may cost: a sync for each would be most of what a device costs.
LASTING = 1.0


class RowJournal:
    """Keeps rows of one campaign in the folder `folder`, which is made if it is not there.

    `digest` and `seed` are the campaign's, and `is_of` says whether a row may be. `rows` are those
    of earlier runs, by device. Only `resume` takes a file that has any, of the same `digest`; a
    line of it that is not a row counts for nothing, and `notes` say so. Raises `DiskError`.
    """

    def __init__(
        self, folder: str, digest: str, seed: int, is_of: Callable[[Row], bool], *, resume: bool
    ) -> None:
        self.path = os.path.join(folder, _NAME)
        self.rows: dict[int, Row] = {}
        self.notes: list[str] = []
        with telling("make", folder):
            make_directory(Path(folder))
        self._lines = JsonLines(self.path, MARK, goes_on=True, lasting=LASTING)
        try:
            if not self._read(digest, is_of, resume=resume):
                header = {"format": MARK, "campaign": digest, "seed": seed}
                self._append({**header, "atwin": __version__})
        except BaseException:
            self._lines.close()
            raise

    def append(self, row: Row) -> None:
        """Keep `row`: it survives a `kill -9` from then on.

        A power cut costs the rows of a second at most. Raises `DiskError`."""
        self._append(row.as_dict())

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()

    def _append(self, table: dict[str, Any]) -> None:
        self._lines.append(json.dumps(table, separators=(",", ":")) + "\n")

    def _read(self, digest: str, is_of: Callable[[Row], bool], *, resume: bool) -> bool:
        """Whether the file has a first line; then `rows` has the others."""
        lines = chain.from_iterable(read_json_lines(self.path))
        header = next(lines, None)
        if header is None:
            return False
        if header.get("campaign") != digest:
            raise DiskError(f"{self.path} has rows of another campaign: name another folder")
        if (version := header.get("atwin")) != __version__:
            made = shown(str(version), limit=40)
            self.notes.append(f"{self.path} is of atwin {made}, and this is {__version__}")
        damaged = 0
        for line in lines:
            if not resume:
                raise DiskError(
                    f"{self.path} has rows already: --resume goes on with them, or name another "
                    "folder"
                )
            row = _row(line)
            if row is None or not is_of(row):
                damaged += 1
            else:
                self.rows[row.device] = row
        if damaged:
            self.notes.append(
                f"{self.path}: lines that are not rows of this campaign: {damaged}; their devices "
                "are simulated again"
            )
        return True


def _row(line: object) -> Row | None:
    try:
        return Row.from_dict(line)
    except ValueError:
        return None
