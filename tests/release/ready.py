"""`python -m tests.release.ready TAG`: whether this tree may be published as TAG."""

from __future__ import annotations

import datetime
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]


def address(project: str) -> str:
    """The public address that a pyproject.toml names."""
    hooks = tomllib.loads(project)["tool"]["hatch"]["metadata"]["hooks"]
    return str(hooks["custom"]["address"])


def commit(name: str, folder: Path = ROOT) -> str:
    """The commit that `name` is in git, empty without one."""
    words = ["git", "-C", str(folder), "rev-parse", "--quiet", "--verify", f"{name}^{{commit}}"]
    return subprocess.run(words, capture_output=True, text=True).stdout.strip()


def reasons(tag: str, project: str, changelog: str, today: datetime.date) -> list[str]:
    """Why not, a line each; none when it may be."""
    found = []
    version = tomllib.loads(project)["project"]["version"]
    if tag != f"v{version}":
        found.append(f"the tag is {tag}, and the version of pyproject.toml {version}")
    host = urlsplit(address(project)).hostname or ""
    if not host or host.endswith(".invalid"):
        found.append(f"{address(project)} leads nowhere: set the public address in pyproject.toml")
    newest = re.search(r"^## \[([^]]+)\](?: - (\d{4}-\d\d-\d\d))?$", changelog, re.MULTILINE)
    if newest is None or newest[1] != version or newest[2] is None:
        found.append(f"CHANGELOG.md does not begin with ## [{version}] and its date")
    elif datetime.date.fromisoformat(newest[2]) > today:
        found.append(f"CHANGELOG.md dates {version} to {newest[2]}, which is to come")
    return found


def main() -> int:
    """Say why not, and end with 1; or with 0."""
    project, changelog = (
        (ROOT / name).read_text("utf-8") for name in ("pyproject.toml", "CHANGELOG.md")
    )
    today = datetime.datetime.now(datetime.UTC).date()
    found = reasons(sys.argv[1], project, changelog, today)
    if commit(f"refs/tags/{sys.argv[1]}") not in ("", commit("HEAD")):
        found.append(f"{sys.argv[1]} is another commit already: choose a new version")
    for reason in found:
        print(f"not published: {reason}", file=sys.stderr)
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
