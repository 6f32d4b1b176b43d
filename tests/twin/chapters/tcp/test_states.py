"""The state machine as tables: what is in them, and what must not be."""

from __future__ import annotations

import pytest

from atwin.twin.chapters.tcp.scene import HAS_ADDRESS, MULTI, SINGLE, Event, IpState, Table


def reached(table: Table) -> set[IpState]:
    states = {IpState.INITIAL}
    while more := {to for (state, _), to in table.items() if state in states} - states:
        states |= more
    return states


def test_every_state_of_the_manual_is_reached() -> None:
    assert reached(SINGLE) == set(IpState) - {IpState.PROCESSING}
    assert reached(MULTI) == {
        *(IpState.INITIAL, IpState.START, IpState.CONFIG, IpState.GPRSACT, IpState.STATUS),
        *(IpState.PROCESSING, IpState.PDP_DEACT),
    }


@pytest.mark.parametrize("table", [SINGLE, MULTI], ids=["single", "multi"])
def test_the_way_up_has_one_order(table: Table) -> None:
    state = IpState.INITIAL
    for event in (Event.CSTT, Event.CIICR, Event.RAISED, Event.CIFSR):
        assert [s for s, e in table if e is event] == [state]
        state = table[state, event]
    assert state is IpState.STATUS


@pytest.mark.parametrize("table", [SINGLE, MULTI], ids=["single", "multi"])
def test_shut_leads_home_and_nothing_else_leads_out_of_pdp_deact(table: Table) -> None:
    assert all(table[state, Event.SHUT] is IpState.INITIAL for state in IpState)
    leads = {to for (state, event), to in table.items() if state is IpState.PDP_DEACT}
    assert leads <= {IpState.PDP_DEACT, IpState.INITIAL}


def test_a_loss_of_the_pdp_concerns_every_state_that_has_an_address() -> None:
    single = {state for state, event in SINGLE if event is Event.PDP_LOST}
    multi = {state for state, event in MULTI if event is Event.PDP_LOST}
    assert single | multi == HAS_ADDRESS


@pytest.mark.parametrize("table", [SINGLE, MULTI], ids=["single", "multi"])
def test_a_link_is_refused_only_on_the_way_up_and_without_a_pdp(table: Table) -> None:
    refused = {state for state in reached(table) if (state, Event.TCP) not in table}
    busy = {IpState.TCP_CONNECTING, IpState.UDP_CONNECTING, IpState.CONNECT_OK}
    assert refused - busy == {IpState.START, IpState.CONFIG, IpState.PDP_DEACT}
