"""Faults of the network, as the status of the request tells them (docs/spec/http.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from atwin.twin.faults.plan import fault_from_table
from support.modules.http_twin import CONTENT, SIZE, action, on_http

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

RIGHT = b"0,200,%d" % SIZE


@pytest.mark.parametrize(
    ("table", "urc"),
    [
        ({"kind": "dns_failure"}, b"0,603,0"),
        ({"kind": "dns_failure", "silent": True}, b"0,603,0"),
        ({"kind": "connect_refused"}, b"0,601,0"),
        ({"kind": "connect_refused", "silent": True}, b"0,601,0"),
        ({"kind": "stall"}, b"0,408,0"),
        ({"kind": "stall", "at_byte": 5000}, b"0,408,0"),
        ({"kind": "reset_connection"}, b"0,601,0"),
        ({"kind": "reset_connection", "after": 4000}, b"0,601,0"),
        ({"kind": "truncate"}, b"0,601,0"),
        ({"kind": "truncate", "after": 20}, b"0,600,0"),
        ({"kind": "truncate", "at_byte": 99_999}, b"0,601,0"),
        ({"kind": "drip", "rate": 100}, b"0,408,0"),
        ({"kind": "pool_full", "seconds": 30}, b"0,604,0"),
        ({"kind": "pdp_loss", "at_byte": 50_000}, b"0,601,0"),
        ({"kind": "pdp_loss", "at_action": 1}, b"0,601,0"),
    ],
)
def test_each_has_its_status_and_then_it_is_over(table: dict[str, Any], urc: bytes) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table(table))
        assert await action(terminal) == urc
        assert [event.fault.KIND for event in twin.faults.history] == [table["kind"]] * 2 or (
            "seconds" in table
        )
        await terminal.quiet(31)
        if table["kind"] == "pdp_loss":
            await terminal.ask(b"AT+SAPBR=1,1")
        assert await action(terminal) == RIGHT
        heard = await terminal.ask(b"AT+HTTPREAD", b"\r\nOK\r\n")
        assert CONTENT.read(0, SIZE) in heard

    on_http(test)


@pytest.mark.parametrize(
    ("kind", "host", "met"),
    [("connect_refused", "other.example", False), ("connect_refused", "FILES.example", True)],
)
def test_one_host_of_several(kind: str, host: str, met: bool) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": kind, "host": host}))
        assert await action(terminal) == (b"0,601,0" if met else RIGHT)

    on_http(test)


def test_at_the_nth_action_connection_and_command() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for table in (
            {"kind": "dns_failure", "at_action": 2},
            {"kind": "connect_refused", "at_connection": 2},
            {"kind": "connect_refused", "at_command": "at+httpaction", "nth": 4},
        ):
            twin.faults.add(fault_from_table(table))
        assert [await action(terminal) for _ in range(5)] == [
            RIGHT,
            b"0,603,0",
            b"0,601,0",
            b"0,601,0",
            RIGHT,
        ]

    on_http(test)


def test_a_byte_of_one_action_and_a_byte_that_never_comes() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for table in (
            {"kind": "reset_connection", "at_byte": 1, "at_action": 2},
            {"kind": "reset_connection", "at_byte": SIZE + 1, "at_action": 1},
        ):
            twin.faults.add(fault_from_table(table))
        assert [await action(terminal) for _ in range(3)] == [RIGHT, b"0,601,0", RIGHT]
        whats = [event.what for event in twin.faults.history]
        assert whats == ["missed its byte", "begins", "ends"]

    on_http(test)


def test_a_byte_of_a_streamed_body() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        stall = {"kind": "stall", "at_byte": 7000, "seconds": 50}
        twin.faults.add(fault_from_table(stall))
        got, stops = 0, []
        await terminal.ask(b"AT+HTTPEXACTION=0")
        while True:
            try:
                await terminal.expect(b"\r\n+HTTPEX", 10)
            except AssertionError:
                stops.append(got)
                continue
            if (await terminal.expect(b"\r\n")).startswith(b"ACTION"):
                break
            await terminal.ask(b"AT+HTTPEXGET=100000", b"\r\n+HTTPEXGET: ")
            size = int(await terminal.expect(b"\r\n"))
            got += size
            # The body may hold anything, also what looks like its end.
            assert (await terminal.take(size + 6)).endswith(b"\r\nOK\r\n")
        assert (set(stops), got) == ({7000}, SIZE)

    on_http(test)


def test_a_slow_link_is_right_and_slow() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        clock = twin.module.hardware.clock
        fault = fault_from_table({"kind": "slow_link", "latency": 1, "bandwidth": 10_000})
        twin.faults.trigger(fault)
        start = clock.now()
        assert await action(terminal) == RIGHT
        assert clock.now() - start > 4 + SIZE / 10_000
        twin.faults.clear()
        start = clock.now()
        assert await action(terminal) == RIGHT
        assert clock.now() - start < 5

    on_http(test)


def test_a_full_pool_with_one_slot_left() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": "pool_full", "slots": 7}))
        assert await action(terminal) == RIGHT
        twin.faults.add(fault_from_table({"kind": "pool_full", "slots": 1}))
        assert await action(terminal) == b"0,604,0"
        twin.faults.clear()
        assert await action(terminal) == RIGHT

    on_http(test)
