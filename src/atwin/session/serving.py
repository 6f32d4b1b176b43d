"""A twin on a line of its own, for as long as the program runs."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

from atwin.host.errors import OptionError
from atwin.line.frame import USUAL_RATE
from atwin.line.port import Port
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.session.opening import made_twin
from atwin.session.url import TwinWishes
from atwin.text import decimal, shown
from atwin.twin.twin import Twin


@dataclass(frozen=True, slots=True)
class Served:
    """A twin, and the one line it is to be served on; without any that is a PTY without a link.

    `pty` is a link to make, `tcp` and `rfc2217` are HOST:PORT, `serial` is a device, and `control`
    a socket beside the line.
    """

    twin: TwinWishes
    pty: str | None = None
    tcp: str | None = None
    rfc2217: str | None = None
    serial: str | None = None
    control: str | None = None


@dataclass(frozen=True, slots=True)
class Serving:
    """A twin, and the port it can be reached at: a path, `socket://` or `rfc2217://`."""

    twin: Twin
    url: str
    #: Whether other computers reach it, and with it what this computer reaches.
    exposed: bool


@asynccontextmanager
async def served(wanted: Served) -> AsyncIterator[Serving]:
    """The twin on its line, until the block is left.

    Raises `OptionError`, `PortError` and `StateError`.
    """
    twin = wanted.twin
    if wanted.serial is not None:
        # The wire of a real device takes its time by itself.
        twin = replace(twin, line=replace(twin.line, baud=None))
    async with AsyncExitStack() as stack:
        line, url, exposed = await _open_line(wanted)
        stack.push_async_callback(line.close)
        running = await stack.enter_async_context(made_twin(twin, line))
        if wanted.control is not None:
            from atwin.session.control import control_socket

            await stack.enter_async_context(control_socket(wanted.control, running))
        yield Serving(running, url, exposed)


async def _open_line(wanted: Served) -> tuple[Port, str, bool]:
    """The module's end of the line, the host's by name, and whether others reach it."""
    if wanted.tcp is not None:
        server = TcpServerPort(*_address("--tcp", wanted.tcp))
        return server, f"socket://{server.address}", server.is_exposed
    if wanted.rfc2217 is not None:
        from atwin.line.ports.rfc2217 import Rfc2217ServerPort

        telnet = Rfc2217ServerPort(*_address("--rfc2217", wanted.rfc2217), wanted.twin.line.baud)
        return telnet, f"rfc2217://{telnet.address}", telnet.is_exposed
    if wanted.serial is not None:
        from atwin.line.ports.device_server import open_device_server

        rate = wanted.twin.line.baud or USUAL_RATE
        return await open_device_server(wanted.serial, rate), wanted.serial, False
    terminal = PtyPort(wanted.pty, wanted.twin.line.baud)
    return terminal, wanted.pty or terminal.slave_path, False


def _address(option: str, text: str) -> tuple[str, int]:
    host, _, digits = text.rpartition(":")
    port = decimal(digits)
    if not host or port is None or port > 65535:
        raise OptionError(
            f"{option} '{shown(text, limit=80)}': it takes HOST:PORT, such as 127.0.0.1:7000"
        )
    return host.strip("[]"), port
