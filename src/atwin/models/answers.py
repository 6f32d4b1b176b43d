"""What a person lets a module say: in a profile, in a file of answers, on the control socket."""

from __future__ import annotations

import re
from typing import Any

from atwin.models.profile import read_text

#: Lines of one answer, and characters of one line.
_MOST_LINES, _LONGEST = 64, 1024
#: A line of an answer that ends it.
_RESULT = re.compile(r"OK|ERROR|\+CM[ES] ERROR: .+")


def read_line(name: str, value: Any) -> str:
    """`value` as one line that a module says. Raises `ValueError`, whose text begins with `name`.

    It can hold no CR and no LF, so nothing else can be said with it.
    """
    line = read_text(name, value)
    if len(line) > _LONGEST:
        raise ValueError(f"{name}: at most {_LONGEST} characters a line")
    return line


def read_lines(name: str, value: Any) -> tuple[str, ...]:
    """One line, or a list of them. Raises as `read_line` does."""
    lines = value if isinstance(value, list | tuple) else (value,)
    if len(lines) > _MOST_LINES:
        raise ValueError(f"{name}: at most {_MOST_LINES} lines")
    return tuple(read_line(name, line) for line in lines)


def read_answer(name: str, value: Any) -> tuple[str, ...]:
    """The lines of an answer; an OK ends it where it names no result. None at all is silence."""
    answer = read_lines(name, value)
    return answer if not answer or _RESULT.fullmatch(answer[-1]) else (*answer, "OK")
