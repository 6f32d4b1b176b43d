"""REDIR=1: which answers are followed, and with what (docs/spec/http.md §6)."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from atwin.line.ports.memory import memory_pair
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers import tls_pki

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@dataclass
class Site:
    """Answers by path, over HTTP and HTTPS; remembers what was asked."""

    #: Status, and where to: `{http}` and `{https}` stand for the two origins.
    answers: dict[str, tuple[int, str]]
    origins: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    heads: list[str] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        method, path, _ = head.split(" ", 2)
        length = next((x for x in head.lower().split("\r\n") if x.startswith("content-len")), ":0")
        body = (await reader.readexactly(int(length.partition(":")[2]))).decode()
        scheme = "https" if writer.get_extra_info("ssl_object") else "http"
        self.asked.append(f"{method} {scheme} {path} {body}".rstrip())
        self.heads.append(head)
        status, location = self.answers.get(path, (200, ""))
        text = f"here is {path}"
        lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(text)}", f"X-Path: {path}"]
        if location:
            lines.append(f"Location: {location.format(**self.origins)}")
        end = "" if method == "HEAD" else text
        writer.write(("\r\n".join(lines) + "\r\n\r\n" + end).encode())
        await writer.drain()
        writer.close()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    where: Path = tmp_path_factory.mktemp("redirects")
    server = tls_pki.leaf(tls_pki.authority("Redirect root"))
    (where / "both").write_bytes(server.pem + server.key_pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(where / "both")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AES256-SHA:@SECLEVEL=0")
    return context


@asynccontextmanager
async def running(site: Site, context: ssl.SSLContext) -> AsyncIterator[None]:
    plain = await asyncio.start_server(site.serve, "127.0.0.1", 0)
    secure = await asyncio.start_server(site.serve, "127.0.0.1", 0, ssl=context)
    for scheme, server in (("http", plain), ("https", secure)):
        site.origins[scheme] = f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with plain, secure:
        yield


def act(
    site: Site,
    context: ssl.SSLContext,
    *parameters: str,
    start: str = "{http}/a",
    method: int = 0,
    follow: int = 1,
) -> tuple[str, bytes, bytes]:
    """The URC, the buffer and the header block after one action on `start`."""

    async def main() -> tuple[str, bytes, bytes]:
        near, far = memory_pair()
        terminal = Terminal(near)
        async with running(site, context), Twin("air780e-lsat", far, network=RealNetwork()):
            url = start.format(**site.origins)
            for line in (
                "ATE0",
                "AT+HTTPINIT",
                f'AT+HTTPPARA="URL","{url}"',
                f'AT+HTTPPARA="REDIR",{follow}',
                *parameters,
            ):
                await terminal.ask(line.encode())
            if method == 1:
                await terminal.ask(b"AT+HTTPDATA=4,1000", b"DOWNLOAD\r\n")
                terminal.type(b"data")
                await terminal.expect(b"OK\r\n")
            await terminal.ask(b"AT+HTTPACTION=%d" % method)
            await terminal.expect(b"+HTTPACTION: ")
            urc = (await terminal.expect(b"\r\n")).strip().decode()
            body = await terminal.ask(b"AT+HTTPREAD")
            head = await terminal.ask(b"AT+HTTPHEAD")
            return urc, body.partition(b"\r\n+HTTPREAD: ")[2], head

    return asyncio.run(main())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_each_redirect_is_followed_only_when_asked_for(
    status: int, context: ssl.SSLContext
) -> None:
    site = Site({"/a": (status, "/b")})
    urc, body, head = act(site, context)
    assert urc == "0,200,10"
    assert b"here is /b" in body
    # The last hop alone reaches the header block.
    assert b"X-Path: /b" in head
    assert b"/a" not in head
    urc, body, head = act(site, context, follow=0)
    assert urc == f"0,{status},10"
    assert b"here is /a" in body
    assert site.asked == ["GET http /a", "GET http /b", "GET http /a"]


@pytest.mark.parametrize("status", [300, 304, 305])
def test_what_is_no_redirect(status: int, context: ssl.SSLContext) -> None:
    site = Site({"/a": (status, "/b")})
    assert act(site, context)[0].startswith(f"0,{status},")
    assert site.asked == ["GET http /a"]


@pytest.mark.parametrize(
    ("status", "second"),
    [
        (301, "GET http /b"),
        (302, "GET http /b"),
        (303, "GET http /b"),
        (307, "POST http /b data"),
        (308, "POST http /b data"),
    ],
)
def test_a_post_goes_on_as_get_or_as_it_was(
    status: int, second: str, context: ssl.SSLContext
) -> None:
    site = Site({"/a": (status, "/b")})
    # The method in the URC is the one that was asked for.
    assert act(site, context, method=1)[0] == "1,200,10"
    assert site.asked == ["POST http /a data", second]
    assert ("Content-Length" in site.heads[1]) == second.startswith("POST")


def test_what_says_how_the_body_is_goes_with_it(context: ssl.SSLContext) -> None:
    content = 'AT+HTTPPARA="CONTENT","text/x"'
    site = Site({"/a": (303, "/b"), "/c": (307, "/d")})
    act(site, context, content, method=1)
    act(site, context, content, method=1, start="{http}/c")
    assert ["Content-Type" in head for head in site.heads] == [True, False, True, True]


def test_credentials_do_not_follow_to_another_origin(context: ssl.SSLContext) -> None:
    site = Site({"/a": (302, "{http}/b"), "/b": (302, "{https}/c"), "/c": (302, "{http}/d")})
    site.heads.clear()
    lines = ['AT+HTTPPARA="USERDATA","Authorization: Bearer t\\r\\nCookie: c\\r\\nX-Mine: 1"']
    act(site, context, *lines)
    has = [[name in head for name in ("Bearer", "Cookie", "X-Mine")] for head in site.heads]
    assert has == [[True] * 3, [True] * 3, [False, False, True], [False, False, True]]


class TestOtherPaths:
    """The same rule where the body does not go into the buffer."""

    def run(
        self, site: Site, context: ssl.SSLContext, start: str, *steps: tuple[bytes, bytes]
    ) -> bytes:
        async def main() -> bytes:
            near, far = memory_pair()
            terminal = Terminal(near)
            async with running(site, context), Twin("air780e-lsat", far, network=RealNetwork()):
                await terminal.ask(b"ATE0;+HTTPINIT")
                url = site.origins["http"].replace("//", "//me:pw@") + start
                await terminal.ask(b'AT+HTTPPARA="URL","%b"' % url.encode())
                await terminal.ask(b'AT+HTTPPARA="REDIR",1')
                heard = b""
                for typed, until in steps:
                    terminal.type(typed)
                    heard = await terminal.expect(until)
                return heard + await terminal.expect(b"\r\n")

        return asyncio.run(main())

    def test_into_a_file(self, context: ssl.SSLContext) -> None:
        site = Site({"/a": (301, "{http}/b")})
        start = (b'AT+HTTPGETTOFS=0,"f"\r', b"+HTTPGETTOFS: ")
        assert self.run(site, context, "/a", start).endswith(b" 200,10\r\n")
        assert ["Authorization: Basic" in head for head in site.heads] == [True, True]
        site = Site({"/a": (301, "javascript:1")})
        assert self.run(site, context, "/a", start).endswith(b" 301,0\r\n")

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_streamed_post(self, status: int, context: ssl.SSLContext) -> None:
        site = Site({"/a": (status, "/b")})
        heard = self.run(
            site,
            context,
            "/a",
            (b"AT+HTTPEXACTION=1,4\r", b"\r\n+HTTPEXPOST\r\n"),
            (b"AT+HTTPEXPOST=4,1000\r", b">"),
            (b"data", b"+HTTPEXGET\r\n"),
            (b"AT+HTTPEXGET=99\r", b"+HTTPEXACTION: 1,"),
        )
        if status in (307, 308):  # its body is not there any more: the redirect is the answer
            assert heard.endswith(b"%d\r\n" % status)
            assert site.asked == ["POST http /a data"]
        else:
            assert heard.endswith(b"200\r\n")
            assert site.asked == ["POST http /a data", "GET http /b"]
            assert b"here is /b" in heard

    def test_a_streamed_get(self, context: ssl.SSLContext) -> None:
        site = Site({"/a": (308, "b?c")})
        heard = self.run(
            site,
            context,
            "/a",
            (b"AT+HTTPEXACTION=0\r", b"+HTTPEXGET\r\n"),
            (b"AT+HTTPEXGET\r", b"+HTTPEXACTION: 0,"),
        )
        assert heard.endswith(b"200\r\n")
        assert b"here is /b?c" in heard


def test_head_stays_head(context: ssl.SSLContext) -> None:
    site = Site({"/a": (303, "/b")})
    assert act(site, context, method=2)[0] == "2,200,0"
    assert site.asked == ["HEAD http /a", "HEAD http /b"]


def test_range_and_user_headers_go_along(context: ssl.SSLContext) -> None:
    site = Site({"/a": (302, "/b")})
    act(
        site,
        context,
        'AT+HTTPPARA="BREAK",3',
        'AT+HTTPPARA="BREAKEND",9',
        'AT+HTTPPARA="USER_DEFINED","X-Mine: 1"',
    )
    for head in site.heads:
        assert "Range: bytes=3-9\r\n" in head
        assert "X-Mine: 1\r\n" in head


@pytest.mark.parametrize("start", ["http", "https"])
def test_the_scheme_may_change(start: str, context: ssl.SSLContext) -> None:
    other = "https" if start == "http" else "http"
    site = Site({"/a": (301, f"{{{other}}}/b?c=d")})
    urc, _, head = act(site, context, start=f"{{{start}}}/a")
    assert urc == "0,200,14"
    assert b"X-Path: /b?c=d" in head
    assert site.asked == [f"GET {start} /a", f"GET {other} /b?c=d"]


def test_a_hop_whose_server_is_refused_is_a_605(context: ssl.SSLContext) -> None:
    site = Site({"/a": (301, "{https}/b")})
    # seclevel 1 without a CA: the TLS hop cannot be checked, the plain one need not be.
    assert act(site, context, 'AT+SSLCFG="seclevel",153,1')[0] == "0,605,0"
    assert site.asked == ["GET http /a"]


def test_five_hops_and_no_more(context: ssl.SSLContext) -> None:
    site = Site({f"/{n}": (302, f"/{n + 1}") for n in range(5)})
    assert act(site, context, start="{http}/0")[0] == "0,200,10"
    assert site.asked == [f"GET http /{n}" for n in range(6)]
    site = Site({f"/{n}": (302, f"/{n + 1}") for n in range(6)})
    urc, body, _ = act(site, context, start="{http}/0")
    assert urc == "0,302,10"
    assert b"here is /5" in body
    assert len(site.asked) == 6


@pytest.mark.parametrize("location", [" ", "ftp://x/", "javascript:1", "http://x:99999/"])
def test_a_place_that_is_none_is_not_gone_to(location: str, context: ssl.SSLContext) -> None:
    site = Site({"/a": (302, location)})
    assert act(site, context)[0] == "0,302,10"
    assert site.asked == ["GET http /a"]
