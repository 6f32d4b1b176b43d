"""`--trace FILE` on every command, and `atwin trace`."""

from __future__ import annotations

import base64
import os
import random
import signal
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run
from support.modules.traced import dialogue, event, events, records_of
from support.running.patience import PATIENCE, wait_until
from support.running.program import atwin, only_line, start, twin_running
from support.servers import tls_pki, tls_servers
from support.servers.file_server import FileServer, file_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CONTENT = random.Random(6).randbytes(400_000)


@pytest.fixture
def server() -> Iterator[FileServer]:
    with file_server(**{"file.bin": CONTENT}) as server:
        yield server


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    return tmp_path / "trace"


def shown(trace: Path, *options: str) -> list[str]:
    """What `trace show` prints, without times."""
    ended = atwin("trace", "show", trace, *options)
    assert (ended.returncode, ended.stderr) == (0, "")
    return [line[13:] for line in ended.stdout.splitlines()]


def wait_for(trace: Path, text: str) -> None:
    """Until the file has `text`: somebody is writing it."""
    wait_until(lambda: trace.exists() and text in trace.read_text(), text)


# --- what is in it ------------------------------------------------------------------------------


def test_a_download(server: FileServer, trace: Path, tmp_path: Path) -> None:
    ended = atwin("get", f"{server.base}/file.bin", "-o", tmp_path / "f", "--trace", trace)
    assert ended.returncode == 0, ended.stderr
    records = records_of(trace)
    assert records[0]["format"] == "atwin-trace 1"
    assert records[0]["command"].startswith(f"get {server.base}/file.bin -o ")
    assert records[-1] == {"t": records[-1]["t"], "kind": "end", "event": "ended", "code": 0}
    said = dialogue(records)
    assert said.count("> AT+HTTPACTION=0") == 2
    bodies = [r["bytes"] for r in records if r["kind"] == "data" and r["bytes"] > 10_000]
    assert sum(bodies) == len(CONTENT)
    kept = [(r["bytes"], r["of"]) for r in records if r.get("event") == "kept"]
    assert kept[-2:] == [(307_200, len(CONTENT)), (len(CONTENT), len(CONTENT))]
    # It is the owner's: what it does not mask is private all the same.
    assert stat.S_IMODE(trace.stat().st_mode) == 0o600


def test_a_download_over_https_with_all_secrets(trace: Path, tmp_path: Path) -> None:
    """Two-way TLS, credentials and a token in the URL: nothing of them is in the file."""
    ca = tls_pki.authority("Trace root")
    client = tls_pki.leaf(ca, name="module-7", hosts=(), use=None, secret="client")
    for name, data in (("ca", ca.pem), ("cert", client.pem), ("key", client.key_pem)):
        (tmp_path / name).write_bytes(data)
    (tmp_path / "body").write_bytes(b"the body is nobody's business" * 20)
    with tls_servers.nginx(tmp_path, tls_pki.leaf(ca), tmp_path / "body", client_ca=ca) as port:
        ended = atwin(
            "get", f"https://me:geheim@localhost:{port}/body?access_token=tok3n&x=1",
            "-o", tmp_path / "f", "--ca", tmp_path / "ca", "--cert", tmp_path / "cert",
            "--key", tmp_path / "key", "--trace", trace,
        )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    text = trace.read_text()
    for secret in ("geheim", "tok3n", base64.b64encode(b"me:geheim").decode(), "nobody's"):
        assert secret not in text
    for line in client.key_pem.decode().split():
        if len(line) > 8:
            assert line[:16] not in text
    assert "BEGIN" not in text
    records = records_of(trace)
    tls = event(records, "net", "TLS")
    assert (tls["host"], tls["version"]) == ("localhost", "TLS 1.2")
    assert tls["suite"].startswith("TLS_RSA_WITH_AES_")
    uploads = [r["bytes"] for r in records if r["kind"] == "data" and r["dir"] == ">"]
    commands = [r["text"] for r in records if r.get("text", "").startswith("AT+FSWRITE")]
    assert uploads == [int(text.split(",")[2]) for text in commands]
    assert len(uploads) == 3
    assert any("Authorization: ***" in text for text in dialogue(records))
    assert "***@localhost" in records[0]["command"]


