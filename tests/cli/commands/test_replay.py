"""`atwin replay`: a session that --pcap recorded, with today's host or today's module."""

from __future__ import annotations

import json
import re
import signal
from typing import TYPE_CHECKING, NamedTuple

import pytest

from atwin.cli.app import run
from support.line.recorded import pieces_of, said, transparent_session, write_capture
from support.running.program import atwin, only_line, start, twin_running
from support.servers.tls_servers import nginx_with

if TYPE_CHECKING:
    from pathlib import Path

#: Seconds in which a child ends.
PATIENCE = 60
MODEL = "air780e-at?time_scale=0"


class Yesterday(NamedTuple):
    """A download that was recorded, from a server that is there no more."""

    file: Path
    url: str
    body: bytes


@pytest.fixture(scope="module")
def yesterday(tmp_path_factory: pytest.TempPathFactory) -> Yesterday:
    """A real `atwin get` from a real nginx, over a twin on a PTY."""
    where = tmp_path_factory.mktemp("yesterday")
    (where / "www").mkdir()
    body = bytes(range(256)) * 300
    (where / "www/f").write_bytes(body)
    recording, link = where / "yesterday.pcapng", where / "module"

    def server(port: int) -> str:
        return f"server {{ listen 127.0.0.1:{port}; root {where}/www; }}"

    with nginx_with(server, where) as port:
        url = f"http://127.0.0.1:{port}/f"
        with twin_running("--model", MODEL, "--pty", link, "--pcap", recording):
            got = atwin("get", url, "-o", where / "f", "--port", link)
    assert got.returncode == 0, got.stderr
    assert (where / "f").read_bytes() == body
    return Yesterday(recording, url, body)


def test_the_same_host_downloads_the_same_file_without_a_network(
    yesterday: Yesterday, tmp_path: Path
) -> None:
    link, target = tmp_path / "module", tmp_path / "f"
    module = start("replay", yesterday.file, "--as", "module", "--pty", link, "--until-eof")
    assert module.stdout is not None
    assert module.stdout.readline().decode() == f"ready {link}\n"
    got = atwin("get", yesterday.url, "-o", target, "--port", link)
    out, _ = module.communicate(timeout=PATIENCE)
    assert (got.returncode, target.read_bytes()) == (0, yesterday.body), got.stderr
    assert (module.returncode, out) == (0, b"")


def test_ctrl_c_shows_what_another_host_said(yesterday: Yesterday) -> None:
    """It asks for what is not in the recording, and leaves out the rest."""
    module = start("replay", yesterday.file, "--as", "module", "--tcp", "127.0.0.1:0", "--fast")
    assert module.stdout is not None
    address = module.stdout.readline().decode().removeprefix("ready tcp ").rstrip()
    said = atwin("at", "AT+NEW=1", "--keep-going", "--port", f"socket://{address}")
    module.send_signal(signal.SIGINT)
    out, err = module.communicate(timeout=PATIENCE)
    assert "ERROR" in said.stdout + said.stderr
    lines = out.decode().splitlines()
    assert lines[:2] == [f"--- {yesterday.file}", "+++ the host"]
    assert {"+ > AT+NEW=1", "+ < ERROR"} <= set(lines)
    assert any(re.fullmatch(r"- … \d+ more", line) for line in lines)
    assert module.returncode == 5
    assert " from " in err.decode().splitlines()[-1]


def test_with_json_stdout_of_a_module_is_one_object(tmp_path: Path) -> None:
    """Then `ready` is on stderr."""
    file, link = tmp_path / "session.pcapng", tmp_path / "modem"
    write_capture(file, pieces_of(said("> AT", "< OK")))
    module = start("replay", file, "--as", "module", "--pty", link, "--until-eof", "--json")
    assert module.stderr is not None
    assert module.stderr.readline().decode() == f"ready {link}\n"
    out, _ = module.communicate(timeout=PATIENCE)
    assert json.loads(only_line(out.decode()))["exit_code"] == 5


def test_a_module_of_today_is_compared(yesterday: Yesterday) -> None:
    """Another model, and the server is gone: its answers differ where they must."""
    port = "twin://air724ug?time_scale=0&offline=1"
    words = ("replay", yesterday.file, "--as", "host", "--fast", "--patience", "2", "--json")
    ended = atwin(*words, "--port", port)
    assert ended.returncode == 5
    told = json.loads(only_line(ended.stdout))
    differences = told.pop("differences")
    assert told.pop("error") == ended.stderr.splitlines()[-1].removeprefix("atwin: ")
    assert told == {
        "recording": str(yesterday.file),
        "as": "host",
        "recorded_commands": told["commands"],
        "commands": told["commands"],
        "exit_code": 5,
    }
    changed = [(one["recorded"], one["replayed"]) for one in differences]
    assert any("Air780E" in " ".join(recorded) for recorded, _ in changed)
    assert any("+HTTPACTION: 2,6" in " ".join(replayed) for _, replayed in changed)


