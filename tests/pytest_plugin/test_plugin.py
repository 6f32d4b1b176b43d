"""The pytest plugin, in runs of pytest inside of this one."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

import atwin
import atwin.pytest_plugin.rigs  # here, as an inner run forgets what it has imported
from atwin.pytest_plugin.rigs import file_name

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["pytester"]

SERIAL = """
import serial


def ask(port, command):
    with serial.serial_for_url(port, timeout=20) as line:
        line.write(command + b"\\r")
        return line.read_until(b"OK\\r\\n")
"""


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    """Runs without what only our own tests want."""
    pytester.plugins = []
    pytester.makeini(
        "[pytest]\naddopts = -p no:cacheprovider -p no:hypothesispytest --strict-markers\n"
    )
    return pytester


def test_a_program_meets_a_module_and_a_test_looks_into_it(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        SERIAL
        + """
import socket

import pytest


def test_dialogue(atwin):
    assert b"+CSQ" in ask(atwin.port, b"AT+CSQ")
    assert ask(atwin.url, b'AT+CSTT="apn","u","secret"').endswith(b"OK\\r\\n")
    assert atwin.sent() == ["AT+CSQ", 'AT+CSTT="apn","u","secret"']
    assert atwin.sent("^AT.CSQ$") == ["AT+CSQ"]
    assert atwin.dialogue[0] == "> AT+CSQ"
    assert atwin.wait_for(r"CSQ: ([0-9]+)")[1] == "22"
    assert atwin.wait_for("CSTT")
    with pytest.raises(AssertionError, match="(?s)no line with 'CSQ' within 0.01 s.*> AT.CSQ"):
        atwin.wait_for("CSQ", timeout=0.01)
    atwin.assert_no_loss()


def test_host(atwin_host, atwin):
    assert atwin_host.command("AT+CSQ").lines
    assert atwin.sent("CSQ")
    assert "Air724UG" in atwin_host.identity().model


@pytest.mark.parametrize("atwin", ["air780e-at", {"model": "air780e-at"}], indirect=True)
def test_parametrised(atwin, atwin_host):
    assert atwin_host.identity().model == "Air780E"


@pytest.mark.atwin(model="air780e-at", seed=7, line="tcp")
class TestMarked:
    def test_class(self, atwin):
        assert atwin.tcp[0] == "127.0.0.1"
        assert b"864610050000075" in ask(atwin.url, b"AT+CGSN")

    @pytest.mark.atwin(seed=8, line="pty", flags={"http_buffer": 2048})
    def test_method(self, atwin):
        assert b"864610050000075" not in ask(atwin.port, b"AT+CGSN")
        assert atwin.run(lambda twin: twin.module.hardware.profile.limit("http_buffer")) == 2048
        with pytest.raises(Exception, match="no TCP port"):
            atwin.tcp


def test_several(atwin_factory):
    first, second = atwin_factory(seed=1), atwin_factory(model="air780e-at", seed=2)
    assert first.port != second.port
    assert ask(first.port, b"ATI") != ask(second.port, b"ATI")


def test_pins_and_surroundings(atwin):
    atwin.set(charge=12, cell={"rssi": 9})
    assert b"+CSQ: 9," in ask(atwin.port, b"AT+CSQ")
    assert atwin.pin("reset") == 1
    assert atwin.pin("reset", 0) == 0
    with pytest.raises(ValueError, match="colour: there is reset, power_key, supply, usb_boot, ri"):
        atwin.pin("colour")
    with pytest.raises(ValueError, match="ri: there is reset, power_key, supply, usb_boot$"):
        atwin.pin("ri", 0)
    with pytest.raises(ValueError, match="reset='low': give 0 for low or 1 for high"):
        atwin.pin("reset", "low")


def test_a_pin_that_is_pulled_mends_a_hang(atwin):
    atwin.fault("hang")
    with pytest.raises(ValueError, match="rst: there is reset"):
        atwin.pulse("rst", 0.2)
    atwin.pulse("reset", 0.2)
    assert atwin.pin("reset") == 1
    atwin.wait_for("RDY")
    assert b"OK" in ask(atwin.port, b"AT")


