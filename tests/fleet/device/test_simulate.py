"""One device of a campaign: its attempts, its traffic, what the server feels, what breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import fsum
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from atwin.clock import run_virtual
from atwin.fleet.device.life import job_of
from atwin.fleet.device.simulate import simulate
from atwin.host.errors import TargetError, UsageError
from atwin.plan.world import world
from support.fleet.plans import planned, with_faults

if TYPE_CHECKING:
    from atwin.fleet.device.row import Row


def alike(row: Row) -> Row:
    """All that two runs of a device have in common."""
    return replace(row, cpu_seconds=0.0)


def test_a_device_without_trouble_does_as_a_plan_says(tmp_path: Path) -> None:
    campaign = planned()
    row, spec = simulate(campaign, 7), campaign.device(7)

    async def play() -> tuple[float, int, int]:
        async with world(job_of(campaign, spec), seed=spec.seed) as its:
            await its.modem.recover()
            await its.download(tmp_path / "f")
            ended = its.clock.now()
            await its.settle()
            bill = its.twin.traffic.whole.count.operator
            return ended, bill.total, its.server.requests

    seconds, *more = run_virtual(play())
    assert [row.billed, row.requests] == more
    assert row.seconds == pytest.approx(seconds, rel=0.001)
    assert (row.ok, row.wrong, row.exit_code, row.cause, row.error) == (True, False, 0, "", "")
    assert row.payload == 20_000
    assert (row.model, row.link, row.stratum) == ("air780e-at", "link 1", "air780e-at/link 1/none")
    assert len(row.attempts) == 1


def test_its_load_has_all_its_traffic() -> None:
    row = simulate(planned(download={"size": 20_000, "strategy": "range"}), 1)
    (attempt,) = row.attempts
    assert row.connections == row.requests == sum(span.requests for span in attempt.load) > 6
    held = fsum(span.connections * (span.end - span.begin) for span in attempt.load)
    assert held == pytest.approx(row.connection_seconds)
    assert sum(span.down for span in attempt.load) > 20_000
    assert sum(span.up for span in attempt.load) > 100 * row.requests


def test_the_next_attempt_goes_on_where_the_last_one_ended(tmp_path: Path) -> None:
    fault = 'kind = "connect_refused"\nat_connection = 4\nseconds = 60\n'
    campaign = with_faults(
        tmp_path, fault, download={"size": 20_000, "strategy": "range", "part": 3356}
    )
    row = simulate(campaign, 0)
    first, second = row.attempts
    assert (first.ok, first.cause, second.ok, second.cause) == (False, "network", True, "")
    assert second.began == first.seconds + 60
    assert row.seconds == second.began + second.seconds
    assert (row.ok, row.exit_code, row.fired) == (True, 0, ("connect_refused",))
    assert row.payload == 20_000  # no byte came twice
    assert sum(span.requests for one in row.attempts for span in one.load) == row.requests
    assert first.load[-1].end <= second.began <= second.load[0].begin


def test_attempts_come_to_an_end(tmp_path: Path) -> None:
    row = simulate(
        with_faults(tmp_path, 'kind = "connect_refused"\nat_connection = 1\nseconds = 1e6'), 0
    )
    assert [attempt.cause for attempt in row.attempts] == ["network", "network"]
    assert (row.ok, row.exit_code, row.cause, row.payload) == (False, 3, "network", 0)
    assert "601 (network error)" in row.error


@pytest.mark.parametrize(
    "fault",
    [
        'kind = "connect_refused"\nat_connection = 1',  # the server may be to blame: no rung
        'kind = "pdp_loss"\nat_time = 0',  # the card may want an APN: no reset
        'kind = "sim_pulled"\nat_time = 0',  # wants a person
    ],
)
def test_what_only_a_restart_ends_is_over_at_the_second_attempt(tmp_path: Path, fault: str) -> None:
    retry = {"attempts": 3, "after": [60], "give_up": 200}

    def row(*, restart: bool) -> Row:
        rules = retry | {"restart": restart}
        return simulate(with_faults(tmp_path, f'{fault}\nuntil = "reset"', retry=rules), 0)

    without, by_restart = row(restart=False), row(restart=True)
    assert [attempt.ok for attempt in without.attempts] == [False] * 3
    assert "AT+RESET" not in without.rungs
    assert [attempt.ok for attempt in by_restart.attempts] == [False, True]
    assert by_restart.rungs[-1] == by_restart.helped[-1] == "AT+RESET"
    assert by_restart.attempts[0] == without.attempts[0]
    # The module starts, finds its network, and all that is time of the attempt.
    whole = simulate(planned(retry=retry), 0)
    assert by_restart.attempts[1].seconds > whole.seconds + 1
    assert by_restart.payload == whole.payload
    assert by_restart.billed >= whole.billed


def test_a_restart_before_an_attempt_in_vain_has_not_helped(tmp_path: Path) -> None:
    fault = 'kind = "connect_refused"\nat_connection = 1\nseconds = 1e6'
    row = simulate(with_faults(tmp_path, fault), 0)
    assert [attempt.ok for attempt in row.attempts] == [False, False]
    assert row.rungs.count("AT+RESET") == 1
    assert row.helped == ()


def test_what_cannot_be_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*_: object, **__: object) -> None:
        raise UsageError("a chunk of 1 byte: this module takes 2 to 3356")

    monkeypatch.setattr("atwin.plan.world.World.download", refused)
    row = simulate(planned(), 0)
    assert [attempt.cause for attempt in row.attempts] == ["usage"]
    assert row.exit_code == 2


def test_a_wrong_file_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atwin.fleet.device.life.digest_of", lambda job: "0" * 64)
    row = simulate(planned(download={"size": 20_000, "hash": False}), 0)
    assert (row.ok, row.wrong, row.cause, len(row.attempts)) == (False, True, "wrong", 1)


def test_restarts_lose_nothing_of_the_bill(tmp_path: Path) -> None:
    whole = simulate(planned(), 0)
    row = simulate(with_faults(tmp_path, 'kind = "restart"\nat_byte = 15000'), 0)
    assert row.ok
    assert row.billed > whole.billed


# --- the server ---------------------------------------------------------------------------------


def test_a_server_that_gives_each_connection_little() -> None:
    row = simulate(planned(server={"rate": 1000}), 0)
    assert row.ok
    # What the first twentieth of a second has comes at once.
    assert row.connection_seconds > 17


@pytest.mark.parametrize("keep_alive", [0, 5])
def test_a_server_that_ends_connections(keep_alive: float) -> None:
    usual, row = simulate(planned(), 0), simulate(planned(server={"keep_alive": keep_alive}), 0)
    assert row.ok
    assert row.requests == usual.requests


def test_tls_and_its_cost() -> None:
    plain = simulate(planned(), 0)
    row = simulate(planned(download={"size": 20_000, "tls": True}), 0)
    assert (row.ok, row.payload, row.requests) == (True, plain.payload, plain.requests)
    assert row.billed > plain.billed + 2 * 3000


# --- the same every time ------------------------------------------------------------------------

_CHILD = """
import json, sys
from support.fleet.plans import planned
from atwin.fleet.device.simulate import simulate
campaign = planned(faults=[{"share": 1}], download={"size": 60_000})
rows = [simulate(campaign, number).as_dict() | {"cpu_seconds": 0} for number in (5, 3, 4)]
json.dump(rows, sys.stdout)
"""


def test_a_device_is_the_same_in_every_process_and_order() -> None:
    campaign = planned(faults=[{"share": 1}], download={"size": 60_000})
    here = [simulate(campaign, number).as_dict() | {"cpu_seconds": 0} for number in (3, 4, 5)]
    child = subprocess.run(
        [sys.executable, "-c", _CHILD],
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True, check=True,
    )  # fmt: skip
    five, three, four = json.loads(child.stdout)
    assert [three, four, five] == json.loads(json.dumps(here))


def test_threads_do_not_disturb_each_other() -> None:
    campaign = planned(faults=[{"share": 1}])
    with ThreadPoolExecutor(2) as pool:
        rows = list(pool.map(lambda number: alike(simulate(campaign, number)), range(4)))
    assert rows == [alike(simulate(campaign, number)) for number in range(4)]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atwin.disk.scratch.MEMORY", tmp_path)
    seen = list[Path]()

    def look(job: object) -> str:
        seen.extend(tmp_path.rglob("file"))
        return "0" * 64

    monkeypatch.setattr("atwin.fleet.device.life.digest_of", look)
    assert simulate(planned(download={"size": 20_000, "hash": False}), 0).wrong
    assert len(seen) == 1
    assert not seen[0].parent.exists()


def test_a_disk_without_room_is_no_fault_of_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(*_: object, **__: object) -> None:
        raise TargetError("cannot write file.part: No space left on device")

    monkeypatch.setattr("atwin.plan.world.World.download", full)
    row = simulate(planned(), 0)
    assert (row.cause, len(row.attempts)) == ("crash", 1)
    assert "No space left" in row.error
