"""`python -m tests.release.installs FOLDER`: wheel and sdist where there is nothing else.

One for each of both and each Python that is here, side by side. What is tried there runs in an
empty folder, and its environment has a path and nothing else.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSIONS = ("3.11", "3.12", "3.13")
#: Bytes that `pip install atwin` may take, compiled code included.
MOST = 40_000_000
#: Seconds that one step may take.
_PATIENCE = 300
_ASKS = "import sys, venv; print('%d.%d' % sys.version_info[:2])"

#: Serves a file of its own to a module: whole, and once more with a plan of faults by its name.
DOWNLOADS = """
import pathlib, subprocess, sys
pathlib.Path("served").mkdir()
data = bytes(range(256)) * 2000
pathlib.Path("served/fw.bin").write_bytes(data)
server = [sys.executable, "-m", "atwin.testing", "served", "0"]
with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as serving:
    url = next(word for word in serving.stdout.readline().split() if "://" in word).rstrip("/,")
    for faults, said in (("", ""), ("&faults=pdp_lost", "fault: pdp_loss begins")):
        port = "twin://air780e-at?time_scale=0" + faults
        words = ["atwin", "get", url + "/fw.bin", "-o", "got", "--port", port]
        ended = subprocess.run(words, capture_output=True, text=True)
        assert ended.returncode == 0, ended.stderr
        assert said in ended.stderr, ended.stderr
        assert pathlib.Path("got").read_bytes() == data
        pathlib.Path("got").unlink()
    serving.terminate()
"""

#: The test of README.md, shorter.
TEST = """
import subprocess

def test_a_broken_connection(atwin, httpserver, tmp_path):
    httpserver.expect_request("/fw.bin").respond_with_data(bytes(9000))
    atwin.hosts["ota.example.com"] = httpserver
    atwin.fault("reset_connection", at_connection=2, after=3000)
    program = ["atwin", "get", "http://ota.example.com/fw.bin", "--port", atwin.port]
    subprocess.run([*program, "-o", tmp_path / "fw.bin"], check=True)
    atwin.assert_no_loss()
"""


class FailedError(Exception):
    """A step that did not end well; the text is all it said."""


@dataclass(frozen=True)
class Place:
    """An environment at `folder` for what is in the file `dist`."""

    name: str
    python: str
    dist: Path
    folder: Path

    def tried(self) -> tuple[str, int]:
        """What was wrong with it, if anything, and the bytes of a wheel without extras."""
        size = 0
        try:
            self.make()
            # Compiled code counts: pip leaves it there, unless it is told not to.
            files = self._env.glob("lib/*/site-packages/**/*")
            size = sum(path.lstat().st_size for path in files) if self._compiled else 0
            if size > MOST:
                raise FailedError(f"{size:,} bytes, which is more than {MOST:,}")
            self._alone("atwin", "--version", says=self._version)
            self._alone("python", "-c", "import atwin; print(atwin.__file__)", says=str(self._env))
            self._alone("python", "-c", DOWNLOADS)
            self._install("--no-compile", f"atwin[pytest]=={self._version}")
            (self._empty / "test_it.py").write_text(TEST)
            self._alone("pytest", "-q", "-p", "no:cacheprovider", says="1 passed")
        except FailedError as error:
            return str(error), size
        return "", size

    def make(self) -> None:
        """Make the environment, with `dist` and what that needs. Raises `FailedError`."""
        self._run(self.python, "-m", "venv", "--without-pip", str(self._env))
        self._install(*([] if self._compiled else ["--no-compile"]), str(self.dist))

    @property
    def interpreter(self) -> Path:
        """Its Python."""
        return self._env / "bin" / "python"

    @property
    def _compiled(self) -> bool:
        return self.dist.suffix == ".whl"

    @property
    def _version(self) -> str:
        return self.dist.name.removesuffix(".tar.gz").split("-")[1]

    @property
    def _env(self) -> Path:
        return self.folder / "env"

    @property
    def _empty(self) -> Path:
        path = self.folder / "empty"
        path.mkdir(exist_ok=True)
        return path

    def _install(self, *words: str) -> None:
        pip = [sys.executable, "-m", "pip", "--python", str(self.interpreter)]
        self._run(*pip, "--disable-pip-version-check", "install", "-q", *words)

    def _alone(self, name: str, *words: str, says: str = "") -> None:
        clean = {"PATH": f"{self._env / 'bin'}:/usr/bin:/bin", "HOME": str(self._empty)}
        said = self._run(str(self._env / "bin" / name), *words, environment=clean)
        if says not in said:
            raise FailedError(f"{name} does not say {says!r} but: {said}")

    def _run(self, *words: str, environment: dict[str, str] | None = None) -> str:
        ended = subprocess.run(
            words,
            env=_without_paths() if environment is None else environment,
            cwd=self._empty,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE,
        )
        if ended.returncode:
            raise FailedError(f"{' '.join(words)[:200]}: {ended.stdout}{ended.stderr}")
        return ended.stdout


def _without_paths() -> dict[str, str]:
    """What pip has: its index and cache, and nothing of this checkout."""
    ours = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PYTHONDONTWRITEBYTECODE")
    return {key: value for key, value in os.environ.items() if key not in ours}


def pythons() -> dict[str, str]:
    """Those of `VERSIONS` that are on the path or with pyenv, as .ci/newest finds them."""
    root = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    there: dict[str, str] = {}
    for python in (
        *(f"python{version}" for version in VERSIONS),
        *(str(path) for path in sorted(root.glob("versions/3.*/bin/python"))),
    ):
        try:
            ended = subprocess.run([python, "-c", _ASKS], capture_output=True, text=True)
        except OSError:
            continue
        version = ended.stdout.strip()
        if version in VERSIONS:
            there.setdefault(version, python)
    return there


def places(folder: Path, scratch: Path) -> Iterator[Place]:
    """One for each Python and each file."""
    for version, python in pythons().items():
        for dist in sorted(folder.iterdir()):
            kind = "wheel" if dist.suffix == ".whl" else "sdist"
            name = f"{version} {kind}"
            yield Place(name, python, dist, scratch / name.replace(" ", "-"))


def main() -> int:
    """Try all of them; 1 when one is not right, or none could be tried."""
    folder, begun = Path(sys.argv[1]).resolve(), time.monotonic()
    wrong = False
    with TemporaryDirectory() as scratch, ThreadPoolExecutor() as pool:
        wanted = list(places(folder, Path(scratch)))
        for place in wanted:
            place.folder.mkdir()
        for place, (error, size) in zip(wanted, pool.map(Place.tried, wanted), strict=True):
            told = f"as it should be{f'; {size:,} bytes' if size else ''}"
            print(f"{place.name}: {error or told}", flush=True)
            wrong |= bool(error)
    missing = [version for version in VERSIONS if version not in pythons()]
    print(f"{time.monotonic() - begun:.0f} s; not here: {', '.join(missing) or 'none'}")
    return int(wrong or not wanted)


if __name__ == "__main__":
    sys.exit(main())
