"""Sizes at which something changes: none, one, the buffer, 2^31, what BREAKEND counts to."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.disk.journal import Journal, Record
from atwin.disk.part import PartFile
from atwin.host.download.judging.entity import Entity
from atwin.host.errors import ServerError
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS, load_profile
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.modules.downloads import DATA, Bench

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from atwin.host.download.reports import Progress

URL = "http://files.example/f"


@asynccontextmanager
async def module(model: str, content: Generated) -> AsyncIterator[tuple[Modem, Origin]]:
    clock = LoopClock()
    network = SimulatedNetwork(clock, latency=0.01)
    origin = Origin({"/f": File(content)}, wall=clock.wall)
    network.serve("files.example", 80, origin.handle)
    near, far = memory_pair()
    async with Twin(model, far, network=network), Modem(near) as modem:
        await modem.bring_up()
        yield modem, origin


def around_the_buffer(model: str) -> list[int]:
    limits = load_profile(model)
    buffer, most = limits.limit("http_buffer"), limits.limit("post_limit")
    return sorted({0, 1, 2, most - 1, most, most + 1, buffer - 1, buffer, buffer + 1})


@pytest.mark.parametrize(
    ("model", "size"), [(model, size) for model in MODELS for size in around_the_buffer(model)]
)
@pytest.mark.parametrize("strategy", ["auto", "range"])
def test_around_the_buffer(model: str, size: int, strategy: str, tmp_path: Path) -> None:
    content = Generated(size, seed=size)

    async def main() -> None:
        async with module(model, content) as (modem, _):
            result = await modem.download(URL, tmp_path / "f", strategy=strategy)  # type: ignore[arg-type]
        assert result.bytes == size

    run_virtual(main())
    assert (tmp_path / "f").read_bytes() == content.read(0, size)


@pytest.mark.parametrize("size", [2**31, 2**32 - 1, 2**32, 2**32 + 1, 2**32 + 700_000, 2**36 + 5])
@pytest.mark.parametrize("model", ["air724ug", "air780e-lsat"])
def test_the_end_of_very_large_files(
    model: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All but the last bytes are there already, as a hole: they are not read, but counted."""
    content, kept = Generated(size, seed=7), size - 400_000
    target, notes, parts = tmp_path / "f", [], list[PartFile]()

    def adopt(part: PartFile, size: int) -> bool:
        parts.append(part)
        part.set_aside()
        part.size = size
        return True

    monkeypatch.setattr(PartFile, "adopt", adopt)
    monkeypatch.setattr("atwin.disk.part._hash", lambda fd, size: parts[-1].hashes)
    (tmp_path / "f.part").touch()
    os.truncate(tmp_path / "f.part", kept)

    def heard(progress: Progress) -> None:
        if progress.note:
            notes.append(progress.note)

    async def main() -> None:
        async with module(model, content) as (modem, origin):
            tag = f'"{content.tag}"'
            with PartFile(target) as part:
                nothing = part.hashes.sha256
            entity = Entity(length=size, etag=tag)
            Journal(target).save(Record.of(URL, entity.to_record(), kept, nothing))
            result = await modem.download(URL, target, strategy="range", progress=heard)
            assert result.bytes == size
            assert result.resumed_from == kept
            assert sum(entry.method == "GET" for entry in origin.log) <= 5

    run_virtual(main())
    with target.open("rb") as file:
        file.seek(kept)
        assert file.read() == content.read(kept, 400_000)
    target.unlink()
    beyond = [note for note in notes if "more than BREAK and BREAKEND count" in note]
    assert bool(beyond) == (size > 2**32)


@pytest.mark.parametrize("ranges", [True, False])
def test_a_buffer_that_is_smaller_than_the_module_says(tmp_path: Path, ranges: bool) -> None:
    """602 says what it holds: parts are as small as that, and no byte passes for an error page."""
    bench = Bench(tmp_path, DATA, buffer=2048)
    bench.server.ranges = ranges
    if ranges:
        assert bench.fetch(chunk=None).parts == 5
        bench.done()
        return
    with pytest.raises(ServerError, match="10000 bytes do not fit this module's 2048; and it can"):
        bench.fetch(chunk=None)
