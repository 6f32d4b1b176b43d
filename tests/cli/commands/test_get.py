"""`atwin get` from a real server: the file, the reports, and every way to fail."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import random
import signal
import stat
import subprocess
import tty
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run as run_here
from atwin.cli.results import counted, kept, rate
from atwin.disk.journal import Journal, Record
from support.line.odd_lines import garbage, gone, silent, tcp_line
from support.running.program import ATWIN, atwin, only_line, start
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = random.Random(2).randbytes(700_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server(**{"file.bin": CONTENT}) as server:
        yield server


def test_the_name_comes_from_the_url(server: FileServer, tmp_path: Path) -> None:
    ended = atwin("get", f"{server.base}/file.bin", cwd=tmp_path)
    assert ended.returncode == 0
    assert ended.stdout == ""
    line = only_line(ended.stderr)
    assert line.startswith("file.bin: 700000 bytes in ")
    assert f"3 parts, sha256 {SHA256}" in line
    assert [path.name for path in tmp_path.iterdir()] == ["file.bin"]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
def test_every_model(server: FileServer, tmp_path: Path, model: str) -> None:
    target = tmp_path / "out"
    ended = atwin(
        "get",
        f"{server.base}/file.bin",
        "-o",
        target,
        "-p",
        f"twin://{model}?time_scale=0",
        "--json",
    )
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["model"] == model
    assert target.read_bytes() == CONTENT


def test_json(server: FileServer, tmp_path: Path) -> None:
    url, target = f"{server.base}/file.bin", tmp_path / "out"
    ended = atwin(
        "get", url, "-o", target, "--json", "--chunk", "100000", "--strategy", "range",
        "--sha256", SHA256.upper(), "--md5", MD5,
        env={"ATWIN_PORT": "twin://air780e-lsat?time_scale=0"},
    )  # fmt: skip
    assert ended.returncode == 0
    told = json.loads(ended.stdout)
    assert told.pop("seconds") > 0
    assert told == {
        "url": url,
        "file": str(target),
        "bytes": 700_000,
        "sha256": SHA256,
        "parts": 7,
        "fetched_parts": 7,
        "resumed_from": 0,
        "strategy": "range",
        "model": "air780e-lsat",
        "retries": 0,
        "recovery": [],
        "final_url": None,
        "coding": None,
    }


def test_a_wrong_hash(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "out"
    ended = atwin("get", f"{server.base}/file.bin", "-o", target, "--sha256", "0" * 64)
    assert ended.returncode == 5
    assert SHA256 in only_line(ended.stderr)
    assert list(tmp_path.iterdir()) == []


def test_not_found(server: FileServer, tmp_path: Path) -> None:
    ended = atwin("get", f"{server.base}/other.bin", "-o", tmp_path / "out")
    assert ended.returncode == 1
    assert "404" in only_line(ended.stderr)
    assert list(tmp_path.iterdir()) == []


def test_hosts_that_cannot_be_reached(tmp_path: Path) -> None:
    urls = {"http://no-such-host.invalid/f": "603", "http://127.0.0.1:1/f": "601"}
    running = {url: start("get", url, "-o", tmp_path / status) for url, status in urls.items()}
    for url, process in running.items():
        _, said = process.communicate(timeout=50)
        assert process.returncode == 3
        line = only_line(said.decode())
        assert url in line
        assert urls[url] in line
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_speak_tls(server: FileServer, tmp_path: Path) -> None:
    url = server.base.replace("http:", "https:") + "/file.bin"
    ended = atwin("get", url, "-o", tmp_path / "out")
    assert ended.returncode == 4
    assert "605" in (line := only_line(ended.stderr))
    assert line.endswith(f"to see why, run: atwin probe {url}")


def test_a_link_is_followed_and_kept(server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "new").symlink_to("nothing-yet")
    for link, real in (("link", "real"), ("new", "nothing-yet")):
        assert atwin("get", f"{server.base}/file.bin", "-o", tmp_path / link).returncode == 0
        assert os.readlink(tmp_path / link) == real
        assert (tmp_path / real).read_bytes() == CONTENT
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o640
    assert len(list(tmp_path.iterdir())) == 4


def test_what_cannot_be_asked_for_is_said_before_a_module_is_opened(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The port does not exist: whoever opened it would say so."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    wrong = [
        ("ftp://x", "out", "does not speak 'ftp'"),
        ("notaurl", "out", "has no http:// or https://"),
        ("http://", "out", "names no host"),
        ("http://host:99999/f", "out", "has no port from 1 to 65535"),
        ("http://测试.Bücher.de/f", "out", "write xn--0zwm56d.xn--bcher-kva.de for its host"),
        (f"http://{'试' * 70}/f", "out", "has a host that no module takes"),
        ("http://h/f", "pipe", "pipe: it is a pipe; name a regular file"),
        ("http://h/f", "link", "link: it is a pipe; name a regular file"),
        ("http://h/f", ".", "it is a directory"),
    ]
    for command in (["get"], ["head"], ["post", "--data", "x"]):
        for url, output, said in wrong:
            code = run_here([*command, url, "-o", str(tmp_path / output), "-p", "/dev/no-port"])
            assert (code, said in (line := only_line(capsys.readouterr().err))) == (2, True), line
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "pipe"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


@pytest.mark.parametrize("target", ["nowhere/out", "."])
def test_an_unwritable_target(server: FileServer, tmp_path: Path, target: str) -> None:
    ended = atwin("get", f"{server.base}/file.bin", "-o", tmp_path / target)
    assert ended.returncode == 2
    assert f"cannot write {tmp_path / target}" in only_line(ended.stderr)


@contextmanager
def small_disk(directory: Path, size: int) -> Iterator[None]:
    """A file system with room for `size` bytes on `directory`."""
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(directory)]
    if os.getuid() != 0 or subprocess.run(mount, check=False).returncode != 0:
        pytest.skip("only root may mount")
    try:
        yield
    finally:
        subprocess.run(["umount", str(directory)], check=True)


def test_a_disk_too_small_is_told_before_anything_is_fetched(
    server: FileServer, tmp_path: Path
) -> None:
    url, target = f"{server.base}/file.bin", tmp_path / "out"
    with small_disk(tmp_path, 512 * 1024):
        ended = atwin("get", url, "-o", target, "--chunk", "100000")
        assert ended.returncode == 2
        assert "700000 bytes are to come, and" in only_line(ended.stderr)
        assert not target.exists()
        assert len(server.log) == 1, "the HEAD"
        subprocess.run(["mount", "-o", "remount,size=2m", str(tmp_path)], check=True)
        ended = atwin("get", url, "-o", target, "--chunk", "100000", "--json")
        assert json.loads(ended.stdout)["bytes"] == 700_000
        assert target.read_bytes() == CONTENT


def test_ports_that_cannot_be_opened(tmp_path: Path) -> None:
    for port in (str(tmp_path / "tty"), "socket://127.0.0.1:1"):
        ended = atwin("get", "http://h/f", "-o", tmp_path / "out", "--port", port)
        assert ended.returncode == 3
        assert port.rpartition("/")[2] in only_line(ended.stderr)


def test_lines_without_a_module(tmp_path: Path) -> None:
    """Ended by `--give-up`; what is said when it is not: tests/host/channel/test_dead_lines.py."""
    with tcp_line(silent) as quiet, tcp_line(garbage) as noisy, tcp_line(gone) as broken:
        options = ("-o", str(tmp_path / "out"), "--give-up", "2")
        ports = (quiet, noisy, broken)
        running = [start("get", "http://h/f", *options, "-p", port) for port in ports]
        for process in running:
            _, said = process.communicate(timeout=50)
            assert process.returncode == 3
            line = only_line(said.decode())
            assert line.startswith("atwin: ")
            assert len(line) < 400
        assert broken in line


def test_interrupted_and_resumed(server: FileServer, tmp_path: Path) -> None:
    url, target = f"{server.base}/file.bin", tmp_path / "out"
    server.delay = 0.2
    process = start("get", url, "-o", target, "--chunk", "50000", "--json")
    server.wait_for(4)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=30)
    assert process.returncode == 130
    kept = json.loads((tmp_path / "out.journal").read_bytes())["done"]
    assert kept >= 50_000
    line = f"interrupted; {kept} of 700000 bytes are kept; the same command goes on from there"
    assert only_line(said.decode()) == f"atwin: {line}"
    ended = json.loads(out)
    assert (ended["bytes_kept"], ended["error"], ended["exit_code"]) == (kept, line, 130)
    assert not target.exists()
    server.delay = 0
    told = json.loads(atwin("get", url, "-o", target, "--chunk", "50000", "--json").stdout)
    assert told["resumed_from"] == kept
    assert told["parts"] == 14
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(("number", "word"), [(15, "terminated"), (2, "interrupted")])
def test_ended_before_anything_came(
    server: FileServer, tmp_path: Path, number: int, word: str
) -> None:
    server.delay = 30
    process = start("get", f"{server.base}/file.bin", "-o", tmp_path / "out")
    server.wait_for(2)
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert only_line(said.decode()) == f"atwin: {word}; nothing was kept yet"
    assert list(tmp_path.iterdir()) == []


def test_the_time_out_of_a_request(server: FileServer, tmp_path: Path) -> None:
    url = f"{server.base}/file.bin"
    for command in (["get", "-o", str(tmp_path / "out")], ["head"], ["post", "-d", "x"]):
        ended = atwin(*command, url, "--timeout", "77", env={"ATWIN_DEBUG": "1"})
        assert 'AT+HTTPPARA="TIMEOUT",77' in ended.stderr
        assert atwin(*command, url, "--timeout", "65536").returncode == 2
    server.delay = 30
    ended = atwin("post", "-d", "x", url, "--timeout", "1")
    assert ended.returncode == 3
    assert "408" in (line := only_line(ended.stderr))
    assert "raise the timeout (--timeout); the server may have had the POST" in line


def test_what_an_ended_download_has_left(tmp_path: Path) -> None:
    url, target = "http://h/f", str(tmp_path / "out")
    assert kept(url, target, whole=False) == "nothing was kept yet"
    for length, said in ((9, "5 of 9 bytes are kept"), (None, "5 bytes are kept")):
        Journal(target).save(Record.of(url, {"length": length}, 5, "0" * 64))
        assert kept(url, target, whole=False) == f"{said}; the same command goes on from there"
    assert kept(f"{url}2", target, whole=False) == "nothing was kept yet"
    assert kept(url, target, whole=True) == f"{target} is there, whole and verified"


@pytest.mark.parametrize(
    ("size", "seconds", "said"),
    [
        (0, 0.0, "0.0 kB/s"),
        (1_250, 1.0, "1.2 kB/s"),
        (999_000, 1, "999.0 kB/s"),
        (2_500_000, 2, "1.25 MB/s"),
    ],
)
def test_rates_in_a_unit_that_suits(size: int, seconds: float, said: str) -> None:
    assert rate(size, seconds) == said


def test_words_in_the_number_that_suits() -> None:
    words = [counted(count, what) for what in ("retry", "part") for count in (1, 2)]
    assert words == ["1 retry", "2 retries", "1 part", "2 parts"]


def test_a_second_process_on_the_same_file(server: FileServer, tmp_path: Path) -> None:
    server.delay = 30
    first = start("get", f"{server.base}/file.bin", "-o", tmp_path / "out")
    server.wait_for(2)
    ended = atwin("get", f"{server.base}/file.bin", "-o", tmp_path / "out")
    first.kill()
    first.communicate()
    assert ended.returncode == 2
    assert "by another process" in only_line(ended.stderr)


def test_a_changed_file_is_started_over_and_that_is_said(
    server: FileServer, tmp_path: Path
) -> None:
    url, target = f"{server.base}/file.bin", tmp_path / "out"
    server.delay = 0.2
    process = start("get", url, "-o", target, "--chunk", "50000")
    server.wait_for(4)
    process.kill()
    process.communicate()
    changed = CONTENT[::-1]
    server.files["/file.bin"], server.etag, server.delay = changed, '"two"', 0
    ended = atwin("get", url, "-o", target, "--chunk", "50000")
    assert ended.returncode == 0
    why, summary = ended.stderr.splitlines()
    assert "starting over" in why
    assert hashlib.sha256(changed).hexdigest() in summary
    assert target.read_bytes() == changed


def on_a_terminal(folder: Path, *arguments: str) -> bytes:
    """What `atwin get` shows where there is a terminal on stderr."""
    master, slave = pty.openpty()
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160"}
    process = subprocess.Popen([*ATWIN, "get", *arguments], stderr=slave, env=env, cwd=folder)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # how a PTY says that nobody has it open any more
        pass
    os.close(master)
    assert process.wait(30) == 0
    return shown


def test_progress_on_a_terminal(server: FileServer, tmp_path: Path) -> None:
    shown = on_a_terminal(tmp_path, f"{server.base}/file.bin", "-o", "out", "--chunk", "100000")
    assert b"part 7 of 7" in shown
    assert SHA256.encode() in shown


def typed(port: Path, line: bytes) -> bytes:
    """What a person sees who types `line` at the module, up to its OK."""
    fd = os.open(port, os.O_RDWR | os.O_NOCTTY)
    try:
        tty.setraw(fd)
        os.write(fd, line + b"\r")
        seen = b""
        while not seen.endswith(b"OK\r\n"):
            seen += os.read(fd, 4096)
        return seen
    finally:
        os.close(fd)


@pytest.mark.timeout(60)
def test_the_module_is_left_as_it_was_found(server: FileServer, tmp_path: Path) -> None:
    """After success, a refusal, and an interruption: the next who comes may type at it."""
    port, url = tmp_path / "modem", f"{server.base}/file.bin"
    module = start("twin", "--model", "air724ug", "--pty", port)
    assert module.stdout is not None
    module.stdout.readline()
    as_found = b"AT+IFC?;+CMEE?\r\r\n+IFC: 0,0\r\n\r\n+CMEE: 2\r\n\r\nOK\r\n"
    try:
        typed(port, b"AT+CMEE=2")
        assert typed(port, b"AT+IFC?;+CMEE?") == as_found
        assert atwin("get", url, "-o", tmp_path / "out", "-p", port).returncode == 0
        assert typed(port, b"AT+IFC?;+CMEE?") == as_found
        assert atwin("head", f"{url}.none", "-p", port).returncode == 1
        assert typed(port, b"AT+IFC?;+CMEE?") == as_found
        server.delay = 30
        asked = len(server.log)
        process = start("post", url, "-d", "x", "-p", str(port))
        server.wait_for(asked + 1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
        assert process.returncode == 130
        assert typed(port, b"AT+IFC?;+CMEE?") == as_found
    finally:
        module.kill()
        module.communicate()


def test_rungs_and_faults_stay_on_the_screen_above_the_bar(
    server: FileServer, tmp_path: Path
) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "pdp_loss"\nat_action = 3\nuntil = "cipshut"\n')
    port = f"twin://air724ug?time_scale=0&faults={plan}"
    url = f"{server.base}/file.bin"
    shown = on_a_terminal(tmp_path, url, "-o", "out", "--chunk", "100000", "--port", port)
    assert b"fault: pdp_loss begins (at action 3)" in shown
    assert b"recovery: new PDP" in shown
    assert b"recovery: CIPSHUT" in shown
    assert b"recovered by CIPSHUT" in shown


def test_what_brought_the_module_up_is_told_too(server: FileServer, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    fault = '[[fault]]\nkind = "{}"\nat_time = 0\nuntil = "cipshut"\n'
    plan.write_text(fault.format("pdp_loss") + fault.format("pdp_refused"))
    port = f"twin://air724ug?time_scale=0&faults={plan}"
    ended = atwin("get", f"{server.base}/file.bin", "-o", tmp_path / "out", "-p", port, "--json")
    assert "recovered by CIPSHUT" in ended.stderr
    *_, rung = json.loads(ended.stdout)["recovery"]
    assert (rung["rung"], rung["helped"]) == ("CIPSHUT", True)
