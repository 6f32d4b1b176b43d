"""`atwin get` from a server that ends it: what is kept, and what to do."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from atwin.cli.app import run

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_a_server_that_ends_it_in_the_middle(
    status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = bytes(range(256)) * 40

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            begin = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range", ""))
            first, last = (int(begin[1]), int(begin[2])) if begin else (0, len(body) - 1)
            part = body[first : last + 1] if first < 3000 else b""
            self.send_response(206 if part else status)
            self.send_header("ETag", '"one"')
            self.send_header("Content-Range", f"bytes {first}-{last}/{len(body)}")
            self.send_header("Content-Length", str(len(part)))
            self.end_headers()
            self.wfile.write(part)

        def do_HEAD(self) -> None:
            self.send_response(200)
            self.send_header("ETag", '"one"')
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}/f"
        words = ["get", url, "-o", str(tmp_path / "f"), "--chunk", "1K", "--strategy", "range"]
        try:
            code = run([*words, "--port", "twin://air724ug?time_scale=0", "--give-up", "5"])
        finally:
            server.shutdown()
            thread.join()
    line = capsys.readouterr().err.splitlines()[-1]
    assert code == 1
    assert (
        "; 3072 of 10240 bytes are kept; the same command goes on from there, with a fresh URL if"
        " this one ran out" in line
    )
    assert ("--user gives" in line) == (status == 401)
