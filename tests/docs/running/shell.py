"""A page's bash: one folder, ports and devices of its own."""

from __future__ import annotations

import os
import random
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from docs.running.forks import forked_programs
from docs.running.matching import diff, same
from docs.running.page import Page, Shown, Step
from support.running.patience import PATIENCE, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
#: Commands and files for their output come in, exit codes go out. `$?` is that of the one before.
_LOOP = """
before() { return "$1"; }
code=0
while IFS= read -r -d '' command && IFS= read -r -d '' file; do
  before $code
  eval "$command" < /dev/null > "$file" 2>&1
  code=$?
  echo $code
done
"""
#: A reader's pytest: the plugins that this project is tested with take seconds of its own start.
_PYTEST = " ".join(
    f"-p no:{name}" for name in ("schemathesis", "hypothesispytest", "anyio", "xdist", "pytest_cov")
)
_PORT = re.compile(r"(?<=127\.0\.0\.1:)\d{4,5}\b|(?<=localhost:)\d{4,5}\b|\b18[0-4]\d\d\b")
_PLACE = re.compile(r"(?<![\w./])/(?=tmp/\w|dev/tty(?:USB|ACM)\d)")


class Places:
    """Where this run has the ports and files that a page names."""

    def __init__(self, folder: Path) -> None:
        self._folder = f"{folder}/"
        self._ports: dict[str, str] = {}

    def here(self, text: str) -> str:
        """The text of the page as it runs."""
        text = _PORT.sub(lambda port: self._port(port[0]), text)
        return _PLACE.sub(self._folder, text)

    def there(self, text: str) -> str:
        """What was printed as the page shows it."""
        for name, port in self._ports.items():
            text = re.sub(rf"\b{port}\b", name, text)
        return text.replace(self._folder, "/")

    def _port(self, name: str) -> str:
        if name not in self._ports:
            self._ports[name] = str(_free_port(len(name)))
        return self._ports[name]


def _free_port(digits: int) -> int:
    """With as many digits, as lengths of headers are shown; none that the system gives away."""
    while True:
        port = random.randrange(2000, 10000) if digits == 4 else random.randrange(19000, 32768)
        with suppress(OSError), socket.socket() as one:
            one.bind(("127.0.0.1", port))
            return port


class Shell:
    """One bash, which knows at its next command what the one before did."""

    def __init__(self, folder: Path, home: Path, programs: str) -> None:
        self._folder = folder
        self._count = 0
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ATWIN_")}
        folders = [str(Path(sys.executable).parent), os.environ["PATH"], "/usr/sbin"]  # nginx
        path = os.pathsep.join([programs, *folders] if programs else folders)
        ours = {"PATH": path, "HOME": str(home), "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        self._bash = subprocess.Popen(
            ["bash", "--norc", "-c", _LOOP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=home,
            env={**kept, **ours, "PYTHONUNBUFFERED": "1", "PYTEST_ADDOPTS": _PYTEST},
            start_new_session=True,
        )

    def run(self, command: str) -> tuple[int, Path]:
        """Exit code and file of the output; TimeoutError after `PATIENCE`."""
        assert self._bash.stdin is not None
        assert self._bash.stdout is not None
        self._count += 1
        file = self._folder / f"output-{self._count}"
        self._bash.stdin.write(f"{command}\0{file}\0".encode())
        self._bash.stdin.flush()
        if not select.select([self._bash.stdout], [], [], PATIENCE)[0]:
            raise TimeoutError(command)
        return int(self._bash.stdout.readline() or "-1"), file

    def end(self) -> None:
        """End what still runs, and bash."""
        with suppress(TimeoutError, OSError):
            self.run("kill $(jobs -p) 2> /dev/null; wait")
        with suppress(ProcessLookupError):
            os.killpg(self._bash.pid, signal.SIGKILL)
        self._bash.communicate()


@contextmanager
def _playing(page: Page, *, forks: bool) -> Iterator[tuple[Shell, Places, Path]]:
    """The folder and the devices of a page. Short paths: sockets have 100 characters at most."""
    shared = "/dev/shm" if os.path.isdir("/dev/shm") else None
    folder = Path(tempfile.mkdtemp(prefix="page-", dir=shared))
    home = folder / "home/you"
    for each in (home, folder / "tmp", folder / "dev"):
        each.mkdir(parents=True)
    if "examples/" in page.text:
        (home / "examples").symlink_to(ROOT / "examples")
    places, stack = Places(folder), ExitStack()
    try:
        programs = stack.enter_context(forked_programs(folder)) if forks else ""
        shell = Shell(folder, home, programs)
        stack.callback(shell.end)
        for device in sorted(set(re.findall(r"/dev/tty(?:USB|ACM)\d", page.text))):
            options = page.devices.get(device, "--model air780e-at")
            twin = places.here(f"atwin twin --time-scale 0 --pty {device} {options} &")
            _await("ready …\n", shell.run(twin)[1], places)
        yield shell, places, home
    finally:
        stack.close()
        shutil.rmtree(folder, ignore_errors=True)


def _await(shown: str, file: Path, places: Places) -> str:
    """What a command in the background says: as soon as that is as shown, or cannot become so."""
    said = ""

    def is_told() -> bool:
        nonlocal said
        said = places.there(file.read_text("utf-8", "replace"))
        as_long = "...\n" not in shown and said.count("\n") >= shown.count("\n")
        return as_long or same(shown, said, so_far=True)

    with suppress(AssertionError):
        wait_until(is_told)
    return said


def play(page: Page, *, forks: bool = False) -> Iterator[tuple[Step, str, str]]:
    """Run a page: each step with what it printed, and what is wrong with that ("" for nothing).

    `forks`: without a start of Python for each command.
    """
    with _playing(page, forks=forks) as (shell, places, home):
        for item in page.items:
            if isinstance(item, Shown):
                file = home / item.name
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(places.here(item.text), "utf-8")
            else:
                yield item, *_played(item, shell, places)


def _played(step: Step, shell: Shell, places: Places) -> tuple[str, str]:
    code, file = shell.run(places.here(step.command))
    if step.stays:
        printed = _await(step.shown, file, places)
    else:
        printed = places.there(file.read_text("utf-8", "replace"))
    wrong = "" if same(step.shown, printed, so_far=step.stays) else diff(step.shown, printed)
    if code != 0 and not step.may_fail:
        wrong = f"{wrong}\nexit code {code}, and no `$ echo $?` shows it".strip()
    return printed, wrong
