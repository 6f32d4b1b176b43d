"""Without radio: a short while is only time, a long one costs the module its PDP."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.fleet.device.outages import HELD, Outages
from atwin.fleet.device.simulate import simulate
from atwin.plan.job import Job
from atwin.plan.world import site
from support.fleet.plans import planned

if TYPE_CHECKING:
    from collections.abc import Iterator


def outage_of(monkeypatch: pytest.MonkeyPatch, after: float, seconds: float) -> None:
    """Each device has that one, and no other."""

    def chances() -> Iterator[float]:
        yield from (after, seconds, 1e9)

    drawn = chances()
    monkeypatch.setattr(Outages, "_chance", lambda self, mean: next(drawn))


#: At this rate the file takes 10 s, from second 3 to 13.
SLOW = {"down": 2000, "outages": 1}


def test_a_short_one_only_takes_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    patient: dict[str, Any] = {"retry": {"attempts": 1, "give_up": 900}}
    usual = simulate(planned(link=[SLOW | {"outages": 0}], **patient), 0)
    outage_of(monkeypatch, 6, 30)
    row = simulate(planned(link=[SLOW], **patient), 0)
    assert row.ok
    assert row.seconds == pytest.approx(usual.seconds + 30, abs=1)
    assert (row.requests, row.payload, row.rungs) == (usual.requests, usual.payload, ())
    assert row.fired == ()


def test_a_long_one_costs_the_pdp(monkeypatch: pytest.MonkeyPatch) -> None:
    outage_of(monkeypatch, 6, 600)
    campaign = planned(link=[SLOW], retry={"attempts": 1, "give_up": 900})
    row = simulate(campaign, 0)
    assert row.ok
    assert row.seconds > 600
    assert row.requests > simulate(planned(link=[SLOW | {"outages": 0}]), 0).requests
    assert row.rungs
    assert (row.faults, row.fired) == ("", ())


def test_who_gives_up_before_it_ends_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    outage_of(monkeypatch, 6, 600)
    row = simulate(planned(link=[SLOW], retry={"attempts": 2, "after": [900], "give_up": 60}), 0)
    assert [attempt.cause for attempt in row.attempts] == ["outage", ""]
    assert row.ok


@pytest.mark.parametrize("seconds", [HELD - 1, HELD + 1])
def test_what_the_module_says_of_it(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    async def main() -> None:
        clock = LoopClock()
        async with site(Job(1000)) as place:
            outages = Outages(clock, place.network, place.twin, per_hour=1, mean=1, seed=0)
            await outages._one(seconds)
            searching = (await place.twin.at("AT+CREG?"))[0]
            await clock.sleep(60)
            found = (await place.twin.at("AT+CREG?"))[0]
            assert found == ["+CREG: 0,1"]
            assert searching == (found if seconds < HELD else ["+CREG: 0,2"])
            assert outages.within(61)
            assert not outages.within(59)

    run_virtual(main())


class Noted:
    """A network that notes when it was cut, and for how long."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.outages = list[tuple[float, float]]()

    def cut(self) -> None:
        self.since = self.clock.now()

    def restore(self) -> None:
        self.outages.append((self.since, self.clock.now() - self.since))


def test_they_come_as_often_and_last_as_long_as_asked() -> None:
    async def main() -> list[tuple[float, float]]:
        clock = LoopClock()
        network: Any = Noted(clock)
        outages = Outages(clock, network, twin=network, per_hour=30, mean=5, seed=3)
        task = asyncio.get_running_loop().create_task(outages.run())
        await clock.sleep(100 * 3600)
        task.cancel()
        return network.outages  # type: ignore[no-any-return]

    outages = run_virtual(main())
    assert len(outages) == pytest.approx(100 * 3600 / (120 + 5), rel=0.05)
    assert sum(seconds for _, seconds in outages) / len(outages) == pytest.approx(5, rel=0.05)
    assert run_virtual(main()) == outages
