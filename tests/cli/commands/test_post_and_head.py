"""`atwin post` and `atwin head` against a real server."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from atwin.cli.app import run
from atwin.cli.results import AnswerOutput
from atwin.host.http.request import Response
from atwin.host.http.statuses import Sent
from support.running.program import atwin, only_line, start
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from atwin.host.modem import Modem

LSAT = ("--port", "twin://air780e-lsat?time_scale=0")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server(**{"file.bin": b"content"}) as server:
        yield server


def test_head(server: FileServer) -> None:
    ended = atwin("head", f"{server.base}/file.bin", *LSAT)
    assert ended.returncode == 0
    assert 'ETag: "one"\n' in ended.stdout
    assert "Content-Length: 7\n" in ended.stdout
    assert only_line(ended.stderr).startswith("status 200, ")


def test_head_of_something_that_is_not_there(server: FileServer, tmp_path: Path) -> None:
    ended = atwin("head", f"{server.base}/none", "-o", tmp_path / "headers", *LSAT)
    assert ended.returncode == 1
    assert ended.stdout == ""
    assert b"Content-Length: 9\r\n" in (tmp_path / "headers").read_bytes()


@pytest.mark.parametrize("kind", ["text", "file", "stdin"])
def test_post(server: FileServer, tmp_path: Path, kind: str) -> None:
    (tmp_path / "data").write_text("12345")
    data = {"text": "12345", "file": f"@{tmp_path / 'data'}", "stdin": "@-"}[kind]
    ended = atwin("post", f"{server.base}/take", "--data", data, stdin="12345")
    assert ended.returncode == 0
    assert ended.stdout == "took 5 bytes"
    assert only_line(ended.stderr) == "status 200, 12 bytes"
    assert [(asked.path, asked.body) for asked in server.log] == [("/take", b"12345")]


def test_post_more_than_the_module_takes(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "data").write_bytes(bytes(319_489))
    ended = atwin("post", f"{server.base}/take", "--data", f"@{tmp_path / 'data'}")
    assert ended.returncode == 2
    assert "319488" in only_line(ended.stderr)
    assert server.log == []


def test_an_answer_that_cannot_be_written(server: FileServer, tmp_path: Path) -> None:
    ended = atwin("post", f"{server.base}/take", "--data", "x", "-o", tmp_path / "no" / "where")
    assert ended.returncode == 2
    line = only_line(ended.stderr)
    assert line.endswith(
        ": No such file or directory; nothing was sent; name another file, or - for stdout"
    )
    assert "Invalid value" not in line
    assert server.log == []


def test_an_answer_as_one_object(server: FileServer, tmp_path: Path) -> None:
    url, target = f"{server.base}/take", tmp_path / "answer"
    posted = json.loads(atwin("post", url, "-d", "1", "--json").stdout)
    headers = posted.pop("headers")
    assert posted == {"url": url, "status": 200, "length": 12, "body": "took 1 bytes"}
    assert headers["content-length"] == "12"
    kept = json.loads(atwin("post", url, "-d", "1", "--json", "-o", target).stdout)
    assert (kept["file"], "body" in kept, target.read_text()) == (
        str(target),
        False,
        "took 1 bytes",
    )
    asked = atwin("head", f"{server.base}/file.bin", "--json", *LSAT)
    assert json.loads(asked.stdout)["headers"]["etag"] == '"one"'
    missing = atwin("head", f"{server.base}/none", "--json", *LSAT)
    told = json.loads(missing.stdout)
    assert (missing.returncode, told["exit_code"], told["status"]) == (1, 1, 404)
    assert told["error"] == "the server answered with status 404"


def test_an_answer_that_is_no_short_text(capsys: pytest.CaptureFixture[str]) -> None:
    """A body keeps what would be masked elsewhere; what does not fit an object is null."""
    answer = AnswerOutput("POST", "http://h/?token=s", "-", as_json=True)
    shown = []
    for body in (b"token: a=1?token=2", b"\xff", b"x" * 65_537, b""):
        assert answer.deliver(Response(200, body=body), body) == 0
        shown.append(json.loads(capsys.readouterr().out))
    assert [one.get("body", "none") for one in shown] == ["token: a=1?token=2", None, None, "none"]
    assert shown[1]["length"] == 1
    assert shown[0]["url"] == "http://h/?token=***"


@pytest.mark.parametrize("body", ["ok", "ok\n", ""])
@pytest.mark.parametrize("terminal", [True, False])
def test_the_status_begins_a_line_of_a_terminal(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    body: str,
    terminal: bool,
) -> None:
    """A pipe gets the bytes of the answer and no more."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    answer = AnswerOutput("POST", "http://h/", "-", as_json=False)
    assert answer.deliver(Response(200, body=body.encode()), body.encode()) == 0
    assert capsys.readouterr().out == ("ok\n" if terminal and body else body)