@pytest.mark.atwin(control="pins")
def test_a_program_pulls_a_pin_itself(atwin):
    atwin.fault("hang")
    with socket.socket(socket.AF_UNIX) as pins:
        pins.connect("pins")
        pins.sendall(b'{"pulse": "reset", "seconds": 0.2}\\n')
        assert b'"ok": true' in pins.recv(4096)
    atwin.wait_for("RDY")
    assert b"OK" in ask(atwin.port, b"AT")


@pytest.mark.atwin(model="air780e-at")
def test_reset_switches_an_air780e_off_and_the_power_key_starts_it(atwin):
    atwin.pulse("reset", 0.6)
    assert not atwin.run(lambda twin: twin.module.is_on)
    atwin.pulse("power_key", 1.2)
    atwin.wait_for("RDY")
    assert b"OK" in ask(atwin.port, b"AT")


LOSS = {"kind": "lost_bytes", "bytes": 1, "at_command": "AT+CSQ"}


@pytest.mark.atwin(faults=LOSS, hosts={"a.b": "127.0.0.1"})
def test_loss(atwin):
    assert dict(atwin.hosts) == {"a.b": "127.0.0.1"}
    atwin.fault("weak_signal", rssi=3)
    ask(atwin.port, b"AT+CSQ")
    assert len(atwin.run(lambda twin: twin.faults.cases)) == 2
    with pytest.raises(AssertionError, match="lost: 0 on the way to the module, 1 to"):
        atwin.assert_no_loss()


@pytest.mark.atwin(answers=[{"command": "AT+CSQ", "lines": "+CSQ: 1,99"}], unknown="ok")
def test_script(atwin):
    assert b"+CSQ: 1,99" in ask(atwin.port, b"AT+CSQ")
    assert ask(atwin.port, b"AT+NOSUCH").endswith(b"OK\\r\\n")
    atwin.answer("AT+CSQ", "+CSQ: 2,99")
    assert b"+CSQ: 2,99" in ask(atwin.port, b"AT+CSQ")
    atwin.urc("+NEWS: 1", command="AT+CGMM")
    assert list(atwin.unmatched) == ["AT+CGMM"]
    with serial.serial_for_url(atwin.port, timeout=20) as line:
        line.write(b"AT+CGMM\\r")
        assert line.read_until(b"+NEWS: 1\\r\\n")
    assert atwin.wait_for(r"\\+NEWS: 1")


def test_names(atwin, atwin_host, httpserver):
    httpserver.expect_request("/hello").respond_with_data(b"Hello")
    atwin.hosts["ota.example.com"] = httpserver
    assert atwin_host.get("http://ota.example.com/hello").body == b"Hello"
    assert atwin.traffic.total > 200
    assert list(atwin.hosts) == ["ota.example.com"]
"""
    )
    run = inner.runpytest_inprocess("-Werror", "-p", "no:xdist")
    run.assert_outcomes(passed=14)


def test_time_jumps_on_the_virtual_clock(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        """
import time

import pytest

from atwin.testing import File, Origin, Stored

pytestmark = pytest.mark.atwin(clock="virtual", baud=9600, cold=True, time_scale=1)


def test_an_hour(atwin, atwin_host):
    began = time.monotonic()
    atwin.hosts["files.example:8080"] = Origin({"/f": File(Stored(bytes(30_000)))})
    assert len(atwin_host.get("http://files.example:8080/f").body) == 30_000
    atwin.sleep(3600)
    assert atwin.now > 3630 > 100 * (time.monotonic() - began)
    assert atwin.wait_for("HTTPACTION: 0,200")
    with pytest.raises(Exception, match="Origin"):
        atwin.hosts["files.example"] = "127.0.0.1"


def test_another(atwin):
    with pytest.raises(Exception, match="use atwin_host"):
        atwin.port
    with pytest.raises(AssertionError, match="(none)"):
        atwin.wait_for("never", timeout=600)
