"""`atwin twin --control SOCK`: what a serial line cannot carry, as JSON lines on a Unix socket.

Each request is one line, and answered by one: {"ok": true, …} or {"ok": false, "error": "…"}.
docs/control.md has all of them.
"""

import asyncio
import json
import os
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any

from atwin.disk.errors import reason
from atwin.line.port import PortError, PortSpecError
from atwin.session.settable import PINS, apply, surroundings
from atwin.text import masked_url, parse_json
from atwin.twin.board.sim import Card
from atwin.twin.faults.plan import fault_from_table
from atwin.twin.script.written import Stub, row_from_table
from atwin.twin.twin import Twin

_PULSED = PINS[:3]
#: Longest pulse in seconds, and longest request in bytes.
_LONGEST_PULSE = 60
_LONGEST_REQUEST = 4096
#: Stands for a longer one.
_TOO_LONG = b"\n"
#: Actions shown one by one.
_LAST_ACTIONS = 20
#: Bytes of events that a client may leave unread.
_UNREAD = 65536


@asynccontextmanager
async def control_socket(path: str, twin: Twin) -> AsyncIterator[None]:
    """Serve requests at `path` until the block is left; a stale socket there is replaced.

    Raises `PortError` when another twin listens there, `PortSpecError` when no socket can be there.
    """

    clients: set[asyncio.Task[None]] = set()

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        clients.add(task)
        # Cancelled at the end, it ends like any other: asyncio reports a handler's cancellation.
        held: set[str] = set()

        def send(event: bytes) -> None:
            # A client that does not read misses some.
            if writer.transport.get_write_buffer_size() < _UNREAD:
                writer.write(event)

        watch = RingWatch(twin, send)
        try:
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
            writer.close()
            clients.discard(task)

    if not path:
        raise PortSpecError("--control: a socket needs a name; choose a path")
    if not hasattr(asyncio, "start_unix_server"):
        raise PortSpecError("--control: there are no Unix sockets on Windows; leave it out")
    await _refuse_one_in_use(path)
    _ = twin.faults  # laid in now, so that every connection can be met
    try:
        server = await asyncio.start_unix_server(attend, path, limit=_LONGEST_REQUEST)
    except OSError as error:
        raise PortSpecError(f"--control {path}: {reason(error)}; choose another path") from error
    try:
        yield
    finally:
        server.close()
        for task in clients:
            task.cancel()
        if clients:
            await asyncio.wait(clients)
        await server.wait_closed()
        with suppress(OSError):
            os.unlink(path)


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # longer than the limit, and the rest of it is not worth waiting for
        return _TOO_LONG


async def _refuse_one_in_use(path: str) -> None:
    """asyncio replaces a socket that is there, whether somebody listens on it or not."""
    if _is_something_else(path):
        raise PortSpecError(f"--control {path}: exists and is no socket; choose another path")
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return
    else:
        writer.close()
        raise PortError(f"--control {path}: another twin listens there; choose another path")


def _is_something_else(path: str) -> bool:
    return os.path.lexists(path) and not stat.S_ISSOCK(os.lstat(path).st_mode)


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
            raise ValueError(f"a request is one line of 1 to {_LONGEST_REQUEST} bytes")
        match _parsed(line):
            case {"set": dict(values), **rest} if not rest:
                apply(values, twin)
                held.difference_update(values)
            case {"pulse": str(pin), "seconds": int() | float() as seconds, **rest} if not rest:
                await _pulse(pin, seconds, twin)
            case {"hold": str(pin), **rest} if not rest:
                if pin not in _PULSED:
                    raise ValueError(f"{pin!r}: reset, power_key or supply can be held")
                setattr(twin.pins, pin, False)
                held.add(pin)
            case {"fault": dict(table), **rest} if not rest:
                twin.faults.add(fault_from_table(table))
            case {"resolve": dict(rules), **rest} if not rest:
                twin.hosts.change(rules)
            case {"answer": dict(table), **rest} if not rest:
                twin.answers.add(row_from_table(Stub, table))
            case {"urc": text, **rest} if not rest.keys() & {"text", "self"}:
                _say(text, rest, twin)
            case {"clear": "answers", **rest} if not rest:
                twin.answers.clear()
            case {"sim": ("in" | "out" | dict()) as what, **rest} if not rest:
                _set_card(what, twin)
            case {"clear": "faults", **rest} if not rest:
                twin.faults.clear()
            case {"clear": "names", **rest} if not rest:
                twin.hosts.change(dict.fromkeys(twin.hosts))
            case {"watch": "ri", **rest} if not rest:
                watch.begin()
            case {"get": "state", **rest} if not rest:
                pass
            case {"get": "traffic", **rest} if not rest:
                return {"ok": True, "traffic": _traffic(twin)}
            case _:
                raise ValueError(
                    'give one of "set", "pulse" with "seconds", "hold", "watch": "ri", "sim", '
                    '"fault", "resolve", "answer", "urc", "clear": "faults", "names" or "answers", '
                    '"get": "state" or "traffic"'
                )
    except ValueError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, "state": _state(twin)}


