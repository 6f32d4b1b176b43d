"""RFC 2217 with a hostile far side: a client of a served module, and a server that the host opens.

However the bytes are cut, the module hears the same; it answers the next client. What a server puts
between data loses none of them, and no end of theirs is a defect of ours.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, NamedTuple

from atwin.line.frame import Flow
from atwin.line.port import PortError
from atwin.line.ports.device import open_device
from atwin.twin.twin import Twin
from fuzz.guided.dice import text
from fuzz.runner import main
from support.line.terminal import Terminal
from support.line.wires import Far, Wires, comes, served
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

    from atwin.line.frame import HostSettings
    from atwin.line.ports.rfc2217 import Rfc2217ServerPort

IAC, SB, SE = b"\xff", b"\xfa", b"\xf0"
XON_XOFF = b"\x11\x13"
#: PURGE-DATA: what it takes away depends on how far the bytes before it have come.
PURGE = b"\x2c\x0c"
LONGEST_OPTION = 1024


def option(command: int, value: bytes) -> bytes:
    """A suboption of RFC 2217."""
    return IAC + SB + bytes([44, command]) + value.replace(IAC, IAC + IAC) + IAC + SE


#: Each command of a client and of a server, with values right and wrong.
OPTIONS = tuple(
    option(number + base, value)
    for base in (0, 100)
    for number in range(14)
    for value in (b"", b"\0", b"\1", b"\5", b"\x0f", b"\0\0\x25\x80", b"\xff" * 4, b"name")
)
#: FLOWCONTROL-RESUME, and what a module says to the client that has gone.
RESUME, OURS = option(9, b""), b"to the one before"
COMMANDS = tuple(
    IAC + bytes([verb, what]) for verb in (251, 252, 253, 254) for what in (0, 1, 3, 44, 99, 255)
) + tuple(IAC + bytes([code]) for code in (240, 241, 246, 255))
DATA = (b"AT\r", b"ATI\r", b"x", b"\0", b"+++", b"\x11", b"\x13", b"\r\n")
WORDS = (*OPTIONS[::3], *COMMANDS, *DATA, IAC + SB, IAC + SE, IAC + SB + b"\x2c")


def seeds() -> Iterator[bytes]:
    """Each piece between data, and options that break off or never end."""
    yield from (b"AT\r" + piece + b"AT\r" for piece in (*OPTIONS, *COMMANDS))
    yield from (IAC + SB + b"\x2c\x01", IAC + SB + IAC + SB + b"x" + IAC + SE)
    yield IAC + SB + b"\x2c" + b"x" * 3000 + IAC + SE


def pieces(dice: Random) -> bytes:
    """Options and data in any order, a few of them spoilt."""
    made = b"".join(dice.choices((*OPTIONS, *COMMANDS, *DATA * 8), k=dice.randrange(1, 12)))
    for _ in range(dice.choice((0, 0, 1, 3))):
        place = dice.randrange(len(made) + 1)
        made = made[:place] + dice.choice((b"", IAC, SB, SE, b"\x2c")) + made[place + 1 :]
    return made


def cut(dice: Random, data: bytes) -> Iterator[bytes]:
    """In pieces of any size."""
    most = dice.choice((1, 2, 7, 4000))
    while data:
        size = dice.randint(1, most)
        yield data[:size]
        data = data[size:]


def plain(data: bytes) -> bytes | None:
    """What of a client's bytes is no Telnet (RFC 854), as lenient as servers are.

    None where a suboption is longer than any: a server gives it up, and takes its rest for data.
    """
    out, at, inside, size = bytearray(), 0, False, 0
    while at < len(data):
        byte, after = data[at], data[at + 1 : at + 2]
        at += 1
        size = size + 1 if inside else 0
        if size > LONGEST_OPTION:
            return None
        if byte != IAC[0]:
            out += b"" if inside else data[at - 1 : at]
            continue
        at += 1
        if after == IAC and not inside:
            out += IAC
        elif after == SB:
            inside = True
        elif after == SE:
            inside = False
        elif after and 251 <= after[0] <= 254:
            at += 1
    return bytes(out)


class Heard(NamedTuple):
    """What a module and a client have heard in the end, and how the line is set."""

    module: bytes
    client: bytes
    settings: HostSettings


class Sink:
    """In place of a module."""

    def __init__(self) -> None:
        self.data = b""

    def received(self, data: bytes) -> None:
        self.data += data

    def lost(self, reason: str | None) -> None:
        pass


def says(chunks: Iterator[bytes]) -> Heard:
    """What is made of bytes from a client."""
    port, sink, far = served(), Sink(), Far()
    port.start(sink)
    comes(port, far)
    for chunk in chunks:
        port._tcp.received(chunk)
    heard = Heard(sink.data, bytes(far.written), port.host_settings)
    port.write(OURS)
    port._tcp.lost(None)
    after = Far()
    comes(port, after)
    port._tcp.received(RESUME)
    assert OURS not in after.written, "what one has held back goes to the next"
    return heard


async def client(dice: Random, data: bytes) -> None:
    """A hostile client: the same however it is cut, and the module has another one after it."""
    one, other = says(iter((data,))), says(cut(dice, data))
    wanted = plain(data)
    if PURGE not in data:
        assert one == other, f"{one} and {other}"
        if wanted is not None:
            heard, wanted = (x.translate(None, XON_XOFF) for x in (one.module, wanted))
            assert heard == wanted, f"{heard!r}, not {wanted!r}"
    if dice.random() < 0.2:
        await next_client(dice, data)


async def next_client(dice: Random, data: bytes) -> None:
    """After one who has said `data`, it hears OK for its AT."""
    port = served()
    async with Twin("air724ug", port, network=NoNetwork()) as twin:
        comes(port, Far())
        port._tcp.received(data)
        await asyncio.sleep(dice.choice((0, 3)))
        port._tcp.lost(None)
        far = Far()
        comes(port, far)
        await asyncio.sleep(2)
        for _ in range(4):
            port._tcp.received(b"\x1b\x11\rAT\r")
            await asyncio.sleep(30)
        assert b"\r\nOK\r\n" in far.written or not twin.module.is_on, far.written


async def server(dice: Random, data: bytes, loop: Wires, port: Rfc2217ServerPort) -> None:
    """A server that puts in `data`, or options that are whole, whenever it says something."""
    whole = dice.random() < 0.5
    hostile = b"".join(dice.choices((*OPTIONS, *COMMANDS[:-1]), k=3)) if whole else data
    share = dice.choice((0.0, 0.2, 1.0))
    async with Twin("air724ug", port, network=NoNetwork()):
        if not whole:
            # From the first byte on.
            loop.changed = lambda said: hostile + said if dice.random() < share else said
        try:
            line = await open_device("rfc2217://h:1", 115200)
        except PortError as error:
            assert str(error).isprintable(), error
            assert not whole
            return
        terminal = Terminal(line)
        if whole:
            loop.changed = lambda said: hostile + said if dice.random() < share else said
        for _ in range(3):
            try:
                async with asyncio.timeout(50):
                    await dice.choice(CHANGES)(line)
            except (PortError, TimeoutError):
                assert not whole
            terminal.type(b"AT\r")
            await asyncio.sleep(1)
        if whole:
            assert terminal.heard.count(b"\r\nOK\r\n") == 3, terminal.heard
        await line.close()


CHANGES: tuple[Callable[[Any], Any], ...] = (
    lambda line: line.set_rate(115200),
    lambda line: line.set_flow(Flow.HARDWARE),
    lambda line: line.set_output("dtr", True),
    lambda line: line.clear_to_send(),
)


def attempt(dice: Random) -> None:
    """One far side."""
    data = text(dice, pieces)
    port = served()
    loop = Wires(lambda: port)
    run = client(dice, data) if dice.random() < 0.6 else server(dice, data, loop, port)
    try:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(run)
        loop.run_until_complete(loop.shutdown_default_executor())
    except AssertionError as error:
        error.add_note(f"{data!r}")
        raise
    finally:
        asyncio.set_event_loop(None)
        loop.close()


if __name__ == "__main__":
    main(attempt)
