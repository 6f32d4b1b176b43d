"""Responses: their heads byte for byte, their bodies, and everything servers do wrong."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import re
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.net.http import BodyCutError, HttpExchange, NotHttpError, Request, open_exchange
from atwin.net.network import StreamError, TlsStreamError
from atwin.net.real import RealNetwork
from atwin.net.tcp import TcpStream, listen
from atwin.net.url import Url
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from support.servers.nginx import BIG

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.net.network import Handler, Stream

URL = Url.parse(b"http://device.test/")


class Scripted:
    """A stream that gives what it was given, `pieces` as they are; an error may come last."""

    def __init__(self, pieces: Sequence[bytes], then: StreamError | None = None) -> None:
        self.sent = bytearray()
        self.largest = 0
        self._pieces = [piece for piece in pieces if piece]
        self._then = then

    async def read(self, limit: int) -> bytes:
        self.largest = max(self.largest, limit)
        if not self._pieces:
            if self._then is not None:
                raise self._then
            return b""
        piece = self._pieces.pop(0)
        if len(piece) > limit:
            self._pieces.insert(0, piece[limit:])
        return piece[:limit]

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        self.sent += data

    def close(self) -> None:
        pass


async def fetch(stream: Stream, method: str = "GET", url: Url = URL) -> tuple[HttpExchange, bytes]:
    exchange = await open_exchange(stream, Request(method, url))
    return exchange, b"".join([piece async for piece in exchange.body()])


def fetched(
    *pieces: bytes, method: str = "GET", then: StreamError | None = None
) -> tuple[HttpExchange, bytes]:
    return asyncio.run(fetch(Scripted(pieces, then), method))


def split(data: bytes, at: Sequence[int]) -> list[bytes]:
    edges = [0, *sorted(at), len(data)]
    return [data[i:j] for i, j in itertools.pairwise(edges)]


COUNTED = b"HTTP/1.1 200 OK\r\nServer: S\r\nContent-Length: 11\r\n\r\nhello world"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5;x=y\r\nhello\r\n1\r\n \r\n5\r\nworld\r\n0\r\nTrailer: t\r\n\r\n"
)
OPEN = b"HTTP/1.0 200 OK\r\nServer: S\r\n\r\nhello world"
INTERIM = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\nLink: x\n\n" + COUNTED


@pytest.mark.parametrize("response", [COUNTED, CHUNKED, OPEN, INTERIM])
class TestSplits:
    @given(data=st.data())
    def test_anywhere(self, response: bytes, data: st.DataObject) -> None:
        at = data.draw(st.lists(st.integers(0, len(response)), max_size=6))
        exchange, body = fetched(*split(response, at))
        assert (exchange.head.status, body, exchange.received) == (200, b"hello world", 11)

    def test_one_byte_at_a_time(self, response: bytes) -> None:
        _, body = fetched(*(response[i : i + 1] for i in range(len(response))))
        assert body == b"hello world"

    def test_read_in_small_pieces(self, response: bytes) -> None:
        async def main() -> bytes:
            exchange = await open_exchange(Scripted([response]), Request("GET", URL))
            body = b""
            while piece := await exchange.read(2):
                assert len(piece) <= 2
                body += piece
            assert await exchange.read(2) == b""
            return body

        assert asyncio.run(main()) == b"hello world"


#: The header block, whose length the vendor printed (docs/spec/http.md §3.7, flows.md §3).
SEED_LINES = b"""\
server: aliyunoss
date: thu, 16 jan 2020 06:50:58 gmt
content-type: application/zip
content-length: 11975260
connection: keep-alive
x-oss-request-id: 5e2007d108f4be32353a92ae
accept-ranges: bytes
etag: "a5b9cc75c0f26413bbaf00a0fa952bb2"
last-modified: wed, 08 jan 2020 08:29:29 gmt
x-oss-object-type: normal
x-oss-hash-crc64ecma: 16925484473913319613
x-oss-storage-class: standard
content-md5: pbnmdcdyzbo7rwcg+pursg==
x-oss-server-time: 111""".split(b"\n")


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_the_vendors_header_block_counts_454_bytes(newline: bytes) -> None:
    response = newline.join([b"HTTP/1.1 200 OK", *SEED_LINES, b"", b""])
    exchange, body = fetched(response, method="HEAD")
    assert exchange.head.block == b"\r\n".join(SEED_LINES)
    assert len(exchange.head.block) == 454
    assert body == b""
    assert exchange.head.get(b"content-length") == b"11975260"


def test_the_block_is_what_was_received() -> None:
    block = b"SERVER:none\r\nX-Folded: a\r\n \tb\r\nset-cookie: 1\r\nSet-Cookie:  2 "
    exchange, _ = fetched(b"HTTP/1.1 204\r\n" + block + b"\r\n\r\n")
    assert exchange.head.block == block
    assert exchange.head.reason == b""
    assert exchange.head.headers == (
        (b"server", b"none"),
        (b"x-folded", b"a b"),
        (b"set-cookie", b"1"),
        (b"set-cookie", b"2"),
    )


def test_a_head_without_headers() -> None:
    exchange, body = fetched(b"HTTP/1.0 200 OK\r\n\r\nrest")
    assert (exchange.head.block, body) == (b"", b"rest")


@pytest.mark.parametrize("status", [204, 304, 101])
def test_statuses_without_a_body(status: int) -> None:
    head = b"HTTP/1.1 %d X\r\nContent-Length: 4\r\n\r\n" % status
    exchange, body = fetched(head, b"junk")
    assert (exchange.head.status, body) == (status, b"")


def test_bytes_behind_the_body_are_left_alone() -> None:
    assert fetched(COUNTED + b"HTTP/1.1 500 No\r\n\r\n")[1] == b"hello world"


#: What is not a size, in decimal digits or in hexadecimal ones.
NO_SIZES = (b"-5", b"+5", b"0x5", b"5_0", b"", b"5 5", b"\xb2", "٥".encode(), b"5" * 5000)


@pytest.mark.parametrize(
    "response",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"\x15\x03\x01\x00\x02\x02\x28",
        b"HTTP/1.1 OK\r\n\r\n",
        b"HTTP/1.1 99 Low\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        *(b"HTTP/1.1 200 OK\r\nContent-Length: %b\r\n\r\n" % size for size in NO_SIZES),
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
        b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nServ",
        b"H",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1400 + b"\r\n",
    ],
)
def test_not_http(response: bytes) -> None:
    with pytest.raises(NotHttpError) as caught:
        fetched(response)
    assert "\n" not in str(caught.value)


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    "head",
    [
        OK + b"Content-Length : 10\r\n",
        OK + b"\tfolded onto nothing\r\nContent-Length: 10\r\n",
        OK + b"Content-Length: 10\r\nMARKER\r\n folded onto it\r\n",
        OK + b'"X-XSS-Protection: 0"\r\nA/B: c\r\n: empty\r\n(: \xe9\r\nContent-Length: 10\r\n',
        OK + b"Content-Length:\r\n\t10\r\n",
        OK + b"Content-Length: 10\r\nTransfer-Encoding: identity\r\n",
        OK + b"Content-Length: 10, 10\r\ncontent-length: 10\r\n",
        OK.replace(b" OK", b"") + b"Content-Length: 10\r\n",
        OK.replace(b" OK", b" ") + b"Content-Length: 10\r\n",
        OK.replace(b" OK", b"OK") + b"Content-Length: 10\r\n",
        OK.replace(b"OK", b"\xe4\x1b[2J") + b"Content-Length: 10\r\n",
        OK.replace(b"1.1 ", b"1.0  ") + b"Content-Length: 10\r\n",
        OK.replace(b"1.1", b"2") + b"Content-Length: 10\r\n",
        OK.replace(b"OK", b"O\rK") + b"Content-Length: 10\r\n",
        OK.replace(b"HTTP/1.1", b"ICY") + b"Content-Length: 10\r\n",
        OK.lower() + b"content-length:10\r\n",
        OK + b"Content-Length: 3\r\nTransfer-Encoding: Chunked\r\n",
        OK + b"Content-Length: -1\r\nTransfer-Encoding: identity;x=y, chunked;q=1\r\n",
    ],
)
@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_odd_heads_are_read_as_curl_reads_them(head: bytes, newline: bytes) -> None:
    body = b"a\r\n0123456789\r\n0\r\n\r\n" if b"hunked" in head else b"0123456789 more"
    received = head.replace(b"\r\n", newline) + newline
    exchange, got = fetched(received + body)
    assert (exchange.head.status, got) == (200, b"0123456789")
    # HTTPHEAD shows what was received, odd or not.
    assert exchange.head.block == b"\r\n".join(head.split(b"\r\n")[1:-1])
    status, none = fetched(received + body, method="HEAD")
    assert (status.head.status, none) == (200, b"")


def test_a_length_beyond_any_file_is_a_body_that_is_cut() -> None:
    async def main() -> None:
        stream = Scripted([OK + b"Content-Length: %d\r\n\r\nabc" % (10**19 - 1)])
        exchange = await open_exchange(stream, Request("GET", URL))
        assert exchange.head.length == 10**19 - 1
        with pytest.raises(BodyCutError):
            await fetch_rest(exchange)
        assert exchange.received == 3

    asyncio.run(main())


def test_a_server_that_speaks_something_else_and_waits_is_found_out_at_once() -> None:
    never = StreamError("read on although the first bytes said enough")
    with pytest.raises(NotHttpError):
        fetched(b"220 mail", then=never)


def test_a_head_of_exactly_8_kib_is_taken() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: "
    head += b"y" * (8192 - len(head) - 4) + b"\r\n\r\n"
    assert fetched(head + b"ok")[1] == b"ok"
    with pytest.raises(NotHttpError, match="longer than 8192"):
        fetched(head.replace(b"yy", b"yyy", 1) + b"ok")


def test_no_answer_at_all_is_a_broken_connection() -> None:
    with pytest.raises(StreamError, match="without an answer"):
        fetched()


@pytest.mark.parametrize(
    ("response", "received"),
    [
        (COUNTED[:-4], 7),
        (CHUNKED[: CHUNKED.index(b"5\r\nworld")], 6),
        (CHUNKED.replace(b"1\r\n", b"zz\r\n"), 5),
        (CHUNKED.replace(b"1\r\n", b"1" * 20_000), 5),
    ],
)
def test_a_body_that_is_cut(response: bytes, received: int) -> None:
    async def main() -> None:
        exchange = await open_exchange(Scripted([response]), Request("GET", URL))
        with pytest.raises(BodyCutError) as caught:
            await fetch_rest(exchange)
        assert caught.value.received == exchange.received == received

    asyncio.run(main())


async def fetch_rest(exchange: HttpExchange) -> bytes:
    return b"".join([piece async for piece in exchange.body()])


def test_a_reset_inside_the_body_is_a_cut_but_a_tls_failure_stays_one() -> None:
    with pytest.raises(BodyCutError, match="reset"):
        fetched(OPEN, then=StreamError("reset"))
    with pytest.raises(TlsStreamError, match="alert"):
        fetched(OPEN, then=TlsStreamError("alert"))
    with pytest.raises(StreamError, match="reset"):
        fetched(COUNTED[:20], then=StreamError("reset"))


@given(st.binary(max_size=200), st.sampled_from([b"", b"HTTP/1.1 200 OK\r\n", CHUNKED[:47]]))
def test_garbage_gives_an_answer_or_one_of_our_errors(garbage: bytes, start: bytes) -> None:
    # Any other exception fails this test.
    with suppress(NotHttpError, BodyCutError, StreamError):
        exchange, body = fetched(start + garbage)
        assert exchange.received == len(body)


def test_a_body_is_not_read_before_it_is_wanted() -> None:
    async def main() -> None:
        stream = Scripted([COUNTED[:-11], b"hello", b" world"])
        exchange = await open_exchange(stream, Request("GET", URL))
        stream.largest = 0
        assert await exchange.read(3) == b"hel"
        assert stream.largest == 3

    asyncio.run(main())


def test_a_posted_body_goes_with_its_head() -> None:
    async def main() -> list[bytes]:
        got: list[bytes] = []

        async def server(stream: SimulatedStream) -> None:
            got.append(await stream.read(10_000))
            await stream.write(COUNTED)

        network = SimulatedNetwork(LoopClock())
        network.serve("device.test", 80, server)
        stream = await network.connect(await network.resolve("device.test"), 80)
        await open_exchange(stream, Request("POST", URL, body=b"0123456789"))
        return got

    (request,) = run_virtual(main())
    assert request.endswith(b"Content-Length: 10\r\n\r\n0123456789")


def test_a_body_in_pieces() -> None:
    async def main() -> None:
        stream = Scripted([COUNTED])
        exchange = HttpExchange(stream, Request("POST", URL, announced=6))
        await exchange.send_head()
        await exchange.send_body(b"abc")
        await exchange.send_body(memoryview(b"def"))
        assert stream.sent.endswith(b"Content-Length: 6\r\n\r\nabcdef")
        assert (await exchange.read_response()).status == 200
        assert await fetch_rest(exchange) == b"hello world"

    asyncio.run(main())


class TestRefusals:
    """A server may answer, and close, before it has taken the whole request."""

    class Refusing(Scripted):
        async def write(self, data: bytes | bytearray | memoryview) -> None:
            raise StreamError("broken pipe")

    def test_the_answer_is_read(self) -> None:
        stream = self.Refusing([b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno"])
        exchange, body = asyncio.run(fetch(stream, "POST"))
        assert (exchange.head.status, body) == (413, b"no")

    def test_without_an_answer_the_first_error_counts(self) -> None:
        with pytest.raises(StreamError, match="broken pipe"):
            asyncio.run(fetch(self.Refusing([]), "POST"))


def over_tcp(port: int, *requests: tuple[str, bytes]) -> list[tuple[HttpExchange, bytes]]:
    """Each request on a connection of its own, as the module does it."""

    async def main() -> list[tuple[HttpExchange, bytes]]:
        results = []
        for method, path in requests:
            url = Url.parse(b"http://127.0.0.1:%d%b" % (port, path))
            stream = await RealNetwork().connect(url.host, url.port)
            results.append(await fetch(stream, method, url))
            stream.close()
        return results

    return asyncio.run(main())


class TestNginx:
    def test_a_file(self, nginx_port: int) -> None:
        ((exchange, body),) = over_tcp(nginx_port, ("GET", b"/small"))
        assert body == b"held out text 0123456789 abcXYZ"
        assert exchange.head.status == 200
        assert exchange.head.reason == b"OK"
        assert re.match(rb"Server: nginx\S*\r\nDate: .* GMT\r\n", exchange.head.block)
        assert b"\r\nConnection: keep-alive\r\n" in exchange.head.block

    def test_a_big_file(self, nginx_port: int) -> None:
        ((_, body),) = over_tcp(nginx_port, ("GET", b"/big.bin"))
        assert body == BIG.read(0, BIG.size)

    def test_no_bodies(self, nginx_port: int) -> None:
        head, n204, n304 = over_tcp(
            nginx_port, ("HEAD", b"/big.bin"), ("GET", b"/n204"), ("GET", b"/n304")
        )
        assert head[0].head.get(b"content-length") == b"%d" % BIG.size
        assert (n204[0].head.status, n304[0].head.status) == (204, 304)
        assert (head[1], n204[1], n304[1]) == (b"", b"", b"")

    def test_errors_and_redirects_keep_their_bodies(self, nginx_port: int) -> None:
        teapot, moved, gone = over_tcp(
            nginx_port, ("GET", b"/teapot"), ("GET", b"/moved"), ("GET", b"/nowhere")
        )
        assert (teapot[0].head.status, teapot[1]) == (418, b"short and stout")
        location = moved[0].head.get(b"location")
        assert location is not None
        assert URL.join(location).target == b"/small"
        assert gone[0].head.status == 404
        assert b"404" in gone[1]

    def test_what_nginx_understood(self, nginx_port: int) -> None:
        ((_, body),) = over_tcp(nginx_port, ("GET", b"/host?a=1,2"))
        assert body == b"127.0.0.1:%d|keep-alive|/host?a=1,2" % nginx_port

    def test_a_server_that_closes(self, nginx_port: int) -> None:
        ((exchange, body),) = over_tcp(nginx_port, ("GET", b"/closing"))
        assert exchange.head.get(b"connection") == b"close"
        assert len(body) == 31

    def test_a_part_of_a_file_and_a_chunked_body(self, nginx_port: int) -> None:
        async def main() -> None:
            network = RealNetwork()
            url = Url.parse(b"http://127.0.0.1:%d/big.bin" % nginx_port)
            stream = await network.connect(url.host, url.port)
            part = [(b"Range", b"bytes=307200-614399")]
            exchange = await open_exchange(stream, Request("GET", url, part))
            assert exchange.head.status == 206
            assert await fetch_rest(exchange) == BIG.read(307200, 307200)
            stream.close()

            url = Url.parse(b"http://127.0.0.1:%d/chunked" % nginx_port)
            stream = await network.connect(url.host, url.port)
            wish = [(b"Accept-Encoding", b"gzip")]
            exchange = await open_exchange(stream, Request("GET", url, wish))
            assert exchange.head.get(b"transfer-encoding") == b"chunked"
            coded = await fetch_rest(exchange)
            assert gzip.decompress(coded) == BIG.read(0, BIG.size)
            stream.close()

        asyncio.run(main())

    def test_posts(self, nginx_port: int) -> None:
        async def main() -> None:
            url = Url.parse(b"http://127.0.0.1:%d/post" % nginx_port)
            stream = await RealNetwork().connect(url.host, url.port)
            body = BIG.read(0, 319_488)
            exchange = await open_exchange(stream, Request("POST", url, body=body))
            assert (exchange.head.status, await fetch_rest(exchange)) == (200, b"got 319488")
            stream.close()

            stream = await RealNetwork().connect(url.host, url.port)
            exchange = HttpExchange(stream, Request("POST", url, announced=20_000))
            await exchange.send_head()
            for start in range(0, 20_000, 3_000):
                await exchange.send_body(body[start : min(start + 3_000, 20_000)])
            assert (await exchange.read_response()).status == 200
            assert await fetch_rest(exchange) == b"got 20000"
            stream.close()

        asyncio.run(main())

    def test_a_post_that_is_too_big(self, nginx_port: int) -> None:
        async def main() -> int:
            url = Url.parse(b"http://127.0.0.1:%d/post" % nginx_port)
            stream = await RealNetwork().connect(url.host, url.port)
            body = bytes(2_000_000)
            exchange = await open_exchange(stream, Request("POST", url, body=body))
            stream.close()
            return exchange.head.status

        assert asyncio.run(main()) == 413


class TestHostile:
    """Servers on loopback TCP that do what no server should."""

    def test_a_reset_inside_the_body(self) -> None:
        async def server(stream: TcpStream) -> None:
            await stream.read(1)  # the rest stays unread, which makes closing a reset
            await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc")

        with pytest.raises(BodyCutError):
            asyncio.run(self.visit(server))

    def test_a_header_without_end(self) -> None:
        async def server(stream: TcpStream) -> None:
            await stream.write(b"HTTP/1.1 200 OK\r\n")
            while True:
                await stream.write(b"X-More: and more\r\n" * 100)

        with pytest.raises(NotHttpError, match="longer"):
            asyncio.run(self.visit(server))

    def test_a_chunk_line_without_end(self) -> None:
        async def server(stream: TcpStream) -> None:
            await stream.write(CHUNKED[:47] + b"\r\n5;")
            while True:
                await stream.write(b"x" * 10_000)

        with pytest.raises(BodyCutError, match="chunked"):
            asyncio.run(self.visit(server))

    async def visit(self, server: Handler[TcpStream]) -> None:
        async with listen(server, "127.0.0.1", 0) as port:
            stream = await RealNetwork().connect("127.0.0.1", port)
            try:
                await fetch(stream)
            finally:
                stream.close()
