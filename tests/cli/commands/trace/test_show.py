"""`atwin trace show`: the dialogue in a file, chosen parts of it, and what is still to come."""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from atwin.cli.app import run
from atwin.cli.commands.trace import chosen
from support.modules.traced import written
from support.running.patience import PATIENCE, wait_until
from support.running.program import ATWIN, atwin, only_line, start
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Show = Callable[..., list[str]]

CONTENT = random.Random(6).randbytes(120_000)
RECORDS: list[dict[str, Any]] = [
    {"t": 1, "kind": "command", "dir": ">", "text": "AT+CSQ"},
    {"t": 2, "kind": "answer", "dir": "<", "text": "ERROR"},
    {"t": 3, "kind": "urc", "dir": "<", "text": "RDY"},
    {"t": 4, "kind": "net", "event": "slot taken", "open": 1},
    {"t": 5, "kind": "end", "event": "ended", "code": 0},
]
TEXTS = ["> AT+CSQ", "< ERROR", "< RDY", "# net: slot taken  open 1", "* end: ended  code 0"]


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server(**{"file.bin": CONTENT}) as server:
        yield server


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return written(tmp_path / "trace", *RECORDS)


@pytest.fixture
def show(trace: Path, capsys: pytest.CaptureFixture[str]) -> Show:
    """What is printed of the trace, without times."""

    def shown(*options: str, path: Path = trace) -> list[str]:
        assert run(["trace", "show", *options, str(path)]) == 0
        out, err = capsys.readouterr()
        assert err == ""
        return [line[13:] for line in out.splitlines()]

    return shown


# --- all of it ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trace of a download, on its own in a directory."""
    trace = tmp_path_factory.mktemp("made") / "trace"
    with file_server(**{"file.bin": CONTENT}) as server:
        ended = atwin(
            "get", f"{server.base}/file.bin", "-o", trace.with_name("f"), "--trace", trace,
            "--port", "twin://air724ug?time_scale=0&baud=921600&host_fifo=4096",
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    return trace


def test_a_download(made: Path, show: Show) -> None:
    lines = show(path=made)
    assert lines[0].startswith("* atwin ")
    assert "# net: slot taken  open 1" in lines
    data = next(line for line in lines if re.match(r"< \(\d{3},\d{3} bytes in", line))
    # 921,600 bit/s carry 92.16 kB/s, less on a machine that has other things to do.
    rate = re.search(r"([\d.]+) kB/s", data)
    assert rate is not None
    assert 10 < float(rate[1]) < 93
    assert lines[-1] == "* end: ended  code 0"
    assert not any("\x1b" in line for line in lines)
    assert any("\x1b[" in line for line in show("--colour", path=made))


def test_nothing_is_needed_of_what_made_it(made: Path) -> None:
    """Neither twin nor host nor network nor the TLS stack is loaded for it."""
    code = (
        "import sys; from atwin.cli.app import run\n"
        f"code = run(['trace', 'show', {str(made)!r}])\n"
        "heavy = [m for m in sys.modules if m.startswith(('atwin.twin', 'atwin.host', 'atwin.net',"
        " 'atwin.line', 'tlslite'))]\n"
        "print(code, heavy, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=PATIENCE
    )
    assert ended.stderr == "0 []\n"


def test_into_a_pipe_that_closes(made: Path) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*ATWIN, "trace", "show", str(made)], stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, b"")


def test_into_a_full_disk_is_one_line(made: Path) -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*ATWIN, "trace", "show", str(made)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    said = ended.stderr.decode()
    assert ended.returncode == 2
    assert only_line(said) == "atwin: cannot write the output: No space left on device"


