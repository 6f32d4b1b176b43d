"""`atwin twin --control SOCK`: what a serial line cannot carry, as JSON lines on a Unix socket.

Requests: {"set": {"reset": 0, "power_key": 1, "supply": 1}} gives levels (pins are active low),
and so does {"set": {"rts": 1, "dtr": 0}} for the host's outputs (1 is asserted, null gives them
back to the port); {"pulse": "reset", "seconds": 0.6} pulls a pin low and lets go; {"get": "state"}
asks, {"get": "traffic"} for what went over the network. Each is answered by one line:
{"ok": true, "state": {…}} (or "traffic": {…}) or {"ok": false, "error": "…"}.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from atwin.line.errors import PortError
from atwin.twin import Twin

_PINS = ("reset", "power_key", "supply")
_OUTPUTS = ("rts", "dtr")
#: Longest pulse in seconds, and longest request in bytes.
_LONGEST_PULSE = 60
_LONGEST_REQUEST = 4096
#: Actions shown one by one.
_LAST_ACTIONS = 20


@asynccontextmanager
async def control_socket(path: str, twin: Twin) -> AsyncIterator[None]:
    """Serve requests at `path` until the block is left; a stale socket there is replaced.

    Raises `PortError`.
    """

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while line := await _request(reader):
                writer.write(json.dumps(await _answer(line, twin)).encode() + b"\n")
                await writer.drain()
        writer.close()

    await _refuse_one_in_use(path)
    try:
        server = await asyncio.start_unix_server(attend, path, limit=_LONGEST_REQUEST)
    except OSError as error:
        why = error.strerror or str(error)
        raise PortError(f"--control {path}: {why}; choose another path") from error
    try:
        async with server:
            yield
    finally:
        with suppress(OSError):
            os.unlink(path)


async def _request(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:  # longer than the limit: no request of ours
        return b""


async def _refuse_one_in_use(path: str) -> None:
    """asyncio replaces a socket that is there, whether somebody listens on it or not."""
    try:
        _, writer = await asyncio.open_unix_connection(path)
    except OSError:
        return
    else:
        writer.close()
        raise PortError(f"--control {path}: another twin listens there; choose another path")


async def _answer(line: bytes, twin: Twin) -> dict[str, Any]:
    try:
        request = json.loads(line)
        match request:
            case {"set": dict(levels), **rest} if not rest:
                _set(levels, twin)
            case {"pulse": str(pin), "seconds": int() | float() as seconds, **rest} if not rest:
                await _pulse(pin, seconds, twin)
            case {"get": "state", **rest} if not rest:
                pass
            case {"get": "traffic", **rest} if not rest:
                return {"ok": True, "traffic": _traffic(twin)}
            case _:
                raise ValueError(
                    'one of "set", "pulse" with "seconds", "get": "state" or "traffic" is wanted'
                )
    except ValueError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, "state": _state(twin)}


def _set(levels: dict[str, Any], twin: Twin) -> None:
    for name, level in levels.items():
        if name not in _PINS + _OUTPUTS or level not in (0, 1, None):
            raise ValueError(
                f"{name}: {level!r}: reset, power_key, supply, rts and dtr take 0 or 1"
            )
        if level is None and name in _PINS:
            raise ValueError(f"{name}: 0 or 1 is wanted; only rts and dtr can be given back")
    for name, level in levels.items():
        if name in _OUTPUTS:
            twin.module.hardware.uart.drive(name, None if level is None else bool(level))
        else:
            setattr(twin.pins, name, bool(level))


async def _pulse(pin: str, seconds: float, twin: Twin) -> None:
    if pin not in _PINS or not 0 < seconds <= _LONGEST_PULSE:
        raise ValueError(f"reset, power_key or supply, for up to {_LONGEST_PULSE} seconds")
    setattr(twin.pins, pin, False)
    try:
        await asyncio.sleep(seconds)
    finally:
        setattr(twin.pins, pin, True)


def _state(twin: Twin) -> dict[str, Any]:
    hardware = twin.module.hardware
    uart = hardware.uart
    host = uart.host_line
    return {
        "model": hardware.profile.key,
        "on": twin.module.firmware is not None,
        "pins": {name: int(getattr(twin.pins, name)) for name in _PINS},
        "line": {
            "rate": uart.rate,
            "host_rate": host.rate if uart.rate else None,
            "rts": int(host.rts is not False),
            "dtr": int(host.dtr is not False),
            "cts": int(uart.cts),
            "flow": [int(uart.mode.to_host), int(uart.mode.to_module)],
        },
        "counters": {
            "to_host": uart.sent_bytes,
            "to_host_lost": uart.host_lost_bytes,
            "to_module": uart.received_bytes,
            "to_module_lost": uart.lost_bytes,
        },
    }


def _traffic(twin: Twin) -> dict[str, Any]:
    traffic = twin.traffic
    session = traffic.session
    return {
        "boot": traffic.boot.count.as_dict(),
        "session": session.count.as_dict() if session is not None else None,
        "actions": [
            {
                "name": action.name,
                "url": action.url,
                "settled": action.account.settled,
                **action.account.count.as_dict(),
            }
            for action in list(traffic.actions)[-_LAST_ACTIONS:]
        ],
    }
