"""Both languages staged and built in a folder, and what is wrong with them."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from docs.site.checking import differs, wrong
from docs.site.staging import CHINESE, UNTRANSLATED, Tree

if TYPE_CHECKING:
    from collections.abc import Iterator


class BuildError(Exception):
    """The builder failed, or warned; the text is all it said."""


def build(work: Path, site: Path) -> list[str]:
    """Build in `work`, put it into `site` unless something is wrong: a line for each thing."""
    new = work / "new"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(_built(work / "en", chinese=False), new)
    shutil.copytree(_built(work / CHINESE, chinese=True), new / CHINESE)
    trees = {work / "en/docs": new, work / CHINESE / "docs": new / CHINESE}
    found = [*wrong(new), *(told for tree, html in trees.items() for told in _unlike(tree, html))]
    if not found:
        shutil.rmtree(site, ignore_errors=True)
        new.rename(site)
    return found


def _built(folder: Path, *, chinese: bool) -> Path:
    """One language; what the builder warns of is an error."""
    tree = Tree(folder / "docs", chinese=chinese)
    tree.stage()
    tree.configure(folder / "mkdocs.yml")
    zensical = str(Path(sys.executable).with_name("zensical"))
    run = subprocess.run(
        [zensical, "build", "--strict", "-f", str(folder / "mkdocs.yml")],
        capture_output=True,
        text=True,
    )
    if run.returncode:
        told = re.sub(r"\x1b\[[\d;]*m", "", run.stdout + run.stderr)
        raise BuildError(told.partition("Traceback")[0])
    # It has to know where the site will be, and nobody has said.
    (folder / "built/404.html").unlink()
    return folder / "built"


def _unlike(tree: Path, site: Path) -> Iterator[str]:
    """Pages that a forge shows in another way."""
    for page in sorted(tree.rglob("*.md")):
        name = page.relative_to(tree).with_suffix(".html")
        html = site / (name.with_name("index.html") if name.stem == "README" else name)
        text = page.read_text("utf-8")
        if UNTRANSLATED in text:  # looked at in the English tree
            continue
        for told in differs(text, html.read_text("utf-8")):
            yield f"{name}: {told}"
