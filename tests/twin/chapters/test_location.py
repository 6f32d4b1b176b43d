"""Positions and wireless networks out of the surroundings (docs/spec/general.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.at.dialect.urcs import WifiSeen, parse_urc
from atwin.control.settable import apply
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


@pytest.mark.parametrize(
    ("command", "seconds"), [(b"+CIPGSMLOC=1,2", 0.23), (b"+WIFILOC=1,2,1", 25)]
)
def test_the_place_is_that_of_the_surroundings(command: bytes, seconds: float) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"position": [-1.5, 0.25]}, twin)
        await terminal.ask(b"AT+SAPBR=1,2")
        before = asyncio.get_running_loop().time()
        answer = await terminal.ask(b"AT" + command)
        assert asyncio.get_running_loop().time() - before == pytest.approx(seconds)
        # The virtual clock began on 2024-08-23, 14:52:50 in the zone of the network.
        name = command.partition(b"=")[0]
        assert answer.startswith(b"\r\n" + name + b": 0,-1.5000000,0.2500000,2024/08/23,14:5")

    on_twin(test)


@pytest.mark.parametrize("command", [b"+CIPGSMLOC=1,1", b"+WIFILOC=2,1"])
@pytest.mark.parametrize("code", [1, 2, 4, 6, 7, 255, 404, 408, 602, 603, 65535])
def test_every_code_of_a_server_can_be_had(command: bytes, code: int) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"location_code": code}, twin)
        await terminal.ask(b"AT+SAPBR=1,1")
        name = command.partition(b"=")[0]
        assert await terminal.ask(b"AT" + command) == (
            b"\r\n" + name + b": %d\r\n\r\nOK\r\n" % code
        )

    on_twin(test)


def test_it_takes_a_connection_while_it_lasts() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1")
        assert twin.module.firmware is not None
        pool = twin.module.firmware.pool
        terminal.type(b"AT+WIFILOC=1,1\r")
        assert await terminal.quiet(24) == b""
        assert pool.used == 1
        await terminal.expect(b"OK\r\n")
        assert pool.used == 0
        slots = [pool.take("test") for _ in range(8)]
        assert b"+WIFILOC: 604\r" in await terminal.ask(b"AT+WIFILOC=1,1")
        assert len(slots) == 8

    on_twin(test)


def test_a_bearer_that_goes_ends_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1")
        terminal.type(b"AT+WIFILOC=1,1\r")
        assert await terminal.quiet(10) == b""
        twin.radio.lose_pdp()
        assert (await terminal.quiet(1)).startswith(b"\r\n+WIFILOC: 601\r\n\r\nOK\r\n")
        assert twin.module.firmware is not None
        assert twin.module.firmware.pool.used == 0

    on_twin(test)


def test_nothing_is_found_without_wireless_networks() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"access_points": []}, twin)
        await terminal.ask(b"AT+SAPBR=1,1")
        assert b"+WIFILOC: 1\r" in await terminal.ask(b"AT+WIFILOC=1,1")
        assert await terminal.ask(b"AT+WIFISCAN=1,30,255") == b"\r\nOK\r\n"

    on_twin(test)


def test_networks_are_those_of_the_surroundings_and_read_back() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"access_points": [["00:11:22:33:44:55", -127, 14, "a,b c"]]}, twin)
        await terminal.ask(b"AT+WIFISCANCONF=1,0")
        answer = await terminal.ask(b"AT+WIFISCAN=1,30,255")
        line = answer.decode().split("\r\n")[1]
        assert parse_urc(line) == WifiSeen("a,b c", "00:11:22:33:44:55", -127, 14)

    on_twin(test)


def test_the_time_is_scaled() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1")
        before = asyncio.get_running_loop().time()
        await terminal.ask(b"AT+WIFILOC=1,1;+WIFISCAN?")
        assert asyncio.get_running_loop().time() - before == pytest.approx(0.29)

    on_twin(test, time_scale=0.01)
