"""Faults whose moment never comes: known, with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from atwin.twin.faults.case import moment
from atwin.twin.faults.plan import FaultPlan, fault_from_table
from support.modules.http_twin import action, on_http

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


@pytest.mark.parametrize(
    ("table", "why"),
    [
        ({"at_action": 3}, "it waits for action 3, and 1 came"),
        ({"at_connection": 2}, "it waits for connection 2, and 1 came"),
        ({"at_command": "AT+CSQ"}, "it waits for AT+CSQ 1, and none came; is it the right"),
        ({"at_command": "AT+SAPBR", "nth": 2}, "AT+SAPBR 2, and 1 came"),
        ({"at_byte": 5000}, "no body had 5000 bytes"),
        ({"at_byte": 5000, "at_action": 1}, "no body had 5000 bytes"),
        ({"at_byte": 5000, "at_action": 2}, "it waits for action 2, and 1 came"),
        ({"at_time": 3600}, "the run was over before"),
        ({"at_action": 1}, None),
        ({}, None),
    ],
)
def test_why_it_never_began(table: dict[str, Any], why: str | None) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+HTTPPARA="BREAK",0;+HTTPPARA="BREAKEND",999')
        await action(terminal)
        (case,) = twin.faults.cases
        if why is None:
            assert case.why_never is None
            assert case.began is not None
            assert case.table["began"] == case.began
        else:
            assert case.why_never is not None
            assert why in case.why_never
            assert "\n" not in case.why_never
            assert case.table["began"] is None

    on_http(test, faults=FaultPlan.from_table({"fault": [{"kind": "urc_interleave", **table}]}))


def test_a_body_that_was_too_short_when_its_turn_came() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+HTTPPARA="BREAK",0;+HTTPPARA="BREAKEND",999')
        for _ in range(2):
            await action(terminal)
        (case,) = twin.faults.cases
        assert case.missed
        assert "choose a lower at_byte" in (case.why_never or "")

    table = {"kind": "pdp_loss", "at_byte": 5000, "at_action": 1}
    on_http(test, faults=FaultPlan.from_table({"fault": [table]}))


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ({}, ""),
        ({"at_time": 2.5}, "at 2.5 s"),
        ({"at_action": 2}, "at action 2"),
        ({"at_action": 2, "at_byte": 7}, "at action 2, at byte 7"),
        ({"at_connection": 4}, "at connection 4"),
        ({"at_command": "AT+CSQ"}, "at AT+CSQ"),
        ({"at_command": "AT+CSQ", "nth": 3}, "at AT+CSQ number 3"),
    ],
)
def test_its_moment_in_words(table: dict[str, Any], text: str) -> None:
    (fault,) = FaultPlan.from_table({"fault": [{"kind": "pdp_loss", **table}]}).faults
    assert moment(fault) == text


def test_what_a_plan_teaches_is_told_when_it_is_followed(caplog: pytest.LogCaptureFixture) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        pass

    caplog.set_level("INFO", "atwin.twin")
    table = {"name": "n", "teaches": "To wait.", "good_host": "Waits."}
    faults = [{"kind": "hang", "at_action": 9}]
    on_http(test, faults=FaultPlan.from_table({**table, "fault": faults}))
    assert "fault plan n: To wait. A good host: Waits." in caplog.messages


def test_those_of_long_ago_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """With faults added for days, those that wait stay, and the last of those that are over."""
    monkeypatch.setattr("atwin.twin.faults.engine.REMEMBERED", 2)

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": "restart", "at_time": 3600}))
        for _ in range(4):
            twin.faults.add(fault_from_table({"kind": "pdp_loss"}))
        assert [case.id for case in twin.faults.cases] == [1, 4, 5]
        assert len(twin.faults.history) == 4
        twin.faults.clear()
        assert [case.id for case in twin.faults.cases] == [1, 5]

    on_http(test)
