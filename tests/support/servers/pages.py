"""The smallest origin: whole pages, sent exactly as they are written down."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from atwin.net.network import StreamError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Mapping

    from atwin.net.network import Stream

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Page:
    """What is answered for one path; `headers` are whole lines, Content-Length is added."""

    status: int
    body: bytes
    headers: tuple[str, ...] = ()

    def response(self, method: bytes) -> bytes:
        lines = [f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}", *self.headers]
        if not any(line.lower().startswith("content-length:") for line in lines):
            lines.append(f"Content-Length: {len(self.body)}")
        head = "\r\n".join((*lines, "", "")).encode("latin-1")
        return head if method == b"HEAD" else head + self.body


def pages(content: Mapping[str, Page]) -> Callable[[Stream], Coroutine[None, None, None]]:
    """A handler of connections: one request, its page (or 404), and the end."""

    async def serve(stream: Stream) -> None:
        received = b""
        while b"\r\n\r\n" not in received:
            received += await _more(stream)
        head, _, body = received.partition(b"\r\n\r\n")
        announced = _LENGTH.search(head)
        while len(body) < (int(announced[1]) if announced else 0):
            body += await _more(stream)
        method, path = head.split(b" ", 2)[:2]
        page = content.get(path.decode("latin-1"), Page(404, b""))
        await stream.write(page.response(method))

    return serve


async def _more(stream: Stream) -> bytes:
    data = await stream.read(65536)
    if not data:
        raise StreamError("the module closed the connection within its request")
    return data
