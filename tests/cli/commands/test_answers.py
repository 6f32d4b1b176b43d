"""`--answers FILE` and `--unknown ok`, also in `twin://`; what the socket, trace and log have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import atwin as library
from support.running.controlled import ask_control
from support.running.program import atwin, only_line, twin_running

if TYPE_CHECKING:
    from pathlib import Path

FILE = """
[[answer]]
command = "AT+CPIN=*"
match = "glob"
result = "+CME ERROR: 16"

[[answer]]
command = "AT+NEVER"
"""


def test_a_twin_with_answers(tmp_path: Path) -> None:
    answers, control, trace = (tmp_path / name for name in ("a.toml", "control", "trace"))
    answers.write_text(FILE)
    options = ("--answers", answers, "--unknown", "ok", "--control", control, "--trace", trace)
    with twin_running("--tcp", "127.0.0.1:0", *options) as (twin, address):
        _, wrong, off, said = ask_control(
            control,
            {"answer": {"command": "AT+NEW", "lines": "+NEW: 7"}},
            {"answer": {"command": "AT+NEW", "delay": "long"}},
            {"urc": "a\r\nOK"},
            {"urc": "+LATER: 5", "command": "AT+NEW"},
            seconds=20,
        )
        assert wrong["error"] == 'delay = "long": must be seconds from 0 to 1000000'
        assert off["error"] == "text must be a text of printable ASCII characters"
        assert said["state"]["answers"][1] == {"name": "AT+NEW", "came": 0, "happened": 0}
        typed = "AT+CPIN=1234\nAT+NEW\nAT+NOSUCH\nAT\n"
        ended = atwin("console", "--port", f"socket://{address}", stdin=typed)
        assert ended.stdout.splitlines()[:6] == [
            "+CME ERROR: 16",
            "+NEW: 7",
            "OK",
            "+LATER: 5",
            "OK",
            "OK",
        ]
        (cleared,) = ask_control(control, {"clear": "answers"}, seconds=20)
        assert cleared["state"]["answers"] == []
        twin.terminate()
        assert twin.stderr is not None
        log = twin.stderr.read().decode()
    assert "script answers AT+CPIN=***" in log
    assert "script lets pass AT+NOSUCH" in log
    told = [json.loads(line) for line in trace.read_text().splitlines()]
    events = [(row["event"], row["text"], row["by"]) for row in told if row["kind"] == "script"]
    assert events == [
        ("answers", "AT+CPIN=***", "AT+CPIN=***"),
        ("answers", "AT+NEW", "AT+NEW"),
        ("says", "+LATER: 5", "urc"),
        ("lets pass", "AT+NOSUCH", "unknown"),
    ]
    assert "1234" not in log + trace.read_text()


def test_in_the_url_of_a_twin(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text(FILE)
    port = f"twin://air780e-at?answers={path}&unknown=ok"
    ended = atwin("console", "--port", port, stdin="AT+NOSUCH\n")
    assert ended.stdout == "OK\n"
    why = "no such command came; is the pattern right, and the match?"
    assert ended.stderr.splitlines() == [
        f"atwin: an answer never happened: {why}: {name}" for name in ("AT+CPIN=***", "AT+NEVER")
    ]


def test_a_wrong_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text('[[answer]]\ncommand = "AT+X"\ntimes = 0\n')
    ended = atwin("twin", "--answers", path)
    assert ended.returncode == 2
    assert only_line(ended.stderr) == (
        f"atwin: answers {path}: [[answer]] 1: times = 0: must be a whole number from 1 to 1000000;"
        " see atwin twin --help"
    )
    ended = atwin("console", "--port", "twin://air780e-at?unknown=maybe")
    assert "unknown='maybe': give one of ok, error" in only_line(ended.stderr)


def test_from_python() -> None:
    script = {"answer": [{"command": "AT+NEVER"}]}
    with (
        library.twin("air780e-at", tcp=True, answers=script) as twin,
        library.SyncModem(lambda: library.open_port(twin.port)) as modem,
    ):
        heard: list[str] = []
        modem.on_urc(heard.append)
        new = twin.answer("AT+NEW", ["+NEW: 1", "+CME ERROR: 3"])
        reply = modem.command("AT+NEW")
        assert (reply.lines, reply.final.text) == (("+NEW: 1",), "+CME ERROR: 3")
        assert (new.came, new.happened) == (1, 1)
        twin.urc("+NEWS: 1")
        modem.command("AT")
        assert heard == ["+NEWS: 1"]
        assert list(twin.unmatched) == ["AT+NEVER"]
