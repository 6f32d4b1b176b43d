"""The file that is downloaded: as long as the vendor's (docs/spec/flows.md §3), from nginx."""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.servers import nginx

from atwin.testing.origin import Generated

if TYPE_CHECKING:
    from collections.abc import Iterator

SIZE = 11_975_260
#: Bytes of a part, the most that an answer of HTTPREAD has.
CHUNK = 307_200
PARTS = -(-SIZE // CHUNK)


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is, and what it must be."""

    url: str
    sha256: str


@contextmanager
def served() -> Iterator[Served]:
    """The file at a server of its own."""
    data = Generated(SIZE, seed=1).read(0, SIZE)
    with nginx({"file.bin": data}) as base:
        yield Served(f"{base}/file.bin", hashlib.sha256(data).hexdigest())
