"""`atwin twin --control SOCK`: what a serial line cannot carry, as JSON lines on a Unix socket.

Requests: {"set": {"reset": 0, "power_key": 1, "supply": 1}} gives levels (pins are active low),
{"pulse": "reset", "seconds": 0.6} pulls one low and lets go, {"get": "state"} asks. Each is
answered by one line: {"ok": true, "state": {…}} or {"ok": false, "error": "…"}.
"""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from atwin.line.errors import PortError
from atwin.twin import Twin

_LEVELS = ("reset", "power_key", "supply")
#: Longest pulse in seconds, and longest request in bytes.
_LONGEST_PULSE = 60
_LONGEST_REQUEST = 4096


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
            case _:
                raise ValueError('one of "set", "pulse" with "seconds", "get": "state" is wanted')
    except ValueError as error:
        return {"ok": False, "error": str(error)}
    return {"ok": True, "state": _state(twin)}


def _set(levels: dict[str, Any], twin: Twin) -> None:
    for name, level in levels.items():
        if name not in _LEVELS or level not in (0, 1):
            raise ValueError(f"{name}: {level!r}: reset, power_key and supply take 0 or 1")
    for name, level in levels.items():
        setattr(twin.pins, name, bool(level))


async def _pulse(pin: str, seconds: float, twin: Twin) -> None:
    if pin not in _LEVELS or not 0 < seconds <= _LONGEST_PULSE:
        raise ValueError(f"reset, power_key or supply, for up to {_LONGEST_PULSE} seconds")
    setattr(twin.pins, pin, False)
    try:
        await asyncio.sleep(seconds)
    finally:
        setattr(twin.pins, pin, True)


def _state(twin: Twin) -> dict[str, Any]:
    return {
        "model": twin.module.hardware.profile.key,
        "on": twin.module.firmware is not None,
        "pins": {name: int(getattr(twin.pins, name)) for name in _LEVELS},
        "lost_bytes": twin.module.hardware.uart.lost_bytes,
    }
