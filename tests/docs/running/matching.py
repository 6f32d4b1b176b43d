"""Whether what was printed is what is shown, apart from what differs from run to run."""

from __future__ import annotations

import re
from difflib import unified_diff

#: Everything that differs from run to run. A name stands in its place, on both sides.
VARIABLE = {
    "DATE": r"\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d gmt\b"  # of HTTP
    r"|\b\d\d/\w{3}/\d{4}[ :]\d\d:\d\d:\d\d"  # of a server's log
    r"|\b\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:\d\d)?)?",
    "TRACE TIME": r"^ *\d+\.\d{6}(?= )",
    "TOOK": r"\bin [\d.]+ ?s\b|(?<=\"seconds\": )[\d.]+|\b[\d.]+ ms\b",
    "RATE": r"\b[\d.,]+ [kMG]?B/s",
    "SEED": r"(?<=\bseed[ =])\d+",
    # Those that the system gives to whoever asks for any.
    "PORT": r"(?<=127\.0\.0\.1:)(3[3-9]|[456]\d)\d{3}\b",
    "PTY": r"/dev/pts/\d+",
    "TEMPORARY": r"/tmp/tmp\w+",
    "TOKEN": r"(?<=token=)[\w-]+",
    "ETAG": r'(?<=")[0-9a-f]{10,}-[0-9a-f]+(?=")',
}


def steady(text: str) -> str:
    """The text with names in place of what varies."""
    for name, pattern in VARIABLE.items():
        text = re.sub(pattern, f"<{name}>", text, flags=re.MULTILINE | re.IGNORECASE)
    return text


def _pattern(shown: str) -> str:
    lines = [
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace("…", r"\S*") + "\n"
        for line in steady(shown).splitlines()
    ]
    return "".join(lines)


def _ended(text: str) -> str:
    return text if not text or text.endswith("\n") else text + "\n"


def same(shown: str, printed: str, *, so_far: bool = False) -> bool:
    """Whether it was printed as shown; `so_far`: more may follow."""
    match = re.match if so_far else re.fullmatch
    return match(_pattern(shown), steady(_ended(printed))) is not None


def diff(shown: str, printed: str) -> str:
    """What differs, line by line: - is shown, + was printed."""
    lines = unified_diff(steady(shown).splitlines(), steady(printed).splitlines(), lineterm="")
    return "\n".join([*lines][2:])
