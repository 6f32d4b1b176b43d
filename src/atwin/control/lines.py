"""The control socket in JSON lines: what a serial line cannot carry.

Each request is one line, and answered by one: {"ok": true, …} or {"ok": false, "error": "…"}.
docs/reference/control.md has all of them.
"""

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from atwin.control.actions import BY_NAME, PULSED, NotNowError, NotThereError, perform
from atwin.control.state import state
from atwin.text import parse_json
from atwin.twin.twin import Twin

#: Bytes of the longest request.
LONGEST_REQUEST = 4096
#: Stands for a longer one.
_TOO_LONG = b"\n"
#: Requests whose whole value is what the action of that name takes.
_TABLES = ("set", "fault", "resolve", "answer")
#: Those that are not answered with the state.
_PLAIN = ("traffic", "at")
#: Bytes of events that a client may leave unread.
_UNREAD = 65536


async def attend(twin: Twin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer one client until it is gone, or this is cancelled."""
    held: set[str] = set()

    def send(event: bytes) -> None:
        # A client that does not read misses some.
        if writer.transport.get_write_buffer_size() < _UNREAD:
            writer.write(event)

    watch = RingWatch(twin, send)
    try:
        # Cancelled at the end, it ends like any other: asyncio reports a handler's cancellation.
        with suppress(ConnectionError, asyncio.CancelledError):
            while line := await _request(reader):
                answer = json.dumps(await _answer(line, twin, held, watch))
                writer.write(answer.encode() + b"\n")
                await writer.drain()
    finally:
        watch.end()
        # Whoever held a pin may have been killed: a module must not stay dead for that.
        for pin in held:
            setattr(twin.pins, pin, True)


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # longer than the limit, and the rest of it is not worth waiting for
        return _TOO_LONG


class RingWatch:
    """Tells a client of each edge of RI, once it has asked for that."""

    def __init__(self, twin: Twin, send: Callable[[bytes], None]) -> None:
        self._clock = twin.module.hardware.clock
        self._calls = twin.module.hardware.modem_lines.on_ri
        self._send = send
        self._watches = False

    def begin(self) -> None:
        """From now on."""
        if not self._watches:
            self._watches = True
            self._calls.append(self._tell)

    def end(self) -> None:
        """The client is gone."""
        if self._watches:
            self._calls.remove(self._tell)

    def _tell(self, high: bool) -> None:
        event = {"event": "ri", "level": int(high), "time": self._clock.now()}
        self._send(json.dumps(event).encode() + b"\n")


async def _answer(line: bytes, twin: Twin, held: set[str], watch: RingWatch) -> dict[str, Any]:
    """`held` gets the pins that are low for as long as this connection lasts."""
    try:
        if line == _TOO_LONG:
            raise ValueError(f"a request is one line of 1 to {LONGEST_REQUEST} bytes")
        name, value = _asked(_parsed(line))
        if name == "hold":
            if value not in PULSED:
                raise ValueError(f"{value!r}: reset, power_key or supply can be held")
            setattr(twin.pins, value, False)
            held.add(value)
        elif name == "watch":
            watch.begin()
        else:
            answer = await perform(BY_NAME[name], twin, value)
            if name == "set":
                held.difference_update(value)
            if name in _PLAIN:
                return {"ok": True, **({name: answer} if name == "traffic" else answer)}
    except (ValueError, NotNowError, NotThereError) as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, "state": state(twin)}


def _asked(request: dict[str, Any]) -> tuple[str, Any]:
    """The action that is meant, and the value it takes. Raises `ValueError`."""
    match request:
        case {"pulse": str(pin), "seconds": int() | float() as seconds, **rest} if not rest:
            return "pulse", {"pin": pin, "seconds": seconds}
        case {"hold": str(pin), **rest} if not rest:
            return "hold", pin
        case {"watch": "ri", **rest} if not rest:
            return "watch", None
        case {"sim": ("in" | "out") as where, **rest} if not rest:
            return "sim", {"in": where == "in"}
        case {"sim": dict(card), **rest} if not rest:
            return "sim", {"card": card}
        case {"urc": text, **rest} if not rest.keys() & {"text", "self"}:
            return "urc", {"text": text, **rest}
        case {"fresh": ("warm" | "cold") as boot, **rest} if not rest:
            return "fresh", {"boot": boot}
        case {"at": command, **rest} if "command" not in rest:
            return "at", {"command": command, **rest}
        case {"clear": ("faults" | "names" | "answers") as what, **rest} if not rest:
            return f"clear_{what}", None
        case {"clear": "faults", "id": number, **rest} if type(number) is int and not rest:
            return "end_fault", number
        case {"get": ("state" | "traffic") as what, **rest} if not rest:
            return str(what), None
    if len(request) == 1:
        ((name, value),) = request.items()
        if name in _TABLES and isinstance(value, dict):
            return name, value
    raise ValueError(
        'give one of "set", "pulse" with "seconds", "hold", "watch": "ri", "sim", '
        '"fault", "resolve", "answer", "urc", "at", "fresh", "clear": "faults", "names" or '
        '"answers", "get": "state" or "traffic"'
    )


def _parsed(line: bytes) -> dict[str, Any]:
    """Raises `ValueError` if it is not a JSON object."""
    try:
        request = parse_json(line)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise ValueError('a request is one JSON object on a line: {"get": "state"}, for example')
    return request
