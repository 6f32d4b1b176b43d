"""What is wrong with a built site.

Links that lead nowhere, requests to the outside, and what a forge shows of a page in another way.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What a browser fetches by itself.
FETCHED = {("img", "src"), ("script", "src"), ("iframe", "src"), ("source", "src")}
FETCHED |= {("video", "src"), ("video", "poster"), ("audio", "src"), ("embed", "src")}
FETCHED |= {("object", "data"), ("form", "action"), ("image", "href"), ("use", "href")}
#: A <link> that is only read by machines.
SAID = {"canonical", "alternate", "prev", "next"}
OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
IN_STYLE = re.compile(r"url\(\s*[\"']?([^)\"']+)|@import\s+[\"']([^\"']+)", re.IGNORECASE)


#: What is counted on both sides: a list that one Markdown takes for a list, and another for text.
COUNTED = re.compile(r"<(h[1-6]|[uo]l|li|table|tr|td|pre)\b")
FORGE = MarkdownIt("commonmark").enable("table")


@dataclass
class Page(HTMLParser):
    """One page: where it leads, what it fetches, which anchors it has."""

    links: list[str] = field(default_factory=list)
    fetched: list[str] = field(default_factory=list)
    anchors: set[str] = field(default_factory=set)
    style: bool = False

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.style = tag == "style"
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        said = set(given.get("rel", "").split()) & SAID
        for name, value in given.items():
            if (tag, name) in FETCHED or ((tag, name) == ("link", "href") and not said):
                self.fetched.append(value)
            elif name == "href" and not said:
                self.links.append(value)
            elif name == "srcset":
                self.fetched += [part.split()[0] for part in value.split(",")]
            elif name == "style":
                self.fetched += in_style(value)

    def handle_data(self, data: str) -> None:
        if self.style:
            self.fetched += in_style(data)


def in_style(text: str) -> list[str]:
    """What a style sheet fetches."""
    return [found[1] or found[2] for found in IN_STYLE.finditer(text)]


def wrong(site: Path) -> Iterator[str]:
    """A line for each thing that is wrong."""
    pages = {}
    for path in sorted(site.rglob("*.html")):
        page = pages[path] = Page()
        page.feed(path.read_text("utf-8"))
    for path, page in pages.items():
        where = path.relative_to(site)
        for target in page.fetched:
            if OUTSIDE.match(target):
                yield f"{where}: fetches {target}"
        for target in [*page.fetched, *page.links]:
            if fault := _broken(target, path, site, pages):
                yield f"{where}: {target}: {fault}"
    for path in sorted(site.rglob("*.css")):
        for target in in_style(path.read_text("utf-8")):
            if OUTSIDE.match(target):
                yield f"{path.relative_to(site)}: fetches {target}"


def _broken(target: str, page: Path, site: Path, pages: dict[Path, Page]) -> str | None:
    parts = urlsplit(target)
    if parts.scheme or parts.netloc:
        return None
    at = (page.parent / unquote(parts.path)).resolve() if parts.path else page
    at = at / "index.html" if at.is_dir() else at
    if not at.is_relative_to(site):
        return "leads out of the site"
    if not at.is_file():
        return "there is no such file"
    anchor = unquote(parts.fragment)
    if anchor and at in pages and anchor not in pages[at].anchors:
        return "there is no such anchor"
    return None


def differs(page: str, html: str) -> list[str]:
    """What there is more of, or less, in the built page than where a forge shows it."""
    _, _, article = html.partition("<article")
    there = Counter(COUNTED.findall(article.partition("</article>")[0]))
    wanted = Counter(COUNTED.findall(FORGE.render(page)))
    return [
        f"<{tag}> stands {there[tag]} times, and {wanted[tag]} on a forge"
        for tag in sorted(there.keys() | wanted.keys())
        if there[tag] != wanted[tag]
    ]
