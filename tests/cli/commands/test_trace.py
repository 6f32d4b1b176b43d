"""`--trace FILE` on every command, and `atwin trace`."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import signal
import stat
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from atwin.cli.app import run
from support.modules.traced import dialogue, event, events, records_of
from support.running.patience import PATIENCE, wait_until
from support.running.program import ATWIN, atwin, only_line, start, twin_running
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
    first = ended.stderr.splitlines()[0]
    assert first == "atwin: the trace ends here: cannot write /dev/full: No space left on device"


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
    assert shown(trace)[-2] == "? broken: lines that are no records  n 1"


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


# --- reading it ---------------------------------------------------------------------------------


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


def test_show(made: Path) -> None:
    lines = shown(made)
    assert lines[0].startswith("* atwin ")
    assert "# net: slot taken  open 1" in lines
    data = next(line for line in lines if re.match(r"< \(\d{3},\d{3} bytes in", line))
    # 921,600 bit/s carry 92.16 kB/s, less on a machine that has other things to do.
    rate = re.search(r"([\d.]+) kB/s", data)
    assert rate is not None
    assert 10 < float(rate[1]) < 93
    assert lines[-1] == "* end: ended  code 0"
    assert not any("\x1b" in line for line in lines)
    assert any("\x1b[" in line for line in shown(made, "--colour"))


def test_show_needs_nothing_of_what_made_it(made: Path) -> None:
    """Neither twin nor host nor network nor the TLS stack is loaded for it."""
    code = (
        "import sys; from atwin.cli.app import run\n"
        f"code = run(['trace', 'show', {str(made)!r}])\n"
        "heavy = [m for m in sys.modules if m.startswith(('atwin.twin', 'atwin.host', 'atwin.net',"
        " 'atwin.line', 'tlslite'))]\n"
        "print(code, heavy, file=sys.stderr)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    assert ended.stderr == "0 []\n"


def test_show_into_a_pipe_that_closes(made: Path) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [*ATWIN, "trace", "show", str(made)], stdout=writing, stderr=subprocess.PIPE
    )
    os.close(writing)
    os.read(reading, 1)
    os.close(reading)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (0, b"")


def test_show_into_a_full_disk_is_one_line(made: Path) -> None:
    with open("/dev/full", "wb") as full:
        ended = subprocess.run(
            [*ATWIN, "trace", "show", str(made)], stdout=full, stderr=subprocess.PIPE, check=False
        )
    said = ended.stderr.decode()
    assert ended.returncode == 2
    assert only_line(said) == "atwin: cannot write the output: No space left on device"


def test_show_while_it_grows(server: FileServer, trace: Path, tmp_path: Path) -> None:
    server.delay, server.piece = 0.2, 20_000
    process = start("get", f"{server.base}/file.bin", "-o", tmp_path / "f", "--trace", trace)
    wait_for(trace, '"event":"fill"')
    assert "> AT+HTTPACTION=0" in shown(trace)
    process.kill()
    process.communicate()


@pytest.mark.parametrize(
    "content", [b"", b"hello\n", b'{"format":"other"}\n', b"\xff\x00", b"[1]\n"]
)
@pytest.mark.parametrize("command", ["show", "plot"])
def test_what_is_no_trace(command: str, content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    ended = atwin("trace", command, path)
    assert ended.returncode == 2
    assert "is no trace" in only_line(ended.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_hostile_records_are_shown_and_drawn(trace: Path) -> None:
    """A trace comes from somebody else: it moves no cursor, runs no script, breaks nothing."""
    first = {"t": 0, "kind": "start", "format": "atwin-trace 1", "command": "<script>x</script>"}
    lines = [
        first,
        {"t": 1, "kind": "urc", "dir": "<", "text": "\x1b[2J</title><script>alert(1)</script>"},
        {"t": 2, "kind": "data", "dir": ">", "bytes": 5, "took": "long"},
        {"t": -5, "kind": "data", "dir": "<", "bytes": 5, "took": 1e9},
        {"t": 3, "kind": "net", "event": ["x"], "open": 1},
        {"t": 3, "kind": "net", "open": "many"},
        {"t": 4, "kind": "future", "event": "unknown"},
        {"t": "4", "kind": "net"},
        {"t": float("nan"), "kind": "net"},
        {"t": 5, "kind": "net", "open": 10**400},
        {"t": 5, "kind": "buffer", "event": "fill", "bytes": "much"},
    ]
    trace.write_text("".join(json.dumps(line) + "\n" for line in lines) + "[" * 100_000 + "\n")
    out = shown(trace)
    assert "\x1b" not in "".join(out)
    assert "? future: unknown" in out
    assert "? broken: lines that are no records  n 8" in out
    assert atwin("trace", "plot", trace).returncode == 0
    page = (trace.parent / "trace.html").read_text()
    assert "<script" not in page
    assert "nan" not in page


class Page(HTMLParser):
    """What a browser would load or run, and the drawing."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.outside: list[str] = []
        self.tags: list[str] = []
        self.feed(text)
        drawing = re.search(r"<svg.*</svg>", text, re.DOTALL)
        assert drawing is not None
        self.svg = ElementTree.fromstring(drawing[0])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.outside += [
            f"{tag} {name}" for name, _ in attrs if name in ("src", "href", "xlink:href")
        ]