def test_the_same_module_says_the_same(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """All that is different by nature is passed over with --ignore-usual, and no more."""
    recording = tmp_path / "y.pcapng"
    write_capture(recording, pieces_of(said(
        *("> AT+CSQ", "< +CSQ: 3,99", "< OK", "> AT+CGSN", "< 860000000000000", "< OK"),
        *("> AT+CGATT?", "< +CGATT: 1", "< OK"),
    )))  # fmt: skip
    words = ["replay", str(recording), "--as", "host", "--port", "twin://air780e-at?time_scale=0"]
    assert run([*words, "--plain"]) == 5
    out, err = capsys.readouterr()
    assert [line for line in out.splitlines() if line[0] in "-+"][2:] == [
        *("- < +CSQ: 3,99", "+ < +CSQ: 22,0", "- < 860000000000000"),
        *[line for line in out.splitlines() if line.startswith("+ < 86")],
    ]
    assert only_line(err) == f"atwin: 2 differences from {recording}"
    assert run([*words, "--ignore-usual", "--fast"]) == 0
    assert run([*words, "--ignore", r"\d+", "--fast"]) == 0
    assert capsys.readouterr() == ("", "")
    assert run([*words, "--ignore", "CSQ.*", "--colour"]) == 5
    assert "\x1b[31m- < 860000000000000\x1b[0m\n" in capsys.readouterr().out


def test_secrets_and_control_characters_are_not_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    recording = tmp_path / "y.pcapng"
    write_capture(
        recording, pieces_of(said('> AT+CPIN="4711"', "< +CPIN: \x1b]0;title\x07", "< OK"))
    )
    port = "twin://air780e-at?time_scale=0"
    assert run(["replay", str(recording), "--as", "host", "--port", port]) == 5
    out = capsys.readouterr().out
    assert "  > AT+CPIN=***\n" in out
    assert r"- < +CPIN: \x1b]0;title\x07" in out
    assert "4711" not in out


def test_transparent_mode_goes_through_a_file(tmp_path: Path) -> None:
    """The escape is one again, by the pause before it."""
    recording, link = tmp_path / "y.pcapng", tmp_path / "module"
    write_capture(recording, pieces_of(transparent_session()))
    module = start("replay", recording, "--as", "module", "--pty", link, "--until-eof", "--fast")
    assert module.stdout is not None
    module.stdout.readline()
    host = atwin("replay", recording, "--as", "host", "--port", link, "--fast")
    out, _ = module.communicate(timeout=PATIENCE)
    assert (host.returncode, host.stdout) == (0, ""), host.stderr
    assert (module.returncode, out) == (0, b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (None, "cannot read {}: No such file or directory"),
        (b"", "cannot read {}: it is not a pcapng file"),
        (b"GET / HTTP/1.1\r\n\r\n", "cannot read {}: it is not a pcapng file"),
        ([], "{}: there is no AT command in it; see atwin replay --help"),
    ],
)
@pytest.mark.parametrize("role", ["module", "host"])
def test_what_is_no_recording_is_told_in_one_line(
    content: bytes | None, why: str, role: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "y"
    if isinstance(content, bytes):
        file.write_bytes(content)
    elif content is not None:
        write_capture(file, content)
    assert run(["replay", str(file), "--as", role]) == 2
    out, err = capsys.readouterr()
    assert (out, only_line(err)) == ("", f"atwin: {why.format(file)}")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--as", "module", "--port", "x"], "--port is for --as host"),
        (["--as", "host", "--tcp", "127.0.0.1:0"], "--tcp is for --as module"),
        (["--as", "module", "--tcp", "127.0.0.1:0", "--pty", "x"], "--pty and --tcp: a module has"),
        (["--as", "module", "--ignore", "("], "--ignore: missing ), unterminated subpattern"),
        (["--as", "nobody"], "--as 'nobody' is not one of 'module', 'host'"),
        ([], "Missing option '--as'"),
    ],
)
def test_what_cannot_be_asked_for(
    words: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_capture(tmp_path / "y", pieces_of(said("> AT", "< OK")))
    assert run(["replay", str(tmp_path / "y"), *words]) == 2
    assert only_line(capsys.readouterr().err).startswith(f"atwin: {why}")


def test_a_module_that_goes_away_is_told(tmp_path: Path) -> None:
    write_capture(tmp_path / "y", pieces_of(said("> AT", "< OK", "30", "> AT", "< OK")))
    with twin_running("--tcp", "127.0.0.1:0") as (twin, address):
        port = f"socket://{address}"
        host = start("replay", tmp_path / "y", "--as", "host", "--port", port)
        twin.kill()
        _, err = host.communicate(timeout=PATIENCE)
    assert host.returncode in (3, 5)  # the line may be gone before it is open
    assert re.search(rb"gone|refused|reset", err), err
