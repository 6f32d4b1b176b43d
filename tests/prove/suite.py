"""What `make test` draws samples of, whole: the tests marked `sampled`, and those by hypothesis.

A try is one file of them, with the seed for what is drawn at random. Those of firmware in QEMU are
a proof of their own, a try for each test: not every machine has QEMU and the cross compiler.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache, partial
from pathlib import Path

from prove.frame import NOTHING, Proof, Verdict, spread

TESTS = Path(__file__).parents[1]
FIRMWARE = TESTS / "prove" / "test_emulated.py"
#: What the others of `make prove` have whole already.
_ELSEWHERE = (FIRMWARE, TESTS / "matrix" / "test_matrix.py")
_MARKED = re.compile(r"^(@pytest\.mark\.sampled|pytestmark.*sampled|from hypothesis)", re.MULTILINE)
_TOLD = re.compile(r"\b(\d+) (passed|failed|errors?|skipped)\b")
_LIBRARY = Path("/usr/lib/arm-none-eabi/newlib/nano.specs")


def files() -> tuple[str, ...]:
    """Those with tests of which only samples are run."""
    found = (path for path in sorted(TESTS.rglob("test_*.py")) if path not in _ELSEWHERE)
    return tuple(str(path) for path in found if _MARKED.search(path.read_text("utf-8")))


@cache
def _firmware() -> tuple[str, ...]:
    """Its tests, named as pytest does."""
    collected = _pytest(0, "--collect-only", str(FIRMWARE)).stdout
    return tuple(line for line in collected.splitlines() if "::test_" in line)


def _pytest(seed: int, *words: str, told: bool = False) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", f"--hypothesis-seed={seed}", *words],
        cwd=TESTS.parent,
        env={**os.environ, "ATWIN_TEST_WHOLE": "1", "ATWIN_TEST_SEED": str(seed)},
        stdin=subprocess.DEVNULL,
        stdout=None if told else subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def _verdict(seed: int, name: str, *words: str, told: bool) -> Verdict:
    """What pytest ends with; a file of which nothing is run that it should is a find too."""
    done = _pytest(seed, *words, told=told)
    counts = {what: int(count) for count, what in _TOLD.findall((done.stdout or "")[-400:])}
    lost = "" if not done.returncode else f"{name}: pytest ended with {done.returncode}"
    return Verdict(
        seed,
        "run" if lost or told or counts.get("passed") else f"{NOTHING}: all is skipped here",
        lost,
        (done.stdout or "") if lost else "",
        counts,
    )


def attempt(seed: int, *, told: bool = False) -> Verdict:
    """One file."""
    file = spread(files(), seed)
    name = str(Path(file).relative_to(TESTS))
    return _verdict(seed, name, "-m", "sampled or hypothesis", file, told=told)


def attempt_firmware(seed: int, *, told: bool = False) -> Verdict:
    """One test of the firmware."""
    name = spread(_firmware(), seed)
    return _verdict(seed, name, name, told=told)


def _lacks_for_firmware() -> str:
    lacking = [each for each in ("qemu-system-arm", "arm-none-eabi-gcc") if not shutil.which(each)]
    lacking += [] if _LIBRARY.exists() else ["newlib for it"]
    return f"{', '.join(lacking)}: not here" if lacking else ""


PROOF = Proof(
    name="suite",
    claim="What `make test` draws samples of holds in all its combinations, and the properties that"
    " hypothesis tries hold for ten times as many examples.",
    unit="files of tests, whole",
    attempt=attempt,
    told=partial(attempt, told=True),
    whole=len(files()),
    short=0,
    real=3600.0,
)

FIRMWARE_PROOF = Proof(
    name="firmware",
    claim="The example firmware on an emulated Cortex-M gets the whole file at 115200 bit/s,"
    " counts exactly the bytes its line has lost, and resets a module that hangs.",
    unit="downloads by firmware in QEMU",
    attempt=attempt_firmware,
    told=partial(attempt_firmware, told=True),
    whole=16,
    short=0,
    real=600.0,
    missing=_lacks_for_firmware,
)