"""
    )
    inner.runpytest_inprocess("-Werror", "-p", "no:xdist").assert_outcomes(passed=2)


def test_the_report_of_a_failed_test_has_dialogue_and_counters(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        SERIAL
        + """
def test_fails(atwin):
    ask(atwin.port, b'AT+CSTT="apn","u","secret"')
    atwin.fault("hang")
    assert False


def test_passes(atwin):
    atwin.answer("AT+CSQ?", "never")
    atwin.fault("dns_failure", at_action=5)
    atwin.answer('AT+CPWD="SC","secret","6666"')
    ask(atwin.port, b"AT+CSQ")


def test_waits(atwin):
    ask(atwin.port, b'AT+CSTT="apn","u","secret"')
    atwin.wait_for("never", timeout=0)
"""
    )
    run = inner.runpytest_inprocess("-p", "no:xdist")
    run.assert_outcomes(passed=1, failed=2, warnings=1)
    run.stdout.fnmatch_lines(
        [
            "*-- atwin 1: air724ug --*",
            '* > AT+CSTT="apn","u",*',
            "* < OK",
            "* ! power: hang",
            "line: /dev/pts/*; to the module 27 bytes, 0 lost; to the host 33 bytes, 0 lost",
            "E *AssertionError: no line with 'never' within 0 s; the last of all lines:",
            'E * > AT+CSTT="apn","u",*',
            "*UserWarning: *: fault 'dns_failure at_action=5' never began: it waits for action 5*;"
            " scripted AT+CPWD=*: no such *; scripted AT+CSQ?: no such command*",
        ]
    )
    told = run.stdout.str()
    assert "secret" not in told.replace(""","u","secret"')""", "")
    assert "CSQ" not in told.rpartition("-- atwin 1")[2].partition("warnings")[0]


def test_several_threads_wait_for_lines(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        SERIAL
        + """
from concurrent.futures import ThreadPoolExecutor


def test_two(atwin):
    with ThreadPoolExecutor() as pool:
        waits = [pool.submit(atwin.wait_for, pattern, 20) for pattern in ("CGATT:", "CSQ:")]
        ask(atwin.port, b"AT+CSQ;+CGATT?")
        assert [wait.result()[0] for wait in waits] == ["CGATT:", "CSQ:"]
"""
    )
    inner.runpytest_inprocess("-p", "no:xdist").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("colour=1", "atwin: colour: there is model, baud, line, seed, time_scale, *"),
        ("model='sim800'", "atwin: unknown model 'sim800'; there are air724ug, *"),
        ("'air724ug'", "atwin: 'air724ug': name it, such as model='air724ug'"),
        ("line='usb'", "atwin: line='usb': give one of pty, tcp, rfc2217"),
        ("faults={'kind': 'rain'}", 'atwin: faults: *kind = "rain": must be one of *'),
        ("hosts={'a b': '::1'}", "atwin: 'a b': give a name, *"),
        ("flags={1: 2}", "atwin: flags: its keys are texts"),
        ("state='/dev/null/x'", "atwin: cannot use /dev/null/x: *"),
        ("control='/dev/null/x'", "atwin: --control /dev/null/x: *; choose another path"),
        ("control='x', clock='virtual'", "atwin: control: other programs cannot reach *"),
    ],
)
def test_what_cannot_be_is_one_line(inner: pytest.Pytester, asked: str, told: str) -> None:
    inner.makepyfile(f"import pytest\n@pytest.mark.atwin({asked})\ndef test_it(atwin): pass\n")
    run = inner.runpytest_inprocess("-p", "no:xdist")
    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines([told])
    run.stdout.no_fnmatch_line("*Traceback*")
    run.stdout.no_fnmatch_line("*another exception*")


