"""What a command says: one line, bounded, without secrets, and nothing in it acts on a terminal."""

from __future__ import annotations

import io
import json
import logging
import pty
import stat
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import pyte
import pytest

from atwin.cli.app import run
from atwin.cli.ending import CommandFailed, judged, print_object
from atwin.cli.progress import show_progress
from atwin.cli.running import SafeFormatter
from atwin.cli.says import one_line, say, shown_command
from atwin.disk.state import StateDirectory
from atwin.trace.trace import FORMAT
from support.running.program import atwin

if TYPE_CHECKING:
    from pathlib import Path

NASTY = "a\x1b]0;owned\x07\x9b2J\u202eb\u200b\r\nc\u2028d\x00"


def safe(text: str) -> bool:
    return text.replace("\n", "").isprintable()


def test_a_line() -> None:
    assert one_line(NASTY) == r"a\x1b]0;owned\x07\x9b2J\u202eb\u200b c d\x00"
    assert one_line("  two\n  lines ") == "two lines"
    assert len(one_line("x" * 10_000)) == 2000
    assert one_line("failed for http://me:geheim@h/?pin=1234") == "failed for http://***@h/?pin=***"


def test_notes_and_errors(capsys: pytest.CaptureFixture[str]) -> None:
    say(NASTY)
    line, code = judged(CommandFailed(f"{NASTY} http://u:geheim@h/?token=t", 3))
    assert code == 3
    for said in (line, capsys.readouterr().err):
        assert safe(said)
        assert "geheim" not in said


def test_a_message_has_a_line_of_its_own_while_a_bar_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    screen = pyte.Screen(80, 5)
    ours, theirs = pty.openpty()
    with open(theirs, "w") as stderr:
        monkeypatch.setattr(sys, "stderr", stderr)
        monkeypatch.setenv("TERM", "xterm")
        with show_progress("f.bin"):
            say("fault: pdp_loss begins")
    with open(ours, "rb", buffering=0) as terminal, suppress(OSError):  # at its end
        while data := terminal.read(65536):
            pyte.ByteStream(screen).feed(data)
    assert [line.strip() for line in screen.display if "atwin" in line] == [
        "atwin: fault: pdp_loss begins"
    ]


def test_a_full_terminal_ends_no_work(monkeypatch: pytest.MonkeyPatch) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("sys.stderr", Full())
    say("whatever")


def test_log_lines() -> None:
    formatter = SafeFormatter("%(name)s %(message)s")
    try:
        raise ValueError(f"http://u:geheim@h {NASTY}")
    except ValueError:
        info = sys.exc_info()
    record = logging.LogRecord("x", 40, "f", 1, "server said %s", (NASTY,), info)
    text = formatter.format(record)
    assert safe(text)
    assert "geheim" not in text
    assert text.splitlines()[0].startswith("x server said a")
    assert len(text.splitlines()) > 3  # a traceback keeps its lines


def test_an_object_has_no_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    print_object(
        {
            "url": "http://u:geheim@h/f?sig=geheim&v=1",
            "more": [{"header": "X-Api-Key: geheim"}],
            "n": 3,
            "none": None,
        }
    )
    told = json.loads(capsys.readouterr().out)
    assert told == {
        "url": "http://***@h/f?sig=***&v=1",
        "more": [{"header": "X-Api-Key: ***"}],
        "n": 3,
        "none": None,
    }


def test_a_foreign_trace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever field it is in."""
    start = {"t": 0, "kind": "start", "format": FORMAT, "version": "1", "command": "c", "wall": "w"}
    records = [
        start | {"version": NASTY, "command": NASTY, "wall": NASTY},
        {"t": 1, "kind": "command", "dir": NASTY, "text": NASTY},
        {"t": 1, "kind": NASTY, "event": NASTY, NASTY: NASTY},
        {"t": 1, "kind": "data", "dir": "<", "text": NASTY, "bytes": 3},
        {"t": 2, "kind": "net", "event": NASTY, "host": NASTY},
    ]
    path, page = tmp_path / "t\x1b[2J", tmp_path / "p\x1b[2J"
    path.write_text("\n".join(json.dumps(record) for record in records))
    assert run(["trace", "show", str(path)]) == 0
    assert run(["trace", "plot", str(path), "-o", str(page)]) == 0
    out, err = capsys.readouterr()
    assert safe(out + err)
    assert safe(page.read_text("utf-8"))
    assert "owned" in out


def test_what_a_module_says_on_a_console() -> None:
    ended = atwin("console", stdin="AT+CMEE=2\r\nAT\x1b[2J\x07\nAT+CGMI\n")
    assert "\x1b" not in ended.stdout
    assert "\x07" not in ended.stdout


def test_no_streams_at_all() -> None:
    """As some supervisors start programs."""
    command = f"exec {sys.executable} -m atwin.cli models <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", command], check=False, timeout=50).returncode == 0


def test_a_command_line_is_written_down_without_secrets() -> None:
    words = ["get", "http://u:geheim@h/", "--user", "me:geheim", "-ume:geheim", "--user=me:geheim"]
    shown = shown_command(words)
    assert shown.count("geheim") == 1  # of the URL, which the trace masks as it masks all


@pytest.mark.parametrize("old", [False, True])
def test_a_state_directory_is_its_owners_alone(tmp_path: Path, old: bool) -> None:
    path = tmp_path / "state"
    if old:  # of an earlier version
        (path / "files").mkdir(parents=True)
        (path / "new").write_text("of a crash")
        for place in (path, path / "files", path / "new"):
            place.chmod(0o777)
    with StateDirectory(path, "air724ug") as state:
        state.put_file("/client.key", b"secret")
        state.make_directory("/d")
    for place in path.rglob("*"):
        if place.is_file():
            assert stat.S_IMODE(place.stat().st_mode) == 0o600, place
    assert stat.S_IMODE((path / "files").stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == (0o777 if old else 0o700)