def test_while_it_grows(server: FileServer, tmp_path: Path) -> None:
    trace = tmp_path / "grows"
    server.delay, server.piece = 0.2, 20_000
    process = start("get", f"{server.base}/file.bin", "-o", tmp_path / "f", "--trace", trace)
    wait_until(lambda: trace.exists() and '"event":"fill"' in trace.read_text())
    ended = atwin("trace", "show", trace)
    assert ended.returncode == 0
    assert "> AT+HTTPACTION=0" in ended.stdout
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b'{"format":"other"}\n', b"\xff\x00\n", b"[1]\n"]
)
@pytest.mark.parametrize("command", ["show", "plot"])
def test_what_is_no_trace(
    command: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert run(["trace", command, str(path)]) == 2
    assert "is not a trace" in only_line(capsys.readouterr().err)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


# --- parts of it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--since", "3"], TEXTS[2:]),
        (["--until", "2"], ["* atwin 1: test  2026-11-30T09:00:00+00:00", *TEXTS[:2]]),
        (["--since", "1.5", "--until", "4"], TEXTS[1:4]),
        (["--since", "-2"], TEXTS[2:]),
        (["--since", "-4", "--until", "-1.5"], TEXTS[:3]),
        (["--since", "-0"], TEXTS[-1:]),
        (["--since", "2026-11-30T09:00:04Z"], TEXTS[3:]),
        (["--since", "2026-11-30T10:00:04+01:00"], TEXTS[3:]),
        (["--since", "09:00:02Z", "--until", "09:00:03Z"], TEXTS[1:3]),
        # So long before the start that it is one of the next day; and shortly before it.
        (["--since", "20:00Z"], []),
        (["--until", "20:00Z", "--since", "08:59Z", "--kind", "urc"], TEXTS[2:3]),
        (["--until", "20:30:00Z", "--kind", "end"], TEXTS[-1:]),
        (["--kind", "urc"], TEXTS[2:3]),
        (["--kind", "urc", "--kind", "net"], TEXTS[2:4]),
        (["--grep", "^< "], TEXTS[1:3]),
        (["--grep", "^<", "--kind", "answer", "--kind", "net"], TEXTS[1:2]),
        (["--grep", "(?i)rdy|slot", "--since", "3.5"], TEXTS[3:4]),
    ],
)
@pytest.mark.parametrize("by", ["file", "pipe", "follow"])
def test_a_part(
    by: str, options: list[str], expected: list[str], show: Show, trace: Path, tmp_path: Path
) -> None:
    if by != "pipe":
        assert show(*options, *(["-f"] if by == "follow" else [])) == expected
        return
    os.mkfifo(pipe := tmp_path / "pipe")
    # Not before it is read, and no longer than somebody reads.
    writer = threading.Thread(target=lambda: pipe.write_bytes(trace.read_bytes()))
    writer.start()
    assert show(*options, path=pipe) == expected
    writer.join(PATIENCE)


@pytest.mark.parametrize(
    ("since", "expected"),
    [
        ("08:00:04", TEXTS[3:]),
        ("2026-11-30T08:00:04", TEXTS[3:]),
        ("23:00:04Z", TEXTS[3:]),
        ("09:00", []),
    ],
)
def test_a_time_is_of_this_computer_where_it_names_no_zone(
    since: str, expected: list[str], trace: Path
) -> None:
    """It is the next day already where this computer is."""
    written(trace, *RECORDS, wall="2026-11-29T23:00:00+00:00")
    ended = atwin("trace", "show", trace, "--since", since, env={"TZ": "JST-9"})
    assert [line[13:] for line in ended.stdout.splitlines()] == expected


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--since", "soon"], "--since 'soon': give seconds (12.5)"),
        (["--until", "25:00"], "--until '25:00': give seconds"),
        (["--since", "nan"], "'nan': give seconds"),
        (["--since", "9" * 400], "give seconds"),
        (["--grep", "("], "'(' is not a regular expression: missing )"),
        (["--grep", "a{99999999999}"], "is not a regular expression"),
        (["--kind", "urcs"], "'urcs' is not one of 'command', 'answer'"),
    ],
)
def test_what_cannot_be_asked_for(
    options: list[str], said: str, trace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["trace", "show", str(trace), *options]) == 2
    assert said in only_line(capsys.readouterr().err)


