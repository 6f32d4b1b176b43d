"""`--panel`: what is printed, and what cannot be."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from support.running.program import atwin, start, twin_running

if TYPE_CHECKING:
    from pathlib import Path


def error_of(*words: str | Path) -> str:
    ended = atwin("twin", *words)
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    return str(line)


def test_the_url_is_told_once_and_works_until_the_twin_ends(tmp_path: Path) -> None:
    lines = ("--pty", tmp_path / "a", "--pty", tmp_path / "b")
    twin = start("twin", *lines, "--panel")
    assert twin.stdout is not None
    assert twin.stderr is not None
    assert [twin.stdout.readline() for _ in range(2)] == [
        f"ready {tmp_path}/{name}\n".encode() for name in "ab"
    ]
    told = twin.stderr.readline().decode()
    found = re.fullmatch(r"atwin: panel (http://127\.0\.0\.1:\d+/)\?token=(\S{32})\n", told)
    assert found
    url, token = found.groups()
    with urllib.request.urlopen(f"{url}api/modules?token={token}", timeout=20) as answer:
        assert [one["port"] for one in json.load(answer)] == [f"{tmp_path}/a", f"{tmp_path}/b"]
    # A browser that reads on does not keep it alive.
    with urllib.request.urlopen(f"{url}api/modules/1/events?token={token}", timeout=20) as stream:
        stream.readline()
        twin.send_signal(signal.SIGINT)
        assert b"event: end" in stream.read()
    out, errors = twin.communicate(timeout=20)
    assert (twin.returncode, out) == (130, b"")
    assert token.encode() not in errors


def test_the_token_of_a_file_is_not_printed(tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("correct-horse-battery\n")
    twin = start("twin", "--pty", tmp_path / "a", "--panel", "0.0.0.0:0", "--token-file", secret)
    assert twin.stderr is not None
    told = twin.stderr.readline().decode()
    found = re.fullmatch(r"atwin: panel http://0\.0\.0\.0:(\d+)/\n", told)
    assert found
    url = f"http://127.0.0.1:{found[1]}/api/modules"
    asked = urllib.request.Request(url, headers={"Authorization": "Bearer correct-horse-battery"})
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.status == 200
    twin.terminate()
    twin.communicate(timeout=20)


@pytest.mark.parametrize("host", ["0.0.0.0:0", "192.168.1.5:80", "[::]:80", "bench.example:80"])
def test_other_computers_need_a_token_of_yours(host: str) -> None:
    assert "give --token-file FILE" in error_of("--panel", host)


def test_what_cannot_be_is_one_line(tmp_path: Path) -> None:
    short = tmp_path / "token"
    short.write_text("short")
    assert "--token-file is of --panel" in error_of("--token-file", short)
    assert "16 printable ASCII" in error_of("--panel", "--token-file", short)
    assert "No such file" in error_of("--panel", "--token-file", tmp_path / "none")
    for wrong in ("http://x/", "8080", "127.0.0.1:99999", ":80", "::1", "[]:80"):
        assert "give HOST:PORT, such as 127.0.0.1:8080" in error_of("--panel", wrong)
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        place.listen()
        taken = f"127.0.0.1:{place.getsockname()[1]}"
        assert f"--panel {taken}: Address already in use" in error_of("--panel", taken)


def test_without_what_it_takes_it_says_what_to_install(tmp_path: Path) -> None:
    (tmp_path / "uvicorn.py").write_text("raise ImportError('none here')\n")
    ended = atwin("twin", "--panel", env={"PYTHONPATH": str(tmp_path)})
    assert ended.returncode == 2
    assert "pip install 'atwin[panel]'" in ended.stderr


def test_nobody_pays_for_it_who_does_not_ask() -> None:
    program = """
import sys
import atwin
from atwin.cli import program
sys.argv = ["atwin", "get", "http://127.0.0.1:1/x", "--port", "twin://air780e-at?time_scale=0",
            "--give-up", "0"]
assert program() == 3
ours = ("atwin.trace.pcap.", "atwin.control.", "starlette.", "uvicorn.")
print([name for name in sys.modules if f"{name}.".startswith(ours)])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert ended.stdout == b"[]\n", ended


