"""What a reader reads, as text: pages, examples, and the source, which holds every message."""

from __future__ import annotations

from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[3]
#: Rooms whose every text file is read, and what a text file ends with.
ROOMS = ("docs", "examples", "src", "tests", "bench", ".ci", ".github")
KINDS = {".md", ".py", ".toml", ".js", ".html", ".css", ".c", ".h", ".txt", ".yml", ".yaml", ""}


@cache
def read(*rooms: str) -> dict[str, str]:
    """Each text file of `rooms` by its path; that of the root with the room ".".

    One with a NUL byte is none: what has been built beside its source.
    """
    paths = [path for room in rooms for path in (ROOT / room).glob("*" if room == "." else "**/*")]
    return {
        str(path.relative_to(ROOT)): text.decode()
        for path in sorted(paths)
        if path.suffix in KINDS and path.is_file() and path.name != ".git"
        if b"\0" not in (text := path.read_bytes())
    }


def pages() -> dict[str, str]:
    """What is written for readers: Markdown, and the examples."""
    texts = read(".", "docs", "examples")
    return {name: text for name, text in texts.items() if name.endswith(".md") or "/" in name}
