"""What a page shows: commands with their output, files, and blocks that are not run."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from textwrap import dedent
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_BLOCK = re.compile(
    r"(?:^[ ]*<!-- not run: (?P<reason>[^\n]*?) -->\n\n?)?"
    r"^(?P<indent>[ ]*)```(?P<language>[\w+-]*)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$",
    re.DOTALL | re.MULTILINE,
)
_TITLE = re.compile(r'title="([^"]+)"')
_DEVICE = re.compile(r"<!-- (/dev/tty\w+): (.*?) -->")
_PAIRS = (("do", "done"), ("then", "fi"), ("{", "}"))
_COMMENT = re.compile(r"(^|\s+)#\s.*")


@dataclass(frozen=True)
class Step:
    """A command, and what is shown below it."""

    line: int
    command: str
    shown: str
    #: It runs on while others follow.
    stays: bool
    #: The next command shows its exit code.
    may_fail: bool
    #: Where its output is in the text of the page: from, to, and how far indented.
    place: tuple[int, int, str]

    @property
    def plain(self) -> tuple[str, str]:
        """Command and output without a comment, which is in the language of the page."""
        return _COMMENT.sub("", self.command), self.shown


@dataclass(frozen=True)
class Shown:
    """A file that a page shows under its name."""

    name: str
    text: str

    @property
    def plain(self) -> tuple[str, str]:
        """Name and text without comments."""
        return self.name, re.sub(r"(^|\s+)(#|//)\s.*", "", self.text, flags=re.MULTILINE)


class Page:
    """A page as it is written."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.text = path.read_text("utf-8")
        self.items = list(self._items())
        #: The options of `atwin twin` for each device the page names.
        self.devices = dict(_DEVICE.findall(self.text))

    @property
    def steps(self) -> list[Step]:
        """Its commands."""
        return [item for item in self.items if isinstance(item, Step)]

    @property
    def not_run(self) -> list[tuple[int, str]]:
        """Line and reason of each block that could hold commands and is not run."""
        return [
            (self._line(block.start("language")), block["reason"] or "")
            for block in _BLOCK.finditer(self.text)
            if block["language"] in ("console", "sh")
            and not _runs(block)
            and not _TITLE.search(block["info"])
        ]

    def _items(self) -> Iterator[Step | Shown]:
        for block in _BLOCK.finditer(self.text):
            if title := _TITLE.search(block["info"]):
                yield Shown(title[1], dedent(block["text"]))
            elif _runs(block):
                yield from self._commands(block)

    def _commands(self, block: re.Match[str]) -> Iterator[Step]:
        indent, at = block["indent"], block.start("text")
        lines = block["text"].splitlines(keepends=True)
        starts = [number for number, line in enumerate(lines) if line.startswith(f"{indent}$ ")]
        assert starts[:1] == [0], f"{self.path.name}:{self._line(at)}: output of no command"
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
            command, first = lines[start].removeprefix(f"{indent}$ ").rstrip("\n"), start + 1
            while first < end and _goes_on(command):
                command += "\n" + lines[first].removeprefix(indent).removeprefix("> ").rstrip("\n")
                first += 1
            place = (at + len("".join(lines[:first])), at + len("".join(lines[:end])), indent)
            yield Step(
                line=self._line(at) + start,
                command=command,
                shown="".join(line.removeprefix(indent) for line in lines[first:end]),
                stays=re.search(r"[^&]&$", _COMMENT.sub("", command)) is not None,
                may_fail=end < len(lines) and lines[end].split()[1:] == ["echo", "$?"],
                place=place,
            )

    def _line(self, at: int) -> int:
        return self.text.count("\n", 0, at) + 1

    def with_output(self, outputs: dict[int, str]) -> str:
        """Its text, with these outputs in place of those shown, by the number of the command."""
        text = self.text
        for number in sorted(outputs, reverse=True):
            start, stop, indent = self.steps[number].place
            new = "".join(f"{indent}{line}\n" for line in outputs[number].splitlines())
            text = text[:start] + new + text[stop:]
        return text


def _runs(block: re.Match[str]) -> bool:
    return block["language"] == "console" and block["reason"] is None


def _goes_on(command: str) -> bool:
    """Whether bash would print its second prompt."""
    if word := re.search(r"<<-?\s*['\"]?(\w+)", command):
        return word[1] not in command.splitlines()
    try:
        words = list(shlex.shlex(command, posix=True, punctuation_chars=True))
    except ValueError:  # an open quote
        return True
    if any(words.count(begin) > words.count(end) for begin, end in _PAIRS):
        return True
    return re.search(r"(\\|\||&&)$", _COMMENT.sub("", command)) is not None


def differences(page: Page, other: Page) -> list[str]:
    """Where the two languages of a page do not show the same."""
    ours_and_its = zip(page.items, other.items, strict=False)
    told = [
        f"{ours.plain[0]!r}: not so in {other.path.name}"
        for ours, its in ours_and_its
        if ours.plain != its.plain
    ]
    if len(page.items) != len(other.items) or page.devices != other.devices:
        told.append(f"{other.path.name} shows other commands, files or devices")
    return told
