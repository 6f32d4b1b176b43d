"""The TLS client is loaded late, and piece by piece."""

from __future__ import annotations

import subprocess
import sys

PROGRAM = """
import asyncio, sys
import atwin.twin
from atwin.net.loading import load_tls

async def main():
    assert "atwin.net.tls" not in sys.modules and "tlslite" not in sys.modules
    loading = asyncio.ensure_future(load_tls())
    grown = []
    while not loading.done():
        before = len(sys.modules)
        await asyncio.sleep(0)
        grown.append(len(sys.modules) - before)
    await loading
    before = set(sys.modules)
    import atwin.net.tls
    assert set(sys.modules) == before
    print(max(grown), sum(grown))

asyncio.run(main())
"""


def test_nothing_is_loaded_before_and_everything_in_small_pieces_after() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=30
    )
    biggest, everything = map(int, ended.stdout.split())
    assert everything > 100
    assert biggest < everything / 2