def test_both_ends_of_a_line(server: FileServer, trace: Path, tmp_path: Path) -> None:
    """A host and a module in two processes: each tells its own end, and they say the same."""
    its = tmp_path / "its"
    with twin_running("--tcp", "127.0.0.1:0", "--trace", its) as (_, address):
        ended = atwin(
            "get", f"{server.base}/file.bin", "-o", tmp_path / "f", "--port", f"socket://{address}",
            "--trace", trace,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
    ours, theirs = records_of(trace), records_of(its)
    assert dialogue(ours) == dialogue(theirs)
    assert not events(ours, "net")
    assert "connected" in events(theirs, "net")
    assert (theirs[-1]["event"], theirs[-1]["code"]) == ("terminated", 143)


def test_a_client_of_another_kind(trace: Path) -> None:
    options = ("--pty", f"{trace}.pty", "--baud", "115200", "--trace", trace)
    with twin_running(*options) as (twin, path):
        code = (
            "import os, sys, tty\n"
            f"fd = os.open({path!r}, os.O_RDWR | os.O_NOCTTY); tty.setraw(fd)\n"
            "os.write(fd, b'AT+CSQ\\r'); heard = b''\n"
            "while b'OK' not in heard: heard += os.read(fd, 100)\n"
        )
        subprocess.run([sys.executable, "-c", code], check=True, timeout=PATIENCE)
        wait_for(trace, '"text":"OK"')
        twin.kill()
    assert dialogue(records_of(trace)) == ["> AT+CSQ", "< +CSQ: 22,99", "< OK"]
    assert shown(trace)[-1] == "? cut: no end: killed, or still running"


def test_what_went_wrong_and_the_rungs(server: FileServer, trace: Path, tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "pdp_loss"\nat_byte = 1000\n')
    ended = atwin(
        "get", f"{server.base}/file.bin", "-o", tmp_path / "f", "--trace", trace,
        "--port", f"twin://air724ug?time_scale=0&faults={plan}",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    told = events(records := records_of(trace), "host")
    assert "recovery: new PDP" in told
    (failed,) = (text for text in told if "trying again in" in text)
    assert failed.startswith("attempt 1 failed: ")
    assert (
        event(records, "net", "PDP is down")["t"] < event(records, "host", "recovery: new PDP")["t"]
    )
    assert events(records, "fault") == ["pdp_loss begins", "pdp_loss ends"]


def test_recover(trace: Path) -> None:
    ended = atwin(
        "recover", "--restart", "--port", "twin://air724ug?time_scale=0.01", "--trace", trace
    )
    assert ended.returncode == 0, ended.stderr
    records = records_of(trace)
    assert "recovery: AT+RESET" in events(records, "host")
    assert "restart (software)" in events(records, "power")
    assert "< RDY" in dialogue(records)


def test_post_head_console_probe_and_traffic(server: FileServer, trace: Path) -> None:
    url = f"{server.base}/file.bin"
    assert atwin("post", url, "--data", "hunter2", "--trace", trace).returncode == 0
    assert "hunter2" not in trace.read_text()
    assert "> (7 bytes)" in dialogue(records_of(trace))
    assert "--data '(7 bytes)'" in records_of(trace)[0]["command"]
    assert atwin("head", url, "--trace", trace).returncode == 0
    assert event(records_of(trace), "net", "HTTPACTION HEAD")["status"] == 200
    assert atwin("console", "--trace", trace, stdin='AT+CPIN="1234"\nAT+CSQ\n').returncode == 1
    assert dialogue(records_of(trace))[0] == "> AT+CPIN=***"
    assert dialogue(records_of(trace))[-3:] == ["> AT+CSQ", "< +CSQ: 22,99", "< OK"]
    ended = atwin("traffic", "--run", f"post {url} --data hunter2", "--trace", trace)
    assert ended.returncode == 0, ended.stderr
    assert "hunter2" not in trace.read_text()
    assert event(records_of(trace), "net", "HTTPACTION POST")["status"] == 200
    assert (
        atwin("probe", url.replace("http://", "").split("/")[0], "--trace", trace).returncode == 4
    )
    assert "connected" in events(records_of(trace), "net")


# --- the file -----------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["get", "twin"])
def test_a_file_that_cannot_be_is_a_usage_error(
    command: str, server: FileServer, tmp_path: Path
) -> None:
    arguments = [f"{server.base}/file.bin"] if command == "get" else []
    ended = atwin(command, *arguments, "--trace", tmp_path / "no" / "trace", cwd=tmp_path)
    assert ended.returncode == 2
    assert "cannot write" in only_line(ended.stderr)
    assert server.log == []
    assert list(tmp_path.iterdir()) == []


def test_a_trace_is_replaced_and_nothing_else(server: FileServer, tmp_path: Path) -> None:
    mine, old = tmp_path / "thesis.txt", tmp_path / "old"
    mine.write_text("three years of work\n")
    ended = atwin("head", f"{server.base}/file.bin", "--trace", mine)
    assert ended.returncode == 2
    assert "is not replaced" in only_line(ended.stderr)
    assert mine.read_text() == "three years of work\n"
    for _ in range(2):
        assert atwin("head", f"{server.base}/file.bin", "--trace", old).returncode == 0
        assert events(records_of(old), "end") == ["ended"]


@pytest.mark.parametrize("ending", [".part", ".part.lock", ".journal", ".journal.new"])
def test_a_trace_is_no_file_that_get_keeps(
    ending: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = str(tmp_path / "f")
    assert run(["get", "http://127.0.0.1:9/x", "-o", target, "--trace", target + ending]) == 2
    assert "is where the output goes" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["get", "head"])
def test_a_trace_is_never_the_output(command: str, server: FileServer, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "f")
    url = f"{server.base}/file.bin"
    ended = atwin(command, url, "-o", tmp_path / "f", "--trace", tmp_path / "link")
    assert ended.returncode == 2
    assert "is where the output goes" in only_line(ended.stderr)
    assert server.log == []
    assert not (tmp_path / "f").exists()


def test_a_pipe_is_shown_as_it_comes(server: FileServer, trace: Path) -> None:
    os.mkfifo(trace)
    process = start("head", f"{server.base}/file.bin", "--trace", trace)
    assert shown(trace)[-1] == "* end: ended  code 0"
    assert process.wait(timeout=20) == 0
    process.communicate()


def test_a_pipe_whose_reader_leaves_ends_the_trace_and_not_the_work(trace: Path) -> None:
    """With more to come than a pipe holds."""
    os.mkfifo(trace)
    process = start("console", "--trace", trace)
    with trace.open("rb") as file:
        file.readline()
    out, said = process.communicate(b"AT\n" * 2000, timeout=60)
    assert process.returncode == 0
    assert out.count(b"OK") == 2000
    assert said.decode().count("the trace ends here: cannot write") == 1


def test_two_processes_never_share_one(trace: Path) -> None:
    with twin_running("--tcp", "127.0.0.1:0", "--trace", trace):
        ended = atwin("console", "--trace", trace, stdin="AT\n")
        assert ended.returncode == 2
        assert "being written by another process" in only_line(ended.stderr)
    assert events(records_of(trace), "module") == ["air724ug"]


def test_a_full_disk_ends_the_trace_and_not_the_work(server: FileServer, tmp_path: Path) -> None:
    target = tmp_path / "f"
    ended = atwin("get", f"{server.base}/file.bin", "-o", target, "--trace", "/dev/full")
    assert ended.returncode == 0
    assert target.read_bytes() == CONTENT
    why = "atwin: the trace ends here: cannot write /dev/full: No space left on device"
    assert ended.stderr.splitlines().count(why) == 1


def test_a_kill_leaves_what_was_so_far(server: FileServer, trace: Path, tmp_path: Path) -> None:
    server.delay, server.piece = 0.2, 20_000
    process = start("get", f"{server.base}/file.bin", "-o", tmp_path / "f", "--trace", trace)
    wait_for(trace, '"event":"fill"')
    process.kill()
    process.communicate()
    lines = shown(trace)
    assert "> AT+HTTPACTION=0" in lines
    assert lines[-1] == "? cut: no end: killed, or still running"
    with trace.open("ab") as file:
        file.write(b'{"t":1.5,"kind":"comm')
    assert shown(trace)[-2] == "? broken: lines that are not records  n 1"


def test_an_interrupt_is_its_end(server: FileServer, trace: Path, tmp_path: Path) -> None:
    server.delay, server.piece = 0.2, 20_000
    process = start("get", f"{server.base}/file.bin", "-o", tmp_path / "f", "--trace", trace)
    wait_for(trace, '"event":"fill"')
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    assert (records_of(trace)[-1]["event"], records_of(trace)[-1]["code"]) == ("interrupted", 130)


def test_a_failure_is_its_end(trace: Path, tmp_path: Path) -> None:
    ended = atwin("head", "http://me:geheim@127.0.0.1:1/", "--trace", trace)
    assert ended.returncode in (1, 3)
    last = records_of(trace)[-1]
    assert (last["kind"], last["event"]) == ("end", "failed")
    assert last["code"] == ended.returncode
    assert "geheim" not in trace.read_text()


def test_the_last_lines_come_without_more_to_come(trace: Path) -> None:
    """A module that waits in silence has written what it said before."""
    with twin_running("--tcp", "127.0.0.1:0", "--trace", trace) as (twin, _):
        wait_for(trace, '"kind":"power"')
        twin.kill()
