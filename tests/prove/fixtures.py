"""Many tests with the fixture `atwin`, two at a time: what they cost, and what is left of them."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from prove.frame import Proof, Verdict

#: Tests of a try.
COUNT = 40
#: Seconds of a processor that a test may take, and the start of pytest and its two helpers.
LONGEST, START = 0.12, 12.0

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


def attempt(seed: int) -> Verdict:
    """So many tests; nothing is drawn by the seed but their order in time."""
    before = _used()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "test_many.py"
        file.write_text(TESTS.replace("COUNT", str(COUNT // 2)))
        pytest = subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-n", "2", "-Werror", str(file)],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        told, _ = pytest.communicate()
    used = _used() - before
    wrong = [] if f"{COUNT} passed" in told else [told]
    wrong += [f"process {left} is left" for left in _of_session(pytest.pid)]
    if used > COUNT * LONGEST + START:
        wrong.append(f"{used:.1f} s of a processor are much")
    counts = {"tests": COUNT, "ms of a processor": round(used * 1000)}
    return Verdict(seed, "passed", wrong[0][:200] if wrong else "", "\n".join(wrong), counts)


def _used() -> float:
    """Seconds of a processor that children have taken which have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


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


PROOF = Proof(
    name="fixtures",
    claim="Tests with the fixture `atwin`, two at a time, leave no thread, descriptor or process,"
    " and cost a tenth of a second each.",
    unit=f"runs of {COUNT} tests",
    attempt=attempt,
    whole=5,
    short=1,
    alone=True,
)
