"""A host that goes away at any moment: the module goes on, and the next host gets its file."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import struct
from typing import TYPE_CHECKING

import pytest

from atwin.host.modem import Modem
from atwin.line.opener import open_port
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.line.ears import leaves_nothing
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from atwin.line.port import Port

#: Long enough that the module is often in the middle of sending it.
BODY = random.Random(4).randbytes(100_000)

#: What a host says from its first word to its last.
DIALOGUE = (
    "AT\rAT+CMEE=1\rAT+IFC=2,2\rAT+HTTPINIT\r"
    'AT+HTTPPARA="URL","{url}"\rAT+HTTPDATA=20,1000\rtwenty bytes of data'
    "AT+HTTPACTION=0\rAT+HTTPREAD\rAT+HTTPREAD=0,4096\rAT+HTTPTERM\r"
)


class Plug:
    """A module's end, and hosts that are plugged into it and torn out."""

    def __init__(self, kind: str) -> None:
        self.port: Port
        match kind:
            case "pty":
                self.port = terminal = PtyPort()
                self.url = terminal.slave_path
            case "tcp":
                self.port = server = TcpServerPort("127.0.0.1", 0)
                self.url = f"socket://{server.address}"
            case _:
                self.port = telnet = Rfc2217ServerPort("127.0.0.1", 0)
                self.url = f"rfc2217://{telnet.address}"

    async def says_and_goes(self, data: bytes, turns: int) -> None:
        """A host that writes `data`, stays for `turns` of the loop, and is torn out."""
        if isinstance(self.port, PtyPort):
            host = os.open(self.url, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            os.write(host, data)
            await self._stay(turns)
            os.close(host)
            return
        address, _, port = self.url.partition("://")[2].rpartition(":")
        with socket.create_connection((address, int(port))) as client:
            client.send(data)
            await self._stay(turns)
            # A reset instead of an orderly end.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    @staticmethod
    async def _stay(turns: int) -> None:
        for _ in range(turns):
            await asyncio.sleep(0)


@pytest.mark.parametrize("kind", ["pty", "tcp", "rfc2217"])
def test_a_host_torn_out_at_any_moment(kind: str) -> None:
    chance = random.Random(kind)

    async def main(url: str) -> None:
        plug = Plug(kind)
        dialogue = DIALOGUE.format(url=url).encode()
        async with Twin("air724ug", plug.port, network=RealNetwork(), time_scale=0) as twin:
            for end in range(1, len(dialogue), 3):
                await plug.says_and_goes(dialogue[:end], chance.choice([0, 3, 30]))
            assert twin.module.firmware is not None
            host = await open_port(plug.url)
            async with Modem(host) as modem:
                # A line that has begun, or a prompt for data, may swallow the first words.
                await modem.bring_up()
                assert (await modem.get(url)).body == BODY

    with file_server(body=BODY) as files:
        leaves_nothing(main(f"{files.base}/body"))
