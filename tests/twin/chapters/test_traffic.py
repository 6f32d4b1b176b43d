"""What a module keeps of its traffic, action by action (docs/spec/flows.md §6)."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.board.power import StartCause
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.pages import Page, pages

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.testing.simulated import SimulatedStream

CONTENT = {
    "/post": Page(200, b"ok"),
    "/file": Page(200, bytes(5000)),
    "/moved": Page(302, b"", ("Location: /file",)),
}


def with_twin(
    test: Callable[[Twin, Terminal], Awaitable[None]],
    on_8080: Callable[[SimulatedStream], Awaitable[None]] | None = None,
) -> None:
    async def main() -> None:
        network = SimulatedNetwork(LoopClock())
        if on_8080 is not None:
            network.serve("httpbin.org", 8080, on_8080)
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


async def reset(twin: Twin, terminal: Terminal) -> None:
    terminal.type(b"AT+RESET\r")


async def off(twin: Twin, terminal: Terminal) -> None:
    terminal.type(b"AT+CPOWD=1\r")
    await terminal.expect(b"NORMAL POWER DOWN\r\n")
    twin.module.power_on()


async def cut(twin: Twin, terminal: Terminal) -> None:
    twin.module.cut_power()
    twin.module.power_on()


async def crash(twin: Twin, terminal: Terminal) -> None:
    twin.module.restart(cause=StartCause.EXCEPTION)


@pytest.mark.parametrize(
    ("end", "is_orderly"), [(reset, True), (off, True), (cut, False), (crash, False)]
)
def test_an_orderly_end_saves_the_counters(
    end: Callable[[Twin, Terminal], Awaitable[None]], is_orderly: bool
) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT^DATAINFO=1,65535;+HTTPINIT")
        await action(terminal, "/file", 0)
        counted = twin.traffic.boot.count.operator
        await end(twin, terminal)
        await terminal.expect(b"+NITZ")
        told = await terminal.ask(b"AT^DATAINFO?;^DATAINFO")
        assert b"^DATAINFO: 1,65535" in told
        up, down = (counted.up.total, counted.down.total) if is_orderly else (0, 0)
        assert b"^DATAINFO: %d,%d\r" % (up, down) in told

    with_twin(test)


def test_a_boot_in_the_middle_of_a_transfer() -> None:
    asked = asyncio.Event()

    async def silent(stream: SimulatedStream) -> None:
        await stream.read(999)
        asked.set()
        await stream.read(999)

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+HTTPINIT;+HTTPPARA="URL","http://httpbin.org:8080/"')
        terminal.type(b"AT+HTTPACTION=0\r")
        await asked.wait()
        before = twin.traffic.boot
        terminal.type(b"AT+RESET\r")
        await terminal.expect(b"+NITZ")
        # Its end was charged to the run in which it began.
        assert before.settled
        assert (
            before.count.operator.up.packets == 1 + 2 + 1 + 2
        )  # DNS, SYN and ACK, GET, FIN and ACK
        assert twin.traffic.boot.count.operator.total == 0
        assert twin.traffic.whole.count == before.count

    with_twin(test, silent)


def test_what_comes_while_it_is_off_is_not_counted() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPINIT")
        await action(terminal, "/file", 0)
        await terminal.ask(b"AT^DATAINFO=1,30")
        assert b"^DATAINFO: 0,0\r" in await terminal.ask(b"AT^DATAINFO")
        await action(terminal, "/file", 0)
        one = twin.traffic.actions[-1].account.count.operator
        await terminal.ask(b"AT^DATAINFO=0")
        await action(terminal, "/file", 0)
        await terminal.ask(b"AT^DATAINFO=1,30")
        counted = b"^DATAINFO: %d,%d\r" % (one.up.total, one.down.total)
        assert counted in await terminal.ask(b"AT^DATAINFO")

    with_twin(test)
