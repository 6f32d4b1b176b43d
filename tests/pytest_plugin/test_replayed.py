"""`@pytest.mark.atwin(replay=…)`, in runs of pytest inside of this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import atwin.pytest_plugin.rigs  # noqa: F401 - an inner run forgets what it has imported
from support.line.recorded import pieces_of, said, write_capture

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

pytest_plugins = ["pytester"]

TESTS = """
import pytest
import serial

pytestmark = pytest.mark.atwin(replay="yesterday.pcapng")


def ask(atwin, *commands):
    with serial.serial_for_url(atwin.port, timeout=20) as line:
        for command in commands:
            line.write(command + b"\\r")
            while line.read_until(b"\\r\\n") not in (b"OK\\r\\n", b"ERROR\\r\\n"):
                pass


def test_same(atwin):
    ask(atwin, b"AT+CSQ", b"AT+CSQ", b"AT+CGATT=1")
    assert atwin.sent("CSQ") == ["AT+CSQ", "AT+CSQ"]
    assert atwin.wait_for("CSQ: ([0-9]+)")[1] == "7"
    assert atwin.differences == ""


@pytest.mark.atwin(line="tcp")
def test_other(atwin):
    ask(atwin, b"AT+CSQ", b"AT+CGATT=0", b"AT+CGATT=1")


@pytest.mark.atwin(ignore=["(?<=CGATT=)."], time_scale=1)
def test_ignored(atwin):
    ask(atwin, b"AT+CSQ", b"AT+CGATT=1")


def test_looks_into_it(atwin):
    ask(atwin, b"AT+CSQ", b"AT+CGATT=1")
    with pytest.raises(Exception, match="only a twin can be looked into"):
        atwin.set(cell={"rssi": 9})


@pytest.mark.parametrize("atwin", [
    {"replay": "nothing"}, {"replay": "test_it.py"}, {"seed": 7}, {"ignore": ["("]}, {"ignore": 7},
], indirect=True)
def test_wrong(atwin):
    pass

"""


def test_a_test_meets_yesterdays_module(pytester: pytest.Pytester) -> None:
    path: Path = pytester.path / "yesterday.pcapng"
    recording = said("> AT+CSQ", "< +CSQ: 7,0", "< OK", "> AT+CGATT=1", "< OK")
    write_capture(path, pieces_of(recording))
    pytester.plugins = []
    pytester.makeini("[pytest]\naddopts = -p no:cacheprovider -p no:hypothesispytest\n")
    pytester.makepyfile(test_it=TESTS)
    result = pytester.runpytest_inprocess("-p", "no:xdist")
    result.stdout.fnmatch_lines(
        [
            "*cannot read nothing: No such file or directory",
            "*cannot read test_it.py: it is not a pcapng file",
            "*seed: a recording cannot be so",
            "*ignore: missing ), unterminated subpattern at position 0 in '('",
            "*ignore=7: give a list of patterns",
            "*test_other*",
            "atwin: yesterday.pcapng: the dialogue differs",
            "@@ command 1 @@",
            "  > AT+CSQ",
            "+ > AT+CGATT=0",
            "+ < ERROR",
        ]
    )
    result.assert_outcomes(passed=3, failed=1, errors=5)
