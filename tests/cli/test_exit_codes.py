"""One table of exit codes for all commands, and one JSON object from those that print JSON."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run
from atwin.cli.ending import EXIT_CODES
from support.running.program import atwin, only_line, start
from support.servers.file_server import file_server
from support.servers.sockets import own_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.servers.file_server import FileServer

PORT = "twin://air724ug?time_scale=0"

#: Commands that take a port; {url} and {out} are filled in.
ON_A_PORT = {
    "get": ["get", "{url}", "-o", "{out}", "--give-up", "2", "--json"],
    "head": ["head", "{url}", "--give-up", "2", "--json"],
    "post": ["post", "{url}", "--data", "x", "--give-up", "2", "--json"],
    "recover": ["recover", "--json"],
    "console": ["console"],
    "at": ["at", "AT", "--json"],
    "traffic": ["traffic", "--json", "--run", "get {url} --give-up 2"],
}
#: Those that go to a server, by a port or not.
TO_A_SERVER = {name: ON_A_PORT[name] for name in ("get", "head", "post", "traffic")} | {
    "probe": ["probe", "{url}", "--json"]
}

#: What is wrong with a port, and the exit code.
PORTS = {
    "foo://127.0.0.1:7000": 2,
    "socket://nobody": 2,
    "rfc2217://127.0.0.1:x": 2,
    "": 2,
    "/dev/ttyUSB0?baud=fast": 2,
    "twin://sim800": 2,
    "twin://air724ug?seed=many": 2,
    "/nowhere/tty": 3,
    "/dev/null": 3,
    "socket://127.0.0.1:{closed}": 3,
    "rfc2217://127.0.0.1:{closed}": 3,
}


@pytest.fixture
def closed() -> Iterator[int]:
    """A TCP port on which nobody listens."""
    with own_port() as port:
        yield port


@pytest.fixture(scope="module")
def files() -> Iterator[FileServer]:
    with file_server(body=b"x" * 5000) as files:
        yield files


@pytest.fixture(autouse=True)
def quick_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATWIN_PORT", PORT)


def told(capsys: pytest.CaptureFixture[str], arguments: list[str], code: int) -> dict[str, object]:
    """Run it here: the code, one line on stderr, and with --json what the object says."""
    assert run(arguments) == code, capsys.readouterr()
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    last = err.splitlines()[-1] if err else ""
    assert "defect" not in last
    if "--json" not in arguments:
        return {}
    found: dict[str, object] = json.loads(out)
    assert len(out.splitlines()) == 1
    assert found["exit_code"] == code
    assert found["error"]
    if last.startswith("atwin: "):
        assert last == f"atwin: {found['error']}"
    return found


@pytest.mark.parametrize("port", PORTS)
@pytest.mark.parametrize("command", ON_A_PORT)
def test_a_port_that_cannot_be_opened(
    command: str, port: str, closed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = [word.format(url="http://h/f", out=tmp_path / "f") for word in ON_A_PORT[command]]
    told(capsys, [*words, "--port", port.format(closed=closed)], PORTS[port])


@pytest.mark.parametrize("command", TO_A_SERVER)
def test_a_server_that_is_not_there(
    command: str, closed: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"https://127.0.0.1:{closed}/f"
    words = [word.format(url=url, out=tmp_path / "f") for word in TO_A_SERVER[command]]
    told(capsys, words, 3)


@pytest.mark.parametrize("command", ["get", "probe"])
def test_a_server_whose_name_is_none(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = "https://nobody.invalid/f"
    words = [word.format(url=url, out=tmp_path / "f") for word in TO_A_SERVER[command]]
    told(capsys, words, 3)


@pytest.mark.parametrize("command", ["get", "head", "traffic"])
def test_a_server_that_refuses(
    command: str, files: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{files.base}/nothing"
    words = [word.format(url=url, out=tmp_path / "f") for word in TO_A_SERVER[command]]
    found = told(capsys, words, 1)
    assert command != "traffic" or "file" not in found


@pytest.mark.parametrize("command", TO_A_SERVER)
def test_a_server_without_tls(
    command: str, files: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"{files.base}/body".replace("http:", "https:")
    words = [word.format(url=url, out=tmp_path / "f") for word in TO_A_SERVER[command]]
    told(capsys, words, 4)


def test_a_wrong_file_tells_that_nothing_was_kept(
    files: FileServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url, out = f"{files.base}/body", tmp_path / "f"
    found = told(capsys, ["get", url, "-o", str(out), "--sha256", "0" * 64, "--json"], 5)
    assert (found["url"], found["file"]) == (url, str(out))
    assert (found["bytes"], found["bytes_kept"]) == (5000, 0)


@pytest.mark.parametrize(
    "arguments",
    [
        ["get", "--json"],
        ["get", "http://h/f", "--json", "--fast"],
        ["probe", "ftp://h", "--json"],
        ["traffic", "--json"],
        ["traffic", "--json", "--get", "1M", "--model", "sim800"],
        ["recover", "--json", "--pins", "magic"],
        ["fly", "--json"],
    ],
)
def test_usage(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    told(capsys, arguments, 2)


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--serial", "foo://x"], 2),
        (["--serial", "/nowhere/tty"], 3),
        (["--tcp", "127.0.0.1"], 2),
        (["--tcp", "192.0.2.1:7000"], 2),
        (["--tcp", "nobody.invalid:7000"], 3),
        (["--pty", "/nowhere/link"], 2),
        (["--control", "/nowhere/socket"], 2),
        (["--state", "/dev/null/state"], 2),
        (["--model", "sim800"], 2),
        (["--faults", "/nowhere"], 2),
    ],
)
def test_a_twin_that_cannot_start(arguments: list[str], code: int) -> None:
    ended = atwin("twin", *arguments)
    assert ended.returncode == code
    assert only_line(ended.stderr).startswith("atwin: ")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_whoever_is_stopped_tells_what_is_kept(number: int, code: int, tmp_path: Path) -> None:
    with file_server(body=bytes(3_000_000)) as files:
        files.delay, files.piece = 0.01, 50_000
        get = start("get", f"{files.base}/body", "-o", tmp_path / "f", "--json")
        files.wait_for(4)  # the HEAD, and with the third part the first one is kept
        get.send_signal(number)
        out, err = get.communicate(timeout=20)
        files.delay = 0
    assert get.returncode == code
    found = json.loads(out)
    assert (found["exit_code"], found["bytes"]) == (code, 3_000_000)
    assert 0 < found["bytes_kept"] <= (tmp_path / "f.part").stat().st_size
    assert b"Traceback" not in err


def test_the_help_and_the_page_have_the_table() -> None:
    assert EXIT_CODES in " ".join(atwin("--help").stdout.split())
    page = (Path(__file__).parents[2] / "docs/reference/exit-codes.md").read_text()
    for code, meaning in re.findall(r"(\d+) (\D+)(?:, |$)", EXIT_CODES):
        assert f"| {code} | {meaning}" in page.replace(" by Ctrl-C", "")
    chinese = (Path(__file__).parents[2] / "docs/reference/exit-codes.zh.md").read_text()
    assert rows(chinese) == rows(page)


def rows(page: str) -> list[str]:
    """The codes of the table, in order."""
    return re.findall(r"^\| (\d+) \|", page, re.MULTILINE)
