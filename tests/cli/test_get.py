"""`atwin get` from a real server: the file, the reports, and every way to fail."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import random
import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from support.file_server import FileServer, file_server
from support.odd_lines import garbage, gone, silent, tcp_line
from support.program import ATWIN, atwin, only_line, start

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
    assert line.endswith(f"this tells why: atwin probe {url}")


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


def test_a_full_disk_keeps_what_came(server: FileServer, tmp_path: Path) -> None:
    url, target = f"{server.base}/file.bin", tmp_path / "out"
    with small_disk(tmp_path, 512 * 1024):
        ended = atwin("get", url, "-o", target, "--chunk", "100000")
        assert ended.returncode == 2
        assert "No space left on device" in only_line(ended.stderr)
        assert not target.exists()
        fetched = len(server.log)
        subprocess.run(["mount", "-o", "remount,size=2m", str(tmp_path)], check=True)
        ended = atwin("get", url, "-o", target, "--chunk", "100000", "--json")
        assert json.loads(ended.stdout)["resumed_from"] >= 300_000
        assert len(server.log) < 2 * fetched
        assert target.read_bytes() == CONTENT


def test_ports_that_cannot_be_opened(tmp_path: Path) -> None:
    for port in (str(tmp_path / "tty"), "socket://127.0.0.1:1", "carrier://pigeon"):
        ended = atwin("get", "http://h/f", "-o", tmp_path / "out", "--port", port)
        assert ended.returncode == 3
        assert port.rpartition("/")[2] in only_line(ended.stderr)


def test_lines_without_a_module(tmp_path: Path) -> None:
    with tcp_line(silent) as quiet, tcp_line(garbage) as noisy, tcp_line(gone) as broken:
        ports = (quiet, noisy, broken)
        running = [start("get", "http://h/f", "-o", tmp_path / "out", "-p", port) for port in ports]
        for process, port in zip(running, ports, strict=True):
            _, said = process.communicate(timeout=50)
            assert process.returncode == 3
            line = only_line(said.decode())
            assert line.startswith("atwin: ")
            assert len(line) < 400
            assert port in line or "bring-up" in line


def test_interrupted_and_resumed(server: FileServer, tmp_path: Path) -> None:
    url, target = f"{server.base}/file.bin", tmp_path / "out"
    server.delay = 0.2
    process = start("get", url, "-o", target, "--chunk", "50000", "--json")
    server.wait_for(4)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == b""
    assert only_line(said.decode()) == "atwin: interrupted; the same command goes on from here"
    assert not target.exists()
    server.delay = 0
    told = json.loads(atwin("get", url, "-o", target, "--chunk", "50000", "--json").stdout)
    assert told["resumed_from"] >= 50_000
    assert told["parts"] == 14
    assert target.read_bytes() == CONTENT


def test_terminated(server: FileServer, tmp_path: Path) -> None:
    server.delay = 30
    process = start("get", f"{server.base}/file.bin", "-o", tmp_path / "out")
    server.wait_for(2)
    process.terminate()
    assert process.wait(30) == 143


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


def test_progress_on_a_terminal(server: FileServer, tmp_path: Path) -> None:
    master, slave = pty.openpty()
    command = [*ATWIN, "get", f"{server.base}/file.bin", "-o", "out", "--chunk", "100000"]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "160"}
    process = subprocess.Popen(command, stderr=slave, env=env, cwd=tmp_path)
    os.close(slave)
    shown = b""
    try:
        while piece := os.read(master, 65536):
            shown += piece
    except OSError:  # how a PTY says that nobody has it open any more
        pass
    os.close(master)
    assert process.wait(30) == 0
    assert b"part 7 of 7" in shown
    assert SHA256.encode() in shown
