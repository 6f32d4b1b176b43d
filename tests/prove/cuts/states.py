"""A twin with a state directory: after a cut it is as after its last change, or the one before."""

from __future__ import annotations

import json
import shutil
from contextlib import ExitStack
from copy import deepcopy
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from atwin.clock import run_virtual
from atwin.disk.scratch import scratch_folder
from atwin.disk.state import StateDirectory
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from prove.cuts.recorder import Log, Tree

NAME = "module"
#: Commands of one run, at most.
MOST_COMMANDS = 8
PLACES = ("/a", "/B", "/d/a", "/d/e/b")
COMMANDS = (
    "AT+CMEE={digit};&W", "AT+IFC={digit},{digit};&W", "AT&W", "AT+RSTSET",
    'AT+HTTPINIT;+HTTPPARA="URL","http://{digit}.example/";+HTTPSCONT;+HTTPTERM',
    'AT+CLCK="SC",{digit},"1234"', 'AT+CPWD="SC","1234","1234"',
    'AT+FSCREATE="{place}"', 'AT+FSCREATE="{place}"', 'AT+FSDEL="{place}"', 'AT+FSMKDIR="/d"',
    'AT+FSMKDIR="/d/e"', 'AT+FSRMDIR="/d"', 'AT+FSWRITE="{place}",{digit},{size},10', "fresh",
)  # fmt: skip


@dataclass
class Kept:
    """What a state directory holds."""

    records: dict[str, Any] = field(default_factory=dict)
    card: dict[str, Any] = field(default_factory=dict)
    #: None for a directory.
    files: dict[str, bytes | None] = field(default_factory=dict)

    @classmethod
    def of(cls, state: StateDirectory) -> Kept:
        """What it would tell a twin."""
        directories = dict.fromkeys(state.load_directories())
        return cls(state.load_records(), state.load_card(), {**state.load_files(), **directories})


#: How each change of a state directory changes what it holds.
CHANGES: dict[str, Any] = {
    "keep_records": lambda kept, records: setattr(kept, "records", _as_read(records)),
    "keep_card": lambda kept, card: setattr(kept, "card", card),
    "put_file": lambda kept, path, data: kept.files.__setitem__(path, data),
    "remove_file": lambda kept, path: kept.files.pop(path),
    "make_directory": lambda kept, path: kept.files.__setitem__(path, None),
    "remove_directory": lambda kept, path: kept.files.pop(path),
}


@dataclass
class States:
    """A module, and what is typed at it."""

    model: str
    typed: list[str]
    #: What the directory holds before the next run.
    found: Kept = field(default_factory=Kept)

    @classmethod
    def of(cls, dice: Random) -> States:
        """A few commands that change what is kept."""
        return cls(dice.choice(MODELS), _commands(dice))

    def start(self) -> Tree:
        """Nothing."""
        return {}

    def go_on(self, dice: Random) -> None:
        """Other commands."""
        self.typed = _commands(dice)

    def run(self, folder: Path, log: Log) -> None:
        """A twin from its start to its end; each change is marked as what it leads to."""
        now = deepcopy(self.found)
        log.mark(self.found)
        with ExitStack() as patches:
            for name, change in CHANGES.items():
                patches.enter_context(_heard(name, change, now, log))
            run_virtual(self._twin(folder / NAME))
        assert self.look(folder) == now, "what was kept is not what is there"

    async def _twin(self, path: Path) -> None:
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin(self.model, module, network=NoNetwork(), state=path) as twin:
            for line in self.typed:
                if line == "fresh":
                    twin.fresh()
                    continue
                terminal.type(f"{line}\r".encode())
                if b">" in await terminal.quiet():
                    terminal.type(data_of(line))
                    await terminal.quiet()

    def check(self, folder: Path, log: Log, at: int) -> None:
        """What a cut before event `at` has left is what was there, or what was about to be."""
        before, after = log.marks(at)
        self.found = self.look(folder)
        promised = [*(before[-1:] or [Kept()]), *after[:1]]
        assert self.found in promised, f"the state is {self.found}, and was to be {promised}"

    def look(self, folder: Path) -> Kept:
        """What the state in `folder` is; in a copy, for who looks changes it."""
        with scratch_folder(1 << 20) as beside:
            if (folder / NAME).exists():
                shutil.copytree(folder / NAME, beside / NAME)
            with StateDirectory(beside / NAME, self.model) as state:
                return Kept.of(state)


def _as_read(records: Any) -> Any:
    """Without tuples, which JSON has not."""
    return json.loads(json.dumps(records))


def data_of(line: str) -> bytes:
    """What follows the prompt of an FSWRITE."""
    return bytes(range(256)) * 8 if line.split(",")[2] == "2048" else b"x" * int(line.split(",")[2])


def _commands(dice: Random) -> list[str]:
    return [
        dice.choice(COMMANDS).format(
            digit=dice.randrange(3), place=dice.choice(PLACES), size=dice.choice((0, 1, 700, 2048))
        )
        for _ in range(dice.randint(1, MOST_COMMANDS))
    ]


def _heard(name: str, change: Any, now: Kept, log: Log) -> Any:
    real = getattr(StateDirectory, name)

    def heard(state: StateDirectory, *words: Any) -> None:
        real(state, *words)
        change(now, *words)
        log.mark(deepcopy(now))

    return patch.object(StateDirectory, name, heard)
