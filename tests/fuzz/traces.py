"""Trace files that others wrote: shown and plotted, or refused in one line; nothing acts."""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.cli.app import run
from atwin.trace.trace import FORMAT
from fuzz.guided.dice import text
from fuzz.runner import main
from support.servers.odd_documents import changed_object, text_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

START: dict[str, Any] = {
    "t": 0, "kind": "start", "format": FORMAT, "wall": "2026", "version": "1", "command": "get",
}  # fmt: skip
RECORDS: list[dict[str, Any]] = [
    {"t": 0.1, "kind": "module", "event": "air724ug", "buffer": 319488, "connections": 8},
    {"t": 0.2, "kind": "command", "dir": ">", "text": "AT+CSQ"},
    {"t": 0.3, "kind": "answer", "dir": "<", "text": "ERROR", "damaged": True},
    {"t": 0.4, "kind": "urc", "dir": "<", "text": "RDY"},
    {"t": 0.5, "kind": "data", "dir": "<", "text": "", "bytes": 99, "took": 0.1, "announced": 100},
    {"t": 0.6, "kind": "net", "event": "slot taken", "open": 1},
    {"t": 0.7, "kind": "buffer", "event": "fill", "bytes": 3},
    {"t": 0.8, "kind": "end", "event": "ended", "code": 0},
]
MORE = ("took", "bytes", "announced", "x", "\x1b[2J", "open", "dir", "text", "event", "t", "kind")


def seeds() -> Iterator[bytes]:
    """A trace with each record alone, and one with all."""
    for some in (*([one] for one in RECORDS), RECORDS):
        yield b"\n".join(json.dumps(line).encode() for line in (START, *some))


WORDS = tuple(json.dumps(word).encode() for one in (MORE, START, *RECORDS) for word in one)


def _made(dice: Random) -> bytes:
    lines = [START if dice.random() < 0.9 else changed_object(dice, START, MORE)]
    lines += [changed_object(dice, dice.choice(RECORDS), MORE) for _ in range(dice.randrange(8))]
    return b"\n".join(
        text_of(dice, line) if dice.random() < 0.3 else json.dumps(line).encode() for line in lines
    )


def _run(*words: str) -> str:
    """What a command about the trace says."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run(["trace", *words])
    assert code in (0, 2), err.getvalue()
    said = out.getvalue() + err.getvalue()
    assert "defect" not in err.getvalue()
    assert said.replace("\n", "").isprintable()
    return said


def _rewritten(line: bytes) -> bytes:
    """The same record in other words; what is none stays."""
    try:
        return json.dumps(json.loads(line), indent=None, allow_nan=False).encode()
    except (ValueError, RecursionError):
        return line


def attempt(dice: Random) -> None:
    """One file."""
    data = text(dice, _made)
    with tempfile.TemporaryDirectory() as folder:
        path, page = Path(folder, "t"), Path(folder, "p")
        path.write_bytes(data)
        shown = _run("show", str(path))
        _run("plot", str(path), "-o", str(page))
        again = Path(folder, "t")  # of the same name, which is told
        again.write_bytes(b"\n".join(map(_rewritten, data.split(b"\n"))))
        assert _run("show", str(again)) == shown
        if page.exists():
            drawn = page.read_text("utf-8")
            assert drawn.replace("\n", "").isprintable()
            assert drawn.count("<script") == 3  # the data, uPlot, and what draws


if __name__ == "__main__":
    main(attempt)
