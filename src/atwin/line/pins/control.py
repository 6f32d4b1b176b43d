"""Pins of a twin in another process, by its control socket (`atwin twin --control`)."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from atwin.line.pins.base import PINS, PinError, Pins

if TYPE_CHECKING:
    from collections.abc import Set

    from atwin.line.pins.base import Pin

#: Seconds a twin may take for an answer.
_ANSWER_TIME = 5.0


class ControlPins(Pins):
    """Connects for each level: the twin may have been started anew meanwhile."""

    def __init__(self, path: str) -> None:
        self._path = path

    @property
    def driven(self) -> Set[Pin]:
        """See `Pins.driven`."""
        return set(PINS)

    async def drive(self, pin: Pin, high: bool) -> None:
        """See `Pins.drive`."""
        request = json.dumps({"set": {pin: int(high)}}).encode() + b"\n"
        try:
            async with asyncio.timeout(_ANSWER_TIME):
                answer = json.loads(await self._ask(request))
        except (OSError, ValueError, TimeoutError) as error:
            why = getattr(error, "strerror", None) or str(error) or "no answer"
            raise PinError(f"control socket {self._path}: {why}; does the twin run?") from error
        if not answer.get("ok"):
            raise PinError(f"control socket {self._path}: {answer.get('error')}")

    async def _ask(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(self._path)
        try:
            writer.write(request)
            return await reader.readline()
        finally:
            writer.close()
