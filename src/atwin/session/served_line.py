"""The line that a module is served on: a PTY, TCP, RFC 2217 or a serial device."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.errors import OptionError
from atwin.line.frame import USUAL_RATE
from atwin.line.ports.listener import TcpListener
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.net.network import host_and_port
from atwin.text import shown

if TYPE_CHECKING:
    from atwin.line.port import Port


@dataclass(frozen=True, slots=True)
class Pool:
    """Modules of one RFC 2217 server: which of the servers of a command, and how many it has."""

    number: int
    seats: int


Pools = dict[Pool, TcpListener]


async def open_served_line(
    baud: int | None = None,
    pool: Pool | None = None,
    pools: Pools | None = None,
    /,
    *,
    pty: str | None = None,
    tcp: str | None = None,
    rfc2217: str | None = None,
    serial: str | None = None,
) -> tuple[Port, str, bool]:
    """The module's end of the line, the host's by name, and whether other computers reach it.

    One of the four is given, or none for a PTY without a link; `baud` is the module's rate in
    bit/s, None for any; the module is one of those of `pool`, whose server is kept in `pools`.
    Raises `OptionError` and `PortError`.
    """
    if tcp is not None:
        server = TcpServerPort(*split_address("--tcp", tcp))
        return server, f"socket://{server.address}", server.is_exposed
    if rfc2217 is not None:
        from atwin.line.ports.rfc2217 import Rfc2217ServerPort

        where = split_address("--rfc2217", rfc2217)
        listener = None
        if pool is not None and pools is not None:
            if pool not in pools:
                pools[pool] = TcpListener(*where, seats=pool.seats)
            listener = pools[pool]
        telnet = Rfc2217ServerPort(*where, baud, listener=listener)
        return telnet, f"rfc2217://{telnet.address}", telnet.is_exposed
    if serial is not None:
        from atwin.line.ports.device_server import open_device_server

        return await open_device_server(serial, baud or USUAL_RATE), serial, False
    terminal = PtyPort(pty, baud)
    return terminal, pty or terminal.slave_path, False


def split_address(option: str, text: str) -> tuple[str, int]:
    """HOST:PORT taken apart, `option` said it. Raises `OptionError`."""
    if (parts := host_and_port(text)) is None:
        raise OptionError(
            f"{option} '{shown(text, limit=80)}': it takes HOST:PORT, such as 127.0.0.1:7000"
        )
    return parts
