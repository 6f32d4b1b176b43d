"""How lines of a module are read: as the manual prints them, and as modules really do."""

import re

#: Digits of the longest number that can mean anything: a length, a position, a state.
LONGEST_NUMBER = 10


def lenient(pattern: str) -> re.Pattern[str]:
    r"""Compile `pattern`, written with one blank after each colon and comma.

    Each of these stands for any number of blanks around the mark, none included: modules and
    firmware differ in that (docs/spec/open-questions.md OQ-1). `\d+` stands for a number of at most
    `LONGEST_NUMBER` digits: what is longer means nothing, and Python would refuse to read it.
    Blanks are never given back, so that a line of nothing else takes no longer than another.
    """
    for mark in (":", ","):
        pattern = pattern.replace(f"{mark} ", rf"[ \t]*+{mark}[ \t]*+")
    return re.compile(pattern.replace(r"\d+", rf"\d{{1,{LONGEST_NUMBER}}}"))


def number(text: str) -> int | None:
    """The number of at most `LONGEST_NUMBER` digits that `text` is; None for anything else."""
    digits = text.isascii() and text.isdecimal() and len(text) <= LONGEST_NUMBER
    return int(text) if digits else None
