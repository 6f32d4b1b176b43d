"""The main job: a file through a module, by every model and strategy, over a real network."""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from atwin.host.errors import ServerError, VerificationError
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.testing.origin import File, Fixed, Generated, Origin, Sink, serve_tcp
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from atwin.host.download.reports import DownloadResult

#: The file of the vendor's example (docs/spec/flows.md §3).
SIZE = 11_975_260


@dataclass
class Rig:
    modem: Modem
    twin: Twin
    origin: Origin
    base: str

    async def download(self, path: str, target: Path, **options: object) -> DownloadResult:
        return await self.modem.download(self.base + path, str(target), **options)  # type: ignore[arg-type]


@asynccontextmanager
async def rig(model: str, origin: Origin) -> AsyncIterator[Rig]:
    near, far = memory_pair()
    async with (
        serve_tcp(origin) as port,
        Twin(model, far, network=RealNetwork()) as twin,
        Modem(near) as modem,
    ):
        await modem.bring_up()
        yield Rig(modem, twin, origin, f"http://127.0.0.1:{port}")


def digest(content: Generated) -> str:
    return hashlib.sha256(content.read(0, content.size)).hexdigest()


@pytest.mark.timeout(240)  # thousands of parts, each synced to the disk
@pytest.mark.parametrize(
    ("model", "strategy", "size", "parts", "longest"),
    [
        ("air724ug", "range", SIZE, 39, 307_200),
        ("air780e-lsat", "range", SIZE // 5, 19, 130_048),
        ("air780e-at", "range", SIZE // 5, 714, 3356),
        pytest.param("air780e-at", "range", SIZE, 3569, 3356, marks=pytest.mark.sampled(keep=0)),
        ("air780e-at", "stream", SIZE, None, None),
        ("air780e-lsat", "stream", SIZE, None, None),
    ],
)
def test_the_vendors_file(
    tmp_path: Path, model: str, strategy: str, size: int, parts: int | None, longest: int | None
) -> None:
    """By smaller parts a fifth of it only; all of it by the smallest in `make prove`."""

    async def main() -> None:
        content = Generated(size, seed=1)
        origin = Origin({"/f": File(content)})
        async with rig(model, origin) as r:
            target = tmp_path / "f"
            result = await r.download("/f", target, sha256=digest(content), strategy=strategy)
            assert hashlib.sha256(target.read_bytes()).hexdigest() == digest(content)
            assert result.bytes == size
            assert result.strategy == strategy
            gets = [entry for entry in origin.log if entry.method == "GET"]
            assert sum(entry.sent for entry in gets) == size
            if parts is not None:
                assert len(gets) == result.parts == parts
                assert max(entry.sent for entry in gets) == longest
                assert gets[-1].sent == size - (parts - 1) * (longest or 0)
            assert os.listdir(tmp_path) == ["f"]

    asyncio.run(main())


@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
@pytest.mark.parametrize("size", [0, 1, 2, 3355, 3356, 3357, 4097, 307_200, 307_201])
def test_sizes_around_the_limits(tmp_path: Path, model: str, size: int) -> None:
    async def main() -> None:
        content = Generated(size, seed=size)
        async with rig(model, Origin({"/f": File(content)})) as r:
            await r.download("/f", tmp_path / "f", sha256=digest(content))
            assert (tmp_path / "f").read_bytes() == content.read(0, size)

    asyncio.run(main())


@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
def test_a_server_without_ranges(tmp_path: Path, model: str) -> None:
    async def main() -> None:
        small, big = Generated(3000, seed=2), Generated(400_000, seed=3)
        files: dict[str, File | Fixed | Sink] = {
            "/small": File(small, ranges=False),
            "/big": File(big, ranges=False),
        }
        async with rig(model, Origin(files)) as r:
            await r.download("/small", tmp_path / "small", sha256=digest(small))
            if model == "air724ug":  # no stream, and the file does not fit
                with pytest.raises(ServerError):
                    await r.download("/big", tmp_path / "big")
                assert not (tmp_path / "big").exists()
            else:
                await r.download("/big", tmp_path / "big", sha256=digest(big))

    asyncio.run(main())


def test_a_wrong_hash_leaves_no_file(tmp_path: Path) -> None:
    async def main() -> None:
        async with rig("air724ug", Origin({"/f": File(Generated(1000))})) as r:
            with pytest.raises(VerificationError):
                await r.download("/f", tmp_path / "f", sha256="0" * 64)
        assert not (tmp_path / "f").exists()

    asyncio.run(main())


@pytest.mark.parametrize("status", [404, 403, 500])
def test_an_error_status_is_the_servers_word(tmp_path: Path, status: int) -> None:
    async def main() -> None:
        origin = Origin({"/f": Fixed(status, body=b"no such thing here")})
        async with rig("air780e-lsat", origin) as r:
            with pytest.raises(ServerError, match=str(status)):
                await r.download("/f", tmp_path / "f")

    asyncio.run(main())


@pytest.mark.parametrize(
    ("model", "size"), [("air724ug", 319_488), ("air780e-at", 3356), ("air780e-lsat", 130_048)]
)
def test_a_post_of_the_limit_arrives_byte_for_byte(model: str, size: int) -> None:
    async def main() -> None:
        body = random.Random(size).randbytes(size)
        sink = Sink()
        async with rig(model, Origin({"/sink": sink}, body_limit=1 << 20)) as r:
            response = await r.modem.post(r.base + "/sink", body)
            assert response.status == 200
            assert sink.bodies == [body]

    asyncio.run(main())
