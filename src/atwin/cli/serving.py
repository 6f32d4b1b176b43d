"""A twin on a line of its own, for as long as the program runs."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import typer

from atwin.cli.ports import TwinUrl, run_twin
from atwin.line.pty import PtyPort
from atwin.line.tcp import TcpServerPort
from atwin.models import load_profile


@dataclass(frozen=True, slots=True)
class Served:
    """What `atwin twin` was asked for; without `pty` and `tcp` it is a PTY without a link."""

    model: str
    pty: str | None
    tcp: str | None
    state: str | None
    seed: int
    cold: bool


async def serve(wanted: Served) -> int:
    """Serve until cancelled.

    Raises `PortError`, `StateError`, `UnknownModelError` and `typer.BadParameter`.
    """
    twin = TwinUrl(load_profile(wanted.model), wanted.seed, wanted.cold, wanted.state)
    async with AsyncExitStack() as stack:
        if wanted.tcp is not None:
            host, port = _address(wanted.tcp)
            line = TcpServerPort(host, port)
            ready = f"tcp {line.address}"
        else:
            line = PtyPort(wanted.pty)
            ready = wanted.pty or line.slave_path
        stack.push_async_callback(line.close)
        await stack.enter_async_context(run_twin(twin, line))
        print(f"ready {ready}", flush=True)
        await asyncio.Event().wait()
    return 0


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise typer.BadParameter(f"--tcp {text!r}: HOST:PORT is wanted, such as 127.0.0.1:7000")
    return host.strip("[]"), int(port)
