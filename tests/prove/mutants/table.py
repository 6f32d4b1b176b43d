"""The faults: a place in the source, what stands there, and what is put in its place."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src"


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `old` stands once in the whole source; `likely` are proofs to be asked first."""

    name: str
    file: str
    old: str
    new: str
    #: What is wrong then, in one sentence.
    what: str
    likely: tuple[str, ...] = ("schedules",)


MUTANTS: tuple[Mutant, ...] = (
    # --- the twin -----------------------------------------------------------------------------
    Mutant(
        "range-offset",
        "twin/chapters/http/parameters.py",
        'return f"bytes={first}-{end}".encode("ascii")',
        'return f"bytes={first + (first > 0)}-{end}".encode("ascii")',
        "A module asks for each range but the first from one byte later.",
    ),
    Mutant(
        "602-not-told",
        "twin/chapters/http/service.py",
        "        if self.buffer.dropped:\n",
        "        if self.buffer.dropped < 0:\n",
        "A response larger than the buffer is cut, and answered with the server's status.",
    ),
    Mutant(
        "buffer-one-short",
        "twin/chapters/http/service.py",
        "self.dropped += max(0, len(data) - room)",
        "self.dropped += max(0, len(data) - room - 1)",
        "One byte at the buffer's end gets lost without a word.",
        ("matrix",),
    ),
    Mutant(
        "pdp-loss-not-noticed",
        "twin/chapters/http/client.py",
        "unwatch = self._bearers.watch(wanted.parameters.cid, lost)",
        "unwatch = self._bearers.watch(wanted.parameters.cid, lambda: None)",
        "A request goes on over a PDP that is gone.",
        ("hours",),
    ),
    Mutant(
        "watcher-kept",
        "twin/chapters/http/client.py",
        "        finally:\n            unwatch()\n\n    def timed_out",
        "        finally:\n            pass\n\n    def timed_out",
        "Each request leaves a callback at its bearer.",
        ("hours",),
    ),
    Mutant(
        "nvram-trusted",
        "twin/board/nvram.py",
        "if sound and (field not in allowed or value in allowed[field]):",
        "if sound:",
        "A value out of its range is taken from a damaged NVRAM record.",
        ("fuzz-briefly",),
    ),
    Mutant(
        "typed-ahead-waits",
        "twin/engine/interpreter.py",
        "                self._go_on(commands)\n        self._fill_gap()\n        self.resume()\n",
        "                self._go_on(commands)\n        self._fill_gap()\n",
        "A line that is typed while a command is under way waits for the next byte.",
        ("hours",),
    ),
    Mutant(
        "watch-kept",
        "control/lines.py",
        "        watch.end()\n        # Whoever",
        "        # Whoever",
        "Each client of the control socket that asked for RI is told of it when it is gone.",
        ("hours",),
    ),
    Mutant(
        "url-unmasked",
        "control/state.py",
        '"url": None if session is None else masked_url(session.parameters.url),',
        '"url": None if session is None else str(session.parameters.url),',
        "The state shows the password of a URL.",
        ("hours",),
    ),
    # --- the host -----------------------------------------------------------------------------
    Mutant(
        "read-offset",
        "host/http/body.py",
        "piece = await self._read_piece(first + got, size, got)",
        "piece = await self._read_piece(first + got + bool(got), size, got)",
        "Of a part that takes several HTTPREADs each but the first begins one byte later.",
    ),
    Mutant(
        "part-counted-twice",
        "host/download/parts.py",
        "course.keep(data[len(check) :])",
        "course.keep(data)",
        "After resuming, bytes that are on disk already are written once more.",
        ("matrix",),
    ),
    Mutant(
        "stale-etag",
        "host/download/judging/entity.py",
        "if self.etag and other.etag and _plain(self.etag) != _plain(other.etag):",
        'if self.etag and other.etag and _plain(self.etag) == "":',
        "Parts of two versions of a file are put together, whatever the ETag says.",
        ("matrix",),
    ),
    Mutant(
        "hash-not-compared",
        "host/download/ledger.py",
        "        wrong = self._order.mismatch(self.part.hashes)\n",
        "        wrong = None\n",
        "A download does not compare its file with the hash that it was told.",
    ),
    Mutant(
        "damaged-part-taken",
        "host/download/ledger.py",
        "if part.adopt(record.done) and part.hashes.sha256 == record.sha256:",
        "if part.adopt(record.done):",
        "What is on disk is gone on with, whether or not it is what the journal promises.",
        ("hours",),
    ),
    Mutant(
        "lost-urc",
        "host/channel/urcs.py",
        "        self._kept.append(urc)\n",
        "        del urc\n",
        "A URC that comes before somebody waits for it is lost.",
    ),
    Mutant(
        "wait-without-end",
        "host/channel/urcs.py",
        "timer = self._clock.call_later(timeout, expire)",
        "timer = self._clock.call_later(1e9, expire)",
        "Who waits for a URC that never comes waits for ever.",
    ),
    Mutant(
        "waiter-kept",
        "host/channel/urcs.py",
        "            if waiter in self._waiters:\n                self._waiters.remove(waiter)\n",
        "",
        "Each wait for a URC leaves its waiter.",
        ("hours",),
    ),
    Mutant(
        "echo-is-an-answer",
        "at/in_flight.py",
        "if not self._echo or not text.endswith(self._echo):",
        "if self._echo or not text.endswith(self._echo):",
        "The echo of a command is taken for a line of its answer.",
        ("hours",),
    ),
    Mutant(
        "cr-lf-split",
        "at/answers.py",
        "self._after_cr = data[stop] == _CR\n",
        "self._after_cr = data[stop] == _CR and stop + 1 < len(data)\n",
        "CR and LF that come in two reads are two line ends: a body begins with LF.",
    ),
    Mutant(
        "urc-is-an-answer",
        "at/in_flight.py",
        "if FOREIGN.fullmatch(text) or (urc is not None and not urc.IS_INFORMATION):",
        "if FOREIGN.fullmatch(text):",
        "A URC inside of an answer is taken for a line of it.",
        ("hours",),
    ),
    Mutant(
        "ladder-order",
        "host/recovery/rungs.py",
        "    *(NewPdp,) * PDP_REBUILDS,\n    CipShut,\n    FlightMode,\n    ResetCommand,\n",
        "    ResetCommand,\n    *(NewPdp,) * PDP_REBUILDS,\n    CipShut,\n    FlightMode,\n",
        "A module is restarted before anybody has tried a new PDP.",
        ("rungs",),
    ),
    Mutant(
        "secrets-follow",
        "host/http/redirects.py",
        "return not (self._left_home and header.stays_home)",
        "return True",
        "A redirect to another server takes the password along.",
        ("hours",),
    ),
    Mutant(
        "overlap-not-compared",
        "host/download/parts.py",
        "if not data.startswith(check):",
        "if len(data) < len(check):",
        "A part is put after what is on disk, whether or not it begins with the end of that.",
    ),
    Mutant(
        "late-answer-taken",
        "host/channel/channel.py",
        "                self._owed.add(exchange.sent)\n",
        "                pass\n",
        "A command takes the answer that came too late for the one before it.",
        ("fuzz-briefly",),
    ),
    Mutant(
        "newest-urc-first",
        "host/channel/urcs.py",
        "        for urc in self._kept:\n",
        "        for urc in reversed(self._kept):\n",
        "Of two URCs that came before somebody asked the later one is told first.",
        ("hours",),
    ),
    Mutant(
        "fresh-date-kept",
        "host/download/judging/entity.py",
        "None if self.fresh else self.last_modified",
        "self.last_modified",
        "A date of the very second of the answer is kept as a validator for the next run.",
        ("cuts",),
    ),
    # --- the line -----------------------------------------------------------------------------
    Mutant(
        "xoff-ignored",
        "line/uart/flow.py",
        "self._xoff = on and self.flow is Flow.SOFTWARE",
        "self._xoff = False",
        "A module goes on sending after XOFF.",
        ("hours",),
    ),
    Mutant(
        "rts-ignored",
        "line/uart/flow.py",
        "Flow.HARDWARE: not (self._rts and self._has_room),",
        "Flow.HARDWARE: False,",
        "A module goes on sending when RTS says stop.",
    ),
    Mutant(
        "cts-ignored",
        "line/uart/flow.py",
        "if self._xoff or (self._obeys_cts and not self.cts):",
        "if self._xoff:",
        "A host goes on sending when CTS says stop.",
        ("hours",),
    ),
    Mutant(
        "held-for-the-next",
        "line/ports/rfc2217.py",
        "        self._telnet = None\n        self._held.clear()\n",
        "        self._telnet = None\n",
        "What a client of RFC 2217 has held back goes to the next one.",
        ("fuzz-briefly",),
    ),
    # --- the network --------------------------------------------------------------------------
    Mutant(
        "short-body-is-whole",
        "net/http/bodies.py",
        '        if not data:\n            raise StreamError(f"closed {self._left}',
        "        if not data and self._left > 1:\n"
        '            raise StreamError(f"closed {self._left}',
        "A body that is one byte shorter than its Content-Length is taken for whole.",
        ("hours",),
    ),
    Mutant(
        "no-trailer",
        "net/http/bodies.py",
        "self._expected = _Line.END_OF_CHUNK if size else _Line.TRAILER",
        "self._expected = _Line.END_OF_CHUNK",
        "The trailer of a chunked body is read as another chunk.",
        ("matrix",),
    ),
    Mutant(
        "mac-not-checked",
        "net/tls/protection.py",
        "if not hmac.compare_digest(self._mac(kind, data), plain[end : end + self._tag_size]):",
        'if self._mac(kind, data) == b"":',
        "TLS records are taken whatever their MAC.",
        ("hours",),
    ),
    Mutant(
        "dates-not-checked",
        "net/tls/certificates/verify.py",
        "    if profile.check_time is None:\n",
        "    if profile.check_time != -1:\n",
        "A certificate that has expired is good.",
        ("fuzz-briefly",),
    ),
    Mutant(
        "names-not-checked",
        "net/tls/certificates/verify.py",
        "if host is None or speaks_for(leaf, host):",
        "if host is None or leaf is not None:",
        "A certificate is good for every server.",
        ("fuzz-briefly",),
    ),
    Mutant(
        "head-end-split",
        "net/http/response.py",
        "max(0, searched - 2)",
        "max(0, searched)",
        "The blank line after a header is not seen when it comes in two reads.",
    ),
    Mutant(
        "wildcard-for-a-domain",
        "net/tls/certificates/names.py",
        'first == "*" and "." in rest and bool(host_first)',
        'first == "*" and bool(host_first)',
        "A certificate for `*.com` is good for every domain in it.",
        ("fuzz-briefly",),
    ),
    # --- the disk -----------------------------------------------------------------------------
    Mutant(
        "journal-before-data",
        "host/download/ledger.py",
        "        self.part.append(data)\n        if self.promises:\n",
        "        if self.promises:\n"
        "            promised = self.part.hashes._sha256.copy()\n"
        "            promised.update(data)\n"
        "            told, size = (entity or Entity()).to_record(), self.part.size + len(data)\n"
        "            self.journal.save(Record.of(self._url, told, size, promised.hexdigest()))\n"
        "        self.part.append(data)\n"
        "        if self.promises:\n",
        "The journal promises bytes before they are on disk.",
        ("cuts",),
    ),
    Mutant(
        "part-not-synced",
        "disk/part.py",
        "            view, at = view[count:], at + count\n        sync_data(self._fd)\n",
        "            view, at = view[count:], at + count\n",
        "The bytes of a part are not synced before the journal promises them.",
        ("cuts",),
    ),
    Mutant(
        "journal-not-synced",
        "disk/whole.py",
        "        view = view[os.write(fd, view) :]\n    os.fsync(fd)\n",
        "        view = view[os.write(fd, view) :]\n",
        "A journal or a state gets its name before its bytes are on disk.",
        ("cuts",),
    ),
    Mutant(
        "torn-end-stays",
        "disk/part.py",
        "            self._cut()\n            if _hash(self._fd",
        "            if _hash(self._fd",
        "What a cut has left after the good bytes stays in the file.",
        ("cuts",),
    ),
    Mutant(
        "short-write",
        "disk/part.py",
        "view, at = view[count:], at + count",
        "view, at = view[count:], at",
        "After a short write the rest is written over the beginning.",
        ("cuts",),
    ),
    Mutant(
        "removal-not-synced",
        "disk/journal.py",
        "            self._new.unlink(missing_ok=True)\n"
        "            sync_directory(self.path.parent)\n",
        "            self._new.unlink(missing_ok=True)\n",
        "A journal that was removed is there again after a power cut.",
        ("cuts",),
    ),
    Mutant(
        "lines-glued",
        "disk/growing.py",
        "return start + last + 1\n",
        "return start + last\n",
        "What is added to a file of lines goes on in its last one.",
        ("cuts",),
    ),
    Mutant(
        "directory-not-synced",
        "disk/journal.py",
        "            replace_private(self.path, data, self._new)\n"
        "            sync_directory(self.path.parent)\n",
        "            replace_private(self.path, data, self._new)\n",
        "The new name of a journal may not outlive a power cut.",
        ("cuts",),
    ),
    Mutant(
        "state-not-synced",
        "disk/state.py",
        '            replace_private(path, data, self.path / "new")\n'
        "            sync_directory(path.parent)\n",
        '            replace_private(path, data, self.path / "new")\n',
        "What a twin keeps is old again after a power cut.",
        ("cuts",),
    ),
)

BY_NAME = {mutant.name: mutant for mutant in MUTANTS}


def apply(mutant: Mutant, source: Path) -> None:
    """Put it into `source`, a copy of ours."""
    file = source / "atwin" / mutant.file
    text = file.read_text()
    assert text.count(mutant.old) == 1, f"{mutant.name}: {mutant.file} has changed"
    file.write_text(text.replace(mutant.old, mutant.new))
