"""The files of the panel, a page of plain modules without a build step."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_HERE = Path(__file__).parent
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".LICENSE": "text/plain; charset=utf-8",
}


@cache
def names() -> frozenset[str]:
    """What there is, such as `index.html` and `js/main.js`."""
    files = (path for path in _HERE.rglob("*") if path.suffix in _TYPES)
    return frozenset(path.relative_to(_HERE).as_posix() for path in files)


def asset(name: str) -> tuple[bytes, str]:
    """The bytes of the file and its content type.

    Only what `names` lists is opened, whatever `name` is. `KeyError`: there is no such file.
    """
    if name not in names():
        raise KeyError(name)
    path = _HERE / name
    return path.read_bytes(), _TYPES[path.suffix]
