"""`python -m tests.docs.cast docs/images`: what the first page shows, as `demo.svg`.

A module answers, and a file comes through it although the network takes the PDP away.
"""

from __future__ import annotations

import os
import random
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from docs.cast.recording import record
from docs.cast.svg import svg

TITLE = "A terminal: a virtual module answers AT commands; a download loses its PDP and recovers"
COMMANDS = [
    "atwin at ATI AT+CSQ --port twin://air780e-at",
    "python -m atwin.testing files & sleep 1",
    "export ATWIN_PORT='twin://air780e-at?baud=921600&faults=pdp_lost'",
    "atwin get http://127.0.0.1:18080/fw.bin --trace fw.trace",
    "atwin trace show fw.trace --grep '^[<>!].*(fault|DEACT|SAPBR=1,1|: [0-9],[26]0)'",
]


def main(target: Path) -> None:
    """Record it."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "files").mkdir()
        (folder / "files/fw.bin").write_bytes(random.Random(1).randbytes(300_000))
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        (target / "demo.svg").write_text(svg(record(COMMANDS, folder, path), TITLE), "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
