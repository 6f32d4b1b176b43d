"""Links, headings and code of a page in Markdown."""

from __future__ import annotations

import os
import re
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

#: A fenced block, or code in a line that is not the text of a link.
CODE = re.compile(r"(^ *```.*?^ *```|`[^`\n]+`)", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"(?<=\]\()([^)\s#]*)(#[^)\s]*)?(?=\))")
_FENCED = re.compile(r"(^ *```.*?^ *```$)", re.DOTALL | re.MULTILINE)
#: The end of a line that the next one goes on with: after a mark, or between two characters.
_MARKS, _CHARACTERS = "，。；：、？！）》”’（《“", "\u4e00-\u9fff"
_CHINESE_END = re.compile(
    rf"(?<=[{_MARKS}])\n *(?=[^\s\d#|<>+*-]|\*\*|\d+[^.\d])"
    rf"|(?<=[{_CHARACTERS}])\n *(?=[{_MARKS}{_CHARACTERS}])"
)
HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


def seen(page: str) -> str:
    """The page without its comments: a fenced block in one would be shown."""
    return re.sub(r"(^ *```.*?^ *```$)|<!--.*?-->\n?", r"\1", page, flags=re.DOTALL | re.MULTILINE)


def joined(page: str) -> str:
    """The page without line ends inside of Chinese sentences: a browser shows each as a space."""
    parts = _FENCED.split(page)
    return "".join(p if n % 2 else _CHINESE_END.sub("", p) for n, p in enumerate(parts))


def prose(page: str) -> str:
    """The page without its fenced blocks."""
    return "".join(part for part in CODE.split(page) if not part.lstrip().startswith("```"))


def links(page: str) -> Iterator[tuple[str, str]]:
    """What the links and pictures of a page point at: a path or an address, and an anchor."""
    for part in LINK.finditer("".join(CODE.split(page)[::2])):
        yield part[1], (part[2] or "").removeprefix("#")


def relinked(page: str, new: Callable[[str, str], str]) -> str:
    """The page with each path that it links to as `new` has it, told path and anchor."""

    def one(link: re.Match[str]) -> str:
        outside = "://" in link[1] or not link[1]
        return (link[1] if outside else new(link[1], link[2] or "")) + (link[2] or "")

    parts = CODE.split(page)
    return "".join(part if number % 2 else LINK.sub(one, part) for number, part in enumerate(parts))


def title(page: str) -> str:
    """The first heading."""
    found = HEADING.search(prose(page))
    assert found, page[:80]
    return found[1]


def anchors(page: str) -> set[str]:
    """The anchors of the headings, as forges make them."""
    seen = Counter[str]()
    found = set()
    for heading in HEADING.findall(prose(page)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        found.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return found


def relative(target: Path, page: Path) -> str:
    """The path of a target from the folder of a page."""
    return os.path.relpath(target, page.parent)
