"""Many tests with the fixture `atwin`, two at a time: how long they take, and what is left of them.

python -m tests.prove.fixtures --count 200
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

#: Seconds that 200 of them may take on two processors that do nothing else, the start included.
LONGEST = 12.0

TESTS = """
import os
import threading

import pytest
import serial


def descriptors():
    return sorted(os.listdir("/proc/self/fd"))


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left():
    from atwin import Rig  # what it opens at its import stays

    before = descriptors()
    yield
    assert [each.name for each in threading.enumerate() if each.name.startswith("atwin")] == []
    assert descriptors() == before


@pytest.mark.parametrize("number", range(COUNT))
def test_it(atwin, number):
    with serial.Serial(atwin.port, 115200, timeout=20) as line:
        line.write(b"AT+CSQ\\r")
        assert line.read_until(b"OK\\r\\n")
    assert atwin.sent() == ["AT+CSQ"]


@pytest.mark.atwin(line="tcp")
@pytest.mark.parametrize("number", range(COUNT))
def test_host(atwin_host, number):
    assert atwin_host.command("AT+CSQ").ok
"""


def run(count: int) -> tuple[float, list[str]]:
    """Seconds that so many tests took, and what was wrong with them."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test_many.py"
        file.write_text(TESTS.replace("COUNT", str(count // 2)))
        began = time.monotonic()
        pytest = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "-Werror", str(file)],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        told, _ = pytest.communicate()
        took = time.monotonic() - began
    wrong = [] if f"{count} passed" in told else [told]
    return took, wrong + [f"process {left} is left" for left in _of_session(pytest.pid)]


def _of_session(leader: int) -> list[int]:
    """Processes of a session, by /proc."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if os.getsid(int(folder.name)) == leader:
                    found.append(int(folder.name))
            except ProcessLookupError:
                continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=200)
    count = parser.parse_args().count
    took, wrong = run(count)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime
    print(
        f"{count} tests with a module each, two at a time: {took:.1f} s, {cpu:.1f} of a processor"
    )
    # A machine that does other things as well makes them longer, and takes no more of it.
    if cpu / 2 > LONGEST * count / 200:
        wrong.append(f"that is long: 200 take {LONGEST:.0f} s on two processors")
    for line in wrong:
        print(line)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
