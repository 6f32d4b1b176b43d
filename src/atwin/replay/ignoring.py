"""What two dialogues may say differently and be the same: `Ignoring` makes texts alike."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What another module, place or day changes, by name: `--ignore-usual`, docs/howto/replay.md.
USUAL = {
    "signal": r"(?<=CSQ: )[\d, -]+|(?<=CESQ: )[\d, -]+|(?<=\+CCED)[:=].*",
    "battery": r"(?<=\+CBC: ).*",
    "clock": r"(?<=\+CCLK: ).*|(?<=\+NITZ: ).*|(?i:(?<=^date: )|(?<=\ndate: ))[^\r\n]*",
    "cell": r'(?<=,)"[0-9A-Fa-f]{4}","[0-9A-Fa-f]{4,8}"',
    "position": r"(?<=\+UGNSINF: ).*|(?<=\+CGNSINF: ).*|(?<=\+CIPGSMLOC: ).*",
    "identity": r"(?<![\w.])(?:\d{15,16}|89\d{16,18}[0-9A-F]?)(?![\w.])",
    "address": r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])",
}

#: What stands for what is ignored.
_PLACE = "\N{HORIZONTAL ELLIPSIS}"
#: Bytes of data that are looked at for texts to ignore.
_LONGEST = 65_536


class Ignoring:
    """Leaves out of texts what matches one of `patterns`, and with `usual` what `USUAL` says.

    Raises `re.error` if one is not a pattern.
    """

    def __init__(self, patterns: Iterable[str] = (), *, usual: bool = False) -> None:
        own = [re.compile(pattern) for pattern in patterns]
        self._patterns = [*own, *map(re.compile, USUAL.values() if usual else ())]

    def text(self, text: str) -> str:
        """What counts of a line."""
        for pattern in self._patterns:
            text = pattern.sub(_PLACE, text)
        return text

    def data(self, data: bytes) -> bytes:
        """What counts of data: all of those that are long, or no text in UTF-8."""
        if not self._patterns or len(data) > _LONGEST or b"\0" in data:
            return data
        try:
            return self.text(data.decode()).encode()
        except UnicodeDecodeError:
            return data
