"""A signal at a place that dice have chosen, and what must hold of any command that it ends."""

from __future__ import annotations

import json
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.running.patience import PATIENCE
from support.running.program import start

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

#: How often each is drawn.
SIGNALS = (
    signal.SIGKILL,
    signal.SIGKILL,
    signal.SIGKILL,
    signal.SIGTERM,
    signal.SIGTERM,
    signal.SIGINT,
)
#: What a command ends with that was told to.
CODES = {signal.SIGTERM: 143, signal.SIGINT: 130}


@dataclass(frozen=True)
class Strike:
    """`number` comes at the nth change of a file, or after `seconds`."""

    number: signal.Signals
    nth: int
    when: str
    seconds: float | None

    @classmethod
    def of(cls, dice: Random, changes: int, *, late: float) -> Strike:
        """Of a command that makes about so many `changes`; some come within `late` seconds."""
        seconds = dice.uniform(0, late) if dice.random() < 0.15 and late else None
        return cls(
            dice.choice(SIGNALS),
            int(2 ** dice.uniform(0, changes.bit_length())),
            dice.choice(("before", "after")),
            seconds,
        )

    def __str__(self) -> str:
        where = (
            f"{self.when} change {self.nth}" if self.seconds is None else f"{self.seconds:.3f} s"
        )
        return f"{self.number.name} {where}"

    def start(self, *words: str | Path, fresh: bool = False) -> subprocess.Popen[bytes]:
        """`atwin` with these `words`, to be struck."""
        told = None if self.seconds is not None else f"{self.nth} {self.number:d} {self.when}"
        return start(*words, fresh=fresh, strike=told)


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> dict[str, Any]:
        """The object on stdout."""
        told = json.loads(self.out)
        assert isinstance(told, dict)
        return told


def wait(process: subprocess.Popen[bytes], strike: Strike | None = None) -> Ended:
    """Until `process` has ended, and whoever else has its output."""
    with process:
        try:
            if strike is not None and strike.seconds is not None:
                try:
                    process.wait(strike.seconds)
                except subprocess.TimeoutExpired:
                    process.send_signal(strike.number)
            out, err = process.communicate(timeout=PATIENCE)
        except BaseException:
            process.kill()
            raise
    return Ended(process.returncode, out.decode(), err.decode())


def judge(ended: Ended, strike: Strike, *words: str) -> bool:
    """Whether the strike ended it; it ended by itself otherwise. AssertionError for any other end.

    `words` are what its line on stderr may say, where there is one.
    """
    assert not is_traceback(ended.err), ended.err
    if ended.code == 0:
        return False
    if strike.number == signal.SIGKILL:
        assert ended.code == -signal.SIGKILL, ended
        return True
    # Before a command has begun the system ends it: to a shell that is the same.
    if ended.code == -strike.number and strike.number == signal.SIGTERM:
        return True
    assert ended.code == CODES[strike.number], ended
    assert not ended.err or any(word in ended.err for word in words), ended.err
    return True


def is_traceback(told: str) -> bool:
    """Whether there is one of ours: Python's own workers tell one when they end as they begin."""
    return "/atwin/" in told.partition("Traceback")[2]
