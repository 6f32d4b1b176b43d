"""AT+CDNSCFG: whom the module asks for names, and what follows (docs/spec/general.md §7)."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from atwin.clock import LoopClock
from atwin.line.ports.memory import memory_pair
from atwin.models import load_profile
from atwin.net.real import RealNetwork
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.network import names
from atwin.twin.faults.kinds.network import DnsFailure
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.modules.on_twin import on_twin
from support.modules.traced import traced
from support.servers.name_server import SILENCE, NameServer
from support.servers.pages import Page, pages
from support.servers.peers import Peer, on_loopback, simulated

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

#: Name servers of the host's choice, the second of which is not there.
OURS, ABSENT = "10.9.9.1", "10.9.9.2"
FAIL = b"\r\nOK\r\n\r\nSTATE: IP STATUS\r\n\r\nCONNECT FAIL\r\n"


def with_server(
    test: Callable[[Twin, Terminal, NameServer], Awaitable[T]],
    zone: dict[str, str] | None = None,
    model: str = "air780e-at",
    **flags: Any,
) -> T:
    """A module on a network with a peer, a web server, and a name server that knows other names."""
    server = NameServer("ours")

    def network() -> SimulatedNetwork:
        net = SimulatedNetwork(LoopClock())
        peer = Peer("server")
        simulated(net, [peer])
        net.serve("web.test", 80, pages({"/": Page(200, b"hello", ())}))
        found = {"inside.test": peer.address, "web-inside.test": net.add_host("web.test")}
        server.zone = found if zone is None else zone
        net.serve_udp(OURS, 53, server.serve)
        return net

    async def main(twin: Twin, terminal: Terminal) -> T:
        return await test(twin, terminal, server)

    return on_twin(main, load_profile(model).with_flags(**flags), network=network)


async def start(terminal: Terminal, name: str = "inside.test") -> bytes:
    """What CIPSTART comes to, and the seconds that took."""
    await terminal.ask(f'AT+CIPSTART="TCP","{name}",7000'.encode(), b"CONNECT ")
    return b"CONNECT " + await terminal.expect(b"\r\n")


async def get(terminal: Terminal, cid: int) -> bytes:
    for line in (
        b"AT+SAPBR=1,%d" % cid,
        b"AT+HTTPINIT",
        b'AT+HTTPPARA="CID",%d' % cid,
        b'AT+HTTPPARA="URL","http://web-inside.test/"',
        b"AT+HTTPACTION=0",
    ):
        await terminal.ask(line)
    await terminal.expect(b"+HTTPACTION: 0,", 300)
    status = await terminal.expect(b"\r\n")
    await terminal.ask(b"AT+HTTPTERM")
    await terminal.ask(b"AT+SAPBR=0,%d" % cid)
    return status


def test_a_link_to_a_name_that_only_the_chosen_server_knows() -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        assert await start(terminal) == b"CONNECT FAIL\r\n"
        await terminal.ask(f'AT+CDNSCFG="{OURS}"'.encode())
        assert await start(terminal) == b"CONNECT OK\r\n"
        assert server.asked == ["inside.test"]
        await terminal.ask(b'AT+CDNSGIP="unknown.test"')
        assert await terminal.quiet() == b"\r\n+CDNSGIP: 0,10\r\n"
        # A bearer asks the network's, and the other way round.
        assert await get(terminal, 1) == b"603,0\r\n"
        await terminal.ask(f'AT+CDNSCFG="{OURS}","{ABSENT}",2'.encode())
        assert await get(terminal, 1) == b"603,0\r\n"
        assert await get(terminal, 2) == b"200,5\r\n"
        assert server.asked == ["inside.test", "unknown.test", "web-inside.test"]
        # A restart forgets them.
        await terminal.ask(b"AT+RESET")
        await terminal.expect(b"RDY")
        await terminal.quiet(20)
        assert await start(terminal) == b"CONNECT FAIL\r\n"
        assert b"PrimaryDns: 211.138.180.4" in await terminal.ask(b"AT+CDNSCFG?")

    with_server(test)


def test_no_server_answers() -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        await terminal.ask(f'AT+CDNSCFG="{ABSENT}","10.9.9.3"'.encode())
        await terminal.ask(f'AT+CDNSCFG="{ABSENT}","0.0.0.0",1'.encode())
        terminal.type(b'AT+CIPSTART="TCP","inside.test",7000\r')
        assert await terminal.quiet(11.9) == b"\r\nOK\r\n"
        assert await terminal.quiet(0.6) == FAIL.removeprefix(b"\r\nOK\r\n")
        await terminal.ask(b'AT+CDNSGIP="inside.test"')
        assert await terminal.quiet(20) == b"\r\n+CDNSGIP: 0,11\r\n"
        assert await terminal.ask(b'AT+CIPPING="inside.test"', b"3\r\n")
        assert await get(terminal, 1) == b"603,0\r\n"

    with_server(test)


def test_every_question_and_answer_is_counted() -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        await terminal.ask(f'AT+CDNSCFG="{ABSENT}","{OURS}",1'.encode())
        assert await get(terminal, 1) == b"200,5\r\n"
        bill = twin.traffic.actions[-1].account.count.wire
        assert bill.up.dns == 3 * (28 + server.size_in)
        assert bill.down.dns == 28 + server.size_out

    with_server(test)


def test_the_networks_own_server_has_its_place_in_the_order() -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        await terminal.ask(f'AT+CDNSCFG="{OURS}",211.138.180.4'.encode())
        # It knows that there is no such name, so the second one is not asked.
        assert await start(terminal, "server.test") == b"CONNECT FAIL\r\n"
        server.zone["server.test"] = SILENCE
        assert await start(terminal, "server.test") == b"CONNECT OK\r\n"
        await terminal.ask(b"AT+CIPCLOSE")
        server.asked.clear()
        await terminal.ask(f'AT+CDNSCFG=211.138.180.5,"{OURS}"'.encode())
        assert await start(terminal, "server.test") == b"CONNECT OK\r\n"
        assert server.asked == []

    with_server(test)


@pytest.mark.parametrize(
    ("servers", "answer"),
    [
        ('"10.9.9.2"', b"CONNECT OK\r\n"),
        ('"192.0.2.1","10.9.9.2"', b"CONNECT OK\r\n"),
        ('"192.0.2.1","203.0.113.9"', b"CONNECT FAIL\r\n"),
        ("0.0.0.0", b"CONNECT FAIL\r\n"),
    ],
)
@pytest.mark.parametrize("installed", [True, False])
def test_where_nobody_is_asked_a_name_fails_by_the_servers_address(
    servers: str,
    answer: bytes,
    installed: bool,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        for _ in range(2):
            await terminal.ask(f"AT+CDNSCFG={servers}".encode())
        assert await start(terminal, "server.test") == answer
        assert server.asked == []

    if not installed:
        monkeypatch.setattr(names, "can_ask", lambda: False)
    with caplog.at_level(logging.WARNING):
        with_server(test, real_dns=not installed)
    said = [record.getMessage() for record in caplog.records]
    assert len(said) == (0 if installed else 1)
    assert all("atwin[dns]" in text for text in said)


@pytest.mark.parametrize(
    "arguments", ['"name"', '""', '"10.9.9.1","name"', '"10.9.9.1","10.9.9.2",4']
)
def test_wrong_servers(arguments: str) -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        await terminal.ask(f"AT+CDNSCFG={arguments}".encode(), b"+CME ERROR: ")

    with_server(test)


def test_on_loopback() -> None:
    async def main() -> None:
        server, peer = NameServer("ours", zone={"inside.test": "127.0.0.1"}), Peer("peer")
        async with on_loopback([server, peer]):
            near, far = memory_pair()
            terminal = Terminal(near)
            async with Twin(
                "air780e-at", far, network=RealNetwork(), time_scale=0, dns_port=server.port
            ):
                await terminal.ask(b'AT+CDNSCFG="127.0.0.1"')
                line = f'AT+CIPSTART="TCP","inside.test",{peer.port}'.encode()
                await terminal.ask(line, b"CONNECT OK\r\n")
                await terminal.ask(b"AT+CIPSHUT", b"SHUT OK\r\n")
        assert server.asked == ["inside.test"]

    asyncio.run(main())


# --- a module that says nothing about connections (flag connect_silent) --------------------------


def test_a_silent_module_gives_up_a_name_after_12_seconds() -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        for name in ("unknown.test", "mute.test"):
            if name == "mute.test":
                await terminal.ask(f'AT+CDNSCFG="{OURS}","{ABSENT}"'.encode())
            terminal.type(f'AT+CIPSTART="TCP","{name}",7000\r'.encode())
            assert await terminal.quiet(11.9) == b"\r\nOK\r\n"
            assert await terminal.quiet(0.6) == FAIL.removeprefix(b"\r\nOK\r\n")

    with_server(test, {"mute.test": SILENCE}, "air780ep")


# --- seen and broken by others --------------------------------------------------------------------


def test_a_trace_tells_who_was_asked() -> None:
    server = NameServer("ours", zone={"inside.test": "10.0.0.7"})

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(f'ATE0;+CDNSCFG="{ABSENT}","{OURS}"'.encode())
        await start(terminal)
        await start(terminal, "unknown.test")

    records = traced(test, serve=lambda network: network.serve_udp(OURS, 53, server.serve))
    told = [r for r in records if "servers" in r]
    assert [(r["event"], r["host"], r["servers"]) for r in told] == [
        ("resolved", "inside.test", f"{ABSENT}, {OURS}"),
        ("not resolved", "unknown.test", f"{ABSENT}, {OURS}"),
    ]


def test_a_fault_of_names_meets_chosen_servers_too() -> None:
    async def test(twin: Twin, terminal: Terminal, server: NameServer) -> None:
        await terminal.ask(f'AT+CDNSCFG="{OURS}"'.encode())
        twin.faults.add(DnsFailure(host="inside.test", count=1))
        assert await start(terminal) == b"CONNECT FAIL\r\n"
        assert server.asked == []
        assert await start(terminal) == b"CONNECT OK\r\n"

    with_server(test)
