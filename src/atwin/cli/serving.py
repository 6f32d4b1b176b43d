"""A twin on a line of its own, for as long as the program runs."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

import typer

from atwin.cli.ports import TwinUrl, run_twin
from atwin.line.port import Port
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
    line, ready = _open_line(wanted)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(line.close)
        await stack.enter_async_context(run_twin(twin, line))
        print(f"ready {ready}", flush=True)
        await asyncio.Event().wait()
    return 0


def _open_line(wanted: Served) -> tuple[Port, str]:
    """The module's end of the line, and what to call it in the `ready` line."""
    if wanted.tcp is not None:
        server = TcpServerPort(*_address(wanted.tcp))
        return server, f"tcp {server.address}"
    terminal = PtyPort(wanted.pty)
    return terminal, wanted.pty or terminal.slave_path


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise typer.BadParameter(f"--tcp {text!r}: HOST:PORT is wanted, such as 127.0.0.1:7000")
    return host.strip("[]"), int(port)
