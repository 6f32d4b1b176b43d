"""Fuzzers of everything that comes from outside; `runner` says how to write one."""

import sys
from pathlib import Path

# `python -m tests.fuzz.NAME` starts in the repository's folder, where `support` is not found.
sys.path.insert(0, str(Path(__file__).parents[1]))
