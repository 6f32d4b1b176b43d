"""One bench in a process of its own: `python -m bench.frame.child NAME FD [short]`.

Each figure is a line of JSON at FD as soon as it is there.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from bench.figures import Figure, Scale

if TYPE_CHECKING:
    from collections.abc import Iterator


def figures_of(name: str, scale: Scale) -> Iterator[Figure]:
    """What the bench measures, by a fresh interpreter; `RuntimeError` if that ended badly."""
    mine, its = os.pipe()
    command = [sys.executable, "-m", __name__, name, str(its), *["short"] * scale.short]
    with open(mine) as told, subprocess.Popen(command, pass_fds=(its,)) as process:
        os.close(its)
        try:
            for line in told:
                yield read(json.loads(line))
            if process.wait():
                raise RuntimeError(f"bench.{name} ended with code {process.returncode}")
        finally:
            process.terminate()


def read(told: dict[str, object]) -> Figure:
    """A figure from its JSON."""
    told["ratios"] = tuple(told.get("ratios", ()))  # type: ignore[arg-type]
    return Figure(**told)  # type: ignore[arg-type]


def main() -> None:
    name, fd, *short = sys.argv[1:]
    os.set_inheritable(int(fd), False)
    with os.fdopen(int(fd), "w", buffering=1) as out:
        for figure in importlib.import_module(f"bench.{name}").figures(Scale(bool(short))):
            print(json.dumps(asdict(figure)), file=out)


if __name__ == "__main__":
    main()
