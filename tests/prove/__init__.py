"""Long proofs with one frame: `make prove`, or `python -m tests.prove NAME...`; see `frame`."""

import sys
from pathlib import Path

# `python -m tests.prove` finds what pytest finds by its `pythonpath`.
for _folder in Path(__file__).parents[1:3]:
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))
