"""What the figures of a fleet consist of, counted by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from atwin.fleet.report.breakdown import break_down
from atwin.fleet.report.plan import plan_lines
from support.fleet.made import attempt, campaign, row, span
from support.fleet.results import result

if TYPE_CHECKING:
    from atwin.fleet.result import FleetResult

#: Each of the ten rows stands for a hundred devices.
EACH = 100


@pytest.fixture(scope="module")
def found() -> FleetResult:
    return result()


def test_the_bill_comes_to_what_is_billed(found: FleetResult) -> None:
    bill = {name: part.value for name, part in found.breakdown.bill.items()}
    assert bill == pytest.approx(
        {
            "file": 9 * 1000 * EACH,
            "again": (800 + 200) * EACH,
            "overhead": (4000 + 1100 + 500) * EACH,
        }
    )
    assert sum(bill.values()) == pytest.approx(found.estimates.billed.value)


def test_causes_rungs_and_faults(found: FleetResult) -> None:
    causes = {one.cause: one for one in found.breakdown.causes}
    assert {*causes} == {"outage", "server", "network"}
    assert [causes[name].attempts.value for name in causes] == pytest.approx([EACH] * 3)
    assert causes["outage"].got.value == pytest.approx(EACH)
    assert causes["network"].got.value == 0
    assert causes["outage"].devices.low < EACH < causes["outage"].devices.high
    (rung,) = found.breakdown.rungs
    assert rung.rung == "CIPSHUT"
    assert [rung.devices.value, rung.helped.value] == pytest.approx([EACH, EACH])
    faults = {one.fault: one.failed.value for one in found.breakdown.faults}
    assert faults == pytest.approx({"pdp_loss": 0, "stall": EACH})


def test_those_that_failed_are_at_most_those_that_had_the_fault() -> None:
    """In a fleet of two strata, of which the small one has it."""
    fleet = campaign(1000, faults=[{"share": 0.05}])
    rows = [
        replace(row(attempt(span(0, 60)), device=number, stratum=str(stratum)), fired=fired)
        for stratum, members in fleet.strata().items()
        for number, fired in zip(
            members[:8], [("stall",) if stratum.faults else ()] + [()] * 7, strict=True
        )
    ]
    (fault,) = break_down(fleet, rows).faults
    assert fault.failed.value == 0
    assert 0 < fault.failed.high <= fault.devices.high < 60


def test_as_json(found: FleetResult) -> None:
    told = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert {*told["breakdown"]} == {"bill", "causes", "rungs", "faults"}
    server = told["server"]
    assert server["completion"][0] == [0, 0]
    assert len(server["completion"]) <= 500
    load = server["load"]["sent"]
    assert sum(load["mean"]) * load["seconds"] >= 1000 * 1000
    assert server["spread"]["runs"] == 4
    failed, helped = told["worst"]
    assert (failed["device"], failed["cause"], helped["device"]) == (9, "network", 8)
    assert failed["alone"] == ("atwin fleet 'my plan.toml' --device 9 --trace device-9.trace")
    assert failed["get"].startswith("atwin get URL --port 'twin://air780e-at?")


def test_a_plan_in_short() -> None:
    plan = campaign(
        50,
        zone=[{"utc": "+08:00"}],
        link=[{"name": "far", "loss": 0.02, "down": "60K"}],
        arrival={"window": "22:00-04:00", "curve": "falling"},
        faults=[{"share": 0.1}],
        rules={"abort": {"failed": 0.1}, "starts": "2027-01-01T00:00:00Z"},
        retry={"after": ["1 min", "1 h"]},
    )
    assert dict(plan_lines(plan)) == {
        "devices": "50",
        "seed": "1",
        "[download]": "size 1,000",
        "[[model]]": "name air780e-at, model air780e-at",
        "[[link]]": "name far, down 60,000, loss 0.02",
        "[[faults]]": "name random, share 0.1",
        "[arrival]": "curve falling, window 22:00-04:00",
        "[[zone]]": "utc 28,800",
        "[retry]": "after 60 3,600",
        "[campaign]": "starts 2027-01-01T00:00:00+00:00, abort (failed 0.1)",
    }
