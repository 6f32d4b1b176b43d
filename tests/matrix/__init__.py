"""Odd servers × models × strategies × fresh or resumed × with a hash or without.

python -m tests.matrix --all            every case, and a table
python -m tests.matrix -k redirect      some behaviours
python -m tests.prove curl              the same servers, and what curl gets of them
"""

import sys
from pathlib import Path

# `python -m tests.matrix` finds what pytest finds by its `pythonpath`.
sys.path.insert(0, str(Path(__file__).parents[1]))
