"""Downloads through a scripted module, each by a host process of its own."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import run_virtual
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import FakeModule, FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from atwin.host.download.reports import DownloadResult, Progress

URL = "http://files.example/firmware.bin"
DATA = random.Random(724).randbytes(10_000)
CHUNK = 3_000
PARTS = [(0, 2999), (3000, 5999), (6000, 8999), (9000, 9999)]


class Bench:
    """A module, a server and a target; each `fetch` is a new host process."""

    def __init__(self, folder: Path, data: bytes = DATA, **module: Any) -> None:
        self.target = folder / "firmware.bin"
        self.server = FakeServer(data)
        self.events: list[Progress] = []
        self.heard: list[str] = []
        self.module_options = {"buffer": 4096, "limit": 4000, **module}
        self.setup: Callable[[FakeModule], None] = lambda module: None
        self.on_progress: Callable[[Progress], None] = self.events.append
        #: bit/s the host's port says it has.
        self.rate: int | None = None

    def fetch(self, url: str = URL, **options: Any) -> DownloadResult:
        async def main() -> DownloadResult:
            near, far = memory_pair()
            if self.rate is not None:
                near.set_line(HostSettings(self.rate))
            module = FakeModule(far, self.server, **self.module_options)
            self.setup(module)
            self.heard = module.heard
            async with Modem(near) as modem:
                return await modem.download(
                    url,
                    self.target,
                    **{"chunk": CHUNK, "progress": self.on_progress, **options},
                )

        return run_virtual(main())

    def done(self, data: bytes | None = None) -> None:
        """The target is there, whole, and nothing else."""
        assert self.target.read_bytes() == (self.server.data if data is None else data)
        assert [p.name for p in self.target.parent.iterdir()] == [self.target.name]

    def files(self) -> list[str]:
        return sorted(p.name for p in self.target.parent.iterdir())

    def notes(self) -> str:
        return "\n".join(e.note for e in self.events if e.note)


class Killed(BaseException):
    """Stands for a SIGKILL: nothing may clean up after it."""


def kill_at(bench: Bench, done: int, **options: Any) -> None:
    def on_progress(event: Progress) -> None:
        bench.events.append(event)
        if event.kept >= done:
            raise Killed

    bench.on_progress = on_progress
    with pytest.raises(Killed):
        bench.fetch(**options)
    bench.on_progress = bench.events.append


def named_and_killed(bench: Bench) -> None:
    """The process died between giving the file its name and removing the journal."""
    kill_at(bench, 10_000)
    bench.target.with_name("firmware.bin.part").rename(bench.target)
