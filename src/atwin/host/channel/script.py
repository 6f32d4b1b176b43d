"""A script: named steps, each with a deadline, whose failures say where they happened."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar, cast

from atwin.at.dialect.commands import expected_of
from atwin.at.dialect.urcs import Ready
from atwin.host.channel.channel import COMMAND_TIMEOUT
from atwin.host.channel.exchange import Timeout
from atwin.host.errors import CommandRefusedError, ModuleRestartedError, NoAnswerError
from atwin.text import masked

if TYPE_CHECKING:
    from atwin.at.dialect.said import Urc
    from atwin.host.channel.channel import Channel
    from atwin.host.channel.exchange import Progress, Reply
    from atwin.host.errors import StepError

log = logging.getLogger("atwin.host")

U = TypeVar("U", bound="Urc")
E = TypeVar("E", bound="StepError")


class Script:
    """Runs steps on a channel; `name` and the step number stand in every log line and error.

    `readies` says that its steps bring the module onto the network (`StepError.readies`).
    """

    def __init__(self, name: str, channel: Channel, *, readies: bool = False) -> None:
        self.name = name
        self.number = 0
        self.sent = ""
        self._channel = channel
        self._readies = readies

    def begin(self, name: str) -> None:
        """The steps that follow belong to another script: count from 1 again."""
        self.name = name
        self.number = 0

    async def ask(
        self,
        command: str,
        *,
        deadline: float = COMMAND_TIMEOUT,
        raw: int = 0,
        progress: Progress | None = None,
        shown: str | None = None,
        data: bytes | None = None,
        data_deadline: float | None = None,
    ) -> Reply:
        """One command whose result the caller judges. Raises `NoAnswerError`.

        `data` are for its prompt; the deadline runs to that, and again from there, or then
        `data_deadline`. `shown` is what errors and the log call it, for a command with a secret in
        it.
        """
        self.number += 1
        self.sent = shown or command
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s: step %d: %s", self.name, self.number, masked(self.sent))
        try:
            if data is None:
                return await self._channel.command(
                    command, timeout=deadline, raw=raw, progress=progress
                )
            return await self._channel.command_with_data(
                command,
                data,
                timeout=deadline,
                data_timeout=data_deadline or deadline,
                progress=progress,
            )
        except Timeout as timeout:
            raise self.no_answer(str(timeout), missing=timeout.missing) from None

    async def step(
        self,
        command: str,
        *,
        deadline: float = COMMAND_TIMEOUT,
        raw: int = 0,
        progress: Progress | None = None,
        advice: str | None = None,
    ) -> Reply:
        """One command that must end well.

        Raises `NoAnswerError`, and `CommandRefusedError` with `advice`.
        """
        reply = await self.ask(command, deadline=deadline, raw=raw, progress=progress)
        if not reply.ok:
            raise self.refused(reply, advice)
        return reply

    async def give(
        self,
        command: str,
        data: bytes,
        *,
        deadline: float,
        progress: Progress | None = None,
    ) -> Reply:
        """One command with a data phase that must end well; `deadline` is for the whole phase.

        Raises as `step` does.
        """
        reply = await self.ask(command, data=data, data_deadline=deadline, progress=progress)
        if not reply.ok:
            raise self.refused(reply)
        if not reply.prompted:
            prompt = expected_of(command).shape.prompt
            raise self.refused(reply, f"the module did not ask for the data with {prompt}")
        return reply

    async def event(self, *kinds: type[U], deadline: float) -> U:
        """The next URC of one of `kinds`. Raises `NoAnswerError` and `ModuleRestartedError`."""
        wanted = cast("tuple[type[Urc], ...]", (*kinds, Ready))
        try:
            urc = await self._channel.urc(*wanted, timeout=deadline)
        except Timeout as timeout:
            raise self.failure(NoAnswerError, str(timeout), awaited=True) from None
        if isinstance(urc, Ready):
            raise self.failure(
                ModuleRestartedError,
                f"{urc}: the module restarted",
                "if that repeats, check its power supply",
            )
        return cast("U", urc)

    def refused(
        self,
        reply: Reply,
        advice: str | None = None,
        kind: type[CommandRefusedError] = CommandRefusedError,
    ) -> CommandRefusedError:
        """The error for `reply`, the answer to the last command."""
        came = reply.final.text if not reply.ok else reply.told
        return self.failure(kind, came, advice, code=reply.final.code)

    def no_answer(self, came: str, advice: str | None = None, *, missing: int = 0) -> NoAnswerError:
        """The error for what came instead of the answer to the last command."""
        return self.failure(NoAnswerError, came, advice, missing=missing)

    def failure(
        self,
        kind: type[E],
        came: str,
        advice: str | None = None,
        *,
        code: int | None = None,
        missing: int = 0,
        awaited: bool = False,
    ) -> E:
        """Any other error of the last command."""
        return kind(
            script=self.name,
            step=self.number,
            sent=self.sent,
            came=came,
            advice=advice,
            readies=self._readies,
            code=code,
            missing=missing,
            awaited=awaited,
        )
