"""What a power cut may leave of a folder: a file system that forgets.

POSIX lets a file system keep what was written in memory as long as it likes, and write it out in
any order. `fsync` of a file comes back when its data and size are on the disk. It says nothing of
the name that leads to the file: that is data of the directory, and on the disk for sure when the
directory itself was synced. A rename is one step for whoever looks on; whether it survives a cut
is again a matter of its directory. The model is a journalling file system that takes all of these
liberties:

- What was written, and synced since, is there.
- Of what was not synced since, each file has, for itself: nothing; everything; the first writes and
  a torn one, ended at the border of a sector (512 bytes) or a page (4096); some of its sectors or
  pages and not others, with zeroes where nothing ever was; or its new size, full of zeroes. XFS and
  ext4 with delayed allocation have shown each of these.
- A name that was made, changed or removed is on the disk or not, in any order of names: many
  are lost, or one alone. What
  happened to one name happens in order, and a rename is whole: both of its names, or none. So a
  rename may be there without the data of its file, or a file without its name.
- Half of the cuts are of a strict journal, as of ext4: names in one order for the whole disk, and
  any sync brings all earlier ones to the disk. Programs meet that most often.

What it leaves out: a disk that lies about its cache, sectors torn in themselves, and old data of
other files in place of zeroes.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from prove.cuts.recorder import Entries, Sync, Truncate, Write

if TYPE_CHECKING:
    from random import Random

    from prove.cuts.recorder import Log, Tree

SECTOR, PAGE = 512, 4096
WAYS = ("nothing", "all", "torn", "holes", "zeroes")


def everything(log: Log) -> Tree:
    """The folder as it was for the process at the end of `log`."""
    return _Cut(log, len(log.events)).tree(None)


def after_cut(log: Log, at: int, dice: Random) -> Tree:
    """The folder after the power was cut before event `at` of `log`."""
    return _Cut(log, at).tree(dice)


@dataclass(frozen=True, slots=True)
class _Change:
    """A write or a cut of a file: what it comes to where it reaches the disk in part."""

    event: Write | Truncate

    def apply(self, data: bytearray) -> None:
        match self.event:
            case Write(at=at, data=written):
                _grow(data, at)
                data[at : at + len(written)] = written
            case Truncate(size=size):
                del data[size:]
                _grow(data, size)

    def blocks(self, border: int) -> list[_Change]:
        """The same, in pieces that end at a border."""
        if isinstance(self.event, Truncate):
            return [self]
        node, begin, data = self.event.node, self.event.at, self.event.data
        end = begin + len(data)
        cuts = [begin, *range(begin - begin % border + border, end, border), end]
        return [_Change(Write(node, a, data[a - begin : b - begin])) for a, b in pairwise(cuts)]


class _Cut:
    """The first `at` events of a log, and what of them is on the disk for sure."""

    def __init__(self, log: Log, at: int) -> None:
        self._log = log
        self._events = log.events[:at]
        #: By node: the events before this one are on the disk.
        self._synced: dict[int, int] = {}
        for event in self._events:
            if isinstance(event, Sync):
                self._synced[event.node] = max(event.begun, self._synced.get(event.node, 0))

    def tree(self, dice: Random | None) -> Tree:
        """What there is afterwards; without `dice` nothing was lost."""
        names = self._names(dice)
        there: Tree = {}
        contents: dict[int, bytes] = {}
        for path in sorted(names):
            folder = os.path.dirname(path)
            if path == "" or (folder and folder not in there):
                continue  # a name in a directory that has none
            node = names[path]
            if node in self._log.directories:
                there[path] = None
                continue
            if node not in contents:
                contents[node] = self._content(node, dice)
            there[path] = contents[node]
        return there

    # --- names ----------------------------------------------------------------------------------

    def _names(self, dice: Random | None) -> dict[str, int]:
        names = dict(self._log.before)
        directories = dict(names)
        entries: list[tuple[int, Entries]] = []
        sure: set[int] = set()
        for index, event in enumerate(self._events):
            if isinstance(event, Entries):
                entries.append((index, event))
                for path, node in event.changes:
                    if node is not None:
                        directories[path] = node
                    folder = directories[os.path.dirname(path)]
                    if index < self._synced.get(folder, 0):
                        sure.add(index)
        if dice is None:
            kept = {index for index, _ in entries}
        elif dice.random() < 0.5:
            kept = self._in_one_order(entries, sure, dice)
        else:
            kept = self._in_any_order(entries, sure, dice)
        for index, event in entries:
            if index in kept:
                for path, node in event.changes:
                    if node is None:
                        names.pop(path, None)
                    else:
                        names[path] = node
        return names

    def _in_one_order(
        self, entries: list[tuple[int, Entries]], sure: set[int], dice: Random
    ) -> set[int]:
        """Of a strict journal: a first part of them all."""
        least = max([0, *self._synced.values(), *(index + 1 for index in sure)])
        end = dice.randint(least, max(least, len(self._events)))
        return {index for index, _ in entries if index < end}

    def _in_any_order(
        self, entries: list[tuple[int, Entries]], sure: set[int], dice: Random
    ) -> set[int]:
        """Some of them, none without those of the same names before it."""
        needed: set[str] = set()
        for index, event in reversed(entries):
            paths = {path for path, _ in event.changes}
            if index in sure or paths & needed:
                sure.add(index)
                needed |= paths
        kept, lost = set[int](), set[str]()
        open_ = [index for index, _ in entries if index not in sure]
        if dice.random() < 0.5:
            share = dice.random()
            gone = {index for index in open_ if dice.random() > share}
        else:
            gone = set(dice.sample(open_, min(1, len(open_))))
        for index, event in entries:
            paths = {path for path, _ in event.changes}
            if index in sure or (not paths & lost and index not in gone):
                kept.add(index)
            else:
                lost |= paths
        return kept

    # --- data -----------------------------------------------------------------------------------

    def _content(self, node: int, dice: Random | None) -> bytes:
        data = bytearray(self._log.content.get(node, b""))
        pending: list[_Change] = []
        for index, event in enumerate(self._events):
            if isinstance(event, Write | Truncate) and event.node == node:
                change = _Change(event)
                if dice is None or index < self._synced.get(node, 0):
                    change.apply(data)
                else:
                    pending.append(change)
        if dice is not None and pending:
            _lose(data, pending, dice)
        return bytes(data)


def _lose(data: bytearray, pending: list[_Change], dice: Random) -> None:
    """Bring some of what was not synced to the disk."""
    way, border = dice.choice(WAYS), dice.choice((SECTOR, PAGE))
    if way == "nothing":
        return
    blocks = [block for change in pending for block in change.blocks(border)]
    if way == "torn":
        blocks = blocks[: dice.randint(0, len(blocks))]
    elif way == "holes":
        share = dice.random()
        kept = [block for block in blocks if dice.random() < share]
        if dice.random() < 0.5:  # the size may be that of all
            _zeroes(data, blocks)
        blocks = kept
    elif way == "zeroes":
        _zeroes(data, blocks)
        return
    for block in blocks:
        block.apply(data)


def _zeroes(data: bytearray, blocks: list[_Change]) -> None:
    """The size that all `blocks` lead to, and nothing of what they wrote."""
    for block in blocks:
        match block.event:
            case Truncate():
                block.apply(data)
            case Write(at=at, data=written):
                _grow(data, at + len(written))


def _grow(data: bytearray, size: int) -> None:
    data.extend(bytes(max(0, size - len(data))))
