"""One fuzzer for some seconds in a process of its own, and the outcome."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from fuzz.guided.corpus import FOLDER

#: Bytes of memory a fuzzer may take, in MiB, and seconds of real time one input may wait.
_MEMORY, _WAIT = 1024, 200
#: Inputs up to so many bytes are told on the line that repeats them; others are a file.
_SHORT = 110
#: Characters of output that are kept.
_TOLD = 1600
_COUNTS = re.compile(r"^#(\d+)\t\w+ +cov: (\d+) ft: (\d+)", re.MULTILINE)
_ROOT = Path(__file__).parents[3]


@dataclass(frozen=True, slots=True)
class Hunt:
    """What one fuzzer did."""

    #: Inputs that were tried, edges covered by the first ones and by all, and features.
    runs: int
    began: int
    edges: int
    features: int
    #: What went wrong, "" when nothing did; and all of it, the line that repeats it last.
    lost: str = ""
    told: str = ""


def can_be_guided() -> bool:
    """Whether the part of libFuzzer for Python is installed here."""
    return importlib.util.find_spec("atheris") is not None


def hunt(name: str, *, seconds: float, seed: int, keep: bool = False) -> Hunt:
    """The fuzzer for `seconds` of processor time.

    With `keep` it goes on with what earlier ones have found interesting, and adds to that.
    """
    with tempfile.TemporaryDirectory() as place, tempfile.TemporaryFile() as output:
        folder = Path(place)
        (folder / "new").mkdir()
        grown = FOLDER / name / "grown"
        words = [f"-seed={seed % (1 << 32 - 1) or 1}", f"-timeout={_WAIT}"]
        words += [f"-rss_limit_mb={_MEMORY}", f"-artifact_prefix={place}/", "-use_value_profile=1"]
        if keep:
            grown.mkdir(parents=True, exist_ok=True)
            (folder / "new").rmdir()
            (folder / "new").symlink_to(grown)
        ended = subprocess.run(
            [sys.executable, "-m", "tests.fuzz.guided.child", name, str(seconds), place, *words],
            stdout=output,
            stderr=output,
            cwd=_ROOT,
            env=os.environ | {"PYTHONHASHSEED": "0"},
            check=False,
        ).returncode
        output.seek(0)
        said = output.read().decode(errors="replace")
        found = next(
            (path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()), None
        )
    counts = [tuple(map(int, numbers)) for numbers in _COUNTS.findall(said)] or [(0, 0, 0)]
    runs, edges, features = counts[-1]
    if not ended and runs:
        return Hunt(runs, counts[0][1], edges, features)
    said = said.strip()[-_TOLD:]
    lost = f"{name}: {said.rpartition(chr(10))[2][:120] if ended else 'no input was tried'}"
    if found is None:
        return Hunt(runs, counts[0][1], edges, features, f"{lost} (exit {ended})", said)
    return Hunt(runs, counts[0][1], edges, features, lost, f"{said}\n{_repeat(name, found)}")


def _repeat(name: str, found: bytes) -> str:
    """The line that repeats it; before it the bytes, where they are too many for a line."""
    coded = base64.b64encode(found).decode()
    if len(found) <= _SHORT:
        return f"python -m tests.fuzz.{name} --input {coded}"
    path = FOLDER.parent / "finds" / f"{name}-{hashlib.sha256(found).hexdigest()[:12]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(found)
    line = f"python -m tests.fuzz.{name} --file {path.relative_to(_ROOT)}"
    return f"{coded}\n{line}" if len(coded) < _TOLD else line
