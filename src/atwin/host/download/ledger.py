"""What of a download is on disk: `FILE.part`, and the journal that says how far it is good.

First come the bytes, then the journal that promises them. An entity that is given up stays there,
journal and all, until the first bytes of the new one have come: what came in its place may turn
out to be no entity at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.disk.errors import DiskError
from atwin.disk.journal import Journal, Record
from atwin.disk.part import PartFile, hash_file
from atwin.host.download.judging.entity import Entity
from atwin.host.errors import VerificationError

if TYPE_CHECKING:
    from atwin.host.download.order import Order


class Ledger:
    """The files beside the target; `part` is to be closed, `journal` is what it may go on from.

    Every method raises `DiskError`, but not `kept_in_words`.
    """

    def __init__(self, order: Order, url: str) -> None:
        """`url` is what the journal is of."""
        self.part = PartFile(order.target, md5=order.md5 is not None)
        self._order = order
        self.journal = Journal(order.target)
        self._url = url
        #: Where this run began.
        self.resumed_from = 0
        #: Whether the journal may promise anything: without ranges nothing can go on.
        self.promises = True
        #: What comes after this many bytes is of a stream whose status is not known; None: nothing.
        self.proven: int | None = None
        #: What is on disk must be compared with the server's before anything goes on after it.
        self.joint_due = False
        # What is on disk is not what `size` speaks of, and stays until something is kept.
        self._aside = False

    @property
    def size(self) -> int:
        """Good bytes."""
        return self.part.size

    def take_up(self, record: Record) -> bool:
        """Go on after what `record` promises; False when the disk does not hold that."""
        part = self.part
        if part.adopt(record.done) and part.hashes.sha256 == record.sha256:
            self.resumed_from = part.size
            proven = record.entity.get("proven")
            self.proven = max(0, proven) if isinstance(proven, int) else None
            return True
        part.set_aside()
        length = record.entity.get("length")
        if length not in (None, record.done) or not self._order.target.is_file():
            return False
        return self._adopt_target(record.sha256)

    def keep(self, data: bytes, entity: Entity | None) -> None:
        """Append `data` of `entity`; from here on a kill does not cost them."""
        first, self._aside = self._aside, False
        self.part.append(data)
        if self.promises:
            told = (entity or Entity()).to_record()
            if self.proven is not None:
                told["proven"] = self.proven
            sha256 = self.part.hashes.sha256
            self.journal.save(Record.of(self._url, told, self.part.size, sha256))
        elif first:
            self.journal.remove()

    def go_back(self, size: int, entity: Entity | None) -> None:
        """Drop what came after the first `size` bytes."""
        self.proven = None
        if self._aside:
            return
        if not size:
            self.start_over()
        elif self.part.size > size:
            self.part.adopt(size)
            self.keep(b"", entity)

    def drop_unproven(self, entity: Entity | None) -> bool:
        """Drop what a stream has left that nobody vouches for; False when there is nothing."""
        if self.proven is None or self.proven >= self.size:
            return False
        self.go_back(self.proven, entity)
        return True

    def set_aside(self) -> None:
        """Begin at byte 0 again; what is there stays until the next bytes are kept."""
        self.proven = None
        self._aside = self._aside or bool(self.part.size)
        self.part.set_aside()
        self.resumed_from = 0

    def start_over(self) -> None:
        """Drop everything."""
        self._aside, self.proven = False, None
        self.journal.remove()
        self.part.start_over()
        self.resumed_from = 0

    def kept_in_words(self) -> str:
        """What the next run can go on after, for a sentence."""
        try:
            record = self.journal.load()
        except DiskError:
            return "what was received before is kept"
        if record is None or not record.done:
            return "nothing was kept"
        part = self.part.path.name
        return f"{record.done} bytes are kept; the next run goes on, or starts over without {part}"

    def is_there(self) -> bool:
        """Whether the target is the file that was ordered, by its hash; then it is taken as it is.

        A run that was killed between naming the file and removing its journal leaves that too.
        """
        order = self._order
        hashes = hash_file(order.target, md5=order.md5 is not None) if order.by_hash else None
        if hashes is None or order.mismatch(hashes) is not None:
            return False
        self.part.remove()
        return self._adopt_target(hashes.sha256)

    def _adopt_target(self, sha256: str) -> bool:
        if self.part.is_finished(self._order.target.stat().st_size, sha256):
            self.resumed_from = self.part.size
            return True
        return False

    def verify(self, url: str, coding: str | None) -> None:
        """Raise `VerificationError` unless the bytes, from `url`, hash to what was ordered.

        With a `coding` they are not what the server has, but what it makes of that.

        The wrong ones are gone then, and the next run starts over.
        """
        wrong = self._order.mismatch(self.part.hashes)
        if wrong is None:
            return
        if coding is not None:
            wrong += f" (they are content-coded, {coding}: perhaps the hash is of the plain file)"
        size = self.part.size
        self.journal.remove()
        self.part.remove()
        raise VerificationError(
            f"{size} bytes came from {url} and {wrong}: removed them, the next run starts over"
        )

    def finish(self) -> None:
        """Give the file its name."""
        self.part.finish()
        self.journal.remove()
