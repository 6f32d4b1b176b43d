"""`atwin twin --state`, killed while a host types: the state is that of what was answered."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING

from atwin.disk.scratch import scratch_folder
from prove.cuts.recorder import Log
from prove.cuts.states import NAME, Kept, States, data_of
from prove.kills.strike import CODES, Strike, is_traceback, wait
from support.running.patience import PATIENCE
from support.running.program import start

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

#: Changes of files that a command makes, about, and those of a start.
CHANGES, AT_START = 5, 8
#: What ends an answer.
END = re.compile(rb"(\r\nOK\r\n|ERROR(: [^\r]*)?\r\n|>)$")
#: Seconds in which a twin ends that was struck by the last command.
MOMENT = 0.3
#: What takes a real module seconds.
SLOW = ("AT+RSTSET", "fresh")


def attempt(dice: Random, folder: Path) -> dict[str, int]:
    """What the table counts. AssertionError when something is lost."""
    states, struck = States.of(dice), 0
    words = ["twin", "--model", states.model, "--state", str(folder / NAME)]
    words += ["--tcp", "127.0.0.1:0", "--control", str(folder / "control")]
    for _ in range(dice.randint(1, 3)):
        states.go_on(dice)
        states.typed = [line for line in states.typed if line not in SLOW]
        strike = Strike.of(dice, CHANGES * len(states.typed) + AT_START, late=0)
        there = {NAME, *(each.name for each in folder.iterdir())}
        with scratch_folder(1 << 20) as before:
            if (folder / NAME).exists():
                shutil.copytree(folder / NAME, before / NAME)
            with strike.start(*words) as twin:
                answered = _typed(twin, states.typed)
                struck += _end(twin, strike)
            promised = _between(states, before, answered)
        states.found = states.look(folder)
        assert states.found in promised, f"the state is {states.found}, and was to be {promised}"
        if twin.returncode > 0:
            left = {each.name for each in folder.iterdir()} - there
            assert not left, f"{left} are left"
    with start(*words) as twin:
        assert _typed(twin, ["AT"]) == 1, "the next one does not work"
        twin.terminate()
        assert wait(twin).code == 143
    assert states.look(folder) == states.found
    return {"strikes": struck}


def _typed(twin: subprocess.Popen[bytes], lines: list[str]) -> int:
    """How many of the commands were answered."""
    assert twin.stdout is not None
    ready = twin.stdout.readline().decode().split()
    if not ready:
        return 0
    host, _, port = ready[-1].rpartition(":")
    answered = 0
    with suppress(OSError), socket.create_connection((host, int(port)), PATIENCE) as line:
        for text in lines:
            line.sendall(f"{text}\r".encode())
            answer = _answer(line)
            if answer.endswith(b">"):
                line.sendall(data_of(text))
                answer = _answer(line)
            if not END.search(answer):
                break
            answered += 1
    return answered


def _answer(line: socket.socket) -> bytes:
    answer = b""
    while not END.search(answer) and (more := line.recv(4096)):
        answer += more
    return answer


def _end(twin: subprocess.Popen[bytes], strike: Strike) -> bool:
    """Until it has ended, of the strike or told to; whether that was the strike.

    AssertionError when it ended otherwise.
    """
    with suppress(subprocess.TimeoutExpired):
        twin.wait(MOMENT)
    by_strike = twin.poll() is not None
    if not by_strike:
        twin.terminate()
    ended = wait(twin)
    assert not is_traceback(ended.err), ended.err
    assert ended.code in (143, -strike.number, CODES.get(strike.number)), ended
    return by_strike


def _between(states: States, before: Path, answered: int) -> list[Kept]:
    """What the state may be when so many commands were answered, and one may be under way."""
    least = _marks(states, before, answered)
    return _marks(states, before, answered + 1)[len(least) - 1 :]


def _marks(states: States, before: Path, count: int) -> list[Kept]:
    """What the state becomes by the first commands: by a twin in this process."""
    shadow, log = copy(states), Log()
    shadow.typed = states.typed[:count]
    with scratch_folder(1 << 20) as beside:
        if (before / NAME).exists():
            shutil.copytree(before / NAME, beside / NAME)
        shadow.run(beside, log)
    return log.marks(len(log.events))[0]
