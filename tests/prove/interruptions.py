"""Commands that are interrupted at random moments, and whether the next one works at once.

A twin in a process of its own on TCP, with the line time of 460,800 bit/s. A `post`, `get`,
`head` or `console` gets SIGINT, SIGTERM or SIGKILL; then `head` must end with 0 on the same
module, soon. Soon is what a busy line allows: after SIGKILL the longest data phase is filled first.
What ends before its signal is run again, and struck in half the time.
"""

from __future__ import annotations

import random
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prove.frame import Proof, Verdict
from support.running.program import start
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Iterator

BAUD = 460_800
MODELS = ("air724ug", "air780e-at", "air780e-lsat")
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
#: Seconds from the start of a command until its signal, at most.
LONGEST_WAIT = 6.0
#: Seconds an interrupted command may still take: the line time of its data, and some more.
LONGEST_END = 20.0
#: Seconds of real time the next command may take, the start of Python on a busy machine included.
LONGEST_NEXT = 40.0
#: Most bytes of a body: what the largest module takes at a time.
LARGEST = 319_000
#: What is typed at a console: something that is answered, waits, or leaves something open.
TYPED = (
    "ATI", "AT+CSQ", "AT+SAPBR=1,1", "AT+HTTPINIT", 'AT+HTTPPARA="URL","http://x/"', "ATV0", "ATE0",
    "AT+HTTPDATA=3000,60000", "AT+CFUN=4", "AT+CMEE=2", "ATQ1", "AT+IFC=1,1", "AT+CIPSTATUS",
)  # fmt: skip


@dataclass(frozen=True)
class Interruption:
    """What is run, when it is interrupted, and by what."""

    command: str
    number: signal.Signals
    wait: float
    size: int
    typed: tuple[str, ...]

    @classmethod
    def of(cls, dice: random.Random) -> Interruption:
        """Some of everything; short waits more often, for that is where most happens."""
        return cls(
            dice.choice(("post", "post", "get", "get", "head", "console")),
            dice.choice(SIGNALS),
            dice.uniform(0, LONGEST_WAIT ** dice.random()),
            dice.choice((10, 3000, 100_000, LARGEST)),
            tuple(dice.choices(TYPED, k=dice.randint(1, 5))),
        )

    def __str__(self) -> str:
        what = " ".join(self.typed) if self.command == "console" else f"{self.size} bytes"
        return f"{self.command} ({what}), {self.number.name} after {self.wait:.2f} s"


class Bench:
    """The twin, the server, and a folder."""

    def __init__(self, model: str, address: str, server: FileServer, folder: Path) -> None:
        self.port = f"socket://{address}"
        self.server = server
        self.folder = folder
        self.body = folder / "body"
        self.streams = model != "air724ug"

    def interrupt(self, what: Interruption) -> tuple[bool, str]:
        """Whether the signal came before its end; what was wrong with that, empty if nothing."""
        with start(*self._arguments(what), fresh=True) as program:
            if what.command == "console" and program.stdin is not None:
                program.stdin.write("".join(f"{line}\n" for line in what.typed).encode())
                program.stdin.flush()
            struck = False
            try:
                program.wait(what.wait)
            except subprocess.TimeoutExpired:
                struck = True
                program.send_signal(what.number)
            try:
                _, told = program.communicate(timeout=LONGEST_END)
            except subprocess.TimeoutExpired:
                program.kill()
                _, told = program.communicate()
                if what.command == "console" and what.number is signal.SIGINT:
                    return struck, ""  # that ends a command of the console, not the console
                return struck, f"did not end in {LONGEST_END:g} s: {told.decode()}"
        # Python itself tells one when it is interrupted before it has begun with ours.
        ours = b"Traceback" in told and b"atwin" in told
        return struck, f"a traceback: {told.decode()}" if ours else ""

    def _arguments(self, what: Interruption) -> list[str]:
        url = f"{self.server.base}/f"
        if what.command == "post":
            self.body.write_bytes(b"x" * min(what.size, LARGEST))
            return ["post", url, "--data", f"@{self.body}", "--port", self.port]
        if what.command == "get":
            target = self.folder / f"f{time.monotonic_ns()}"
            return ["get", url, "-o", str(target), "--port", self.port]
        if what.command == "head":
            return ["head", url, "--port", self.port]
        return ["console", "--port", self.port]

    def next_one(self) -> tuple[float, str]:
        """Seconds `head` took, and what was wrong; empty if nothing."""
        began = time.monotonic()
        with start("head", f"{self.server.base}/f", "--port", self.port, fresh=True) as program:
            try:
                _, told = program.communicate(timeout=LONGEST_NEXT)
            except subprocess.TimeoutExpired:
                program.kill()
                _, told = program.communicate()
                return LONGEST_NEXT, f"not done in {LONGEST_NEXT:g} s: {told.decode()}"
        wrong = "" if program.returncode == 0 else f"exit {program.returncode}: {told.decode()}"
        return time.monotonic() - began, wrong


@contextmanager
def bench(model: str) -> Iterator[Bench]:
    """A twin of `model` and a server, and both ended."""
    with tempfile.TemporaryDirectory() as folder, file_server(f=bytes(700_000)) as server:
        arguments = ("twin", "--model", model, "--tcp", "127.0.0.1:0", "--baud", str(BAUD))
        with start(*arguments) as twin:
            try:
                assert twin.stdout is not None
                address = twin.stdout.readline().decode().split()[-1]
                yield Bench(model, address, server, Path(folder))
            finally:
                twin.terminate()
                twin.communicate(timeout=20)


def attempt(seed: int, *, told: bool = False) -> Verdict:
    """One interruption, and the command after it."""
    dice = random.Random(seed)
    model, what = dice.choice(MODELS), Interruption.of(dice)
    if told:
        print(f"{model}: {what}", flush=True)
    with bench(model) as on:
        struck, ended = on.interrupt(what)
        while not (struck or ended):
            what = replace(what, wait=what.wait / 2)
            if told:
                print(f"it had ended before that: {what}", flush=True)
            struck, ended = on.interrupt(what)
        seconds, failed = on.next_one()
    lost = "; ".join(filter(None, (ended, failed)))
    if told:
        print(f"the next command: {seconds:.1f} s {lost}")
    detail = f"{model}: {what}: {lost}" if lost else ""
    return Verdict(seed, what.number.name, lost[:100], detail, {what.command: 1, model: 1})


PROOF = Proof(
    name="interruptions",
    claim="After a command was interrupted, at any moment and by any signal, the next one works"
    " on the same module at once.",
    unit="interruptions",
    attempt=attempt,
    told=partial(attempt, told=True),
    whole=200,
    short=6,
    alone=True,
)
