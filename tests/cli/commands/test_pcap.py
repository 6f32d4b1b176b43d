"""`--pcap FILE` on every command: what is in the file, and what happens to the file."""

from __future__ import annotations

import os
import random
import stat
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run
from atwin.disk.errors import DiskError
from atwin.session.captures import read_line
from support.running.patience import wait_until
from support.running.program import atwin, only_line, start, twin_running
from support.running.tshark import seen
from support.servers import tls_pki, tls_servers
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = random.Random(6).randbytes(60_000)
AIR = ("--port", "twin://air780ep?time_scale=0")


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server(**{"file.bin": CONTENT}) as server:
        yield server


@pytest.fixture
def pcap(tmp_path: Path) -> Path:
    return tmp_path / "f.pcapng"


def line(pcap: Path, direction: str) -> bytes:
    """What went one way over the AT line."""
    return b"".join(piece.data for piece in read_line(str(pcap)) if piece.direction == direction)


def test_https_is_open(server: FileServer, pcap: Path, tmp_path: Path) -> None:
    """A POST over TLS, with its path and body, and the AT commands for it."""
    certificate = tls_pki.authority("Capture root")
    (tmp_path / "cert").write_bytes(certificate.pem)
    (tmp_path / "key").write_bytes(certificate.key_pem)

    def servers(port: int) -> str:
        return (
            f"server {{ listen 127.0.0.1:{port} ssl; ssl_protocols TLSv1.2;"
            f" ssl_certificate {tmp_path}/cert; ssl_certificate_key {tmp_path}/key;"
            f" ssl_ciphers 'AES128-SHA:@SECLEVEL=0'; location / {{ proxy_pass {server.base}; }} }}"
        )

    with tls_servers.nginx_with(servers, tmp_path) as port:
        url = f"https://localhost:{port}/x?token=abc"
        ended = atwin("post", url, "--data", "hunter2", "--pcap", pcap, *AIR)
    assert (ended.returncode, ended.stdout) == (0, "took 7 bytes")
    assert ended.stderr.splitlines()[0] == (
        f"atwin: {pcap} holds everything that is sent and received, keys and passwords too:"
        " pass it on to nobody who must not know them"
    )
    found = seen(
        pcap, "http.request.full_uri", "http.response.code", "data.data", "_ws.malformed", "at.cmd"
    )
    assert found.having("http.request.full_uri") == [url]
    assert found.having("http.response.code") == ["200"]
    assert b"hunter2".hex() in found.having("data.data")
    assert found.having("_ws.malformed") == []
    assert {kind for kind, protocol, _ in found.experts if protocol != "AT"} <= {"Chats", "Notes"}
    assert "+HTTPPARA" in found.having("at.cmd")
    assert b'AT+HTTPPARA="URL","%b"' % url.encode() in line(pcap, ">")


def test_each_end_of_a_line_and_each_module_has_its_own(server: FileServer, pcap: Path) -> None:
    """A host's end has the AT line alone; it says what the module's end says."""
    its = f"{pcap}.twin"
    modules = ("--tcp", "127.0.0.1:0", "--tcp", "127.0.0.1:0", "--pcap", its)
    with twin_running(*modules) as (_, address):
        port = f"socket://{address}"
        ended = atwin("head", f"{server.base}/file.bin", "--port", port, "--pcap", pcap)
        assert ended.returncode == 0, ended.stderr
    first, second = (pcap.with_name(f"{pcap.name}.twin.{number}") for number in (1, 2))
    for direction in "<>":
        assert line(pcap, direction) == line(first, direction) != b""
        assert line(second, direction) == b""
    assert b"HEAD /file.bin" in first.read_bytes()
    assert b"HEAD /file.bin" not in pcap.read_bytes()
    assert stat.S_IMODE(first.stat().st_mode) == 0o600


def test_a_capture_is_replaced_and_nothing_else(server: FileServer, tmp_path: Path) -> None:
    mine, old, url = tmp_path / "thesis.txt", tmp_path / "old", f"{server.base}/file.bin"
    mine.write_text("three years of work\n")
    ended = atwin("head", url, "--pcap", mine)
    assert ended.returncode == 2
    assert "--pcap: " in only_line(ended.stderr)
    assert "is not replaced" in ended.stderr
    assert mine.read_text() == "three years of work\n"
    for _ in range(2):
        assert atwin("head", url, "--pcap", old, *AIR).returncode == 0
    assert line(old, ">").count(b"AT+HTTPACTION=2\r") == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--pcap", "-"], "stdout is the command's own"),
        (["--pcap", "{}/no/f"], "cannot write"),
        (["--pcap", "{}/out.part"], "is where the output goes"),
        (["--pcap", "{}/f", "--trace", "{}/./f"], "cannot be both"),
    ],
)
def test_what_cannot_be_is_said_before_anything_begins(
    words: list[str], why: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = [word.format(tmp_path) for word in words]
    assert run(["get", "http://127.0.0.1:9/x", "-o", f"{tmp_path}/out", *options]) == 2
    error = only_line(capsys.readouterr().err)
    assert "--pcap: " in error
    assert why in error


def test_two_processes_never_share_one(pcap: Path) -> None:
    with twin_running("--tcp", "127.0.0.1:0", "--pcap", pcap):
        ended = atwin("console", "--pcap", pcap, stdin="AT\n")
        assert ended.returncode == 2
        assert "being written by another process" in only_line(ended.stderr)


def test_a_full_disk_ends_the_capture_and_not_the_work(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "f"
    ended = atwin("get", f"{server.base}/file.bin", "-o", target, "--pcap", "/dev/full")
    assert ended.returncode == 0
    assert target.read_bytes() == CONTENT
    said = "atwin: the capture ends here: cannot write /dev/full: No space left on device"
    assert ended.stderr.splitlines().count(said) == 1


def test_it_is_read_while_it_grows_and_after_a_kill(server: FileServer, pcap: Path) -> None:
    server.delay, server.piece = 0.2, 5_000
    process = start("get", f"{server.base}/file.bin", "-o", f"{pcap}.out", "--pcap", pcap)

    def fetches() -> bool:
        try:
            return b"AT+HTTPACTION=0\r" in line(pcap, ">") and b"GET /" in pcap.read_bytes()
        except DiskError:  # it is not there yet
            return False

    wait_until(fetches, "a part is fetched")
    process.kill()
    process.communicate()
    found = seen(pcap, "at.cmd", "http.request.method")
    assert "+HTTPACTION" in found.having("at.cmd")
    assert found.having("http.request.method")[-1] == "GET"


def test_a_pipe_is_read_as_it_comes(server: FileServer, pcap: Path) -> None:
    os.mkfifo(pcap)
    process = start("head", f"{server.base}/file.bin", "--pcap", pcap)
    assert b"AT+HTTPACTION=2\r" in line(pcap, ">")
    process.communicate()
    assert process.returncode == 0
