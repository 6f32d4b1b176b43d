"""What a person reads: plain sentences about what was typed, and about output that has no room."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run
from atwin.cli.results import counted
from atwin.cli.says import one_line
from atwin.net.http.response import begin_of
from atwin.text.units import parse_size
from support.running.program import ATWIN, only_line

if TYPE_CHECKING:
    from pathlib import Path

GET = ["get", "http://127.0.0.1:9/x", "-o", "f"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([*GET, "--timeout", "abc"], "--timeout 'abc': give a whole number; see atwin get"),
        ([*GET, "--timeout", "0"], "--timeout 0: give 1 or more; see"),
        ([*GET, "--timeout", "99999"], "--timeout 99999: give 65535 or less; see"),
        ([*GET, "--give-up", "xx"], "--give-up 'xx': give a number; see"),
        ([*GET, "--give-up", "-1"], "--give-up -1: give 0 or more; see"),
        ([*GET, "--strategy", "foo"], "--strategy 'foo' is not one of 'auto', 'range', 'stream';"),
        ([*GET, "--chunk", "1X"], "--chunk '1X' is not a number of bytes: write 5000, 300K"),
        (["get", "http://a/", "-o", "d/"], "d/ names a directory: name a file; see"),
        (["get"], "Missing argument 'URL'; see atwin get --help"),
        (["head", "http://a/", "-o", "no/x"], "cannot write no/x: No such file or directory; noth"),
        (["head", "http://a/", "-H", "@hf"], "a header in hf, line 3, without a colon"),
        (["head", "https://a/", "--ca", "hf"], "--ca hf: the ca certificate cannot be read"),
        (["twin", "--seed", "x"], "--seed 'x': give a whole number; see atwin twin --help"),
    ],
)
def test_what_is_wrong_with_a_word(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hf").write_text("A: b\n\nsecret\n")
    assert run(words) == 2
    line = only_line(capsys.readouterr().err)
    assert line.startswith(f"atwin: {said}")
    assert "secret" not in line


@pytest.mark.parametrize(
    ("text", "size"),
    [("0", 0), ("5000", 5000), ("1k", 1024), ("1KB", 1024), ("2Mb", 2 << 20), ("1G", 1 << 30)],
)
def test_sizes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "words", [["models"], ["models", "--json"], ["--help"], [], ["--version"], [*GET, "--json"]]
)
def test_output_that_has_no_room(words: list[str], tmp_path: Path) -> None:
    port = ["--port", "/nowhere/tty"] if words[:1] == ["get"] else []
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*ATWIN, *words, *port],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=50,
            check=False,
            cwd=tmp_path,
        )
    line = only_line(ended.stderr)
    if port:  # what went wrong first is told
        assert (ended.returncode, "/nowhere/tty" in line) == (3, True)
    else:
        assert line == "atwin: cannot write the output: No space left on device"
        assert ended.returncode == 2


@pytest.mark.parametrize("words", [["models"], ["models", "--json"], ["--help"], []])
def test_output_that_nobody_reads_ends_without_a_word(words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*ATWIN, *words], stdout=writing, stderr=subprocess.PIPE, timeout=50, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_foreign_text() -> None:
    assert one_line(f"no file {chr(0xDCFF)!r}, {chr(0xDCFF)}") == r"no file '\xff', \xff"
    assert begin_of(b"<!DOCTYPE HTML>\r\n\x1b") == r'"<!DOCTYPE HTML> \x1b"'
    assert [counted(count, "handshake") for count in (1, 2)] == ["1 handshake", "2 handshakes"]
