"""One program on one model: a twin on a PTY, the program on that, and how it went."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prove.programs.table import HERE
from support.running.program import atwin, twin_running

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prove.programs.table import Program

#: Seconds a start-up may take.
LONGEST = 60.0


@dataclass(frozen=True)
class Started:
    """How it went: `why` is empty when the program showed that it had started."""

    why: str
    #: Each command it sent, and the results it got.
    dialogue: tuple[tuple[str, str], ...]

    @property
    def refused(self) -> list[str]:
        """The commands that got an error."""
        return [command for command, result in self.dialogue if "ERROR" in result]


def start_on(program: Program, model: str) -> Started:
    """Start `program` on a fresh twin of `model`, and end both."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace = folder / "trace"
        link = program.link or str(folder / "modem")
        with twin_running("--model", model, "--pty", link, "--trace", trace):
            why = _watched(program, link, folder)
        shown = atwin("trace", "show", trace).stdout
    return Started(why, tuple(_dialogue(shown)))


def _watched(program: Program, port: str, folder: Path) -> str:
    """What was wrong with its start; empty when nothing."""

    def filled(text: str) -> str:
        return text.replace("{port}", port).replace("{folder}", str(folder))

    for name in program.folders:
        (folder / name).mkdir(parents=True)
    for name, content in program.files.items():
        (folder / name).write_text(filled(content), "utf-8")
    environment = {name: filled(value) for name, value in program.environment.items()}
    if "LD_PRELOAD" in environment:
        _build(HERE / "lines.c", Path(environment["LD_PRELOAD"]))
    told = folder / "told"
    with (
        told.open("wb") as output,
        _ended(
            [filled(word) for word in program.command], output.fileno(), environment, folder
        ) as process,
    ):
        sources = [told, *([folder / program.log] if program.log else [])]
        end = time.monotonic() + LONGEST
        while True:
            over = process.poll() is not None
            if _shows(program.proof, sources) and (program.lasts or over):
                return ""
            if over or time.monotonic() > end:
                last = " / ".join(_read(sources).strip().splitlines()[-3:])
                return f"{'ended' if over else f'nothing in {LONGEST:g} s'}: {last}"
            time.sleep(0.02)


def _shows(proof: str, sources: list[Path]) -> bool:
    return re.search(proof, _read(sources)) is not None


def _read(sources: list[Path]) -> str:
    return "\n".join(p.read_text("utf-8", "replace") for p in sources if p.exists())


def _build(source: Path, to: Path) -> None:
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", to, source, "-ldl"], check=True)


@contextmanager
def _ended(
    command: list[str], output: int, environment: dict[str, str], folder: Path
) -> Iterator[subprocess.Popen[bytes]]:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env={**os.environ, "PATH": path, **environment},
        cwd=folder,
    ) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


def _dialogue(shown: str) -> Iterator[tuple[str, str]]:
    """Commands and what followed each until the next."""
    command, results = "", list[str]()
    for line in shown.splitlines():
        if found := re.match(r" *[\d.]+ ([<>]) (.*)", line):
            if found[1] == "<":
                results.append(found[2])
                continue
            if command:
                yield command, "; ".join(results)
            command, results = found[2], []
    if command:
        yield command, "; ".join(results)
