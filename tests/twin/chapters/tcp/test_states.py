"""The state machine as tables: what is in them, and what must not be."""

from __future__ import annotations

import pytest

from atwin.twin.chapters.tcp.scene import HAS_ADDRESS, MULTI, SINGLE, Event, State, Table


def reached(table: Table) -> set[State]:
    states = {State.INITIAL}
    while more := {to for (state, _), to in table.items() if state in states} - states:
        states |= more
    return states


def test_every_state_of_the_manual_is_reached() -> None:
    assert reached(SINGLE) == set(State) - {State.PROCESSING}
    assert reached(MULTI) == {
        *(State.INITIAL, State.START, State.CONFIG, State.GPRSACT, State.STATUS),
        *(State.PROCESSING, State.PDP_DEACT),
    }


@pytest.mark.parametrize("table", [SINGLE, MULTI], ids=["single", "multi"])
def test_the_way_up_has_one_order(table: Table) -> None:
    state = State.INITIAL
    for event in (Event.CSTT, Event.CIICR, Event.RAISED, Event.CIFSR):
        assert [s for s, e in table if e is event] == [state]
        state = table[state, event]
    assert state is State.STATUS


@pytest.mark.parametrize("table", [SINGLE, MULTI], ids=["single", "multi"])
def test_shut_leads_home_and_nothing_else_leads_out_of_pdp_deact(table: Table) -> None:
    assert all(table[state, Event.SHUT] is State.INITIAL for state in State)
    assert [event for state, event in table if state is State.PDP_DEACT] == [Event.SHUT]


def test_a_loss_of_the_pdp_concerns_every_state_that_has_an_address() -> None:
    single = {state for state, event in SINGLE if event is Event.PDP_LOST}
    multi = {state for state, event in MULTI if event is Event.PDP_LOST}
    assert single | multi == HAS_ADDRESS


def test_only_a_single_link_may_skip_the_way_up() -> None:
    assert SINGLE[State.INITIAL, Event.TCP] is State.TCP_CONNECTING
    assert (State.INITIAL, Event.TCP) not in MULTI
