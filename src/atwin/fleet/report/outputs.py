"""Files that a campaign's figures go to."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.disk.errors import telling
from atwin.disk.target import find_target
from atwin.disk.whole import write_file
from atwin.fleet.report.page import page_of
from atwin.fleet.report.parquet import need_pyarrow, parquet
from atwin.fleet.report.sheets import SHEETS, sheets
from atwin.host.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.fleet.result import FleetResult


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where a page, the CSV files and a Parquet file are to be; None for what nobody asked for."""

    html: str | None = None
    csv: str | None = None
    parquet: str | None = None

    def check(self, plan: str) -> None:
        """That all of them can be written, before there is something to lose; makes the folder.

        Raises `DiskError`, and `UsageError` without pyarrow, or for a file that is the plan or is
        named twice.
        """
        if self.parquet is not None:
            need_pyarrow()
        if self.csv is not None:
            with telling("make the folder", self.csv):
                os.makedirs(self.csv, exist_ok=True)
        taken = {os.path.realpath(plan): "the plan itself"}
        for path in self._paths():
            target = find_target(path)
            real = os.path.realpath(target)
            if real in taken:
                raise UsageError(f"{path} is {taken[real]}: name another file")
            taken[real] = "named twice"
            with telling("write", path), tempfile.TemporaryFile(dir=target.parent):
                pass

    def write(self, result: FleetResult) -> None:
        """Write each, whole or not at all. Raises `DiskError`."""
        if self.html is not None:
            write_file(self.html, page_of(result).encode())
        if self.parquet is not None:
            write_file(self.parquet, parquet(result.rows))
        if self.csv is not None:
            for name, data in sheets(result):
                write_file(str(Path(self.csv, name)), data)

    def _paths(self) -> Iterator[str]:
        yield from filter(None, (self.html, self.parquet))
        if self.csv is not None:
            yield from (str(Path(self.csv, name)) for name in SHEETS)
