"""A file server made of the standard library, so that nothing of ours tests itself.

It does ranges, ETag and HEAD, takes its time when told to, and writes down what was asked.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, written down as it came in; `first` to `last` are the bytes it asked for."""

    method: str
    path: str
    body: bytes
    first: int | None
    last: int | None


@dataclass(slots=True)
class FileServer:
    """Files by path, and how they are served. All of it may change while it runs."""

    base: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    etag: str = '"one"'
    #: Seconds before each piece of a body: long enough for a signal to arrive in the middle.
    delay: float = 0.0
    #: Bytes of a piece; by default a body is one.
    piece: int = 1 << 30
    log: list[Asked] = field(default_factory=list)
    asked: threading.Condition = field(default_factory=threading.Condition)

    def wait_for(self, count: int, seconds: float = PATIENCE) -> None:
        """Until `count` requests were written down; AssertionError when they do not come."""
        with self.asked:
            assert self.asked.wait_for(lambda: len(self.log) >= count, seconds), self.log

    def note(self, asked: Asked) -> None:
        with self.asked:
            self.log.append(asked)
            self.asked.notify_all()


@contextmanager
def file_server(**files: bytes) -> Iterator[FileServer]:
    """Serve `files` at `/name` on a free loopback port; anything else is 404."""
    served = FileServer(files={f"/{name}": content for name, content in files.items()})
    stopping = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self._answer(with_body=False)

        def do_GET(self) -> None:
            self._answer(with_body=True)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = b"took %d bytes" % len(body)
            served.note(Asked("POST", self.path, body, None, None))
            self._send(200, {"Content-Length": str(len(answer))}, answer)

        def _answer(self, *, with_body: bool) -> None:
            content = served.files.get(self.path)
            if content is None:
                served.note(Asked(self.command, self.path, b"", None, None))
                self._send(404, {"Content-Length": "9"}, b"not here\n" if with_body else b"")
                return
            match = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
            same = self.headers.get("If-Range", served.etag) == served.etag
            headers = {"ETag": served.etag, "Accept-Ranges": "bytes"}
            status, first, last = 200, 0, len(content) - 1
            if match and same:
                status, first = 206, int(match[1])
                last = min(int(match[2]), last) if match[2] else last
                headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
            body = content[first : last + 1]
            headers["Content-Length"] = str(len(body))
            served.note(Asked(self.command, self.path, b"", first, last))
            self._send(status, headers, body if with_body else b"")

        def _send(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            try:
                self.end_headers()
                for start in range(0, len(body), served.piece):
                    stopping.wait(served.delay)
                    self.wfile.write(body[start : start + served.piece])
            except OSError:  # the client was killed: many tests here do that
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Not on stderr: `note` keeps it."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """Silence: a client that was killed resets its connection."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        served.base = f"http://127.0.0.1:{server.server_port}"
        yield served
    finally:
        stopping.set()
        server.shutdown()
        thread.join()
        server.server_close()
