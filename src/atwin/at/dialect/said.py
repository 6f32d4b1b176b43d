"""How what a module says is declared: one text, as a manual has it, for both directions.

::

    class DataWaiting(OfLink, Urc, says="+CIPRXGET: 1[,<link>]"):
        "Received data wait to be fetched."

`str(said)` is the line without its CR LF frame, and `Said.read` is the way back. `<link>` stands
for the field of that name, here one of `OfLink`; what is in brackets is left out where its field is
None. A line is read with any number of blanks around colons and commas, and without the quotes
(docs/spec/open-questions.md OQ-1).
"""

from __future__ import annotations

import re
from typing import (
    TYPE_CHECKING,
    Annotated,
    ClassVar,
    dataclass_transform,
    get_args,
    get_type_hints,
)

from atwin.at.lenient import LONGEST_NUMBER

if TYPE_CHECKING:
    from typing import Self

#: One of several links; None where there is only one (docs/spec/open-questions.md OQ-37).
Link = Annotated[int | None, r"\d"]
#: Words of capital letters.
Words = Annotated[str, r"[A-Z\d/-]++(?: [A-Z\d/-]++)*+"]

_FIELD = re.compile(r"<(\w+)>")
_OPTIONAL = re.compile(r"\[([^]]*)\]")
_PIECE = re.compile(r"(<\w+>|[\[\]])")
_OF_TYPE = {int: rf"\d{{1,{LONGEST_NUMBER}}}", str: r'[^",\s]*'}


@dataclass_transform(frozen_default=True)
class Said:
    """A line of a module. A subclass with `says` declares one; to its user a frozen dataclass.

    It is not a real dataclass: fifty would take 30 ms whenever a program starts. The patterns
    are made when something is read. A field is an `int`, a `str`, or one of these `Annotated` with
    the pattern of what it takes.
    """

    #: The fields, in order.
    FIELDS: ClassVar[tuple[str, ...]] = ()
    _SAYS: ClassVar[str] = ""
    _ALSO: ClassVar[str] = ""
    _FLAGS: ClassVar[re.RegexFlag] = re.NOFLAG
    _patterns: ClassVar[tuple[re.Pattern[str], ...]] = ()
    _numbers: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, *, says: str = "", also: str = "", any_case: bool = False) -> None:
        """`also`: another spelling that modules have; `any_case`: it is read in any letter case.

        A subclass without `says` is a kind of lines; its own subclasses are those there are.
        """
        cls._SAYS, cls._ALSO = says, also
        cls._FLAGS = re.IGNORECASE if any_case else re.NOFLAG
        own = cls.__annotations__
        fields = [name for name, hint in own.items() if not hint.startswith("ClassVar")]
        cls.FIELDS = tuple(dict.fromkeys((*cls.FIELDS, *fields)))

    def __init__(self, *values: object, **named: object) -> None:
        self.__dict__.update(zip(self.FIELDS, values, strict=False), **named)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"{name} of {self!r} is what was said")

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self._values() == other._values()

    def __hash__(self) -> int:
        return hash((type(self), self._values()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}{self._values()}"

    def __str__(self) -> str:
        def optional(part: re.Match[str]) -> str:
            missing = any(getattr(self, name) is None for name in _FIELD.findall(part[1]))
            return "" if missing else part[1]

        says = self._SAYS
        if "[" in says:
            says = _OPTIONAL.sub(optional, says)
        parts = _FIELD.split(says)  # every second one is a field
        parts[1::2] = map(self._shown, parts[1::2])
        return "".join(parts)

    def _values(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in self.FIELDS)

    def _shown(self, name: str) -> str:
        value = getattr(self, name)
        return str(int(value)) if isinstance(value, int) else str(value)

    @classmethod
    def begins(cls) -> str:
        """The text that each of them begins with."""
        return _PIECE.split(cls._SAYS)[0]

    @classmethod
    def called(cls) -> str:
        """What a person calls it."""
        return _FIELD.sub("", _OPTIONAL.sub("", cls._SAYS)).partition(":")[0].strip()

    @classmethod
    def read(cls, line: str) -> Self | None:
        """What `line` (without CR LF) says, None where it is another line."""
        for pattern in cls._patterns or cls._prepare():
            if match := pattern.fullmatch(line):
                said = cls.__new__(cls)
                values = match.groupdict()
                for name in cls._numbers:
                    if (text := values[name]) is not None:
                        values[name] = int(text)
                said.__dict__.update(values)
                return said
        return None

    @classmethod
    def _prepare(cls) -> tuple[re.Pattern[str], ...]:
        """Make the patterns of the line, and see which fields are numbers."""
        hints = get_type_hints(cls, include_extras=True)
        fields, numbers = {}, []
        for name in _FIELD.findall(cls._SAYS):
            kind, pattern = get_args(hints[name]) or (hints[name], _OF_TYPE[hints[name]])
            fields[name] = f"(?P<{name}>{pattern})"
            if kind in (int, int | None):
                numbers.append(name)
        cls._numbers = tuple(numbers)
        cls._patterns = tuple(
            re.compile("".join(_pattern(piece, fields) for piece in _PIECE.split(text)), cls._FLAGS)
            for text in (cls._SAYS, cls._ALSO)
            if text
        )
        return cls._patterns


class OfLink(Said):
    """A line about one link, where there are several."""

    link: Link = None


class Urc(Said):
    """An unsolicited result code."""

    #: Whether commands of that name print the same as information.
    IS_INFORMATION: ClassVar[bool] = False
    #: Whether RI always has pulses for it, as for a message (docs/spec/general.md §1.3).
    RINGS: ClassVar[bool] = False


class Result(Said):
    """What ends an answer."""


class BodyHeader(Said):
    """The line that announces a counted body."""

    size: int

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return self.size


def _pattern(piece: str, fields: dict[str, str]) -> str:
    """The pattern of a piece of a declaration: a field, a bracket, or text as it is."""
    if piece in ("[", "]"):
        return {"[": "(?:", "]": ")?"}[piece]
    if found := _FIELD.fullmatch(piece):
        return fields[found[1]]
    piece = re.sub(r"[+*^.]", r"\\\g<0>", piece).replace('"', '"?')
    # A blank before a field is the only mark between them that may be missing.
    return re.sub(r"([:,]) ?", r"[ \\t]*+\1[ \\t]*+", re.sub(r"(?<![:,]) $", " *+", piece))
