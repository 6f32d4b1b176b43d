"""Puts a fault into a copy of the source, and has the short form of the proofs look for it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from prove.frame import PROOFS, load
from prove.mutants.table import SOURCE, Mutant, apply

if TYPE_CHECKING:
    from collections.abc import Sequence

#: Seconds that one call of the proofs may take: the short form, with nobody else here, needs 170.
LONGEST = 900.0
_FIND = re.compile(r"LOST .*?: python -m tests\.prove (\S+) --seed (\d+)", re.DOTALL)
_REPOSITORY = SOURCE.parent


@dataclass(frozen=True, slots=True)
class Hunt:
    """What became of a mutant; without `proof` nobody found it."""

    mutant: Mutant
    seconds: float
    proof: str = ""
    seed: int = 0
    #: Whether the seed finds it again, and nothing in the source without it.
    repeats: bool = False
    told: str = ""

    @property
    def lost(self) -> str:
        """Why this is a find about the proofs; "" where all is well."""
        if not self.proof:
            return f"NOT FOUND: {self.mutant.what}"
        return "" if self.repeats else f"NOT REPEATED by {self.proof} --seed {self.seed}"


def hunt(mutant: Mutant, base: int) -> Hunt:
    """All proofs of the short form, from seed `base` on, until one finds it."""
    began = time.monotonic()
    short = [name for name in PROOFS if name != "mutants" and load(name).short]
    rest = [name for name in short if name not in mutant.likely]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(
            SOURCE, folder / "mutant", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
        )
        apply(mutant, folder / "mutant")
        for names in [*([each] for each in mutant.likely), rest]:
            if (found := _first_find(names, base, folder)) is not None:
                proof, seed, told = found
                again = _run([proof, "--seed", str(seed)], folder).returncode == 1
                without = _run([proof, "--seed", str(seed)], None).returncode == 0
                took = time.monotonic() - began
                return Hunt(mutant, took, proof, seed, again and without, told)
    return Hunt(mutant, time.monotonic() - began)


def _first_find(names: Sequence[str], base: int, folder: Path) -> tuple[str, int, str] | None:
    """The proof, the seed, and what was told of it."""
    journal = ("--journal", str(folder / "journal"))
    run = _run([*names, "--short", "--first", "--base", str(base), *journal], folder)
    if (found := _FIND.search(run.stderr)) is None:
        if run.returncode not in (0, 5):  # 5: what they need is not here
            raise RuntimeError(
                f"{' '.join(names)} ended with {run.returncode}: {run.stderr[-500:]}"
            )
        return None
    return found[1], int(found[2]), found[0]


def _run(arguments: Sequence[str], folder: Path | None) -> subprocess.CompletedProcess[str]:
    """The proofs on the mutant in `folder`, or on our own source."""
    environment = {**os.environ, "PYTHONPATH": str(folder / "mutant" if folder else SOURCE)}
    if folder is not None:
        environment |= {"PYTHONPYCACHEPREFIX": str(folder / "cache")}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
    return subprocess.run(
        [sys.executable, "-m", "tests.prove", *arguments],
        cwd=_REPOSITORY,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONGEST,
        check=False,
    )