def test_a_failure_is_one_object_too() -> None:
    for command in (["head"], ["post", "-d", "x"]):
        ended = atwin(*command, "http://h/", "--json", "--port", "/nowhere/tty")
        told = json.loads(ended.stdout)
        assert (told["url"], told["exit_code"], ended.returncode) == ("http://h/", 3, 3)
        assert only_line(ended.stderr) == f"atwin: {told['error']}"


@pytest.mark.parametrize("strategy", ["auto", "buffer", "stream"])
@pytest.mark.parametrize("model", ["air724ug", "air780e-at"])
def test_ways_to_post(server: FileServer, model: str, strategy: str) -> None:
    port = ("--port", f"twin://{model}?time_scale=0")
    ended = atwin("post", f"{server.base}/take", "-d", "12345", "--strategy", strategy, *port)
    if (model, strategy) == ("air724ug", "stream"):
        assert ended.returncode == 2
        assert "cannot stream: it has no HTTPEXACTION; use buffer" in only_line(ended.stderr)
        assert server.log == []
        return
    assert (ended.returncode, ended.stdout) == (0, "took 5 bytes")
    assert [asked.body for asked in server.log] == [b"12345"]


@pytest.mark.parametrize("command", ["post", "head"])
def test_an_answer_that_does_not_fit_the_disk(
    server: FileServer,
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    kept = tmp_path / "answer"
    kept.write_text("old")

    def full(fd: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    words = ["-d", "x"] if command == "post" else []
    port = ["--port", "twin://air724ug?time_scale=0"]
    assert run([command, f"{server.base}/take", *words, "-o", str(kept), *port]) == 2
    status = 200 if command == "post" else 404
    assert only_line(capsys.readouterr().err) == (
        f"atwin: cannot write {kept}: No space left on device; the {command.upper()} was sent, and"
        f" answered with status {status}"
    )
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("answer", "old")]


def test_an_answer_replaces_what_a_link_leads_to(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "real").write_text("a longer text than the answer")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    assert atwin("post", f"{server.base}/take", "-d", "x", "-o", tmp_path / "link").returncode == 0
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "took 1 bytes"
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("command", ["post", "head"])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_whoever_stops_it_is_told_how_far_it_got(command: str, number: int, code: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/x"
        process = start(command, url, *(["-d", "x"] if command == "post" else []))
        listening.settimeout(30)
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.recv(1)
            process.send_signal(number)
            err = process.communicate(timeout=20)[1].decode()
    assert process.returncode == code
    word = "interrupted" if code == 130 else "terminated"
    assert only_line(err) == f"atwin: {word}; the {command.upper()} may have been sent"


@pytest.mark.parametrize("sent", Sent)
def test_how_far_it_got_in_words(sent: Sent) -> None:
    words = {Sent.NOTHING: "not sent yet", Sent.PERHAPS: "may have", Sent.ANSWERED: "under way"}
    answer = AnswerOutput("POST", "http://h/", "-", as_json=False)
    if sent is not Sent.NOTHING:
        answer.modem = cast("Modem", SimpleNamespace(sent=sent))
    assert words[sent] in answer.stopped()
