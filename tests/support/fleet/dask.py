"""A Dask cluster of child processes on loopback."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_HERE = ("--host", "127.0.0.1")
#: A scheduler asks one that is dead for what it had until its time is up, which is 30 s otherwise.
_SOON = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "2s"}
_TESTS = str(Path(__file__).parents[2])


@contextmanager
def dask(folder: Path, *, workers: int) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The scheduler's address, and its `workers`, of one thread each, that nobody starts again."""
    with ExitStack() as stack:
        scheduler = stack.enter_context(_started("scheduler", folder, "--port", "0"))
        assert scheduler.stderr is not None
        address = next(
            line.split()[-1].decode() for line in scheduler.stderr if b"Scheduler at:" in line
        )
        more = ("--nthreads", "1", "--no-nanny", "--local-directory", str(folder))
        yield (
            address,
            [
                stack.enter_context(_started("worker", folder, address, *more))
                for _ in range(workers)
            ],
        )


@contextmanager
def _started(role: str, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    words = [sys.executable, "-m", f"distributed.cli.dask_{role}", *arguments, *_HERE]
    paths = os.pathsep.join((_TESTS, os.environ.get("PYTHONPATH", "")))
    process = subprocess.Popen(
        [*words, "--no-dashboard"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE if role == "scheduler" else subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": paths, **_SOON},
        cwd=folder,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()
