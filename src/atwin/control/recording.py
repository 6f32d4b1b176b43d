"""A trace and a capture that somebody asked for while the module runs, in files without a name.

They are gone with this program, or with the next recording; whoever wants to keep one downloads it.
"""

from __future__ import annotations

import json
import os
import tempfile
import weakref
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any

from atwin import __version__
from atwin.control.actions import NotNowError, NotThereError
from atwin.disk.errors import reason
from atwin.trace.pcap.capture import Capture

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.trace.recent import Recent

#: Bytes of one file, and of one piece of it that is read.
_MOST, _PIECE = 256 << 20, 256 << 10


class Recording:
    """One at a time of what `recent` hears."""

    def __init__(self, recent: Recent, most: int = _MOST) -> None:
        """A file ends when it has `most` bytes."""
        self._recent = recent
        self._most = most
        self._files: dict[str, _File] = {}
        self._capture: Capture | None = None
        self._began = self._ended = 0.0
        self.running = False

    def start(self, *, trace: bool, pcap: bool) -> None:
        """Begin, and forget the last one.

        Raises `NotNowError` while one runs, and where no file can be made.
        """
        if self.running:
            raise NotNowError("a recording is running: stop it first")
        if not trace and not pcap:
            raise ValueError("give trace, pcap, or both")
        self.forget()
        try:
            wanted = {"trace": trace, "pcap": pcap}
            self._files = {name: _File(self._most) for name in wanted if wanted[name]}
        except OSError as error:
            raise NotNowError(f"there can be no file: {reason(error)}") from None
        heard = self._recent.trace
        self._began, self.running = heard.now, True
        if trace:
            self._write_head()
            heard.add(self._write)
        if pcap:
            write = self._files["pcap"].add
            self._capture = Capture(write, began=heard.began, program=f"atwin {__version__}")
            heard.raw.add(self._capture)

    def stop(self) -> None:
        """End it; the files stay. Harmless when none runs."""
        if not self.running:
            return
        heard = self._recent.trace
        heard.remove(self._write)
        if "trace" in self._files:
            # Whoever reads it shall not take it for one that was cut off.
            self._write(f'{{"t":{heard.now:.6f},"kind":"end","event":"recording stopped"}}')
        if self._capture is not None:
            heard.raw.remove(self._capture)
            self._capture.end()
            self._capture = None
        self._ended, self.running = heard.now, False

    def forget(self) -> None:
        """End it, and let go of its files."""
        self.stop()
        self._files = {}

    @property
    def shown(self) -> dict[str, Any]:
        """What there is."""
        self._recent.trace.flush()
        seconds = (self._recent.trace.now if self.running else self._ended) - self._began
        sizes = {
            f"{name}_bytes": self._files[name].size if name in self._files else 0
            for name in ("trace", "pcap")
        }
        full = any(file.full for file in self._files.values())
        return {"running": self.running, "seconds": round(seconds, 3), **sizes, "full": full}

    def read(self, name: str) -> tuple[int, Iterator[bytes]]:
        """The size of "trace" or "pcap" by now, and its bytes. Raises `NotThereError`."""
        if name not in self._files:
            raise NotThereError(f"there is no recording with a {name}")
        self._recent.trace.flush()
        return self._files[name].read()

    def _write(self, lines: str) -> None:
        """In the time of the recording."""
        for line in lines.splitlines():
            time, _, rest = line.removeprefix('{"t":').partition(",")
            t = max(0.0, float(time) - self._began)
            self._files["trace"].add(f'{{"t":{t:.6f},{rest}\n'.encode())

    def _write_head(self) -> None:
        """What a trace begins with."""
        wall = datetime.fromtimestamp(self._recent.trace.began + self._began, UTC)
        for line in self._recent.feed.head:
            record = {**json.loads(line), "t": 0.0}
            if record["kind"] == "start":
                record["wall"] = wall.isoformat(timespec="seconds")
            self._files["trace"].add(json.dumps(record, separators=(",", ":")).encode() + b"\n")


class _File:
    """Grows to a size, and no further."""

    def __init__(self, most: int) -> None:
        self._file: IO[bytes] = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115
        # Whoever reads it still has it, when it is forgotten.
        weakref.finalize(self, self._file.close)
        self._most = most
        self.size = 0
        self.full = False

    def add(self, data: bytes) -> None:
        """All of `data`, or nothing from here on."""
        self.full = self.full or self.size + len(data) > self._most
        if not self.full:
            try:
                self._file.write(data)
                self.size += len(data)
            except OSError:  # the disk is full
                self.full = True

    def read(self) -> tuple[int, Iterator[bytes]]:
        size = self.size

        def pieces() -> Iterator[bytes]:
            for start in range(0, size, _PIECE):
                self._file.seek(start)
                piece = self._file.read(min(_PIECE, size - start))
                self._file.seek(0, os.SEEK_END)
                yield piece

        return size, pieces()
