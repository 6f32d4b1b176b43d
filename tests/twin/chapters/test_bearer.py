"""Bearers as the HTTP service uses them: ready, watch, and the order of what is said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.at.dialect.urcs import HttpAction
from atwin.models import load_profile
from atwin.twin.chapters.bearer import Bearers
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


def bearers(twin: Twin) -> Bearers:
    assert twin.module.firmware is not None
    return twin.module.firmware.find(Bearers)


def test_a_closed_bearer_opens_by_itself_while_the_pdp_is_up() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert bearers(twin).ready(2)
        assert b'2,1,"10.' in await terminal.ask(b"AT+SAPBR=2,2")
        twin.radio.lose_pdp()
        assert not bearers(twin).ready(2)
        assert await terminal.quiet() == (b"\r\n+CGEV: NW PDN DEACT 1\r\n\r\n+SAPBR 2: DEACT\r\n")

    on_twin(test)


def test_not_by_itself_where_the_profile_says_so() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert not bearers(twin).ready(1)
        await terminal.ask(b"AT+SAPBR=1,1")
        assert bearers(twin).ready(1)

    on_twin(test, load_profile("air780e-at").with_flags(implicit_bearer=0))


def test_watchers_hear_of_a_loss_once_behind_every_deact() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert twin.module.firmware is not None
        urc = twin.module.firmware.urc
        await terminal.ask(b"AT+SAPBR=1,1;+SAPBR=1,2")
        bearers(twin).watch(1, lambda: urc(HttpAction(0, 601, 0)))
        unwatch = bearers(twin).watch(2, lambda: urc(HttpAction(0, 0, 0)))
        unwatch()
        unwatch()
        twin.radio.lose_pdp()
        twin.radio.lose_pdp()
        assert await terminal.quiet() == (
            b"\r\n+CGEV: NW PDN DEACT 1\r\n\r\n+SAPBR 1: DEACT\r\n\r\n+SAPBR 2: DEACT\r\n"
            b"\r\n+HTTPACTION: 0,601,0\r\n"
        )

    on_twin(test)


def test_closing_tells_the_watchers_behind_the_ok() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert twin.module.firmware is not None
        urc = twin.module.firmware.urc
        await terminal.ask(b"AT+SAPBR=1,1")
        bearers(twin).watch(1, lambda: urc(HttpAction(0, 601, 0)))
        terminal.type(b"AT+SAPBR=0,1\r")
        assert await terminal.quiet() == b"\r\nOK\r\n\r\n+HTTPACTION: 0,601,0\r\n"

    on_twin(test)


@pytest.mark.parametrize("seconds", [0.05, 0.25])
def test_a_pdp_lost_while_the_bearer_opens(seconds: float) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"AT+SAPBR=1,1\r")
        await terminal.quiet(seconds)
        twin.radio.deregister()
        heard = await terminal.quiet(5)
        assert heard.startswith(b"\r\n+CME ERROR: 3\r\n")
        assert b"SAPBR" not in heard
        twin.radio.register()
        await terminal.quiet(5)
        assert await terminal.ask(b"AT+SAPBR=1,1") == b"\r\nOK\r\n"

    on_twin(test)


@pytest.mark.parametrize("scale", [0.0, 1.0, 2.0])
def test_opening_takes_its_time_times_the_scale(scale: float) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        clock = twin.module.hardware.clock
        start = clock.now()
        await terminal.ask(b"AT+SAPBR=1,1")
        assert 0.1 * scale <= clock.now() - start <= 2 * scale
        twin.radio.lose_pdp()
        start = clock.now()
        await terminal.ask(b"AT+SAPBR=1,1")
        assert 0.1 * scale <= clock.now() - start <= 2 * scale

    on_twin(test, time_scale=scale)
