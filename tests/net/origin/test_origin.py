"""The origin server, seen by the standard library's client, by raw bytes and by its log."""

from __future__ import annotations

import asyncio
import http.client
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.net.http import HttpExchange, Request, open_exchange
from atwin.net.real import RealNetwork
from atwin.net.url import Url
from atwin.testing.origin import File, Fixed, Generated, Origin, Sink, Stored, serve_tcp
from atwin.testing.origin.conditions import UnsatisfiableError, requested_range
from atwin.testing.simulated import SimulatedNetwork

if TYPE_CHECKING:
    from collections.abc import Callable

TEXT = b"0123456789"
DAY = 1_724_395_970  # 2024-08-23 06:52:50 UTC
DAY_TEXT = "Fri, 23 Aug 2024 06:52:50 GMT"
BIG = Generated(11_975_260, seed=3)


def origin() -> Origin:
    return Origin(
        {
            "/text": File(Stored(TEXT), "text/plain", modified=DAY, etag="v1"),
            "/big": File(BIG),
            "/plain": File(Stored(TEXT), ranges=False),
            "/chunked": File(Stored(TEXT), chunked=True),
            "/empty": File(Stored(b"")),
            "/moved": Fixed(302, [("Location", "/text")]),
            "/teapot": Fixed(418, body=b"short and stout"),
            "/sink": Sink(b'{"ok":1}', "application/json"),
        },
        wall=lambda: DAY,
        body_limit=100_000,
    )


def visit(work: Callable[[http.client.HTTPConnection], None], server: Origin) -> None:
    """Let `work` talk to the server over TCP, from a thread with the standard library's client."""

    async def main() -> None:
        async with serve_tcp(server) as port:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
            try:
                await asyncio.to_thread(work, client)
            finally:
                client.close()

    asyncio.run(main())


def ask(
    path: str, method: str = "GET", body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[http.client.HTTPResponse, bytes]:
    """One request on a connection of its own."""
    results: list[tuple[http.client.HTTPResponse, bytes]] = []

    def work(client: http.client.HTTPConnection) -> None:
        client.request(method, path, body, headers or {})
        response = client.getresponse()
        results.append((response, response.read()))

    visit(work, origin())
    return results[0]


def test_a_file() -> None:
    response, body = ask("/text?query=ignored")
    assert (response.status, response.reason, body) == (200, "OK", TEXT)
    assert response.getheaders() == [
        ("Date", DAY_TEXT),
        ("ETag", '"v1"'),
        ("Last-Modified", DAY_TEXT),
        ("Accept-Ranges", "bytes"),
        ("Content-Type", "text/plain"),
        ("Content-Length", "10"),
    ]


@pytest.mark.parametrize("path", ["/text", "/chunked", "/big", "/empty"])
def test_head_is_get_without_body(path: str) -> None:
    get, _ = ask(path)
    head, body = ask(path, "HEAD")
    assert head.getheaders() == get.getheaders()
    assert body == b""


@pytest.mark.parametrize(
    ("value", "body", "content_range"),
    [
        ("bytes=0-3", b"0123", "bytes 0-3/10"),
        ("bytes=4-", b"456789", "bytes 4-9/10"),
        ("Bytes= 8-100", b"89", "bytes 8-9/10"),
        ("bytes=-3", b"789", "bytes 7-9/10"),
        ("bytes=-30", TEXT, "bytes 0-9/10"),
        ("bytes=9-9,", b"9", "bytes 9-9/10"),
    ],
)
def test_ranges(value: str, body: bytes, content_range: str) -> None:
    response, got = ask("/text", headers={"Range": value})
    assert (response.status, got) == (206, body)
    assert response.getheader("Content-Range") == content_range
    assert response.getheader("ETag") == '"v1"'


@pytest.mark.parametrize("value", ["bytes=5-4", "lines=1-2", "bytes=", "bytes=0-1,3-4", "bytes=-"])
def test_ranges_that_are_ignored(value: str) -> None:
    response, body = ask("/text", headers={"Range": value})
    assert (response.status, body) == (200, TEXT)


@pytest.mark.parametrize("value", ["bytes=10-", "bytes=10-20", "bytes=-0"])
def test_ranges_behind_the_end(value: str) -> None:
    response, body = ask("/text", headers={"Range": value})
    assert (response.status, body) == (416, b"")
    assert response.getheader("Content-Range") == "bytes */10"


def test_ranges_count_for_get_alone_and_where_they_are_offered() -> None:
    assert ask("/text", "HEAD", headers={"Range": "bytes=0-3"})[0].status == 200
    response, body = ask("/plain", headers={"Range": "bytes=0-3"})
    assert (response.status, body) == (200, TEXT)
    assert response.getheader("Accept-Ranges") == "none"
    assert ask("/empty", headers={"Range": "bytes=0-"})[0].status == 416


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 12))
def test_a_range_lies_inside_the_file(first: int, last: int, size: int) -> None:
    try:
        part = requested_range(b"bytes=%d-%d" % (first, last), size)
    except UnsatisfiableError:
        part = range(0)
    wanted = range(first, last + 1)
    if last < first:
        assert part is None
    else:
        assert part is not None
        assert list(part) == [position for position in range(size) if position in wanted]


