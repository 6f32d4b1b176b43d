"""`python -m tests.release.sbom FOLDER FILE`: what a wheel brings with it, as CycloneDX."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from release.installs import Place


def main() -> int:
    """Write FILE, from an environment that has the wheel and nothing else."""
    (wheel,), file = Path(sys.argv[1]).resolve().glob("*.whl"), Path(sys.argv[2]).resolve()
    file.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as scratch:
        place = Place("sbom", sys.executable, wheel, Path(scratch))
        place.make()
        words = ["environment", "--output-reproducible", "--of", "JSON", "-o", str(file)]
        words += ["--pyproject", "pyproject.toml", str(place.interpreter)]
        return subprocess.run([sys.executable, "-m", "cyclonedx_py", *words]).returncode


if __name__ == "__main__":
    sys.exit(main())
