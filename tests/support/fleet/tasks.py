"""Devices for the engine, at module level since workers import them."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError
from typing import TYPE_CHECKING, NoReturn

from atwin.disk import scratch
from atwin.fleet.device.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def row_of(
    number: int, *, seed: int = 0, cause: str = "", error: str = "", traceback: str = ""
) -> Row:
    """A row of nothing but its number, and why it failed."""
    return Row(
        device=number, seed=seed, stratum="s", model="air724ug", link="good", faults="",
        ok=not cause, wrong=False, exit_code=3 if cause else 0, cause=cause, error=error,
        seconds=1.5 * number, attempts=(), billed=number, payload=0, requests=1, connections=1,
        connection_seconds=0.1 * number, rungs=(), helped=(), fired=(), traceback=traceback,
    )  # fmt: skip


def crashed(number: int, error: str, traceback: str) -> Row:
    """What `run` asks for."""
    return row_of(number, cause="crash", error=error, traceback=traceback)


def raising(number: int) -> Row:
    """Raises for the device 3."""
    if number == 3:
        raise LookupError(f"device {number}")
    return row_of(number)


@dataclass(frozen=True)
class Deadly:
    """The devices `numbers` kill their worker, so many `times` each, and note that in `folder`."""

    folder: Path
    numbers: tuple[int, ...]
    times: int
    task: Callable[[int], Row] = row_of

    def __call__(self, number: int) -> Row:
        (self.folder / f"{os.getpid()}").touch()
        if number in self.numbers:
            deaths = len(list(self.folder.glob(f"death-{number}-*")))
            if deaths < self.times:
                (self.folder / f"death-{number}-{deaths}").touch()
                os.kill(os.getpid(), signal.SIGKILL)
        return self.task(number)


@dataclass(frozen=True)
class Scratching:
    """Has a file for a moment, in a folder in `folder`."""

    folder: Path

    def __call__(self, number: int) -> Row:
        scratch.MEMORY = self.folder  # type: ignore[misc]
        with scratch.scratch_folder(1) as mine:
            (mine / "file").touch()
            return row_of(number)


def no_package(name: str) -> NoReturn:
    """In place of `importlib.metadata.version`."""
    raise PackageNotFoundError(name)


def old_python() -> tuple[str, ...]:
    """In place of `platform.python_version_tuple`: a worker of Dask says something else."""
    return ("2", "7", "18") if "dask_worker" in sys.argv[0] else ("3", "11", "1")