@pytest.mark.parametrize("wall", [None, "yesterday", 5, "0001-01-01T00:00:00+00:00"])
def test_a_trace_that_does_not_say_when_it_began(
    wall: object, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(tmp_path / "trace", *RECORDS, wall=wall)
    assert run(["trace", "show", str(path), "--since", "09:00"]) == 2
    assert "does not say at what time it began" in only_line(capsys.readouterr().err)


@pytest.mark.parametrize("pattern", ["(A+)+$", "(.*)*(.*)*(.*)*B", "(A|AA)+$"])
def test_a_pattern_that_would_take_for_ever(
    pattern: str, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(chosen, "_MOST_WORK", 0.02)
    before = signal.getsignal(signal.SIGVTALRM)
    record = {"t": 1, "kind": "urc", "dir": "<", "text": "A" * 600 + "!"}
    path = written(tmp_path / "trace", record)
    assert run(["trace", "show", str(path), "--grep", pattern]) == 2
    assert "takes too long for one line" in only_line(capsys.readouterr().err)
    assert signal.getsignal(signal.SIGVTALRM) is before
    assert signal.getitimer(signal.ITIMER_VIRTUAL) == (0, 0)


# --- what is still to come ----------------------------------------------------------------------


@pytest.fixture
def following(trace: Path) -> Iterator[tuple[Path, subprocess.Popen[bytes]]]:
    """A trace without its end, and a process that follows it and has printed all of it."""
    written(trace, *RECORDS[:2])
    process = start("trace", "show", "--follow", trace)
    assert process.stdout is not None
    for expected in (b"* atwin", b"> AT+CSQ", b"< ERROR"):
        assert expected in process.stdout.readline()
    yield trace, process
    process.kill()
    process.communicate()


def test_follow_goes_on_to_the_end(following: tuple[Path, subprocess.Popen[bytes]]) -> None:
    trace, process = following
    assert process.stdout is not None
    with trace.open("ab", buffering=0) as file:
        first, *others = [json.dumps(record).encode() + b"\n" for record in RECORDS[2:]]
        file.write(first[:9])
        file.write(first[9:])
        assert b"< RDY" in process.stdout.readline()
        file.write(b"".join(others) + b"what comes after the end")
    out, said = process.communicate(timeout=PATIENCE)
    assert [line[13:].decode() for line in out.splitlines()] == TEXTS[3:]
    assert (process.returncode, said) == (0, b"")


def test_follow_reads_a_trace_that_replaces_it(
    following: tuple[Path, subprocess.Popen[bytes]],
) -> None:
    trace, process = following
    os.truncate(trace, 0)
    assert process.stdout is not None
    with trace.open("ab", buffering=0) as file:
        file.write(b'{"t":0,"kind":"start","format":"atwin-trace 1"}\n')
        assert b"* atwin None" in process.stdout.readline()
        file.write(b'{"t":9,"kind":"end"}\n')
    assert process.wait(PATIENCE) == 0


def test_an_interrupt_ends_it(following: tuple[Path, subprocess.Popen[bytes]]) -> None:
    _, process = following
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, said) == (130, b"", b"")


def test_follow_waits_for_a_file_that_has_nothing_yet(tmp_path: Path) -> None:
    """Not even its first line is whole."""
    trace = tmp_path / "new"
    trace.write_bytes(b'{"t":0,"kind":"start",')
    process = start("trace", "show", "-f", trace)
    with trace.open("ab", buffering=0) as file:
        file.write(b'"format":"atwin-trace 1"}\n{"t":1,"kind":"end"}\n')
    out, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said) == (0, b"")
    assert out.count(b"\n") == 2


def test_follow_waits_for_no_trace_where_something_else_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "x"
    path.write_bytes(b"hello\n")
    assert run(["trace", "show", "-f", str(path)]) == 2
    assert "is not a trace" in only_line(capsys.readouterr().err)


def test_follow_ends_where_until_ends(trace: Path) -> None:
    written(trace, *RECORDS[:4])
    ended = atwin("trace", "show", "-f", trace, "--until", "2", "--since", "1")
    assert [line[13:] for line in ended.stdout.splitlines()] == TEXTS[:2]