def test_plot(made: Path) -> None:
    ended = atwin("trace", "plot", made, "-o", made.with_name("page.html"))
    assert ended.returncode == 0
    assert ended.stdout.strip() == str(made.with_name("page.html"))
    text = made.with_name("page.html").read_text()
    page = Page(text)
    assert page.outside == []
    assert not {"script", "link", "img", "iframe"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    titles = [t.text or "" for t in page.svg.iter("text") if t.get("class") == "title"]
    assert [title.split(",")[0] for title in titles] == [
        "throughput of the line",
        "HTTP buffer",
        "connections",
        "events",
    ]
    paths = [p.get("d") or "" for p in page.svg.iter("path")]
    assert len(paths) == 2
    limits = [line for line in page.svg.iter("line") if line.get("class") == "limit"]
    assert len(limits) == 2
    labels = [t.text for t in page.svg.iter("text")]
    assert {"319,488", "8", "0 s"} <= set(labels)
    tips = [tip.text or "" for tip in page.svg.iter("title")]
    assert any("+HTTPACTION: 0,206,307200" in tip for tip in tips)
    bars = [r for r in page.svg.iter("rect") if r.get("class") == "a"]
    assert len(bars) > 100


def test_a_plot_of_hours_is_no_larger_than_can_be_seen(trace: Path) -> None:
    """What happened between two places of the drawing has left its largest value."""
    lines = ['{"t":0,"kind":"start","format":"atwin-trace 1"}']
    lines += [f'{{"t":{n},"kind":"buffer","bytes":{1 + n % 2}}}' for n in range(50_000)]
    lines[25_000] = '{"t":24999.5,"kind":"buffer","bytes":77}'
    trace.write_text("\n".join(lines) + "\n")
    assert atwin("trace", "plot", trace).returncode == 0
    text = (trace.parent / "trace.html").read_text()
    assert len(text) < 500_000
    (path, *_) = (p.get("d") or "" for p in Page(text).svg.iter("path"))
    assert path.count("V6.0") == 1  # the top
    assert path.count("V108.65V107.3V10") > 5_000


def test_plot_never_overwrites_the_trace(made: Path) -> None:
    before = made.read_bytes()
    ended = atwin("trace", "plot", made, "-o", made)
    assert ended.returncode == 2
    assert "is the trace itself" in only_line(ended.stderr)
    assert made.read_bytes() == before


def test_the_last_lines_come_without_more_to_come(trace: Path) -> None:
    """A module that waits in silence has written what it said before."""
    with twin_running("--tcp", "127.0.0.1:0", "--trace", trace) as (twin, _):
        wait_for(trace, '"kind":"power"')
        twin.kill()
