"""What test_windows.py runs in a process of its own: everything a Windows user would."""

from __future__ import annotations

import sys
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path

from support.running.windows import become_windows, import_everything

become_windows()

import serial  # noqa: E402 - the stand-in first

import atwin  # noqa: E402
import atwin.plugs  # noqa: E402 - registers `twin://`
from atwin.cli.app import COMMANDS, run  # noqa: E402
from atwin.disk.log import LogFile  # noqa: E402


def said(*words: str) -> tuple[int, str]:
    """The exit code of a command, and all it says."""
    told = StringIO()
    with redirect_stdout(told), redirect_stderr(told):
        code = run(list(words))
    return code, told.getvalue()


def main(url: str, folder: Path) -> None:
    """Raises where something fails."""
    assert len(import_everything()) > 200
    for name in COMMANDS:
        code, told = said(name, "--help")
        assert (code, f"atwin {name}" in told) == (0, True), (name, told)

    target, trace = folder / "body", folder / "trace"
    port = f"twin://air780e-at?state={folder / 'state'}"
    code, told = said("get", url, "-o", str(target), "--port", port, "--trace", str(trace))
    assert code == 0, told
    assert target.read_bytes() == bytes(range(256)) * 64
    assert sorted(path.name for path in folder.iterdir()) == ["body", "state", "trace"]

    code, told = said("at", "AT", "--port", port, "--json")
    assert code == 0, told
    code, told = said("ports", port)
    assert (code, "AirM2M_780E" in told) == (0, True), told
    LogFile(str(folder / "log")).append("line")
    assert (folder / "log").read_text() == "line\n"

    for words, why in (
        (["--pty", str(folder / "tty")], "there are no PTYs on Windows"),
        ([], "there are no PTYs on Windows"),
        (["--tcp", "127.0.0.1:0", "--control", "c"], "there are no Unix sockets on Windows"),
    ):
        code, told = said("twin", *words)
        assert code == 2, told
        assert why in told.splitlines()[-1], told

    for tcp in (True, False):
        twin = atwin.twin("air780e-at", tcp=tcp, rfc2217=not tcp)
        with twin, atwin.connect(twin.port) as modem:
            modem.command("AT+CGMM")
    with serial.serial_for_url("twin://air780e-at", timeout=30) as device:
        device.write(b"AT\r")
        assert device.read_until(b"OK\r\n") == b"AT\r\r\nOK\r\n"


main(sys.argv[1], Path(sys.argv[2]))
print("done")
