"""Any sequence of socket commands and events on real sockets: nothing fails, nothing is left."""

from __future__ import annotations

import asyncio
import logging
import random
from typing import TYPE_CHECKING

import pytest

from atwin.line.ports.memory import memory_pair
from atwin.net.network import StreamError
from atwin.net.real import RealNetwork
from atwin.net.tcp import listen
from atwin.twin.twin import Twin
from support.line.ears import leaves_nothing, settled
from support.line.terminal import Terminal
from support.servers.peers import Peer, on_loopback

if TYPE_CHECKING:
    from atwin.net.network import Stream

LINES = (
    *('CIPSTART="{kind}","127.0.0.1",{port}', 'CIPSTART={n},"{kind}","127.0.0.1",{port}') * 5,
    *("CIPCLOSE", "CIPCLOSE={n}", "CIPSEND=5", "CIPSEND={n},5", "CIPSEND", "CIPSEND={n}") * 2,
    *("CIPRXGET=0", "CIPRXGET=1", "CIPRXGET=5", "CIPRXGET=2,5", "CIPRXGET=2,{n},5"),
    *("CIPRXGET=4,{n}", "CIPHEAD=1", "CIPSRIP=1", "CIPRXF=1", "CIPQSEND=2", "CIPQSEND=0"),
    *("CIPRXF=1;^HEARTCONFIG=1,{n},5", "CIPATS=0;^HEARTBEATHEX={n},2,0D0A", "CIPCCFG=5,2,700,1"),
    *("CIPSSL=1", "CIPSSL=0", "CIPSSL=0", "CIPACK", "CIPSCONT", "CIPTKA=1", "CIPSTATUS", "CIFSR"),
)
#: These end everything at once.
ENDS = ("CIPSHUT", "CGATT=0", "CFUN=4", "RESET", "CPOWD=1")


async def rude(stream: Stream) -> None:
    """Speaks, and goes."""
    await stream.write(b"x" * 2000)


async def chatty(stream: Stream) -> None:
    """Speaks for as long as somebody takes it."""
    try:
        while True:
            await stream.write(b"chatter\r\n" * 500)
    except StreamError:
        pass


def any_line(chance: random.Random, ports: list[int]) -> bytes:
    line = chance.choice(LINES).format(
        n=chance.randrange(6), kind=chance.choice(("TCP", "TCP", "UDP")), port=chance.choice(ports)
    )
    return f"AT+{line}\r\n".encode()


def beginning(chance: random.Random) -> list[bytes]:
    """A scene, from whatever state: out of every data phase first."""
    lines = [b"\x1a\r\n\x1a\r\nAT+CFUN=1;+CGATT=1;+CIPRXGET=0\r\n", b"AT+CIPSHUT\r\n"]
    match chance.randrange(3):
        case 0:
            return [*lines, b"AT+CIPMUX=0;+CIPMODE=0\r\n"]
        case 1:
            return [*lines, b"AT+CIPMUX=0;+CIPMODE=1\r\n"]
        case _:
            way = b"AT+CIPMODE=0;+CIPMUX=1;+CSTT;+CIICR\r\n"
            return [*lines, way, b"AT+CIFSR\r\n"]


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_left(seed: int, caplog: pytest.LogCaptureFixture) -> None:
    chance = random.Random(seed)

    async def main() -> None:
        echo, nobody = Peer("echo", "tcp", echo=True), Peer("nobody", "refused")
        udp = Peer("udp", "udp", echo=True)
        async with (
            on_loopback([echo, nobody, udp]),
            listen(rude, "127.0.0.1", 0) as rude_port,
            listen(chatty, "127.0.0.1", 0) as chatty_port,
        ):
            ports = [echo.port, nobody.port, udp.port, rude_port, chatty_port]
            near, far = memory_pair()
            terminal = Terminal(near)
            async with Twin("air780e-at", far, network=RealNetwork(), time_scale=0) as twin:
                for _ in range(40):
                    twin.module.power_on()
                    await settled()
                    for line in beginning(chance):
                        terminal.type(line)
                        await settled()
                    for _ in range(chance.randrange(60)):
                        terminal.type(any_line(chance, ports))
                        await settled()
                        if chance.random() < 0.3:
                            terminal.type(b"hello\x1a" + chance.randbytes(chance.randrange(20)))
                            await asyncio.sleep(0)
                    # What switched it off may have waited in the line until now.
                    if chance.random() < 0.3 and twin.module.is_on:
                        twin.radio.lose_pdp()
                    terminal.type(f"AT+{chance.choice(ENDS)}\r\n".encode())
                    await settled()
        for sign in (b"CONNECT OK", b"CONNECT FAIL", b"CLOSED", b"SEND OK", b"+RECEIVE"):
            assert sign in terminal.heard, "this sequence goes nowhere"

    with caplog.at_level(logging.WARNING):
        leaves_nothing(main())
    assert [record.getMessage() for record in caplog.records] == []