class Told:
    """The panel of a command, by what it says on stderr."""

    def __init__(self, command: subprocess.Popen[bytes]) -> None:
        assert command.stderr is not None
        while not (line := command.stderr.readline()).startswith(b"atwin: panel "):
            assert line, "it ended without a panel"
        url, _, query = line.split()[-1].decode().partition("?")
        self._url, self._query = f"{url}api/modules", query

    def ask(self, path: str = "", method: str = "GET", body: object = None) -> Any:
        """What is answered."""
        asked = urllib.request.Request(
            f"{self._url}{path}?{self._query}",
            None if body is None else json.dumps(body).encode(),
            {"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return json.load(answer)


def test_a_console_shows_its_twin_and_steers_it() -> None:
    console = start("console", "--port", "twin://air780e-at?time_scale=0", "--panel")
    assert console.stdin is not None
    assert console.stdout is not None
    panel = Told(console)
    assert panel.ask() == [
        {"number": 1, "name": "air780e-at", "port": "twin://air780e-at", "twin": True}
    ]
    panel.ask("/1/state", "PATCH", {"cell": {"rssi": 9}})
    console.stdin.write(b"AT+CSQ\n")
    console.stdin.flush()
    assert b"+CSQ: 9," in (console.stdout.readline() + console.stdout.readline())
    kinds = [record["kind"] for record in panel.ask("/1/records")["records"]]
    assert kinds[:2] == ["start", "module"]
    assert "command" in kinds
    console.communicate(timeout=20)
    assert console.returncode == 0


def test_a_download_from_a_port_shows_the_line_and_takes_commands(tmp_path: Path) -> None:
    """The server waits until the panel was asked."""
    asked, answer = threading.Event(), threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            answer.wait(20)
            self.send_response(200)
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"here")

        do_HEAD = do_GET  # noqa: N815 - of the base

        def log_message(self, *args: object) -> None: ...

    with (
        ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server,
        twin_running("--model", "air780e-at", "--pty", tmp_path / "tty"),
    ):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_address[1]}/file"
        out = tmp_path / "file"
        get = start("get", url, "-o", out, "--port", tmp_path / "tty", "--panel")
        try:
            panel = Told(get)
            assert asked.wait(20)
            (module,) = panel.ask()
            assert (module["port"], module["twin"]) == (str(tmp_path / "tty"), False)
            state = panel.ask("/1/state")
            assert state["model"] is None
            assert state["line"]["rate"] == 115200
            assert state["counters"]["to_module"] > 0
            told = panel.ask("/1/at", "POST", {"command": "AT+CGMM"})
            assert told == {"lines": ['+CGMM: "Air780E"'], "result": "OK"}
            with pytest.raises(urllib.error.HTTPError, match="409"):
                panel.ask("/1/state", "PATCH", {"voltage": 3700})
            # It would repeat what the download has asked for.
            with pytest.raises(urllib.error.HTTPError, match="400"):
                panel.ask("/1/at", "POST", {"command": "A/"})
        finally:
            answer.set()
            get.communicate(timeout=30)
            server.shutdown()
    assert get.returncode == 0
    assert out.read_bytes() == b"here"


def test_a_control_socket_has_the_records_of_a_trace(tmp_path: Path) -> None:
    control = tmp_path / "control"
    options = ("--control", control, "--trace", tmp_path / "trace")
    with (
        twin_running("--pty", tmp_path / "tty", *options),
        socket.socket(socket.AF_UNIX) as client,
    ):
        client.connect(str(control))
        client.sendall(b"GET /api/modules/1/records HTTP/1.0\r\n\r\n")
        with client.makefile("rb") as answer:
            records = json.loads(answer.read().partition(b"\r\n\r\n")[2])["records"]
    assert [record["kind"] for record in records[:2]] == ["start", "module"]


def test_it_does_not_eat_the_url_of_a_download() -> None:
    ended = atwin("get", "--panel", "http://127.0.0.1:1/x")
    assert ended.returncode == 2
    assert "give HOST:PORT, such as 127.0.0.1:8080; without it put --panel last" in ended.stderr


def test_a_token_for_no_panel_is_told_before_a_module_is_opened(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("x" * 16)
    ended = atwin("get", "http://127.0.0.1:1/x", "--token-file", tmp_path / "token")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("atwin: --token-file is of --panel: give both")
