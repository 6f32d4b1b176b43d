"""`--resolve` and `--offline`: names that lead to servers of a test."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from support.running.controlled import ask_control
from support.running.patience import PATIENCE
from support.running.program import atwin, only_line, twin_running
from support.servers import tls_pki, tls_servers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f"{self.headers['Host']} {self.path}".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - of the base

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_requests_keep_the_name(port: int, tmp_path: Path) -> None:
    names = ("--resolve", f"ota.example.com:80:127.0.0.1:{port}", "--offline")
    url = "http://ota.example.com/f"
    got = atwin("get", url, "-o", tmp_path / "f", *names)
    assert (got.returncode, (tmp_path / "f").read_bytes()) == (0, b"ota.example.com /f"), got.stderr
    assert atwin("post", url, "--data", "x", *names).stdout == "ota.example.com /f"
    assert "content-length: 18" in atwin("head", url, *names).stdout.lower()


def test_in_the_url_of_a_twin_and_what_is_refused(port: int, tmp_path: Path) -> None:
    twin = f"twin://air780e-at?time_scale=0&resolve=*.example.com:127.0.0.1:{port}&resolve=b:[::1]"
    ended = atwin("get", "http://a.example.com/g", "-o", tmp_path / "g", "--port", twin)
    assert (tmp_path / "g").read_bytes() == b"a.example.com /g", ended.stderr
    script = 'AT+SAPBR=1,1;+HTTPINIT;+HTTPPARA="URL","http://b.elsewhere/"\nAT+HTTPACTION=0\nAT+HTTPACTION=0\n'
    ended = atwin("console", "--port", f"{twin}&offline=1", stdin=script)
    assert "+HTTPACTION: 0,603,0" in ended.stdout
    line = "atwin: offline: b.elsewhere is refused, no --resolve names it"
    assert ended.stderr.splitlines().count(line) == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--resolve", "a:80"], "--resolve '80': give an address, such as 127.0.0.1 or [::1]"),
        (["--resolve", "a\x1b[1m"], r"--resolve 'a\x1b[1m': give NAME[:PORT]:ADDRESS[:PORT]"),
        (["--port", "twin://air724ug?resolve=a"], "resolve 'a': give NAME[:PORT]:ADDRESS[:PORT]"),
        (
            ["--port", "/dev/ttyUSB0", "--resolve", "a:127.0.0.1"],
            "--resolve: names can be set in a twin:// port only; any other module asks its own",
        ),
        (["--port", "socket://127.0.0.1:1", "--offline"], "--offline: names can be set in a twin"),
        (["--port", "socket://127.0.0.1:1?resolve=a"], "?resolve=a: names can be set in a twin://"),
    ],
)
def test_what_cannot_be(options: list[str], words: str) -> None:
    ended = atwin("head", "http://a/", *options)
    assert ended.returncode == 2
    assert words in only_line(ended.stderr)


def test_tls_checks_the_name_and_the_probe_goes_there(tmp_path: Path) -> None:
    ca = tls_pki.authority("Name root")
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    (tmp_path / "body").write_bytes(b"by name" * 100)
    with tls_servers.nginx(tmp_path, tls_pki.leaf(ca), tmp_path / "body") as port:
        to = f"443:127.0.0.1:{port}"
        checked = ("--ca", tmp_path / "ca.pem")
        for name, code in (("device.test", 0), ("other.test", 4)):
            ended = atwin(
                "get", f"https://{name}/body", "-o", tmp_path / name, *checked,
                "--resolve", f"{name}:{to}", "--port", "twin://air780e-at?time_scale=0",
            )  # fmt: skip
            assert ended.returncode == code, ended.stderr
            assert (tmp_path / name).exists() == (code == 0)
        assert f"--resolve other.test:{to}" in ended.stderr
        ended = atwin("probe", "device.test", "--json", *checked, "--resolve", f"device.test:{to}")
        found = json.loads(ended.stdout)
        assert (ended.returncode, found["host"], found["port"]) == (0, "device.test", 443)
        assert found["chain"]["refused"] is None


def test_the_map_of_a_running_twin(port: int, tmp_path: Path) -> None:
    control = tmp_path / "control"
    with twin_running(
        "--model", "air780e-at", "--tcp", "127.0.0.1:0", "--control", control,
        "--resolve", "a.example:10.0.0.1", "--offline",
    ) as (process, address):  # fmt: skip
        changed, wrong, *_ = ask_control(
            control,
            {"resolve": {"a.example": None, "B.example:80": f"127.0.0.1:{port}"}},
            {"resolve": {"c.example": "127.0.0.1", "d.example": 7}},
            {"set": {"offline": 1}},
        )
        assert changed["state"]["names"] == {"b.example:80": f"127.0.0.1:{port}"}
        assert wrong["error"].startswith("d.example: '7': give an address")
        module = f"socket://{address}"
        ended = atwin("get", "http://b.example/f", "-o", tmp_path / "f", "--port", module)
        assert (tmp_path / "f").read_bytes() == b"b.example /f", ended.stderr
        (cleared,) = ask_control(control, {"clear": "names"})
        assert (cleared["state"]["names"], cleared["state"]["offline"]) == ({}, 1)
        script = 'AT+HTTPINIT\nAT+HTTPPARA="URL","http://b.example/"\nAT+HTTPACTION=0\n'
        ended = atwin("console", "--port", module, stdin=script)
        assert "+HTTPACTION: 0,603,0" in ended.stdout
        process.terminate()
        _, said = process.communicate(timeout=PATIENCE)
        assert b"offline: b.example is refused, no --resolve names it" in said
