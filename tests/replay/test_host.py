"""The stub host: it sends to a module of today what the host of a recording sent."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.replay.compare import compare, differences
from atwin.replay.host import ReplayedHost
from atwin.replay.ignoring import Ignoring
from atwin.replay.recording import exchanges_of
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.recorded import recorded, said, transparent_session
from support.line.terminal import Terminal
from support.servers.pages import pages
from transcript import every

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from atwin.trace.exchanges import Exchanges

IDENTITY = (
    *("> ATI", "< Air780E", "< OK", "> AT+CGMR", '< +CGMR: "V1"', "< OK"),
    *("> AT+CSQ", "< +CSQ: 7,99", "< OK", "> AT+CIPSTATUS", "< OK", "< STATE: IP INITIAL"),
)


def on(
    recording: Exchanges,
    module: Callable[[Terminal], Coroutine[None, None, None]],
    **options: Any,
) -> tuple[list[str], str | None, float]:
    """Differences when `module` answers, why not all was sent, and how long it took."""

    async def main() -> tuple[ReplayedHost, float]:
        near, far = memory_pair()
        clock = LoopClock()
        host = ReplayedHost(near, recording, clock, **options)
        answering = asyncio.create_task(module(Terminal(far)))
        await host.run()
        answering.cancel()
        return host, clock.now()

    host, took = run_virtual(main())
    return differing(recording, host.heard), host.ended_early, took


def differing(recording: Exchanges, heard: Exchanges, *, usual: bool = False) -> list[str]:
    """All lines that differ."""
    lines = compare(recording.all, heard.all, Ignoring(usual=usual))
    return [
        f"{mark} {one.told()}"
        for group in differences(lines)
        for line in group
        for mark, one in (("-", line.recorded), ("+", line.replayed))
        if one is not None
    ]


def on_twin(recording: Exchanges, model: str, *, usual: bool) -> list[str]:
    """Differences when a fresh twin answers."""

    async def main() -> Exchanges:
        near, far = memory_pair()
        network = SimulatedNetwork(LoopClock())
        network.serve("origin.test", 80, pages({}))
        async with Twin(model, far, network=network):
            host = ReplayedHost(near, recording, LoopClock())
            await host.run()
            assert host.ended_early is None
        return host.heard

    return differing(recording, run_virtual(main()), usual=usual)


def test_a_module_that_leaves_afterwards_leaves_nothing_out() -> None:
    async def main() -> ReplayedHost:
        near, far = memory_pair()
        terminal = Terminal(far)
        host = ReplayedHost(near, said("> ATH", "< OK"), LoopClock())
        running = asyncio.create_task(host.run())
        await terminal.expect(b"ATH\r")
        terminal.type(b"\r\nOK\r\n")
        await running
        host.lost("closed by the far side")
        return host

    assert run_virtual(main()).ended_early is None


def test_another_model_shows_what_it_says_differently() -> None:
    recording = said(*IDENTITY)
    found = on_twin(recording, "air724ug", usual=True)
    assert found[0] == "- < Air780E"
    assert '- < +CGMR: "V1"' in found
    assert not any("CSQ" in line for line in found)
    assert any("CSQ" in line for line in on_twin(recording, "air724ug", usual=False))


def test_what_a_twin_said_it_says_again() -> None:
    (transcript,) = [one for one in every() if str(one) == "habits_ec-air780e-at"]
    recording = exchanges_of(recorded(transcript))
    assert on_twin(recording, "air780e-at", usual=False) == []


async def slow_module(line: Terminal) -> None:
    """Takes two seconds for OK and three more for the URC."""
    await line.expect(b"AT+HTTPACTION=0\r")
    await asyncio.sleep(2)
    line.type(b"\r\nOK\r\n")
    await asyncio.sleep(3)
    line.type(b"\r\n+HTTPACTION: 0,200,5\r\n")
    await line.expect(b"AT+HTTPREAD\r")
    line.type(b"\r\n+HTTPREAD: 5\r\nhello\r\nOK\r\n")


def test_it_waits_for_results_and_urcs_though_they_took_no_time_then() -> None:
    recording = said(
        *("> AT+HTTPACTION=0", "< OK", "< +HTTPACTION: 0,200,5"),
        *("> AT+HTTPREAD", "< +HTTPREAD: 5", b"hello", "< OK"),
        echo=False,
    )
    found, ended, took = on(recording, slow_module)
    assert (found, ended) == ([], None)
    assert 5 < took < 5.5


def test_a_module_that_refuses_data_gets_none() -> None:
    async def module(line: Terminal) -> None:
        await line.expect(b"AT+HTTPDATA=5,1000\r")
        line.type(b"\r\nERROR\r\n")
        await line.expect(b"AT\r")
        line.type(b"\r\nOK\r\n")

    recording = said(
        "> AT+HTTPDATA=5,1000", "< DOWNLOAD", b"hello", "< OK", "> AT", "< OK", echo=False
    )
    found, ended, took = on(recording, module)
    assert found == ["- < DOWNLOAD", "+ < ERROR", "- > (5 bytes)", "- < OK"]
    assert ended is None
    assert took < 1


def test_a_module_that_answers_no_more_is_given_up() -> None:
    async def module(line: Terminal) -> None:
        await line.expect(b"AT\r")
        line.type(b"\r\nOK\r\n")

    recording = said(*("> AT", "< OK") * 40, echo=False)
    _found, ended, took = on(recording, module, patience=2.0)
    assert ended == "the module has answered nothing 3 times in a row"
    assert took < 8


def test_pauses_are_kept_and_fast_leaves_out_all_but_those_of_an_escape() -> None:
    async def module(line: Terminal) -> None:
        await line.expect(b"AT+CIPMODE=1\r")
        line.type(b"\r\nOK\r\n")
        await line.expect(b'AT+CIPSTART="TCP","h",7\r')
        line.type(b"\r\nOK\r\n\r\nCONNECT\r\n")
        await line.expect(b"GET /\n")
        line.type(b"AT is in it\r\n")
        await line.expect(b"+++")
        line.type(b"\r\nOK\r\n")
        await line.expect(b"AT+CIPSHUT\r")
        line.type(b"AT+CIPSHUT\r\r\nSHUT OK\r\n")

    for fast, least in ((False, 1.9), (True, 0.4)):
        found, ended, took = on(transparent_session(), module, fast=fast)
        assert (found, ended) == ([], None)
        assert least < took < least + 0.3
