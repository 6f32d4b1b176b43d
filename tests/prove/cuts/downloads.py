"""Downloads in a folder that forgets: the right file in the end, and no wrong one meanwhile."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest.mock import patch

from atwin.clock import LoopClock, run_virtual
from atwin.disk.journal import Journal, Record
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.session.opening import TwinPins
from atwin.testing import Generated, Origin, SimulatedNetwork
from atwin.twin.twin import Twin
from prove.cuts.recorder import read_tree
from prove.schedules.world import Validated

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from atwin.host.download.order import Strategy
    from atwin.host.download.reports import DownloadResult
    from prove.cuts.recorder import Log, Tree

NAME = "firmware.bin"
URL = f"http://files.example/{NAME}"
#: The second in which a dated file was made: 2024-08-01 00:00:00 UTC.
DAY = 1_722_470_400
#: What may be in place of the file before.
OLD = b"the firmware of last year" * 40
#: The mark of a command that has said the file is there, whole.
NAMED = "named"


@dataclass
class Downloads:
    """A file, a module, and the way the one comes through the other."""

    model: str
    content: Generated
    chunk: int | None
    strategy: Strategy
    hash_known: bool
    replaces: bool
    #: Another file comes to the server after the first cut.
    changes: bool
    #: The server has no ETag, and its file is of the second of the first answer: its date is no
    #: validator then, and would be the same for the other file.
    dated: bool
    seed: int
    #: Seconds since then.
    age: int = field(default=0, init=False)
    #: The server's first file may be on disk: what the journal promises may be overwritten by now.
    mixed: bool = field(default=False, init=False)
    #: What was in place of the file before this run.
    former: bytes | None = field(default=None, init=False)

    @classmethod
    def of(cls, dice: Random) -> Downloads:
        """Small files in few parts: all that matters is at their borders."""
        size, model = int(2 ** dice.uniform(9, 16)), dice.choice(MODELS)
        dated = dice.random() < 0.2
        return cls(
            model=model,
            content=Generated(size, dice.randrange(1 << 30)),
            chunk=dice.choice((None, min(3000, max(64, size // dice.randint(1, 20))))),
            strategy="range" if model == "air724ug" else dice.choice(("auto", "range", "stream")),
            hash_known=dice.random() < 0.3,
            replaces=dice.random() < 0.4,
            changes=dice.random() < (0.6 if dated else 0.15),
            dated=dated,
            seed=dice.randrange(1 << 30),
        )

    def start(self) -> Tree:
        """The folder before."""
        return {NAME: OLD} if self.replaces else {}

    @property
    def whole(self) -> bytes:
        """The right file."""
        return self.content.read(0, self.content.size)

    def go_on(self, dice: Random) -> None:
        """The world turns between two runs."""
        self.age += 60
        if self.changes and not self.mixed:
            self.mixed = True
            size = max(1, self.content.size + dice.choice((-100, 0, 0, 100)))
            self.content = Generated(size, self.content.seed + 1)

    def run(self, folder: Path, log: Log) -> None:
        """One `atwin get`, to its end."""
        target = folder / NAME
        found = Journal(target).load()
        self.former = _content(target)
        log.mark(found)
        save, remove = Journal.save, Journal.remove

        def saved(journal: Journal, record: Record) -> None:
            save(journal, record)
            log.mark(record)

        def removed(journal: Journal) -> None:
            remove(journal)
            log.mark(None)

        with patch.multiple(Journal, save=saved, remove=removed):
            result = run_virtual(self._download(target))
        log.mark(NAMED)
        assert target.read_bytes() == self.whole, "WRONG FILE"
        assert sorted(read_tree(folder)) == [NAME], "something is left beside the file"
        assert result.bytes == self.content.size
        # Of a whole one without a validator nobody knows whether it is the same still.
        is_sure = found is not None and not (self.dated and found.done == self.content.size)
        if found is not None and is_sure and not self.mixed:
            assert result.resumed_from == found.done, "what was kept was fetched again"

    async def _download(self, target: Path) -> DownloadResult:
        clock = LoopClock()
        kept = frozenset(("Last-Modified",) if self.dated else ("Last-Modified", "ETag"))
        file = Validated(self.content, modified=DAY, kept=kept)
        wall = (lambda: DAY + self.age) if self.dated else clock.wall
        origin = Origin({f"/{NAME}": file}, wall=wall)
        network = SimulatedNetwork(clock, latency=0.02)
        network.serve("files.example", 80, origin.handle)
        near, far = memory_pair()
        twin = Twin(self.model, far, network=network, seed=self.seed, baud=None)
        digest = hashlib.sha256(self.whole).hexdigest() if self.hash_known else None
        async with twin, Modem(near, pins=TwinPins(twin)) as modem:
            await modem.recover()
            return await modem.download(
                URL, target, strategy=self.strategy, chunk=self.chunk, sha256=digest
            )

    def check(self, folder: Path, log: Log, at: int) -> None:
        """What a cut before event `at` has left is the truth."""
        before, after = log.marks(at)
        target, part = folder / NAME, folder / f"{NAME}.part"
        there = _content(target)
        assert there in (self.former, self.whole), "the file is neither old nor right"
        if NAMED in before:
            assert there == self.whole, "the file was there, whole, and is not after the cut"
            return
        record = Journal(target).load()
        promised = [before[-1] if before else None, *after[:1]]
        assert record in promised, f"the journal has {record}, and said {promised[0]} last"
        if self.mixed:
            return  # the journal may go before its bytes do, and they before it
        if record is None and promised[0] is not None:
            assert there == self.whole, "what was kept is gone"
        if record is not None:
            # A file that is whole keeps the promise while another one begins beside it.
            kept = [_content(path) or b"" for path in (part, target)]
            told = {hashlib.sha256(content[: record.done]).hexdigest() for content in kept}
            assert record.sha256 in told, f"the journal promises {record.done} bytes in vain"


def _content(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
