"""Pins of a twin in another process, by its control socket (`atwin twin --control`)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from atwin.disk.errors import reason
from atwin.line.pins.base import PINS, HostPins, PinError
from atwin.text import parse_json

if TYPE_CHECKING:
    from collections.abc import Set

    from atwin.line.pins.base import Pin

#: Seconds a twin may take for an answer.
_ANSWER_TIME = 5.0


class ControlPins(HostPins):
    """Connects for each level: the twin may have been restarted meanwhile.

    A pin that is low is held by its connection: the twin lets go of it when we are killed.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._holding: dict[Pin, asyncio.StreamWriter] = {}

    @property
    def driven(self) -> Set[Pin]:
        return set(PINS)

    async def prepare(self) -> None:
        answer, writer = await self._ask({"get": "state"})
        writer.close()
        levels = answer.get("state", {}).get("pins", {})
        for pin in PINS:
            if levels.get(pin) == 0:
                await self.drive(pin, True)

    async def drive(self, pin: Pin, high: bool) -> None:
        request = {"set": {pin: 1}} if high else {"hold": pin}
        _, writer = await self._ask(request)
        if high:
            writer.close()
            self._let_go(pin)
        else:
            self._let_go(pin)
            self._holding[pin] = writer

    async def close(self) -> None:
        """What is still held is let go."""
        for pin in tuple(self._holding):
            self._let_go(pin)

    def _let_go(self, pin: Pin) -> None:
        if (writer := self._holding.pop(pin, None)) is not None:
            writer.close()

    async def _ask(self, request: dict[str, Any]) -> tuple[dict[str, Any], asyncio.StreamWriter]:
        """The answer, and the connection it came on, which is open still. Raises `PinError`."""
        if not hasattr(asyncio, "open_unix_connection"):
            raise PinError("control socket: there are no Unix sockets on Windows")
        try:
            async with asyncio.timeout(_ANSWER_TIME):
                reader, writer = await asyncio.open_unix_connection(self._path)
                writer.write(json.dumps(request).encode() + b"\n")
                answer = parse_json(await reader.readline())
        except (OSError, ValueError, TimeoutError) as error:
            told = reason(error) or "no answer"
            raise PinError(f"control socket {self._path}: {told}; does the twin run?") from error
        if not isinstance(answer, dict) or not answer.get("ok"):
            writer.close()
            why = answer.get("error") if isinstance(answer, dict) else "no twin listens there"
            raise PinError(f"control socket {self._path}: {why}")
        return answer, writer
