"""The quick transcripts over a PTY or TCP, on the real clock."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.line.opener import open_port
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.net.real import RealNetwork
from atwin.net.tcp import listen
from support.servers.pages import pages
from support.servers.peers import on_loopback
from transcript import SPLITS, Transcript, every, play

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from atwin.line.port import Port

    Line = Callable[[Transcript, str], Coroutine[None, None, None]]

QUICK = [transcript for transcript in every() if not transcript.needs_virtual_clock]


async def over_pty(transcript: Transcript, split: str) -> None:
    module = PtyPort(None)
    await on_a_real_line(transcript, split, module, module.slave_path)


async def over_tcp(transcript: Transcript, split: str) -> None:
    module = TcpServerPort("127.0.0.1", 0)
    await on_a_real_line(transcript, split, module, f"socket://{module.address}")


async def on_a_real_line(transcript: Transcript, split: str, module: Port, address: str) -> None:
    host = await open_port(address)
    peers = transcript.make_peers()
    try:
        async with (
            listen(pages(transcript.pages), "127.0.0.1", 0) as port,
            on_loopback(peers),
        ):
            await play(
                transcript,
                host,
                module,
                RealNetwork(),
                origin=f"127.0.0.1:{port}",
                split=SPLITS[split],
                real_time=True,
                peers=peers,
            )
    finally:
        await host.close()


@pytest.mark.sampled("split", "line")
@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("transcript", QUICK, ids=str)
@pytest.mark.parametrize("line", [over_pty, over_tcp])
def test_over_a_real_line(line: Line, transcript: Transcript, split: str) -> None:
    asyncio.run(line(transcript, split))
