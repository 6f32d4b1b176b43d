"""What a module keeps of its traffic, action by action (spec: flows.md §6)."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

from atwin.clock import LoopClock, run_virtual
from atwin.line.memory import memory_pair
from atwin.net.simulated import SimulatedNetwork
from atwin.twin import Twin
from support.pages import Page, pages
from support.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest

CONTENT = {
    "/post": Page(200, b"ok"),
    "/file": Page(200, bytes(5000)),
    "/moved": Page(302, b"", ("Location: /file",)),
}


def with_twin(test: Callable[[Twin, Terminal], Awaitable[None]]) -> None:
    async def main() -> None:
        network = SimulatedNetwork(LoopClock())
        network.serve("httpbin.org", 80, pages(CONTENT))
        host, module = memory_pair()
        async with Twin("air780e-lsat", module, network=network) as twin:
            terminal = Terminal(host)
            await terminal.ask(b"ATE0")
            await test(twin, terminal)

    run_virtual(main())


async def action(terminal: Terminal, path: str, method: int, more: bytes = b"") -> None:
    await terminal.ask(b'AT+HTTPPARA="URL","http://httpbin.org%b"%b' % (path.encode(), more))
    terminal.type(b"AT+HTTPACTION=%d\r" % method)
    await terminal.expect(b"+HTTPACTION: ")
    await terminal.expect(b"\r\n")


def test_ten_bytes_a_hundred_times() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPINIT")
        for _ in range(100):
            terminal.type(b"AT+HTTPDATA=10,10000\r")
            await terminal.expect(b"DOWNLOAD\r\n")
            terminal.type(b"0123456789")
            await terminal.expect(b"OK\r\n")
            await action(terminal, "/post", 1)
        bill = twin.traffic.boot.count.operator
        assert bill.total - bill.kind("dns") == 61200
        assert bill.up.payload == 1000
        assert bill.connections == 100
        one = twin.traffic.actions[-1]
        assert (one.name, one.url) == ("HTTPACTION POST", "http://httpbin.org/post")
        assert one.account.count.operator * 100 == bill

    with_twin(test)


def test_sums_belong_to_action_session_and_boot() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        traffic = twin.traffic
        assert traffic.session is None
        for _ in range(2):
            await terminal.ask(b"AT+HTTPINIT")
            await action(terminal, "/file", 0)
            await action(terminal, "/file", 2)
            await terminal.ask(b"AT+HTTPTERM")
        get, head, *again = (one.account.count for one in traffic.actions)
        assert again == [get, head]
        assert get.operator.down.payload == 5000
        assert head.operator.down.payload == 0
        assert traffic.session is not None
        assert traffic.session.count == get + head
        assert traffic.boot.count == traffic.session.count * 2
        terminal.type(b"AT+RESET\r")
        await terminal.expect(b"+NITZ")
        assert traffic.boot.count.wire.total == 0
        assert traffic.session is None
        assert traffic.whole.count == (get + head) * 2

    with_twin(test)


def test_a_redirect_and_a_failure_are_paid_for() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPINIT")
        await action(terminal, "/moved", 0, b';+HTTPPARA="REDIR",1')
        await action(terminal, ":81/file", 0)
        moved, refused = (one.account.count.operator for one in twin.traffic.actions)
        assert moved.connections == 2
        assert moved.down.payload == 5000
        assert refused.total - refused.kind("dns") == 80

    with_twin(test)


def test_the_log_tells_what_each_action_cost(caplog: pytest.LogCaptureFixture) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPINIT")
        await action(terminal, "/file", 0)
        total = twin.traffic.actions[0].account.count.operator
        assert (
            f"HTTPACTION GET: {total.total} bytes of IP traffic, {total.up.total} up and"
            f" {total.down.total} down; 5000 of them payload"
        ) in caplog.messages

    caplog.set_level(logging.INFO)
    with_twin(test)


def test_it_is_fit_for_json() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPINIT")
        await action(terminal, "/file", 0)
        told = json.loads(json.dumps(twin.traffic.boot.count.as_dict()))
        assert told["counted_by"] == "model"
        assert told["wire"] == told["operator"]
        assert told["wire"]["down"]["payload"] == 5000

    with_twin(test)
