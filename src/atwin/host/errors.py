"""What can go wrong for the host, with the exit code a command line ends with.

Every text is one line that says what was tried, what came back, and what to do.
"""

from __future__ import annotations

from typing import ClassVar, Self

from atwin.text import masked, shown

#: Characters of one error: a command, an answer, an advice.
_LONGEST = 2000


def _safe(text: str) -> str:
    return shown(masked(text), limit=_LONGEST)


class HostError(Exception):
    """Base of the family; `exit_code` is what a command line program returns for it."""

    exit_code: ClassVar[int] = 3

    def __init__(self, text: str = "") -> None:
        """`text` may quote others: secrets and what acts on a terminal are taken out."""
        super().__init__(_safe(text))
        #: What `add` was told.
        self.added: tuple[str, ...] = ()
        #: Whether it says itself what became of the file, or of the POST.
        self.complete = False

    def add(self, text: str) -> Self:
        """One more thing to say, after what it says already."""
        self.args = (_safe(f"{self}; {text}"),)
        self.added += (text,)
        return self

    def completed(self) -> Self:
        """Mark it as `complete`."""
        self.complete = True
        return self


class ServerError(HostError):
    """The server, or the entity it holds, refused; `status` is the HTTP status."""

    exit_code = 1

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status


class UsageError(HostError):
    """The caller asked for something that cannot be."""

    exit_code = 2


class OptionError(UsageError):
    """What somebody wrote for a port, its pins, faults or trace cannot be."""


class TargetError(UsageError):
    """The local file cannot be written: no permission, no space, in use by another process.

    Counted as usage (exit code 2): neither the server nor the module failed. What was received
    before stays on disk, and the next run goes on from there.
    """


class VerificationError(HostError):
    """The file is whole, and not the one that was promised."""

    exit_code = 5


class ModuleError(HostError):
    """The module or the line to it failed."""


class LineLostError(ModuleError):
    """The port is gone."""


class ModuleSilentError(ModuleError):
    """Nothing answers `AT` any more."""


class StepError(ModuleError):
    """A step of a script failed: names the script, the step, what was sent, what came back.

    `readies`: the script brings the module onto the network, so the module itself is the trouble.
    The other details belong to the kinds of failure below.
    """

    def __init__(
        self,
        *,
        script: str,
        step: int,
        sent: str,
        came: str,
        advice: str | None = None,
        readies: bool = False,
        awaited: bool = False,
        missing: int = 0,
        code: int | None = None,
        status: int = 0,
        length: int = 0,
    ) -> None:
        self.script, self.step, self.sent, self.came = script, step, sent, came
        self.readies, self.awaited, self.missing = readies, awaited, missing
        self.code, self.status, self.length = code, status, length
        super().__init__(self._told(advice))

    def reword(self, *, came: str | None = None, advice: str | None = None) -> Self:
        """Tell it in other words; what was added stays."""
        self.came = self.came if came is None else came
        self.args = (_safe("; ".join((self._told(advice), *self.added))),)
        return self

    def _told(self, advice: str | None) -> str:
        text = f"{self.script}: step {self.step}: sent {self.sent}, came back {self.came}"
        return f"{text}; {advice}" if advice else text


class NoAnswerError(StepError):
    """The module did not answer in time; `missing` bytes of a counted body did not come.

    `awaited`: the command was answered, and the URC it leads to did not come.
    """


class CommandRefusedError(StepError):
    """The module answered with an error; `code` is the CME number if it gave one."""


class ApnMissingError(CommandRefusedError):
    """The network gives a module that had no PDP in this run none: its SIM may need an APN."""


class RefusedForGoodError(CommandRefusedError):
    """The module will never do that, so nothing is tried again."""


class WantsPersonError(RefusedForGoodError):
    """Only a person can change that: a SIM that is out or locked."""


class ModuleRestartedError(StepError):
    """The module restarted: session, bearer and settings that were not saved are gone."""


class RequestFailedError(StepError):
    """The module ended a request with a status of its own, 600 to 606 or 408.

    `length` is the byte count after the status: with 602 what the buffer holds.
    """


class TlsFailed(RequestFailedError):  # noqa: N818 - says what happened, as the status does
    """No secure channel (605), or it broke (606)."""

    exit_code = 4


class ServerBusyError(ServerError):
    """A status that may be gone after a pause: 429, 500, 502, 503, 504.

    `retry_after` are the seconds the server asks to wait; None where it does not say.
    """

    def __init__(self, text: str, status: int = 0, *, retry_after: float | None = None) -> None:
        super().__init__(text, status)
        self.retry_after = retry_after
