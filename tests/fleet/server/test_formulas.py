"""The queue and the sharing against what queueing theory says of them."""

from __future__ import annotations

from math import factorial
from random import Random
from typing import TYPE_CHECKING

import pytest
from simpy import Environment

from atwin.fleet.campaign.rules import CampaignRules, RetryPolicy, ServerSpec
from atwin.fleet.server.demand import PARTS, Demand, Try
from atwin.fleet.server.rollout import Member, Rollout, Wave

if TYPE_CHECKING:
    from atwin.fleet.server.run import ServerRun

#: Devices, and the mean seconds of each at the server.
_MANY, _LONG = 10_000, 10.0
#: The formulas are of what goes on for ever, the runs of 10,000 by one seed.
_NEAR = 0.05


def arrive(load: float, server: ServerSpec, *, chance: bool) -> ServerRun:
    """Devices that come by chance, `load` times as much as one connection can bear."""
    dice = Random(7)
    members = []
    for _ in range(_MANY):
        long = dice.expovariate(1 / _LONG) if chance else _LONG
        one = Try(0, (Demand(0, long, PARTS, 1.0, 0.0, 100.0),), 0, True, "", 1)
        members.append(Member(dice.random() * _MANY * _LONG / load, None, (one,), True, ""))
    rollout = Rollout(
        Environment(), [Wave(members)], CampaignRules(), RetryPolicy(attempts=1), server
    )
    return rollout.play()


def test_one_connection_of_equal_times() -> None:
    """M/D/1: half the wait of M/M/1 (Pollaczek and Khinchine)."""
    run = arrive(0.7, ServerSpec(connections=1, backlog=_MANY), chance=False)
    assert run.waited / _MANY == pytest.approx(0.7 * _LONG / (2 * (1 - 0.7)), rel=_NEAR)


def test_four_connections_of_times_by_chance() -> None:
    """M/M/4 (Erlang's formula C)."""
    load, servers = 3.0, 4
    last = load**servers / factorial(servers) * servers / (servers - load)
    waits = last / (sum(load**n / factorial(n) for n in range(servers)) + last)
    run = arrive(load, ServerSpec(connections=servers, backlog=_MANY), chance=True)
    assert run.waited / _MANY == pytest.approx(waits * _LONG / (servers - load), rel=_NEAR)
    assert run.waits / _MANY == pytest.approx(waits, rel=_NEAR)


@pytest.mark.parametrize("chance", [True, False])
def test_shared_bytes(chance: bool) -> None:
    """M/G/1 with processor sharing: the mean time is 1 / (1 - load), whatever the times are."""
    run = arrive(0.7, ServerSpec(bandwidth=100), chance=chance)
    assert sum(run.load.connections) / _MANY == pytest.approx(_LONG / (1 - 0.7), rel=_NEAR)


def test_a_backlog_that_is_full() -> None:
    """M/M/1/2: one in contact, one waits; of all who come that share is refused."""
    load = 0.8
    run = arrive(load, ServerSpec(connections=1, backlog=1), chance=True)
    assert run.refused / _MANY == pytest.approx(load**2 / (1 + load + load**2), rel=_NEAR)
