"""Requests to the HTTP interface: each has an answer that is not a defect, or none yet."""

from __future__ import annotations

import asyncio
import re
from itertools import pairwise
from typing import TYPE_CHECKING, cast

from atwin.clock import LoopClock
from atwin.clock.virtual import VirtualLoop
from atwin.control.subject import Subject
from atwin.control.web.guard import Door
from atwin.control.web.panel import http_server
from atwin.line.ports.memory import memory_pair
from atwin.models import load_profile
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import Trace
from atwin.trace.recent import Recent
from atwin.twin.twin import Twin
from fuzz.guided.dice import text
from fuzz.runner import main
from support.servers.http_wire import Wire

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

TOKEN = b"t" * 32
HEAD = b"Host: 127.0.0.1:80\r\nAuthorization: Bearer " + TOKEN + b"\r\n"


def request(line: bytes, body: bytes = b"") -> bytes:
    size = b"Content-Length: %d\r\nContent-Type: application/json\r\n" % len(body) if body else b""
    return line + b" HTTP/1.1\r\n" + HEAD + size + b"\r\n" + body


GOOD = [
    request(b"GET /?token=" + TOKEN),
    request(b"GET /page/js/main.js"),
    request(b"GET /api/modules"),
    request(b"GET /api/modules/1/records?after=0&limit=5"),
    request(b"GET /api/modules/1/bytes?from=0&to=1.5&dir=%3E"),
    request(b"GET /api/modules/1/events?after=last"),
    request(b"PATCH /api/modules/1/state", b'{"voltage": 3700, "gpio": {"1": null}}'),
    request(b"POST /api/modules/1/pulse", b'{"pin": "reset", "seconds": 0.1}'),
    request(b"POST /api/modules/1/at", b'{"command": "AT+CSQ", "seconds": 1}'),
    request(b"POST /api/modules/1/faults", b'{"kind": "hang", "at_time": 9e8}'),
    request(b"DELETE /api/modules/1/faults/1"),
    request(b"POST /api/modules/1/recording", b'{"trace": true, "pcap": true}'),
    request(b"GET /api/modules/1/recording/trace"),
    request(b"PUT /api/modules/1/sim", b'{"card": {"pin": "1234"}}'),
]
ODD = [
    b"\0", b"\r\n", b"%", b"%00", b"..", b"/", b"?", b"&token=", b"\xff", b'{"', b"[[[[", b"9" * 50,
    b"Host: evil.example\r\n", b"Origin: null\r\n", b"Last-Event-ID: -1\r\n",
    b"Cookie: atwin_80=", b"Transfer-Encoding: chunked\r\n", b"Content-Length: 5\r\n",
    b"Expect: 100-continue\r\n", b"Connection: Upgrade\r\nUpgrade: websocket\r\n",
]  # fmt: skip


WORDS = (*ODD, TOKEN, HEAD, *(line.partition(b" HTTP")[0] for line in GOOD))


def seeds() -> Iterator[bytes]:
    """Each request, and two after each other."""
    yield from GOOD
    yield from (one + other for one, other in pairwise(GOOD))


def attempt(dice: Random) -> None:
    """Some clients of one twin, on the virtual clock."""
    loop = VirtualLoop()
    try:
        loop.run_until_complete(_serve(dice))
    finally:
        loop.close()


async def _serve(dice: Random) -> None:
    _, port = memory_pair("twin")
    clock = LoopClock()
    recent = Recent(Trace(clock))
    twin = Twin(
        load_profile("air780e-at"), port, network=SimulatedNetwork(clock), trace=recent.trace
    )
    async with twin:
        server = http_server(
            [Subject("x", "y", recent, twin)], Door("127.0.0.1", 80, TOKEN.decode())
        )
        for _ in range(dice.randrange(1, 6)):
            client, wire = server.protocol(), Wire()
            client.connection_made(cast("asyncio.Transport", wire))
            said = text(dice, _made)
            while said and not wire.fate:
                size = dice.randrange(1, len(said) + 1)
                client.data_received(said[:size])
                said = said[size:]
                await asyncio.sleep(dice.choice((0, 0.5)))
            await asyncio.sleep(2)
            assert not wire.written or wire.written.startswith(b"HTTP/1.1 "), wire.written
            assert not re.search(rb"HTTP/1\.1 50[02]", wire.written), wire.written
            client.connection_lost(None)
        recent.end()
        await server.close()


def _made(dice: Random) -> bytes:
    return b"".join(_changed(dice, dice.choice(GOOD)) for _ in range(dice.randrange(1, 3)))


def _changed(dice: Random, text: bytes) -> bytes:
    for _ in range(dice.choice((0, 1, 1, 2, 5))):
        start = dice.randrange(len(text))
        end = start + dice.choice((0, 0, 1, 5))
        made = dice.choice((*ODD, bytes([dice.randrange(256)]), text[start : start + 30]))
        text = text[:start] + made + text[end:]
    return text


if __name__ == "__main__":
    main(attempt)
