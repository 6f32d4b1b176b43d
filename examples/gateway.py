"""A gateway's service: fetches files through a module, and goes on after whatever happens.

    python examples/gateway.py --port /dev/ttyUSB0 --pins control:/tmp/pins FOLDER < jobs

Each line of its input is a job: a URL, a file's name, and the SHA-256 if it is known. Each line of
its output is a JSON object that says what became of it. A job that was cut off, by the module, the
network or a kill, goes on where it stopped when the same line comes again. The recovery ladder uses
the pins where nothing else helps. A job that cannot be done is told, and the next one is taken.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from atwin import HostError, PortError, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin import Progress, SyncModem

#: Exit code of an error that the module or the network had: later all may be well.
PASSING = 3
#: How often a job is tried while that is so. Each try climbs the whole ladder by itself.
TRIES = 3
#: Seconds a module that does not come up gets, to be recovered in.
GIVE_UP = 900


@dataclass(frozen=True)
class Job:
    url: str
    name: str
    sha256: str | None = None


def jobs(lines: Iterator[str]) -> Iterator[Job]:
    """What the lines ask for. One that cannot be is told, and left out."""
    for line in lines:
        words = line.split()
        if len(words) not in (2, 3) or Path(words[1]).name != words[1]:
            tell(line.strip(), error="give a URL, a file's name without a folder, and a SHA-256")
            continue
        yield Job(*words)


def tell(job: str, **what: object) -> None:
    """One line for whoever reads."""
    print(json.dumps({"job": job, **what}), flush=True)


class Gateway:
    """The module, opened when it is needed, and again after trouble."""

    def __init__(self, port: str, pins: str | None, folder: Path) -> None:
        self._port = port
        self._pins = pins
        self._folder = folder
        self._modem: SyncModem | None = None

    def do(self, job: Job) -> None:
        """Fetch a file, and tell how it went."""
        for left in reversed(range(TRIES)):
            try:
                self._fetch(job)
                return
            except (HostError, PortError) as error:
                passing = error.exit_code == PASSING
                tell(job.name, error=str(error), again=passing and left > 0)
                if not passing:
                    return
                self.close()

    def close(self) -> None:
        """Let go of the port."""
        if self._modem:
            self._modem.close()
            self._modem = None

    def _fetch(self, job: Job) -> None:
        if self._modem is None:
            self._modem = connect(self._port, pins=self._pins, give_up=GIVE_UP)
        done = self._modem.download(
            job.url, self._folder / job.name, sha256=job.sha256, progress=self._log
        )
        tell(
            job.name,
            bytes=done.bytes,
            sha256=done.sha256,
            resumed_from=done.resumed_from,
            recovery=[climbed.rung for climbed in done.recovery],
        )

    def _log(self, progress: Progress) -> None:
        if progress.note:
            print(f"{progress.done} bytes: {progress.note}", file=sys.stderr, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", required=True)
    parser.add_argument("--pins", help="as for atwin get --pins")
    asked = parser.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    gateway = Gateway(asked.port, asked.pins, asked.folder)
    try:
        for job in jobs(iter(sys.stdin.readline, "")):
            gateway.do(job)
    finally:
        gateway.close()


if __name__ == "__main__":
    main()
