"""`atwin post` and `atwin head` against a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.file_server import FileServer, file_server
from support.program import atwin, only_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    assert "No such file or directory" in only_line(ended.stderr)


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
