"""Connections are few, short of memory, and let go of."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, cast

from atwin.clock import LoopClock, run_virtual
from atwin.control.subject import Subject
from atwin.control.web import server
from atwin.control.web.panel import http_server
from atwin.trace import Trace
from atwin.trace.recent import Recent
from atwin.twin.twin import Twin
from support.servers.http_wire import Wire

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest

    from atwin.control.web.server import Client
    from control.web.conftest import Panel


def connected(test: Callable[[Client, Wire], Awaitable[None]]) -> None:
    """`test` with a connection that has just been made, on the virtual clock."""

    async def main() -> None:
        client, wire = http_server([], None).protocol(), Wire()
        client.connection_made(cast("asyncio.Transport", wire))
        await test(client, wire)
        client.connection_lost(None)

    run_virtual(main())


def test_a_client_that_reads_nothing_is_let_go_of() -> None:
    async def test(client: Client, wire: Wire) -> None:
        client.data_received(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n")
        client.pause_writing()
        await asyncio.sleep(19)
        assert not wire.fate
        await asyncio.sleep(2)
        assert wire.fate == ["aborted"]

    connected(test)


def test_a_slow_one_is_not() -> None:
    async def test(client: Client, wire: Wire) -> None:
        for _ in range(3):
            client.pause_writing()
            await asyncio.sleep(15)
            client.resume_writing()
        assert not wire.fate

    connected(test)


def test_one_that_says_nothing_is_let_go_of_before_and_after_a_request() -> None:
    async def silent(client: Client, wire: Wire) -> None:
        await asyncio.sleep(61)
        assert wire.fate == ["closed"]

    async def dripping(client: Client, wire: Wire) -> None:
        for _ in range(6):
            client.data_received(b"G")
            await asyncio.sleep(10.1)
        assert wire.fate == ["closed"]

    async def answered(client: Client, wire: Wire) -> None:
        await asyncio.sleep(40)
        client.data_received(b"GET /api/health HTTP/1.1\r\nHost: x\r\n\r\n")
        await asyncio.sleep(40)
        assert b'{"ok":true}' in wire.written
        assert not wire.fate
        await asyncio.sleep(40)
        assert wire.fate == ["closed"]

    connected(silent)
    connected(dripping)
    connected(answered)


def test_what_is_no_http_is_refused() -> None:
    async def test(client: Client, wire: Wire) -> None:
        client.data_received(b"\x16\x03\x01" + bytes(200) + b"\r\n\r\n")
        head, _, body = wire.written.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 400 ")
        assert json.loads(body) == {"error": "this is no HTTP request"}
        assert wire.fate == ["closed"]

    connected(test)


POST = b"POST /api/modules/1/at HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"


def test_nonsense_after_an_answer_is_no_defect() -> None:
    async def test(client: Client, wire: Wire) -> None:
        client.data_received(POST + b"\r\n")
        await asyncio.sleep(1)
        assert wire.written.startswith(b"HTTP/1.1 404 ")
        client.data_received(b"zz\r\n")
        assert wire.fate == ["closed"]

    connected(test)


def test_a_body_without_an_end_is_refused(two: Panel) -> None:
    async def main() -> None:
        client, wire = http_server(two.subjects, None).protocol(), Wire()
        client.connection_made(cast("asyncio.Transport", wire))
        client.data_received(POST + b"Content-Type: application/json\r\n\r\n")
        await asyncio.sleep(59)
        assert not wire.written
        await asyncio.sleep(2)
        assert wire.written.startswith(b"HTTP/1.1 408 ")
        client.connection_lost(None)

    run_virtual(main())


def test_there_are_only_so_many_at_a_time(two: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "_MOST", 8)
    head = f"GET /api/modules/1/events HTTP/1.1\r\nHost: {two.host}\r\n"
    head += f"Authorization: Bearer {two.token}\r\n\r\n"
    with ExitStack() as open_ones:

        def connected() -> socket.socket:
            address = ("127.0.0.1", two.port)
            return open_ones.enter_context(socket.create_connection(address, timeout=20))

        # Those without a request, whole or not, keep nobody out.
        for _ in range(12):
            connected().sendall(b"GET /")
        assert two.raw("GET", "/api/health")[0].status == 200
        for _ in range(8):
            client = connected()
            client.sendall(head.encode())
            assert client.recv(12) == b"HTTP/1.1 200"
        response, body = two.raw("GET", "/api/health")
        assert response.status == 503
        assert json.loads(body) == {"error": "128 requests are under way"}
        assert response.headers["Connection"] == "close"
    while two.raw("GET", "/api/health")[0].status == 503:
        pass
    assert two.ask("GET", "/api/modules")[0] == 200


def test_a_request_that_does_not_end_in_time_ends_with_the_server(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def main() -> None:
        recent = Recent(Trace(LoopClock()))
        async with Twin("air780e-at", trace=recent.trace) as twin:
            server = http_server([Subject("x", "y", recent, twin)], None)
            client, wire = server.protocol(), Wire()
            wire.lost = client.connection_lost
            client.connection_made(cast("asyncio.Transport", wire))
            body = b'{"pin": "reset", "seconds": 60}'
            client.data_received(
                b"POST /api/modules/1/pulse HTTP/1.1\r\nHost: x\r\n"
                b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                % (len(body), body)
            )
            await asyncio.sleep(1)
            assert not twin.pins.reset
            await server.close()
            assert twin.pins.reset

    run_virtual(main())
    assert not [record for record in caplog.records if record.name.startswith("atwin.control")]
    assert not [record for record in caplog.records if record.name.startswith("uvicorn")]
