"""`python -m tests.docs.running [--write] PAGE...`: run pages, and say what they show wrongly.

`--write` puts what was printed below each command that shows something else, in the translation as
well. A `...` in it is gone then: shorten what came. Without a page: what of all pages is run.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.running.page import Page
from docs.running.shell import ROOT, play


def main(arguments: list[str]) -> int:
    """Exit code 1 when a page shows something else."""
    writes = "--write" in arguments
    paths = [Path(name) for name in arguments if name != "--write"]
    if not paths:
        return _list()
    return max(int(_run(path, writes=writes)) for path in paths)


def _list() -> int:
    for path in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]):
        if "```console\n" in path.read_text("utf-8"):
            page = Page(path)
            print(f"{path.relative_to(ROOT)}: {len(page.steps)} run, {len(page.not_run)} not run")
            for line, reason in page.not_run:
                print(f"  {line}: {reason}")
    return 0


def _run(path: Path, *, writes: bool) -> bool:
    page, new = Page(path), dict[int, str]()
    for number, (step, printed, fault) in enumerate(play(page)):
        if fault:
            print(f"{path}:{step.line}: $ {step.command}\n{fault}\n", flush=True)
            new[number] = printed
    translated = path.with_suffix(".zh.md")
    if writes:
        path.write_text(page.with_output(new), "utf-8")
    if writes and translated.exists():
        theirs, ours = Page(translated), Page(path)
        shown = [step.shown for step in ours.steps][: len(theirs.steps)]
        translated.write_text(theirs.with_output(dict(enumerate(shown))), "utf-8")
    return bool(new)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
