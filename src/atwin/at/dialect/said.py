"""How what a module says is declared: one text, as a manual has it, for both directions.

::

    class DataWaiting(Urc, says="+CIPRXGET: 1[,<link>]"):
        "Received data wait to be fetched."

        link: Link = None

`str(said)` is the line without its CR LF frame, and `Said.read` is the way back. `<link>` stands
for the field of that name; what is in brackets is left out where its field is None. A line is read
with any number of blanks around colons and commas, and without the quotes (spec: OQ-1).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar, dataclass_transform, get_args, get_type_hints

from atwin.at.lenient import LONGEST_NUMBER

if TYPE_CHECKING:
    from typing import Self

#: One of several links; None where there is only one (spec: OQ-37).
Link = Annotated[int | None, r"\d"]
#: Words of capital letters.
Words = Annotated[str, r"[A-Z\d/-]++(?: [A-Z\d/-]++)*+"]

_FIELD = re.compile(r"<(\w+)>")
_OPTIONAL = re.compile(r"\[([^]]*)\]")
_PIECE = re.compile(r"(<\w+>|[\[\]])")
_OF_TYPE = {int: rf"\d{{1,{LONGEST_NUMBER}}}", str: r'[^",\s]*'}


@dataclass_transform(frozen_default=True)
class Said:
    """A line of a module. A subclass with `says` declares one, and is a frozen dataclass.

    A field is an `int`, a `str`, or one of these `Annotated` with the pattern of what it takes.
    """

    #: What a person calls it.
    NAME: ClassVar[str]
    _SAYS: ClassVar[str]
    _PATTERNS: ClassVar[tuple[re.Pattern[str], ...]]
    _NUMBERS: ClassVar[frozenset[str]]

    def __init_subclass__(cls, *, says: str = "", also: str = "", any_case: bool = False) -> None:
        """`also`: another spelling that modules have; `any_case`: it is read in any letter case.

        A subclass without `says` is a kind of lines; its own subclasses are those there are.
        """
        dataclass(frozen=True)(cls)
        if not says:
            return
        hints = get_type_hints(cls, include_extras=True)
        fields = {}
        for name in _FIELD.findall(says):
            kind, pattern = get_args(hints[name]) or (hints[name], _OF_TYPE[hints[name]])
            fields[name] = kind, f"(?P<{name}>{pattern})"
        cls.NAME = _FIELD.sub("", _OPTIONAL.sub("", says)).partition(":")[0].strip()
        cls._SAYS = says
        cls._NUMBERS = frozenset(
            name for name, (kind, _) in fields.items() if kind in (int, int | None)
        )
        case = "(?i)" if any_case else ""
        cls._PATTERNS = tuple(
            re.compile(case + "".join(_pattern(piece, fields) for piece in _PIECE.split(text)))
            for text in (says, also)
            if text
        )

    def __str__(self) -> str:
        def optional(part: re.Match[str]) -> str:
            missing = any(getattr(self, name) is None for name in _FIELD.findall(part[1]))
            return "" if missing else part[1]

        return _FIELD.sub(lambda field: self._shown(field[1]), _OPTIONAL.sub(optional, self._SAYS))

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        return str(int(value)) if name in self._NUMBERS else str(value)

    @classmethod
    def read(cls, line: str) -> Self | None:
        """What `line` (without CR LF) says, None where it is another line."""
        for pattern in cls._PATTERNS:
            if match := pattern.fullmatch(line):
                found = match.groupdict().items()
                return cls(**{name: cls._value(name, text) for name, text in found})
        return None

    @classmethod
    def _value(cls, name: str, text: str | None) -> str | int | None:
        return int(text) if text is not None and name in cls._NUMBERS else text


class Urc(Said):
    """An unsolicited result code."""

    #: Whether commands of that name print the same as information.
    IS_INFORMATION: ClassVar[bool] = False


class Result(Said):
    """What ends an answer."""


class Header(Said):
    """The line that announces a counted body."""

    size: int

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.size


def _pattern(piece: str, fields: dict[str, tuple[object, str]]) -> str:
    """The pattern of a piece of a declaration: a field, a bracket, or text as it is."""
    if piece in ("[", "]"):
        return {"[": "(?:", "]": ")?"}[piece]
    if found := _FIELD.fullmatch(piece):
        return fields[found[1]][1]
    piece = re.sub(r"[+*^.]", r"\\\g<0>", piece).replace('"', '"?')
    # A blank before a field is the only mark between them that may be missing.
    return re.sub(r"([:,]) ?", r"[ \\t]*+\1[ \\t]*+", re.sub(r"(?<![:,]) $", " *+", piece))