EARLIER, LATER = "Thu, 22 Aug 2024 06:52:50 GMT", "Sat, 24 Aug 2024 06:52:50 GMT"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-None-Match": '"v1"'}, 304),
        ({"If-None-Match": 'W/"v1", "v2"'}, 304),
        ({"If-None-Match": "*"}, 304),
        ({"If-None-Match": '"v2"'}, 200),
        ({"If-None-Match": '"v2"', "If-Modified-Since": LATER}, 200),
        ({"If-Modified-Since": DAY_TEXT}, 304),
        ({"If-Modified-Since": EARLIER}, 200),
        ({"If-Modified-Since": "yesterday"}, 200),
        ({"If-Match": '"v1"'}, 200),
        ({"If-Match": 'W/"v1"'}, 412),
        ({"If-Match": '"v2"'}, 412),
        ({"If-Match": '"v1"', "If-Unmodified-Since": EARLIER}, 200),
        ({"If-Unmodified-Since": EARLIER}, 412),
        ({"If-Unmodified-Since": DAY_TEXT}, 200),
        ({"Range": "bytes=0-1", "If-Range": '"v1"'}, 206),
        ({"Range": "bytes=0-1", "If-Range": '"v2"'}, 200),
        ({"Range": "bytes=0-1", "If-Range": 'W/"v1"'}, 200),
        ({"Range": "bytes=0-1", "If-Range": DAY_TEXT}, 206),
        ({"Range": "bytes=0-1", "If-Range": LATER}, 200),
        ({"Range": "bytes=0-1", "If-None-Match": '"v1"'}, 304),
    ],
)
def test_conditions(headers: dict[str, str], status: int) -> None:
    response, body = ask("/text", headers=headers)
    assert response.status == status
    assert response.getheader("ETag") == '"v1"'
    assert (body == b"") == (status in (304, 412))


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/nowhere", "GET", 404),
        ("/text", "POST", 405),
        ("/sink", "GET", 405),
        ("/text", "PATCH", 501),
        ("/teapot", "GET", 418),
        ("http://any.test/text", "GET", 200),
    ],
)
def test_statuses(path: str, method: str, status: int) -> None:
    assert ask(path, method)[0].status == status


def test_refusals_say_what_is_allowed_and_redirects_where_to_go() -> None:
    assert ask("/text", "POST")[0].getheader("Allow") == "GET, HEAD"
    assert ask("/moved")[0].getheader("Location") == "/text"


def test_a_connection_serves_many_requests_and_the_log_tells() -> None:
    server = origin()

    def work(client: http.client.HTTPConnection) -> None:
        for method, path, body in (
            ("GET", "/chunked", b""),
            ("POST", "/sink", b"posted"),
            ("HEAD", "/big", b""),
            ("GET", "/moved", b""),
            ("GET", "/big?x=1", b""),
        ):
            client.request(method, path, body, {"X-Count": "1"})
            response = client.getresponse()
            content = response.read()
        assert content == BIG.read(0, BIG.size)

    visit(work, server)
    assert (server.requests, server.connections) == (5, 1)
    assert [(r.method, r.target, r.received, r.status, r.sent) for r in server.log] == [
        ("GET", "/chunked", 0, 200, 10),
        ("POST", "/sink", 6, 200, 8),
        ("HEAD", "/big", 0, 200, 0),
        ("GET", "/moved", 0, 302, 0),
        ("GET", "/big?x=1", 0, 200, BIG.size),
    ]
    assert all(r.get(b"x-count") == b"1" for r in server.log)
    sink = server.resources["/sink"]
    assert isinstance(sink, Sink)
    assert sink.bodies == [b"posted"]


