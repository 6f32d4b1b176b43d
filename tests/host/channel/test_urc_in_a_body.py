"""Bytes of a body are lost, and a URC in front of its result is counted in their place."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from atwin.clock import run_virtual
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import FakeModule, FakeServer

if TYPE_CHECKING:
    from pathlib import Path

URC = b"\r\n+CREG: 2\r\n"


def got(data: bytes, *, spoilt: bool) -> tuple[bytes, int]:
    """What `get` has of `data`, and how many HTTPREADs that took."""

    def spoil(raw: bytes) -> bytes:
        head, _, rest = raw.partition(b"\r\n" + data[:20])
        body, tail = (data[:20] + rest)[: len(data)], (data[:20] + rest)[len(data) :]
        return head + b"\r\n" + body[:30] + body[30 + len(URC) :] + URC + tail

    async def main() -> tuple[bytes, int]:
        near, far = memory_pair()
        module = FakeModule(far, FakeServer(data))
        if spoilt:
            module.spoil.append(spoil)
        async with Modem(near) as modem:
            await modem.bring_up()
            body = (await modem.get("http://origin/f")).body
        return body, sum(line.startswith("AT+HTTPREAD") for line in module.heard)

    return run_virtual(main())


def test_what_was_lost_is_read_again() -> None:
    data = bytes(range(33, 123)) * 30
    body, reads = got(data, spoilt=True)
    assert body == data
    assert reads > 2


@pytest.mark.parametrize("end", [b"", URC, b"\r\n+CSQ: 1,1\r\n"])
@pytest.mark.parametrize("spoilt", [False, True])
def test_a_stream_is_asked_for_again(tmp_path: Path, end: bytes, spoilt: bool) -> None:
    """What it has given cannot be read again; an end that comes twice is believed."""
    data = random.Random(7).randbytes(30_000 - len(end)) + end

    def spoil(raw: bytes) -> bytes:
        head, body, tail = raw[: raw.index(data[:20])], data[:3880], b"\r\nOK\r\n"
        return head + body[:30] + body[30 + len(URC) :] + URC + tail

    async def main() -> int:
        near, far = memory_pair()
        module = FakeModule(far, FakeServer(data), streams=True, limit=3356)
        module.spoil += [spoil] if spoilt else []
        async with Modem(near) as modem:
            await modem.bring_up()
            url = "http://origin/f"
            result = await modem.download(url, tmp_path / "f", strategy="stream")
        return result.retries

    retries = run_virtual(main())
    assert (tmp_path / "f").read_bytes() == data
    assert retries <= 2
    assert retries >= spoilt


@pytest.mark.parametrize("end", [b"", URC, b"\r\nAll is well.\r\n", b"\r\n"])
def test_a_body_that_ends_so_is_believed(end: bytes) -> None:
    body, reads = got(b"x" * 500 + end, spoilt=False)
    assert body == b"x" * 500 + end
    assert reads <= 3