def test_models_and_traces_by_options(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        SERIAL
        + """
import pytest


def test_each(atwin):
    ask(atwin.port, b"ATI")


@pytest.mark.atwin(model="air780eg")
def test_own(atwin, atwin_factory):
    atwin_factory()


@pytest.mark.parametrize(argnames="atwin", argvalues=["air780eg"], indirect=True)
def test_parameter(atwin):
    pass
"""
    )
    run = inner.runpytest_inprocess(
        "--atwin-model=air724ug",
        "--atwin-model=air780e-at",
        "--atwin-trace=deep/er",
        "-p",
        "no:xdist",
    )
    run.assert_outcomes(passed=4)
    files = {path.name: path for path in (inner.path / "deep/er").iterdir()}
    name = "test_models_and_traces_by_options.py-test_"
    assert set(files) == {
        f"{name}{end}.trace"
        for end in ("each[air724ug]", "each[air780e-at]", "own", "own-2", "parameter[air780eg]")
    }
    records = map(json.loads, files[f"{name}each[air780e-at].trace"].read_text().splitlines())
    assert [record["text"] for record in records if record["kind"] == "command"] == ["ATI"]


def test_the_name_of_a_trace_is_that_of_one_test_alone() -> None:
    assert file_name("a/test_b.py::test_c[1]") == "a.test_b.py-test_c[1]"
    assert file_name("t.py::t[a b]") != file_name("t.py::t[a?b]")
    assert len(file_name("t.py::" + "x" * 1000)) < 200


def test_the_same_tests_on_a_real_module(inner: pytest.Pytester) -> None:
    inner.makepyfile(
        SERIAL
        + """
import pytest


pytestmark = pytest.mark.atwin(baud=9600)


@pytest.mark.atwin(baud=115200)
def test_port_at_another_rate(atwin):
    assert b"780E" in ask(atwin.port, b"ATI")
    assert atwin.sent() == ["ATI"]
    assert atwin.wait_for("OK")


def test_host(atwin_host, atwin):
    assert atwin_host.command("AT").ok
    assert "> AT" in atwin.dialogue


def test_report(atwin_host, atwin):
    atwin_host.command("AT+CSQ")
    assert atwin.now < 0


def test_traffic(atwin):
    assert atwin.traffic


def test_fault(atwin):
    atwin.fault("hang")


@pytest.mark.atwin(cold=True)
def test_cold(atwin):
    pass


@pytest.mark.atwin(model="air724ug")
def test_model(atwin):
    pass


def test_two(atwin, atwin_factory):
    atwin_factory()
"""
    )
    # One that understands a host at 9600 bit/s alone: the PTY's settings are the device's.
    with atwin.twin("air780e-at", rfc2217=True, baud=9600, time_scale=0) as twin:
        run = inner.runpytest_inprocess(
            f"--atwin-port={twin.port}", "--atwin-model=air780e-at", "-rs", "-p", "no:xdist"
        )
    run.assert_outcomes(passed=2, failed=1, skipped=5)
    run.stdout.fnmatch_lines(["*-- atwin: rfc2217://* --*", "* > AT+CSQ", "* < OK"])
    run.stdout.fnmatch_lines_random(
        [
            "SKIPPED*: only a twin can be looked into, and this is rfc2217://127.0.0.1:*",
            "SKIPPED*: cold: only a twin can be so, and this is rfc2217://127.0.0.1:*",
            "SKIPPED*: this test is for air724ug, and --atwin-model says air780e-at",
            "SKIPPED*: there is one module at rfc2217://*, and this test asks for more",
        ]
    )


def test_one_real_module_serves_one_process(inner: pytest.Pytester) -> None:
    run = inner.runpytest_inprocess("--atwin-port=/dev/ttyUSB0", "-n", "2")
    assert run.ret == pytest.ExitCode.USAGE_ERROR
    run.stderr.fnmatch_lines(["ERROR: --atwin-port: there is one module, so give -n 0 as well"])


def test_who_does_not_use_it_pays_nothing(tmp_path: Path) -> None:
    """All modules that pytest's own start does not import."""
    code = (
        "import sys, pytest; before = set(sys.modules); import atwin.pytest_plugin;"
        "print(sorted(set(sys.modules) - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert run.stdout == "['atwin', 'atwin.moved', 'atwin.pytest_plugin']\n"