def _parsed(line: bytes) -> dict[str, Any]:
    """Raises `ValueError` for what is no JSON object."""
    try:
        request = parse_json(line)
    except ValueError:
        request = None
    if not isinstance(request, dict):
        raise ValueError('a request is one JSON object on a line: {"get": "state"}, for example')
    return request


def _set_card(what: str | dict[str, Any], twin: Twin) -> None:
    """Put the card in or out, or put in another one."""
    if isinstance(what, dict):
        card = Card.of(what)
        twin.pull_card()
        twin.insert_card(card)
    elif what == "in":
        twin.insert_card()
    else:
        twin.pull_card()


def _say(text: Any, keys: dict[str, Any], twin: Twin) -> None:
    """A URC that somebody wrote; `keys` as in a file of answers."""
    try:
        twin.urc(text, **keys)
    except RuntimeError as error:
        raise ValueError(str(error)) from None


async def _pulse(pin: str, seconds: float, twin: Twin) -> None:
    if pin not in _PULSED or not 0 < seconds <= _LONGEST_PULSE:
        raise ValueError(f"reset, power_key or supply, for up to {_LONGEST_PULSE} seconds")
    setattr(twin.pins, pin, False)
    try:
        await asyncio.sleep(seconds)
    finally:
        setattr(twin.pins, pin, True)


def _state(twin: Twin) -> dict[str, Any]:
    hardware = twin.module.hardware
    uart = hardware.uart
    host = uart.host_settings
    return {
        "model": hardware.profile.key,
        "on": twin.pins.vdd_ext,
        "hung": twin.module.hung,
        "asleep": twin.asleep,
        "start_cause": int(hardware.start_cause),
        "pins": {name: int(getattr(twin.pins, name)) for name in (*PINS, "ri")},
        "line": {
            "rate": uart.rate,
            "host_rate": host.rate if uart.rate else None,
            # None: nobody has said.
            "rts": None if host.rts is None else int(host.rts),
            "dtr": None if host.dtr is None else int(host.dtr),
            "cts": int(uart.cts),
            "flow": [int(uart.mode.to_host), int(uart.mode.to_module)],
        },
        "counters": {
            "to_host": uart.sent_bytes,
            "to_host_lost": uart.host_lost_bytes,
            "to_module": uart.received_bytes,
            "to_module_lost": uart.lost_bytes,
        },
        # AT+IOSET, and what can be set.
        "ioset": hardware.gpio.voltage,
        "cell": hardware.cell.shown(),
        "surroundings": surroundings(twin),
        "call": _call(twin),
        "sim": {
            "in": hardware.sim.present,
            "asks_pin": hardware.sim.asks,
            "tries": hardware.sim.tries_left,
            "puk_tries": hardware.sim.puk_tries_left,
            "private": hardware.sim.card.apn is not None,
        },
        "faults": twin.faults.state,
        "names": {} if hardware.hosts is None else dict(hardware.hosts),
        "offline": int(hardware.hosts is not None and hardware.hosts.offline),
        "answers": twin.answers.state if twin.has_answers else [],
    }


def _call(twin: Twin) -> dict[str, Any] | None:
    """The call that has come in, if one has."""
    if twin.module.firmware is None or twin.calls.number is None:
        return None
    return {"number": twin.calls.number, "answered": twin.calls.answered}


def _traffic(twin: Twin) -> dict[str, Any]:
    traffic = twin.traffic
    session = traffic.session
    return {
        "boot": traffic.boot.count.as_dict(),
        "session": session.count.as_dict() if session is not None else None,
        "actions": [
            {
                "name": action.name,
                "url": masked_url(action.url),
                "settled": action.account.settled,
                **action.account.count.as_dict(),
            }
            for action in list(traffic.actions)[-_LAST_ACTIONS:]
        ],
    }
