"""Writes the tables of docs/reference/faults.md: `python -m tests.docs.faults FILE`.

Each stands between two comments, `Written by …: NAME` and `End of NAME`.
"""

from __future__ import annotations

import re
import sys
from dataclasses import Field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.faults import KINDS
from atwin.text import parse_toml
from atwin.twin.faults.fault import Fault
from atwin.twin.faults.plans import PLANS

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = re.compile(r"(<!-- Written by `make reference`: (\w+) -->\n).*?(<!-- End of \2 -->)", re.S)
_COMMON = {each.name for each in fields(Fault)}


def written(page: str) -> str:
    """The page with its tables as they are today."""
    tables = {"plans": _plans, "kinds": _kinds}
    return _BLOCK.sub(
        lambda block: f"{block[1]}\n{chr(10).join(tables[block[2]]())}\n\n{block[3]}", page
    )


def _plans() -> Iterator[str]:
    yield "| plan | what it teaches | what a good host does |\n|---|---|---|"
    for name, path in PLANS.items():
        plan = parse_toml(path.read_bytes())
        yield _row(f"`{name}`", plan["teaches"], plan.get("good_host", ""))


def _kinds() -> Iterator[str]:
    yield "| kind | what happens | keys of its own | how long |\n|---|---|---|---|"
    for name, kind in KINDS.items():
        told = re.sub(r" \(docs/[^)]*\)", "", " ".join((kind.__doc__ or "").split()))
        own = ", ".join(_key(each) for each in fields(kind) if each.name not in _COMMON)
        yield _row(f"`{name}`", told, own, _length(kind))


def _key(each: Field[Any]) -> str:
    low, high = each.metadata.get("low"), each.metadata.get("high")
    bounds = f"{low:g} to {high:g}" if high is not None and high < 1e9 else ""
    default = each.default
    default = f"{default:g}" if isinstance(default, float) else f"{default or ''}"
    told = "; ".join(filter(None, (bounds, default)))
    return f"`{each.name}`" + (f" ({told})" if told else "")


def _length(kind: type[Fault]) -> str:
    """What may end it, and what does where nothing is said."""
    if not kind.LASTS:
        return "over at once"
    without = "for ever" if kind.COUNT is None else f"`count = {kind.COUNT}`"
    if kind.is_moment is not Fault.is_moment:
        without = "over at once"
    return f"{', '.join(f'`{each}`' for each in kind.LASTS)}; else {without}"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(written(path.read_text("utf-8")), "utf-8")
