"""A twin on a line of its own, for as long as the program runs."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import typer

from atwin.line.frame import USUAL_RATE
from atwin.line.port import Port
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.models import load_profile
from atwin.session.faults import load_plan, told_faults
from atwin.session.port_url import LineModel
from atwin.session.ports import TwinUrl, run_twin
from atwin.text import decimal, shown

if TYPE_CHECKING:
    from atwin.line.ports.rfc2217 import Rfc2217ServerPort


@dataclass(frozen=True, slots=True)
class Served:
    """What `atwin twin` was asked for; without any line it is a PTY without a link."""

    model: str
    pty: str | None
    tcp: str | None
    rfc2217: str | None
    serial: str | None
    state: str | None
    control: str | None
    seed: int
    cold: bool
    line: LineModel
    faults: str | None


async def serve(wanted: Served) -> int:
    """Serve until cancelled.

    Raises `PortError`, `StateError`, `UnknownModelError` and `typer.BadParameter`.
    """
    twin = TwinUrl(
        load_profile(wanted.model),
        wanted.seed,
        wanted.cold,
        wanted.state,
        # The wire of a real device takes its time by itself.
        line=wanted.line if wanted.serial is None else replace(wanted.line, baud=None),
        faults=load_plan(wanted.faults) if wanted.faults else None,
    )
    line, ready = await _open_line(wanted)
    async with AsyncExitStack() as stack:
        stack.push_async_callback(line.close)
        running = await stack.enter_async_context(run_twin(twin, line))
        if wanted.control is not None:
            from atwin.session.control import control_socket

            await stack.enter_async_context(control_socket(wanted.control, running))
        if twin.faults is not None:
            stack.enter_context(told_faults(running, live=False))
        print(f"ready {ready}", flush=True)
        await asyncio.Event().wait()
    return 0


async def _open_line(wanted: Served) -> tuple[Port, str]:
    """The module's end of the line, and what to call it in the `ready` line."""
    if wanted.tcp is not None:
        server = TcpServerPort(*_address("--tcp", wanted.tcp))
        _tell_exposed(server)
        return server, f"tcp {server.address}"
    if wanted.rfc2217 is not None:
        from atwin.line.ports.rfc2217 import Rfc2217ServerPort

        telnet = Rfc2217ServerPort(*_address("--rfc2217", wanted.rfc2217), wanted.line.baud)
        _tell_exposed(telnet)
        return telnet, f"rfc2217 {telnet.address}"
    if wanted.serial is not None:
        from atwin.line.ports.device_server import open_device_server

        rate = wanted.line.baud or USUAL_RATE
        return await open_device_server(wanted.serial, rate), wanted.serial
    terminal = PtyPort(wanted.pty, wanted.line.baud)
    return terminal, wanted.pty or terminal.slave_path


def _tell_exposed(server: "TcpServerPort | Rfc2217ServerPort") -> None:
    """A module reaches what this computer reaches, and so does whoever reaches the module."""
    if server.is_exposed:
        typer.echo(
            f"atwin: whoever reaches {server.address} can use this computer's network through the"
            " module, its own services on 127.0.0.1 included; 127.0.0.1 is for this computer alone",
            err=True,
        )


def _address(option: str, text: str) -> tuple[str, int]:
    host, _, digits = text.rpartition(":")
    port = decimal(digits)
    if not host or port is None or port > 65535:
        raise typer.BadParameter(
            f"{option} '{shown(text, limit=80)}': it takes HOST:PORT, such as 127.0.0.1:7000"
        )
    return host.strip("[]"), port
