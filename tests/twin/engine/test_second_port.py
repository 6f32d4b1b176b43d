"""AT commands typed beside the host: answered whatever its line is busy with, which hears none."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import Trace
from atwin.trace.described import describe
from atwin.twin.faults.plan import fault_from_table
from support.modules.http_twin import on_http
from support.modules.on_twin import on_twin
from support.servers.peers import Peer

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

CSQ = (["+CSQ: 22,0"], "OK")


def served() -> SimulatedNetwork:
    network = SimulatedNetwork(LoopClock(), latency=0.05)
    network.serve("server.test", 7000, Peer("server").serve)
    return network


def test_the_host_hears_nothing_of_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert await twin.at("AT+CSQ") == CSQ
        assert await twin.at("at+csq;+csq") == (["+CSQ: 22,0"] * 2, "OK")
        assert await twin.at("AT") == ([], "OK")
        assert await twin.at("AT+CIPSTATUS") == (["STATE: IP INITIAL"], "OK")
        assert await terminal.quiet(1) == b""

    on_twin(test, echo=True)


def test_what_is_set_for_the_uart_is_set_there_alone() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"ATE1Q1V0\r")
        await terminal.quiet()
        assert await twin.at("AT+CSQ") == CSQ
        assert await twin.at("AT+NOSUCH") == ([], "ERROR")
        # One for both.
        assert await twin.at("AT+CMEE=2;+CPIN=1") == ([], "+CME ERROR: incorrect parameters")
        await twin.at("ATE0Q0V1")
        assert await terminal.ask(b"AT+CMEE?") == b"\r\n+CMEE: 2\r\n\r\nOK\r\n"

    on_twin(test)


@pytest.mark.parametrize(
    "begun",
    [b"AT+CS", b"AT+COPS=?\r", b"AT+SMSTEXT\r", b"AT+HTTPDATA=9,60000\rab"],
    ids=["half a line", "a command that waits", "an error", "a prompt"],
)
def test_in_the_middle_of_what_the_host_does(begun: bytes) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(begun)
        await terminal.quiet(0.5)
        assert await twin.at("AT+CSQ") == CSQ
        assert await terminal.quiet(0) == b""

    on_http(test)


def test_in_transparent_mode() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CIPMODE=1")
        await terminal.ask(b'AT+CIPSTART="TCP","server.test",7000', b"CONNECT\r\n")
        assert await twin.at("AT+CSQ") == CSQ
        terminal.type(b"AT+CSQ\r")  # this is data
        await terminal.quiet(1.5)
        terminal.type(b"+++")
        assert b"OK" in await terminal.quiet(2)
        # Data need the line of the host, which is not given away from here.
        assert await twin.at("ATO") == ([], "ERROR")
        assert await terminal.ask(b"AT+CMEE?") == b"\r\n+CMEE: 1\r\n\r\nOK\r\n"

    on_twin(test, network=served)


def test_urcs_stay_on_the_uart() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert await twin.at("AT+HTTPACTION=0") == ([], "OK")
        assert (await terminal.quiet(60)).startswith(b"\r\n+HTTPACTION: 0,200,")
        lines, result = await twin.at("AT+HTTPREAD=0,5")
        assert (lines[0], len(lines[1]), result) == ("+HTTPREAD: 5", 5, "OK")

    on_http(test)


def test_a_long_body_is_cut() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPACTION=0")
        await terminal.quiet(60)
        (_, body), _ = await twin.at("AT+HTTPREAD")
        assert body.endswith("… (100000 bytes)")
        assert len(body) < 66_000

    on_http(test)


def test_data_for_a_prompt_come_with_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for data in (None, b"abcd"):
            with pytest.raises(ValueError, match="give 5 bytes"):
                await twin.at("AT+HTTPDATA=5,1000", data=data)
        assert await twin.at("AT+HTTPDATA=5,1000", data=b"abcde") == ([], "OK")
        assert await twin.at("AT+HTTPREAD") == (["+HTTPREAD: 5", "abcde"], "OK")
        assert await terminal.quiet(2) == b""

    on_http(test)


def test_time_is_bounded_and_nothing_is_left() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        firmware = twin.module.firmware
        assert firmware is not None
        tasks = len(firmware._tasks)
        for command in ("AT+SAPBR=1,2", "AT+CIICR"):
            await twin.at("AT+CSTT")
            with pytest.raises(TimeoutError, match=r"no answer within 0\.1 s"):
                await twin.at(command, 0.1)
        assert len(firmware._tasks) == tasks
        # As if it had come to nothing.
        assert await twin.at("AT+SAPBR=2,2") == (['+SAPBR: 2,3,"0.0.0.0"'], "OK")
        assert await twin.at("AT+SAPBR=1,2") == ([], "OK")
        assert await twin.at("AT+CIPSTATUS") == (["STATE: PDP DEACT"], "OK")

    on_twin(test)


def test_one_at_a_time() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        slow, fast = await asyncio.gather(twin.at("AT+COPS=?", 60), twin.at("AT+CSQ", 60))
        assert (slow[1], fast) == ("OK", CSQ)
        slow_one = asyncio.ensure_future(twin.at("AT+COPS=?", 60))
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await twin.at("AT+CSQ", 0.5)
        await slow_one

    on_twin(test)


@pytest.mark.parametrize("line", ["", "hello", "AT\rAT", "AT\x00", "A" * 5000])
def test_what_is_no_command_line(line: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        with pytest.raises(ValueError, match="command line"):
            await twin.at(line)

    on_twin(test)


@pytest.mark.parametrize("command", ["AT+RESET", "AT+CFUN=1,1", "AT+CPOWD=1"])
def test_a_restart_is_answered_before_it_comes(command: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        lines, result = await twin.at(command)
        assert (lines, result) in (([], "OK"), (["NORMAL POWER DOWN"], ""))
        assert twin.module.firmware is None
        with pytest.raises(RuntimeError, match="off"):
            await twin.at("AT")

    on_twin(test)


def test_a_module_that_goes_off_meanwhile_has_no_answer() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        waiting = asyncio.ensure_future(twin.at("AT+COPS=?", 60))
        await asyncio.sleep(0.1)
        twin.pins.supply = False
        with pytest.raises(RuntimeError, match="went off"):
            await waiting

    on_twin(test)


def test_faults_and_scripts_meet_it_as_any_command() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.answer("AT+CSQ", "+CSQ: 1,99", times=1)
        assert await twin.at("AT+CSQ") == (["+CSQ: 1,99"], "OK")
        assert await twin.at("AT+CSQ") == CSQ
        twin.faults.add(fault_from_table({"kind": "hang", "at_command": "AT+CSQ"}))
        with pytest.raises(RuntimeError, match="hangs"):
            await twin.at("AT+CSQ")
        with pytest.raises(RuntimeError, match="hangs"):
            await twin.at("AT")

    on_twin(test)


def test_before_the_parser_runs_there_is_none() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        with pytest.raises(RuntimeError, match="yet"):
            await twin.at("AT")
        await terminal.expect(b"RDY")
        assert await twin.at("AT") == ([], "OK")

    on_twin(test, warm=False, echo=True)


def test_a_trace_has_it_without_bodies_and_secrets() -> None:
    records: list[str] = []

    async def test(twin: Twin, terminal: Terminal) -> None:
        trace = twin.module.hardware.trace = Trace(LoopClock(), records.append)
        await twin.at("AT+HTTPDATA=5,1000", data=b"abcde")
        await twin.at("AT+HTTPREAD")
        await twin.at('AT+CPIN="4711"')
        trace.stop()

    on_http(test)
    told = [json.loads(line) for line in "".join(records).splitlines()]
    assert {describe(each)[:8] for each in told if each["kind"] == "typed"} == {"beside: "}
    typed = [(each["dir"], each["text"]) for each in told if each["kind"] == "typed"]
    assert typed == [
        (">", "AT+HTTPDATA=5,1000"), ("<", "OK"),
        (">", "AT+HTTPREAD"), ("<", "+HTTPREAD: 5"), ("<", "OK"),
        (">", "AT+CPIN=***"), ("<", "+CME ERROR: 3"),
    ]  # fmt: skip
