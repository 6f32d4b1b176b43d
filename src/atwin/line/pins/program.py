"""Pins by a program of the user's: a relay, a lab supply, a debug probe."""

from __future__ import annotations

import asyncio
import shlex
import shutil
from typing import TYPE_CHECKING

from atwin.disk.errors import reason
from atwin.line.pins.base import PINS, HostPins, Pin, PinError, PinSpecError

if TYPE_CHECKING:
    from collections.abc import Set

#: Seconds the program may take.
_RUN_TIME = 10.0


class ProgramPins(HostPins):
    """Runs `template` for each level, with `{pin}` and `{level}` (0 or 1) filled in.

    It is split as a shell would, but no shell runs it. Exit code 0 means done.
    """

    def __init__(self, template: str) -> None:
        """Raises `PinSpecError` for a template without both."""
        try:
            self._words = shlex.split(template)
        except ValueError as error:
            raise PinSpecError(f"command:{template}: {error}") from error
        if not self._words or "{level}" not in template or "{pin}" not in template:
            raise PinSpecError(
                f"command:{template}: must have {{pin}} and {{level}}, as in"
                " command:./pins.sh {pin} {level}"
            )

    @property
    def driven(self) -> Set[Pin]:
        return set(PINS)

    async def prepare(self) -> None:
        """That it can be run; how it ends is known when it is."""
        for pin in PINS:
            program = self._words_for(pin, high=True)[0]
            if shutil.which(program) is None:
                raise PinError(
                    f"{program}: no program that can be run; check the command of --pins"
                )

    async def drive(self, pin: Pin, high: bool) -> None:
        words = self._words_for(pin, high)
        shown = shlex.join(words)
        try:
            process = await asyncio.create_subprocess_exec(
                *words,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
            )
        except OSError as error:
            raise PinError(f"{shown}: {reason(error)}; check the command of --pins") from error
        try:
            async with asyncio.timeout(_RUN_TIME):
                _, said = await process.communicate()
        except TimeoutError:
            raise PinError(f"{shown}: not done in {_RUN_TIME:g} s") from None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        if process.returncode:
            last = said.decode("utf-8", "replace").strip().splitlines()[-1:]
            raise PinError(": ".join([f"{shown}: exit code {process.returncode}", *last]))

    def _words_for(self, pin: Pin, high: bool) -> list[str]:
        level = str(int(high))
        return [word.replace("{pin}", pin).replace("{level}", level) for word in self._words]
