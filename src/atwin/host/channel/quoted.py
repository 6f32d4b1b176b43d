r"""What the host puts between quotes in an AT command: one way for all of it.

The module reads commands out of whatever a value does not hold together: a quote ends the value,
and what stands after it runs as the next command. So nothing goes between quotes but through here.
Bytes are those of UTF-8, which is how a command goes over the line.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from atwin.host.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Bytes of a value, by the tag or command it is for (docs/spec/http.md §3.3,
#: network.md §3, fs.md §1).
LONGEST: Final = {
    "URL": 500,
    "UA": 256,
    "CONTENT": 256,
    "USERDATA": 512,
    "USER_DEFINED": 512,
    "APN": 50,
    "USER": 50,
    "PWD": 50,
    "FILE": 64,
}
#: The same for all others: tags and words.
_USUAL = 64

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: Letters that USERDATA and USER_DEFINED turn into something else (docs/spec/http.md §3.3).
_ESCAPES = re.compile(r"\\22|\\r\\n")
#: A field name as HTTP wants it (RFC 9110 §5.1).
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def quoted(value: str, tag: str = "", what: str | None = None) -> str:
    """`value` in quotes, as it is.

    `tag` says how long it may be, `what` names it for a person; the value itself is not told, it
    may be a secret. Raises `UsageError` for what would not arrive as it is.
    """
    what = what or f"the value of {tag or 'a parameter'}"
    if '"' in value:
        raise UsageError(f"{what} holds a quote, which no AT command can carry: do without it")
    _check(value, what)
    return _in_quotes(value, tag, what)


def quoted_headers(lines: Iterable[str], tag: str) -> str:
    r"""Header lines in quotes for `USERDATA` or `USER_DEFINED`, with the escapes of those.

    They are `\22` for a quote, and `\r\n` in letters between two lines. Raises `UsageError` as
    `check_header_line` does, and for more than 512 bytes.
    """
    ready, what = [], "a header"
    for line in lines:
        check_header_line(line)
        what = f"the header {line.partition(':')[0]}"
        ready.append(line.replace('"', "\\22"))
    return _in_quotes("\\r\\n".join(ready), tag, what if len(ready) == 1 else "the header lines")


def check_header_line(line: str) -> None:
    r"""Raise `UsageError` unless `line`, `Name: value`, is one that a module sends as it is.

    A value with the letters `\22` or `\r\n` in it would be sent as another one: a module makes a
    quote and a line end of them, whoever wrote them (docs/spec/http.md §3.3).
    """
    name, colon, value = line.partition(":")
    if not colon or not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} cannot be the name of a header: Name: value is what a line is")
    what = f"the header {name}"
    _check(value, what)
    if found := _ESCAPES.search(value):
        raise UsageError(
            f"{what} holds {found[0]} in letters, of which a module makes"
            f" {'a quote' if found[0] == _QUOTE else 'a line end'}: it cannot be sent as it is"
        )


def is_header_line(line: str) -> bool:
    """Whether a module sends `line` as it is, with a Range beside it: for what one may leave."""
    try:
        quoted_headers([_LONGEST_RANGE, line], "USERDATA")
    except UsageError:
        return False
    return True


_QUOTE = "\\22"
_LONGEST_RANGE = "Range: bytes=4294967295-4294967295"


def _check(value: str, what: str) -> None:
    if found := _CONTROL.search(value):
        raise UsageError(f"{what} holds the control character {found[0]!r}: do without it")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise UsageError(f"{what} is not UTF-8, and cannot be sent") from None


def _in_quotes(value: str, tag: str, what: str) -> str:
    size, longest = len(value.encode()), LONGEST.get(tag, _USUAL)
    if size > longest:
        raise UsageError(f"{what} has {size} bytes, a module takes {longest}")
    return f'"{value}"'  # the one place
