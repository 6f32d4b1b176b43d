"""What a user waits for: whole processes of the program, from their start to their end.

The bytecode is there already, as after an installation, and stdout and stderr are nobody's. Work is
a download or a HEAD by the twin of a command without `--port`, from nginx on this computer; curl
takes its turn with the same bytes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bench.download import CURL, curl
from bench.figures import Figure, by_turns
from bench.file import PARTS, SIZE, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Scale
    from bench.file import Served

PROGRAM = Path(sys.executable).with_name("atwin")
#: Without what keeps the interpreter from writing bytecode, and its output from being buffered.
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "ATWIN_PORT")
}


def figures(scale: Scale) -> Iterator[Figure]:
    turns = scale.runs(15)
    with served() as file, tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        get(file, directory)  # the first one writes the bytecode
        whole, parts = by_turns(
            turns, lambda: get(file, directory), lambda: curl(file.url, directory)
        )
        asked, bare, once = by_turns(
            turns, lambda: run("head", file.url), interpreter, lambda: head_by_curl(file.url)
        )
        shown, listed, started = by_turns(
            turns, lambda: run("--help"), lambda: run("models"), interpreter
        )
    yield Figure.of_runs(
        "process.get", f"atwin get of {SIZE:,} bytes", "s", whole, f"{PARTS} times curl -r", parts,
        goal=1 / 0.6, better="less", of="ratio",
        limit="reading the code of host and twin, 0.2 s; then the download, a sync for each part",
    )  # fmt: skip
    yield Figure.of_runs(
        "process.head", "atwin head", "s", asked, "curl -I", once, better="less",
        limit=f"reading the code of host and twin; an empty interpreter takes {min(bare):.3f} s",
    )  # fmt: skip
    for key, what, runs in (("help", "--help", shown), ("models", "models", listed)):
        yield Figure.of_runs(
            f"process.{key}", f"atwin {what}", "s", runs, "an empty interpreter", started,
            goal=0.1, better="less", limit="reading the code of click",
        )  # fmt: skip


def get(file: Served, directory: Path, *options: str) -> float:
    """Seconds of a download; the file is gone afterwards."""
    target = directory / "file"
    seconds = run("get", file.url, "-o", str(target), *options)
    target.unlink()
    return seconds


def run(*words: str) -> float:
    """Seconds of one command line."""
    return timed([str(PROGRAM), *words])


def interpreter() -> float:
    """Seconds of one that does nothing."""
    return timed([sys.executable, "-c", ""])


def head_by_curl(url: str) -> float:
    """Seconds of the same request."""
    return timed([*CURL, "-I", url])


def timed(command: list[str]) -> float:
    """Seconds of a process that must come to a good end."""
    began = time.perf_counter()
    subprocess.run(
        command, env=ENVIRONMENT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    return time.perf_counter() - began
