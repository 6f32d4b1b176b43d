"""The chapters of a firmware as a table of contents: what is where, before any of it is read.

A module loads the chapters that its host uses. An `atwin get` needs a few of them, and reading them
all takes longer than the download of a small file.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from atwin.at.command import Family
    from atwin.twin.engine.run import Chapter


@dataclass(frozen=True, slots=True)
class ChapterRow:
    """One chapter: the names of its commands, without AT, between blanks."""

    commands: str
    #: Whether its service hears of the start of a module and of what is around it.
    hears: bool = False


class Contents:
    """The rows of a firmware by module of `package`, in the order in which chapters hear of events.

    Iterating reads every chapter.
    """

    def __init__(self, package: str, rows: Mapping[str, ChapterRow]) -> None:
        self.rows = rows
        self._package = package
        self._where: dict[str, list[str]] = {}
        for chapter, row in rows.items():
            for command in row.commands.split():
                self._where.setdefault(command, []).append(chapter)

    def __iter__(self) -> Iterator[Chapter]:
        return map(self._chapter, self.rows)

    def hearing(self) -> Iterator[Chapter]:
        """Those whose service hears of events before anybody asked for it."""
        return (self._chapter(name) for name, row in self.rows.items() if row.hears)

    def read(self) -> Iterator[Chapter]:
        """Those that have been read so far; there is a service of no other one."""
        return (self._chapter(name) for name in self.rows if self._module(name) in sys.modules)

    def families(self, command: str | None) -> Iterable[type[Family]]:
        """Those that declare a form of `command`, and perhaps others; None: all there are."""
        names = self.rows if command is None else self._where.get(command, ())
        return (family for name in names for family in self._chapter(name).commands)

    def _chapter(self, name: str) -> Chapter:
        chapter: Chapter = import_module(self._module(name)).CHAPTER
        return chapter

    def _module(self, name: str) -> str:
        return f"{self._package}.{name}"
