"""Servers on a simulated network, http and https, and a module with a host in front of them.

What is https here has no TLS: it is what the module was told to ask by https. Nothing of it is
shared with what it tests, so that it knows no rule of redirects.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.ssl import Ssl
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    import pytest

    from atwin.net.network import Stream


@dataclass
class Asked:
    """One request: `base` is the server it came to, `http://HOST` or `https://HOST`."""

    base: str
    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def url(self) -> str:
        return self.base + self.path


@dataclass
class Answer:
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass
class Web:
    """`answer` decides everything; `log` has what came."""

    answer: Callable[[Asked], Answer]
    log: list[Asked] = field(default_factory=list)

    def serve(self, network: SimulatedNetwork, host: str) -> None:
        for base, port in ((f"http://{host}", 80), (f"https://{host}", 443)):
            network.serve(host, port, self._handler(base))

    def _handler(self, base: str) -> Callable[[Stream], Awaitable[None]]:
        async def handle(stream: Stream) -> None:
            data = b""
            while b"\r\n\r\n" not in data:
                if not (more := await stream.read(65536)):
                    return
                data += more
            head, _, body = data.partition(b"\r\n\r\n")
            first, *lines = head.decode("latin-1").split("\r\n")
            method, path, _ = first.split(" ")
            pairs = (line.partition(":") for line in lines)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            while len(body) < int(headers.get("content-length", "0")):
                body += await stream.read(65536)
            asked = Asked(base, method, path, headers, body)
            self.log.append(asked)
            await stream.write(_written(self.answer(asked), method))

        return handle


def _written(answer: Answer, method: str) -> bytes:
    headers = {
        "Server": "Web/1.0",
        **answer.headers,
        "Content-Length": str(len(answer.body)),
        "Connection": "close",
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    head = f"HTTP/1.1 {answer.status} So\r\n{lines}\r\n".encode("latin-1")
    return head if method == "HEAD" else head + answer.body


def without_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A module's https goes to port 443 in clear."""

    async def plain(self: Ssl, number: int, stream: Stream, host: str) -> Stream:
        return stream

    monkeypatch.setattr(Ssl, "secure", plain)


@asynccontextmanager
async def in_front_of(web: Web, *hosts: str, model: str) -> AsyncIterator[Modem]:
    """A modem that is ready; call it inside `run_virtual`."""
    network = SimulatedNetwork(LoopClock(), latency=0.01)
    for host in hosts:
        web.serve(network, host)
    near, far = memory_pair()
    async with Twin(model, far, network=network, time_scale=0), Modem(near) as modem:
        await modem.bring_up()
        yield modem
