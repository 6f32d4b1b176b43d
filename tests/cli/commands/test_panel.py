"""`--panel`: what is printed, and what cannot be."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from typing import TYPE_CHECKING

import pytest

from support.running.program import atwin, start

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
    for wrong in ("http://x/", "8080", "127.0.0.1:99999", ":80"):
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
from atwin.cli import main
sys.argv = ["atwin", "get", "http://127.0.0.1:1/x", "--port", "twin://air780e-at?time_scale=0",
            "--give-up", "0"]
try:
    main()
except SystemExit as ended:
    assert ended.code == 3, ended.code
print([name for name in sys.modules if name.partition(".")[0] in ("starlette", "uvicorn")])
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert ended.stdout == b"[]\n", ended