def test_the_log_keeps_the_last_requests_and_all_are_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A server that stays up for days does not grow with each request."""
    monkeypatch.setattr("atwin.testing.origin.origin.LOGGED", 3)
    server = origin()

    def work(client: http.client.HTTPConnection) -> None:
        for number in range(5):
            client.request("GET", f"/text?{number}")
            client.getresponse().read()

    visit(work, server)
    assert [r.target for r in server.log] == ["/text?2", "/text?3", "/text?4"]
    assert server.requests == 5


def test_a_body_over_the_limit() -> None:
    response, _ = ask("/sink", "POST", bytes(100_001))
    assert response.status == 413
    assert response.getheader("Connection") == "close"


def raw(request: bytes) -> bytes:
    """Everything that the origin says to `request`, after which the client sends no more."""

    async def main() -> bytes:
        network = SimulatedNetwork(LoopClock())
        network.serve("192.0.2.1", 80, origin().handle)
        stream = await network.connect("192.0.2.1", 80)
        await stream.write(request)
        answer = bytearray()
        while data := await stream.read(65536):
            answer += data
        return bytes(answer)

    return run_virtual(main())


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"nonsense\r\n\r\n",
        b"GET /text HTTP/1.1\r\n\r\n",  # no Host
        b"POST /sink HTTP/1.1\r\nHost: x\r\nContent-Length: a\r\n\r\n",
        b"POST /sink HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_bad_requests(request_bytes: bytes) -> None:
    answer = raw(request_bytes)
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"\r\nConnection: close\r\n" in answer


def test_old_clients_get_a_plain_body_and_the_end() -> None:
    head, _, body = raw(b"GET /chunked HTTP/1.0\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"chunked" not in head.lower()
    assert body == TEXT


def test_a_client_that_waits_for_leave_to_send_its_body() -> None:
    async def main() -> None:
        network = SimulatedNetwork(LoopClock(), latency=0.01)
        network.serve("192.0.2.1", 80, origin().handle)
        stream = await network.connect("192.0.2.1", 80)
        expect = [(b"Expect", b"100-continue")]
        url = Url.parse(b"http://192.0.2.1/sink")
        exchange = HttpExchange(stream, Request("POST", url, expect, announced=4))
        await exchange.send_head()
        assert (await stream.read(1000)).startswith(b"HTTP/1.1 100 Continue\r\n")
        await exchange.send_body(b"body")
        assert (await exchange.read_response()).status == 200
        assert await exchange.read(100) == b'{"ok":1}'

    run_virtual(main())


def test_the_same_answers_on_both_networks() -> None:
    async def parts(network: RealNetwork | SimulatedNetwork, url: Url) -> list[bytes]:
        bodies = []
        for start in (0, 307_200, 11_673_600):
            stream = await network.connect(url.host, url.port)
            part = [(b"Range", b"bytes=%d-%d" % (start, start + 307_199))]
            exchange = await open_exchange(stream, Request("GET", url, part))
            assert exchange.head.status == 206
            bodies.append(b"".join([piece async for piece in exchange.body()]))
            stream.close()
        return bodies

    async def on_tcp() -> list[bytes]:
        async with serve_tcp(origin()) as port:
            return await parts(RealNetwork(), Url("http", "127.0.0.1", port, b"/big"))

    async def in_memory() -> list[bytes]:
        network = SimulatedNetwork(LoopClock(), latency=0.02, bandwidth=100_000)
        network.serve("192.0.2.1", 80, origin().handle)
        return await parts(network, Url("http", "192.0.2.1", 80, b"/big"))

    expected = [BIG.read(0, 307_200), BIG.read(307_200, 307_200), BIG.read(11_673_600, 301_660)]
    assert asyncio.run(on_tcp()) == expected
    assert run_virtual(in_memory()) == expected


class TestGenerated:
    @given(st.integers(0, 99_999), st.integers(0, 2_000))
    def test_any_part_is_part_of_the_whole(self, start: int, length: int) -> None:
        content = Generated(100_000, seed=7)
        length = min(length, content.size - start)
        assert content.read(start, length) == WHOLE[start : start + length]

    def test_seeds_and_offsets_differ(self) -> None:
        content = Generated(BIG.size)
        starts = {n * step for step in (4096, 307_200) for n in range(38)}
        assert len({content.read(start, 16) for start in starts}) == len(starts)
        assert Generated(100, seed=1).read(0, 100) != Generated(100, seed=2).read(0, 100)
        assert Generated(100, seed=1).tag != Generated(100, seed=2).tag

    def test_stored_content_is_tagged_by_what_it_is(self) -> None:
        assert Stored(b"a").tag == Stored(b"a").tag != Stored(b"b").tag


WHOLE = Generated(100_000, seed=7).read(0, 100_000)
