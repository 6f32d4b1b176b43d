"""gsmHat on the port named on the command line, until it has looked for messages.

It drives a board's power key by RPi.GPIO, which only that board has: a stand-in of no effect.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from types import ModuleType


def main(port: str) -> int:
    """0 when it is ready to receive messages."""
    board = ModuleType("RPi.GPIO")
    for name in ("setmode", "setup", "output", "cleanup"):
        setattr(board, name, lambda *_: None)
    for name in ("BOARD", "OUT", "LOW", "HIGH"):
        setattr(board, name, 0)
    package = ModuleType("RPi")
    package.GPIO = board  # type: ignore[attr-defined]
    sys.modules |= {"RPi": package, "RPi.GPIO": board}

    from gsmHat import GSMHat

    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        GSMHat(port, 115200, str(log))
        end = time.monotonic() + 30
        while time.monotonic() < end:
            if "Received Data: +CPMS: " in log.read_text("utf-8"):
                print("messages read", flush=True)
                return 0
            time.sleep(0.05)
        print(log.read_text("utf-8"))
    return 1


if __name__ == "__main__":
    ended = main(sys.argv[1])
    sys.stdout.flush()
    os._exit(ended)  # its worker would go on
