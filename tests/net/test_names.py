"""Asking name servers of one's own choice, on the simulated network and on loopback."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import LoopClock, run_virtual
from atwin.net.meter.account import Account
from atwin.net.meter.metered import MeteredNetwork
from atwin.net.names import ask, can_ask
from atwin.net.network import NameServers, ResolveError, UnansweredError
from atwin.net.real import RealNetwork
from atwin.testing.simulated import SimulatedNetwork
from support.servers.name_server import SILENCE, NameServer
from support.servers.peers import on_loopback

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

ZONE = {
    "a.test": "10.0.0.7",
    "www.test": "cdn.test",
    "cdn.test": "a.test",
    "busy.test": "SERVFAIL",
    "no-a.test": "NOERROR",
    "mute.test": SILENCE,
}
FIRST, SECOND = "203.0.113.1", "203.0.113.2"
BOTH = NameServers((FIRST, SECOND))


def with_servers(
    test: Callable[[SimulatedNetwork, NameServer, NameServer], Awaitable[T]],
    first: NameServer | None = None,
) -> T:
    """Run `test` with a network that has two of them."""

    async def main() -> T:
        network = SimulatedNetwork(LoopClock(), latency=0.1)
        servers = first or NameServer("first", zone=ZONE), NameServer("second", zone=ZONE)
        for address, server in zip((FIRST, SECOND), servers, strict=True):
            network.serve_udp(address, 53, server.serve)
        return await test(network, *servers)

    return run_virtual(main())


def asked_for(name: str, first: NameServer | None = None) -> tuple[str, list[str], list[str]]:
    """The address or the error, and what both servers were asked."""

    async def test(
        network: SimulatedNetwork, first: NameServer, second: NameServer
    ) -> tuple[str, list[str], list[str]]:
        try:
            found = await network.resolve(name, BOTH)
        except UnansweredError:
            found = "no answer"
        except ResolveError:
            found = "no address"
        return found, first.asked, second.asked

    return with_servers(test, first)


@pytest.mark.parametrize(
    ("name", "found", "first", "second"),
    [
        ("a.test", "10.0.0.7", 1, 0),
        ("www.test", "10.0.0.7", 1, 0),
        ("192.0.2.1", "192.0.2.1", 0, 0),
        ("unknown.test", "no address", 1, 0),
        ("no-a.test", "no address", 1, 0),
        ("busy.test", "no answer", 1, 1),
        ("mute.test", "no answer", 2, 2),
        ("x" * 64 + ".test", "no address", 0, 0),
        ("a..test", "no address", 0, 0),
    ],
)
def test_what_servers_say(name: str, found: str, first: int, second: int) -> None:
    assert asked_for(name) == (found, first * [name], second * [name])


def test_a_lost_question_is_asked_again() -> None:
    async def test(network: SimulatedNetwork, first: NameServer, second: NameServer) -> None:
        loop, first.deaf = asyncio.get_running_loop(), 1
        began = loop.time()
        assert await network.resolve("a.test", BOTH) == "10.0.0.7"
        assert loop.time() - began == pytest.approx(3.2)
        assert (len(first.asked), second.asked) == (2, [])

    with_servers(test)


def test_the_second_server_when_the_first_says_nothing() -> None:
    async def test(network: SimulatedNetwork, first: NameServer, second: NameServer) -> None:
        loop, first.deaf = asyncio.get_running_loop(), 9
        began = loop.time()
        assert await network.resolve("a.test", BOTH) == "10.0.0.7"
        assert loop.time() - began == pytest.approx(6.2)

    with_servers(test)


def test_what_is_no_answer_to_the_question_is_passed_over() -> None:
    other = bytes(2) + b"\x81\x80\x00\x01\x00\x00\x00\x00\x00\x00\x01b\x00\x00\x01\x00\x01"
    server = NameServer("first", zone=ZONE, before=(b"\xff", b"x" * 600, other, bytes(12)))
    assert asked_for("a.test", server) == ("10.0.0.7", ["a.test"], [])


@given(said=st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=4))
def test_nothing_that_is_said_does_harm(said: list[bytes]) -> None:
    class Rubbish:
        """Says those with the number of the question."""

        async def write(self, data: bytes) -> None:
            self.said = [data[:2] + text for text in said]

        async def read(self, limit: int) -> bytes:
            if not self.said:
                await asyncio.Event().wait()
            return self.said.pop()

        def close(self) -> None: ...

    async def open_udp(address: str, port: int) -> Rubbish:
        return Rubbish()

    async def main() -> None:
        with pytest.raises(ResolveError):
            await ask(open_udp, "a.test", BOTH)  # type: ignore[arg-type]

    run_virtual(main())


def test_every_datagram_is_counted() -> None:
    async def test(network: SimulatedNetwork, first: NameServer, second: NameServer) -> None:
        account = Account()
        metered = MeteredNetwork(network, lambda: account)
        first.deaf = 9
        assert await metered.resolve("www.test", BOTH) == "10.0.0.7"
        bill = account.count.wire
        assert bill.up.dns == 3 * 28 + first.size_in + second.size_in
        assert bill.down.dns == 28 + second.size_out
        assert (bill.up.packets, bill.down.packets) == (3, 1)
        assert bill.total == bill.up.dns + bill.down.dns

    with_servers(test)


def test_on_loopback() -> None:
    async def main() -> None:
        server = NameServer("server", zone=ZONE)
        async with on_loopback([server]):
            servers = NameServers(("127.0.0.1",), server.port)
            network = RealNetwork()
            assert await network.resolve("www.test", servers) == "10.0.0.7"
            with pytest.raises(ResolveError, match=r"127\.0\.0\.1 says NXDOMAIN"):
                await network.resolve("unknown.test", servers)

    asyncio.run(main())


def test_without_dnspython(monkeypatch: pytest.MonkeyPatch) -> None:
    assert can_ask()
    monkeypatch.delitem(sys.modules, "dns.message", raising=False)
    monkeypatch.setitem(sys.modules, "dns", None)
    assert not can_ask()
