"""Journals and state directories that others wrote to: taken, none, or damaged; never a defect."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.disk.errors import DiskError
from atwin.disk.journal import Journal
from atwin.disk.state import StateDirectory, StateError
from atwin.host.download.judging.entity import Entity
from atwin.models import load_profile
from atwin.twin.board.nvram import Nvram
from atwin.twin.board.sim import Sim
from atwin.twin.engine.settings import Settings
from fuzz.guided.dice import CUT, text
from fuzz.runner import main
from support.servers.odd_documents import changed_object, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

JOURNAL: dict[str, Any] = {
    "version": 2, "url": "http://h/f", "url_hash": "00$11", "entity": {"length": 5, "etag": None},
    "done": 3, "sha256": "0" * 64,
}  # fmt: skip
#: What a module saves of its settings, and what it would not.
SAVED: dict[str, Any] = {"cmee": 2, "creg": 1, "s0": 3, "dtr": 1}
STATE: dict[str, Any] = {
    "version": 1, "model": "air724ug", "records": {"settings": SAVED},
    "card": {"card": {"pin": "4711"}, "pin": "1234", "asks": True, "tries_left": 2},
}  # fmt: skip
PROFILE = load_profile("air724ug")
#: What else may be at that place.
NAMES = ("a", "%00", "%2F", "..", "%2e", "A", "a%", "x" * 200, ".hidden", "%C3%A9", "\udc80")


WORDS = tuple(json.dumps(word).encode() for word in (*JOURNAL, *STATE, *STATE["card"]))


def seeds() -> Iterator[bytes]:
    """A journal of either version, and a state."""
    for version in (1, 2):
        yield CUT.join(json.dumps(one).encode() for one in (JOURNAL | {"version": version}, STATE))


def attempt(dice: Random) -> None:
    """One journal, one state directory."""
    with tempfile.TemporaryDirectory() as folder:
        _journal(dice, Path(folder))
        _state(dice, Path(folder))


def _journal(dice: Random, folder: Path) -> None:
    journal = Journal(folder / "f")
    version = {"version": dice.choice((1, 1, 2, 2, 3))}
    said = text(dice, lambda dice: text_of(dice, changed_object(dice, JOURNAL | version)))
    journal.path.write_bytes(said)
    with suppress(DiskError):
        record = journal.load()
        if record is not None:
            record.is_of("http://h/f")
            Entity.from_record(record.entity).difference(Entity())
            assert record.done >= 0


def _state(dice: Random, folder: Path) -> None:
    state = folder / "state"
    (state / "files").mkdir(parents=True)
    said = text(dice, lambda dice: text_of(dice, changed_object(dice, STATE, ("x",))))
    (state / "module.json").write_bytes(said)
    for _ in range(dice.randrange(3)):
        place = state / "files" / dice.choice(NAMES)
        with suppress(OSError):
            place.mkdir() if dice.random() < 0.3 else place.write_bytes(b"x")
    with suppress(StateError), StateDirectory(state, "air724ug") as opened:
        saved = dict.fromkeys(SAVED, dice.choice((0, 1, 2, 7, 300, -1, True, "1", None)))
        for records in (opened.load_records(), {"settings": saved}):
            settings = Settings.boot(Nvram(records), PROFILE)
            assert settings.cmee in range(3), "a value that no module saves is taken"
            assert settings.creg in range(4), "a value that no module saves is taken"
        assert Sim.restored(opened.load_card()).verify("1234") in (True, False)
        opened.load_files()
        opened.load_directories()
        opened.keep_records({})


if __name__ == "__main__":
    main(attempt)
