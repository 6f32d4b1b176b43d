"""What is released: built, compared, checked, installed where there is nothing else."""

import sys
from pathlib import Path

# `python -m tests.release.sbom` finds what pytest finds by its `pythonpath`.
sys.path.insert(0, str(Path(__file__).parents[1]))
