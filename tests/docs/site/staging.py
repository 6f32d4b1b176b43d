"""The two trees that the site is built of: `docs` in English, and in Chinese what there is of it.

A page without a translation stands in the Chinese tree in English, with a line that says so: each
page of one language has its place in the other. What a page links to outside of `docs` becomes a
page too, in the folder `source`.
"""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from docs.site.text import joined, relative, relinked, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
CONFIG = ROOT / "mkdocs.yml"
#: Where the Chinese tree stands in the English one.
CHINESE = "zh"
UNTRANSLATED = "*本页尚无中文版，以下是英文原文。*\n\n"
FENCES = {".py": "python", ".c": "c", ".h": "c", ".toml": "toml", ".json": "json", ".yml": "yaml"}
FENCES |= {".yaml": "yaml", ".sh": "sh", "Dockerfile": "docker", "Makefile": "make"}


def config() -> dict[str, Any]:
    """mkdocs.yml; tags that are the builder's stay."""
    read: dict[str, Any] = YAML().load(CONFIG.read_text("utf-8"))
    return read


def pages_of(nav: list[Any]) -> Iterator[tuple[str | None, str]]:
    """Title and path of each page in the navigation; no title where it is that of the page."""
    for entry in nav:
        if isinstance(entry, str):
            yield None, entry
        else:
            ((name, what),) = entry.items()
            yield from pages_of(what) if isinstance(what, list) else [(name, what)]


def titles_of(nav: list[Any]) -> Iterator[str]:
    """Every title of the navigation, those of sections too."""
    for entry in nav:
        if isinstance(entry, dict):
            yield from entry
            for what in entry.values():
                yield from titles_of(what) if isinstance(what, list) else ()


def renamed(nav: list[Any], titles: dict[str, str]) -> list[Any]:
    """The navigation with other titles."""
    return [
        entry
        if isinstance(entry, str)
        else {
            titles[name]: renamed(what, titles) if isinstance(what, list) else what
            for name, what in entry.items()
        }
        for entry in nav
    ]


def translated(page: Path) -> Path:
    """Where the Chinese of an English page is, or would be."""
    return page.with_suffix(".zh.md")


@dataclass
class Tree:
    """The staged pages of one language in `folder`."""

    folder: Path
    chinese: bool
    _written: set[Path] = field(default_factory=set)
    _shown: set[Path] = field(default_factory=set)

    def stage(self) -> None:
        """Bring the folder up to date; what did not change keeps its time."""
        for path in sorted(DOCS.rglob("*")):
            if path.name.endswith(".zh.md") or not path.is_file():
                continue
            place = self.folder / path.relative_to(DOCS)
            if path.suffix == ".md":
                self._page(path, place)
            else:
                self._write(place, path.read_bytes())
        for stale in set(self.folder.rglob("*")) - self._written:
            if stale.is_file():
                stale.unlink()

    def _page(self, path: Path, place: Path) -> None:
        if self.chinese and translated(path).exists():
            path = translated(path)
        text = self._linked(path, place)
        if self.chinese and path.parent.is_relative_to(DOCS) and not path.name.endswith(".zh.md"):
            first, _, rest = text.partition("\n")
            text = f"{first}\n\n{UNTRANSLATED}{rest.lstrip()}"
        self._write(place, (joined(text) if path.name.endswith(".zh.md") else text).encode())

    def _linked(self, path: Path, place: Path) -> str:
        def new(target: str, anchor: str) -> str:
            to = (path.parent / target).resolve()
            if other := self._other_language(path, to, anchor):
                return relative(other, place)
            if to.name.endswith(".zh.md"):
                to = to.with_name(to.name.replace(".zh.md", ".md"))
            return relative(self._place(to), place)

        page = seen(path.read_text("utf-8"))
        for name in (translated(path).name, path.name.replace(".zh.md", ".md")):
            # A line of its own that leads to the other language: each page of the site has that.
            page = re.sub(rf"^\[(中文|English)\]\({re.escape(name)}\)\n\n", "", page, flags=re.M)
        return relinked(page, new)

    def _other_language(self, page: Path, to: Path, anchor: str) -> Path | None:
        """Where the built page is, if a page links to the other language.

        So does an English page in the Chinese tree, where it names a heading of a translated page.
        """
        english = not page.name.endswith(".zh.md")
        heading = anchor and english and translated(to).exists()
        if self.chinese and (translated(to) == page or heading):
            return self.folder.parent / to.relative_to(DOCS).with_suffix(".html")
        if not self.chinese and to.name.endswith(".zh.md") and to.is_relative_to(DOCS):
            name = to.name.replace(".zh.md", ".html")
            return self.folder / CHINESE / to.relative_to(DOCS).with_name(name)
        return None

    def _place(self, to: Path) -> Path:
        """Where in this tree a file of the repository is."""
        if to.is_relative_to(DOCS):
            return self.folder / to.relative_to(DOCS)
        if to in {ROOT / "README.md", ROOT / "README.zh.md"}:
            return self.folder / "index.md"
        kept = self.folder / "source" / to.relative_to(ROOT)
        place = kept / "index.md" if to.is_dir() else kept.with_name(kept.name + ".md")
        if to not in self._shown:
            self._shown.add(to)
            self._show(to, place)
        return place

    def _show(self, path: Path, place: Path) -> None:
        """A page for a file or folder outside of docs."""
        heading = f"# {path.relative_to(ROOT)}\n\n"
        if path.is_dir():
            listed = _files(path)
            files = [f"- [{name}]({relative(self._place(path / name), place)})" for name in listed]
            about = path / "README.md"
            text = self._linked(about, place).rstrip() + "\n\n" if about.exists() else heading
            self._write(place, (text + "\n".join(files) + "\n").encode())
        elif path.suffix == ".md":
            self._page(path, place)
        else:
            fence = FENCES.get(path.suffix or path.name, "text")
            text = path.read_text("utf-8").rstrip()
            self._write(place, f"{heading}````{fence}\n{text}\n````\n".encode())

    def configure(self, file: Path) -> None:
        """Write what the builder reads: mkdocs.yml for this language."""
        settings = config()
        theme = settings["theme"]
        theme["custom_dir"] = relative(ROOT / theme["custom_dir"], file)
        settings |= {"docs_dir": relative(self.folder, file), "site_dir": "built"}
        chinese = settings["extra"].pop("chinese")
        # What the theme asks for; where it leads is said in theme/partials/alternate.html.
        settings["extra"]["alternate"] = [{"name": "English", "lang": "en", "link": "index.html"}]
        if self.chinese:
            theme["language"] = CHINESE
            settings["nav"] = renamed(settings["nav"], chinese)
            for palette in theme["palette"]:
                palette["toggle"]["name"] = chinese[palette["toggle"]["name"]]
        YAML().dump(settings, file)

    def _write(self, place: Path, content: bytes) -> None:
        self._written.add(place)
        if not place.exists() or place.read_bytes() != content:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)


def _files(folder: Path) -> list[str]:
    """Those that git knows; all there are in an sdist, or where git cannot be asked."""
    if (ROOT / ".git").exists():
        with suppress(OSError, subprocess.CalledProcessError):
            listed = subprocess.check_output(["git", "ls-files", "."], cwd=folder, text=True)
            return listed.split()
    paths = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)
