"""`python -m tests.release.dist FOLDER`: wheel and sdist, twice, with the same bytes both times.

The second time they are built from the first sdist: in another folder, for another user's umask,
time zone, language and seed of hashes, from files with other dates.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parents[2]
#: What another builder has otherwise.
_OTHER = {"TZ": "Asia/Shanghai", "LC_ALL": "C", "PYTHONHASHSEED": "7"}


def build(source: Path, folder: Path, **environment: str) -> dict[str, str]:
    """Build what is in `source` into `folder`, the wheel from the sdist; each file's SHA-256."""
    words = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(source)]
    # With this variable any date goes; without it hatchling has one of its own, always the same.
    clean = {key: value for key, value in os.environ.items() if key != "SOURCE_DATE_EPOCH"}
    ended = subprocess.run(
        words, env=clean | environment, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        sys.exit(f"{ended.stdout}{ended.stderr}")
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def build_again(sdist: Path, scratch: Path) -> dict[str, str]:
    """What becomes of `sdist` elsewhere."""
    mask = os.umask(0o077)
    try:
        shutil.unpack_archive(sdist, scratch)
        (source,) = scratch.iterdir()
        (source / "PKG-INFO").unlink()  # a checkout has none
        for path in source.rglob("*"):
            os.utime(path, (1e9, 1e9))
        return build(source, scratch / "dist", **_OTHER)
    finally:
        os.umask(mask)


def main() -> int:
    """Build both, compare, let twine look at them."""
    folder = Path(sys.argv[1])
    shutil.rmtree(folder, ignore_errors=True)
    made = build(ROOT, folder)
    with TemporaryDirectory() as scratch:
        again = build_again(next(folder.glob("*.tar.gz")), Path(scratch))
    for name, digest in made.items():
        print(f"{digest}  {name}")
    if again != made:
        print(f"built again they are other files: {again}", file=sys.stderr)
        return 1
    files = [str(folder / name) for name in made]
    return subprocess.run([sys.executable, "-m", "twine", "check", "--strict", *files]).returncode


if __name__ == "__main__":
    sys.exit(main())
