"""Patterns of commands: the text itself, one with `*` for anything, or a regular expression.

Whatever the pattern, a look takes time in proportion to the text times the pattern: `_Automaton`
keeps a set of places and never goes back, so no pattern can hang the module. What Python's `re`
has beyond that (references back, looking ahead) is refused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    #: From the place after it to its own first place.
    _Part = Callable[[int], int]

#: How a pattern is meant.
MATCHES = ("exact", "glob", "regex")

#: Steps that a pattern remembers.
_MOST_KNOWN = 512
#: Characters of a pattern, places of its automaton, steps to build it, one repetition's number.
_LONGEST, _MOST_PLACES, _MOST_STEPS, _MOST_TIMES = 255, 256, 4096, 100

_ALL = frozenset(map(chr, range(256)))
_CLASSES = {
    "d": frozenset("0123456789"),
    "w": frozenset(c for c in _ALL if c.isascii() and (c.isalnum() or c == "_")),
    "s": frozenset(" \t"),
}
_CLASSES |= {name.upper(): _ALL - characters for name, characters in _CLASSES.items()}
_TIMES = re.compile(r"\{([0-9]{1,3})(,?)([0-9]{0,3})\}")


class Pattern:
    """What a command must be like, from its AT to its end, in any letter case."""

    def __init__(self, text: str, match: str = "exact") -> None:
        """Raises `ValueError` with a reason for a person."""
        if match not in MATCHES:
            raise ValueError(f"match: must be one of {', '.join(MATCHES)}")
        if not 0 < len(text) <= _LONGEST:
            raise ValueError(f"command: a text of 1 to {_LONGEST} characters")
        self.text = text
        if match == "exact":
            wanted = text.upper()
            self.fits: Callable[[str], bool] = lambda command: command.upper() == wanted
            return
        if match == "glob":
            text = ".*".join(re.escape(piece) for piece in text.split("*"))
        self.fits = _Automaton(text).fits


class _Automaton:
    """A regular expression as places with what may stand there, and where each leads."""

    def __init__(self, text: str) -> None:
        self._text, self._at, self._steps = text, 0, 0
        #: Of each place the characters it takes, or the places it stands for; and the next place.
        self._places: list[tuple[frozenset[str] | None, tuple[int, ...]]] = [(frozenset(), ())]
        make = self._either()
        if self._at < len(text):
            raise ValueError("command: a ) too many in the regular expression")
        self._first = self._spread([make(0)])
        #: Steps that were taken before: the same commands come again and again.
        self._known: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def fits(self, command: str) -> bool:
        """Whether all of `command` does."""
        now = self._first
        for character in command:
            step = now, character
            if (following := self._known.get(step)) is None:
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                following = self._known[step] = self._next(now, character)
            now = following
        return 0 in now

    def _next(self, now: frozenset[int], character: str) -> frozenset[int]:
        """Where `character` leads from these places."""
        return self._spread(
            [
                place
                for here in now
                if (taken := self._places[here])[0] and character in taken[0]
                for place in taken[1]
            ]
        )

    def _spread(self, places: list[int]) -> frozenset[int]:
        """`places`, and all they stand for."""
        found, ahead = set[int](), places
        while ahead:
            place = ahead.pop()
            if place not in found:
                found.add(place)
                takes, following = self._places[place]
                if takes is None:
                    ahead.extend(following)
        return frozenset(found)

    # --- building: each part is a function from the place after it to its own first place ---------

    def _place(self, takes: frozenset[str] | None, *following: int) -> int:
        if len(self._places) >= _MOST_PLACES:
            raise ValueError(f"command: the pattern has more than {_MOST_PLACES} places")
        self._places.append((takes, following))
        return len(self._places) - 1

    def _either(self) -> _Part:
        parts = [self._sequence()]
        while self._take("|"):
            parts.append(self._sequence())
        if len(parts) == 1:
            return parts[0]
        return lambda after: self._place(None, *[part(after) for part in parts])

    def _sequence(self) -> _Part:
        parts: list[_Part] = []
        while self._at < len(self._text) and self._text[self._at] not in "|)":
            parts.append(self._repeated(self._one()))

        def make(after: int) -> int:
            for part in reversed(parts):
                after = self._step(part, after)
            return after

        return make

    def _step(self, part: _Part, after: int) -> int:
        self._steps += 1
        if self._steps > _MOST_STEPS:
            raise ValueError("command: the regular expression repeats too much")
        return part(after)

    def _repeated(self, part: _Part) -> _Part:
        if self._take("*"):
            least, most = 0, None
        elif self._take("+"):
            least, most = 1, None
        elif self._take("?"):
            least, most = 0, 1
        elif times := _TIMES.match(self._text, self._at):
            self._at = times.end()
            least = int(times[1])
            most = least if not times[2] else int(times[3]) if times[3] else None
            if least > _MOST_TIMES or (most or 0) > _MOST_TIMES or (most or least) < least:
                raise ValueError(f"command: {times[0]}: at most {_MOST_TIMES} times")
        else:
            return part
        self._take("?")  # what is taken first makes no difference here

        def make(after: int) -> int:
            if most is None:
                again = self._place(None)
                self._places[again] = (None, (self._step(part, again), after))
                after = again
            else:
                for _ in range(most - least):
                    after = self._place(None, self._step(part, after), after)
            for _ in range(least):
                after = self._step(part, after)
            return after

        return make

    def _one(self) -> _Part:
        """A group, a class of characters, or one character."""
        character = self._text[self._at]
        self._at += 1
        if character == "(":
            if self._take("?") and not self._take(":"):
                raise ValueError("command: of (?…) only (?:…) is known in a regular expression")
            inner = self._either()
            if not self._take(")"):
                raise ValueError("command: a ) is missing in the regular expression")
            return inner
        if character in "*+?{":
            raise ValueError(f"command: {character} repeats nothing; write \\{character}")
        if character in "^$":
            # The whole command has to fit anyhow.
            if self._at not in (1, len(self._text)):
                raise ValueError(f"command: {character} in the middle; write \\{character}")
            return lambda after: after
        takes = self._characters(character)
        return lambda after: self._place(takes, after)

    def _characters(self, character: str) -> frozenset[str]:
        if character == ".":
            return _ALL
        if character == "\\":
            return self._escaped()
        return self._class() if character == "[" else _in_any_case({character})

    def _escaped(self) -> frozenset[str]:
        character = self._text[self._at : self._at + 1]
        self._at += 1
        if character in _CLASSES:
            return _CLASSES[character]
        if not character or character.isalnum():
            raise ValueError(f"command: \\{character} is unknown; there are \\d \\w \\s, and \\+")
        return _in_any_case({character})

    def _class(self) -> frozenset[str]:
        inverted = self._take("^")
        found = set[str]()
        while not self._take("]"):
            low = self._in_class()
            is_range = len(low) == 1 and not self._text.startswith("-]", self._at)
            if is_range and self._take("-"):
                high = self._in_class()
                first, last = min(low), min(high)
                if len(high) != 1 or last < first:
                    raise ValueError(f"command: {first}-{last} is not a range of characters")
                low = frozenset(map(chr, range(ord(first), ord(last) + 1)))
            found |= low
        taken = _in_any_case(found)
        return _ALL - taken if inverted else taken

    def _in_class(self) -> frozenset[str]:
        if self._at >= len(self._text):
            raise ValueError("command: a ] is missing in the regular expression")
        character = self._text[self._at]
        self._at += 1
        if character == "\\" and self._text[self._at : self._at + 1] in _CLASSES:
            return self._escaped()
        if character == "\\":
            character = self._text[self._at : self._at + 1] or character
            self._at += 1
        return frozenset({character})

    def _take(self, character: str) -> bool:
        found = self._text.startswith(character, self._at)
        self._at += found
        return found


def _in_any_case(characters: set[str]) -> frozenset[str]:
    return frozenset(case for c in characters for case in (c, c.lower(), c.upper()))
