"""Foreign text for a terminal, a page or a message of one line.

Servers, certificates, modules, traces and file names are written by others. On a terminal their
control characters would move the cursor, set the title or type answers; marks of direction and
characters without width would show another text than the one that is there.
"""

from __future__ import annotations

#: Characters of one message, or of one piece of foreign text in it.
LONGEST = 1000

#: Letters and marks that are printable by their category and show as nothing.
_BLANK = "\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0"
#: What `surrogateescape` makes of bytes that are not UTF-8 is shown as these bytes.
_FIRST_BYTE, _LAST_BYTE = "\udc80", "\udcff"


def shown(text: str, *, limit: int | None = LONGEST, keep: str = "") -> str:
    r"""`text` with everything that does not show as itself escaped, `\x1b` for one.

    That is control characters (C0, C1, ESC), marks of direction, characters without width, line
    and paragraph separators, blanks other than the space, lone surrogates; not those in `keep`.
    At most `limit` characters (from 1 up; None: all), the last of them "…" where there were more.
    Doing it twice changes nothing. Raises nothing.
    """
    if limit is not None and len(text) > limit:
        text = f"{text[: limit - 1]}…"
    if not (text.isascii() and text.isprintable()):
        text = "".join(c if _shows(c) or c in keep else _escaped(c) for c in text)
        if limit is not None and len(text) > limit:
            text = f"{text[: limit - 1]}…"
    return text


def _shows(char: str) -> bool:
    return char.isprintable() and char not in _BLANK


def _escaped(char: str) -> str:
    if _FIRST_BYTE <= char <= _LAST_BYTE:
        return f"\\x{ord(char) - 0xDC00:02x}"
    return ascii(char)[1:-1]
