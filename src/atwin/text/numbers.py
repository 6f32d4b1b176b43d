"""Numbers in text that somebody else wrote.

`int` takes more than any protocol here: signs, blanks, underscores, digits of all scripts; and it
raises for more than 4300 digits. These take ASCII digits only, and as many as a size has.
"""

from __future__ import annotations

import re

_DECIMAL = re.compile(rb"[0-9]{1,19}")
_HEXADECIMAL = re.compile(rb"[0-9A-Fa-f]{1,16}")


def decimal(text: bytes | str) -> int | None:
    """The number written as 1-19 decimal digits; None for all else."""
    data = text.encode("utf-8", "replace") if isinstance(text, str) else text
    return int(data) if _DECIMAL.fullmatch(data) else None


def hexadecimal(text: bytes) -> int | None:
    """The number written as 1-16 hexadecimal digits; None for all else."""
    return int(text, 16) if _HEXADECIMAL.fullmatch(text) else None
