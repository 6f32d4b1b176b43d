"""`python -m tests.docs.site`: the site of docs, in `site`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.site.checking import wrong
from docs.site.staging import CHINESE, ROOT, Tree

WORK = ROOT / ".site"
SITE = ROOT / "site"


def built(language: str) -> Path:
    """One language, built: what the builder warns of is an error."""
    folder = WORK / language
    tree = Tree(folder / "docs", chinese=language == CHINESE)
    tree.stage()
    tree.configure(folder / "mkdocs.yml")
    command = [str(Path(sys.executable).with_name("zensical")), "build", "--strict"]
    run = subprocess.run(
        [*command, "-f", str(folder / "mkdocs.yml")],
        capture_output=True,
        text=True,
        env=os.environ | {"NO_COLOR": "1"},
    )
    if run.returncode:
        sys.exit(run.stdout + run.stderr)
    # It has to know where the site will be, and nobody has said.
    (folder / "built/404.html").unlink()
    return folder / "built"


def main() -> int:
    """Build both, check what became of it, and put it in its place: 1 where something is wrong."""
    new = WORK / "new"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(built("en"), new)
    shutil.copytree(built(CHINESE), new / CHINESE)
    found = list(wrong(new))
    for each in found:
        print(each, file=sys.stderr)
    if found:
        return 1
    shutil.rmtree(SITE, ignore_errors=True)
    new.rename(SITE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
