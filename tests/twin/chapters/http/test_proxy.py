"""PROIP and PROPORT: plain HTTP through a proxy (docs/spec/http.md §3.3)."""

from __future__ import annotations

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

PROXY = "198.51.100.200"


def act(
    *parameters: str, url: str = "http://u:p@far.example:8080/a?b=c", redirect: bytes = b""
) -> tuple[str, list[bytes], list[bytes]]:
    """The URC, the heads the proxy saw, and the heads the origin saw."""
    proxied: list[bytes] = []
    direct: list[bytes] = []

    def answering(heads: list[bytes]) -> object:
        async def answer(stream: SimulatedStream) -> None:
            head = b""
            while b"\r\n\r\n" not in head:
                head += await stream.read(65536)
            heads.append(head)
            if redirect and len(heads) == 1:
                await stream.write(
                    b"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: %b\r\n\r\n" % redirect
                )
            else:
                await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi")

        return answer

    async def main() -> str:
        network = SimulatedNetwork(LoopClock())
        network.serve(PROXY, 3128, answering(proxied))  # type: ignore[arg-type]
        network.serve("far.example", 8080, answering(direct))  # type: ignore[arg-type]
        near, far = memory_pair()
        terminal = Terminal(near)
        async with Twin("air780e-at", far, network=network):
            for line in ("ATE0", "AT+HTTPINIT", f'AT+HTTPPARA="URL","{url}"', *parameters):
                await terminal.ask(line.encode())
            await terminal.ask(b"AT+HTTPACTION=0")
            await terminal.expect(b"+HTTPACTION: ")
            return (await terminal.expect(b"\r\n")).strip().decode()

    return run_virtual(main()), proxied, direct


BOTH = (f'AT+HTTPPARA="PROIP","{PROXY}"', 'AT+HTTPPARA="PROPORT",3128')


def test_the_proxy_gets_the_whole_url_and_the_origin_nothing() -> None:
    urc, proxied, direct = act(*BOTH)
    assert urc == "0,200,2"
    assert direct == []
    (head,) = proxied
    lines = head.decode().split("\r\n")
    assert lines[0] == "GET http://far.example:8080/a?b=c HTTP/1.1"
    assert "Host: far.example:8080" in lines
    assert "Authorization: Basic dTpw" in lines


def test_the_proxy_resolves_the_name() -> None:
    """The name server of the module does not know it, and is not asked."""
    urc, proxied, _ = act(*BOTH, url="http://only.proxy.knows/x")
    assert urc == "0,200,2"
    assert proxied[0].startswith(b"GET http://only.proxy.knows/x HTTP/1.1\r\n")


def test_redirects_go_through_it_too() -> None:
    urc, proxied, direct = act(
        *BOTH, 'AT+HTTPPARA="REDIR",1', redirect=b"http://elsewhere.example/n"
    )
    assert urc == "0,200,2"
    assert direct == []
    assert proxied[1].startswith(b"GET http://elsewhere.example/n HTTP/1.1\r\n")


@pytest.mark.parametrize(
    "parameters",
    [
        BOTH[:1],
        BOTH[1:],
        (*BOTH, 'AT+HTTPPARA="PROIP","0.0.0.0"'),
        (*BOTH, 'AT+HTTPPARA="PROPORT",0'),
    ],
    ids=["no port", "no address", "address taken back", "port taken back"],
)
def test_half_a_proxy_is_none(parameters: tuple[str, ...]) -> None:
    urc, proxied, direct = act(*parameters)
    assert (urc, proxied) == ("0,200,2", [])
    assert direct[0].startswith(b"GET /a?b=c HTTP/1.1\r\n")


@pytest.mark.parametrize("redirect", [b"", b"https://far.example/"])
def test_https_does_not_go_through_one(redirect: bytes) -> None:
    """No document shows CONNECT (D-11)."""
    url = "http://far.example/" if redirect else "https://far.example/"
    urc, proxied, direct = act(*BOTH, 'AT+HTTPPARA="REDIR",1', url=url, redirect=redirect)
    assert urc == "0,601,0"
    assert len(proxied) == (1 if redirect else 0)
    assert direct == []


def test_a_proxy_that_is_not_there() -> None:
    assert act(BOTH[0], 'AT+HTTPPARA="PROPORT",3129')[0] == "0,601,0"
