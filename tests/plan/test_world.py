"""A module, its host and its server in one process: what the server sees, the same each time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.clock import run_virtual
from atwin.net.meter.tls_size import TlsShape
from atwin.net.tls.suites import suites_for
from atwin.plan.job import SUITE, Job, Route
from atwin.plan.paper import on_paper
from atwin.plan.served import file_of, head_size
from atwin.plan.simulated import play
from atwin.plan.world import Visit, world

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.net.meter.bill import Bill


def played(job: Job, folder: Path) -> tuple[list[Visit], Bill, float]:
    (folder / "f").unlink(missing_ok=True)

    async def main() -> tuple[list[Visit], Bill, float]:
        async with world(job) as its:
            await its.modem.bring_up()
            result = await its.download(folder / "f")
            await its.settle()
            assert result.bytes == job.size
            assert its.server.requests == len(its.server.visits)
            return its.server.visits, its.twin.traffic.whole.count.operator, result.seconds

    return run_virtual(main())


@pytest.mark.parametrize("tls", [False, True])
def test_a_job_is_played_the_same_every_time(tmp_path: Path, tls: bool) -> None:
    job = Job(10_000, "air780e-at", tls=tls, hash=False)
    assert played(job, tmp_path) == played(job, tmp_path)


def test_the_header_is_as_long_as_foreseen(tmp_path: Path) -> None:
    job = Job(10_000, "air780e-at", strategy="range", hash=False)
    heads = [head_size(file_of(job), "HEAD")]
    heads += [
        head_size(file_of(job), span=span) for span in ((0, 3355), (3356, 6711), (6712, 9999))
    ]
    visits, bill, _ = played(job, tmp_path)
    assert [visit.down for visit in visits] == [
        head + body for head, body in zip(heads, (0, 3356, 3356, 3288), strict=True)
    ]
    assert bill.down.http == sum(heads)
    assert bill.connections == 4


def test_tls_takes_two_round_trips_and_its_bytes(tmp_path: Path) -> None:
    route = Route(rtt=1.0, down=None, up=None)
    visits, _, _ = played(Job(1000, tls=True, route=route), tmp_path)
    hello, server, _, finished = TlsShape(suites_for(SUITE)[0]).flights
    shape = TlsShape(suites_for(SUITE)[0])
    assert visits[0].tls == pytest.approx(2.0)
    answer = shape.record(head_size(file_of(Job(1000)), "HEAD"))
    assert visits[0].down == server + finished + answer
    assert visits[0].up > hello


def test_a_server_without_etag_and_with_its_time(tmp_path: Path) -> None:
    quick = played(Job(1000, etag=False), tmp_path)
    slow = played(Job(1000, etag=False, latency=2.0), tmp_path)
    assert slow[2] == pytest.approx(quick[2] + 2 * 2.0)
    assert slow[0][0].down == head_size(file_of(Job(1000, etag=False)), "HEAD")


def test_a_name_costs_a_round_trip_before_each_connection(tmp_path: Path) -> None:
    near = played(Job(1000), tmp_path)
    named = played(Job(1000, dns=True), tmp_path)
    assert named[2] - near[2] == pytest.approx(2 * Route().rtt, abs=0.01)
    assert named[1].kind("dns") > 0


def test_connections_count_to_their_end_on_a_slow_way_up() -> None:
    """The module's goodbye takes longer there than two round trips."""
    route = Route(rtt=0, down=3000, up=1000)
    job = Job(20_000, "air724ug", None, tls=True, route=route)
    assert play(job).forecast.held == pytest.approx(on_paper(job).held, rel=0.1)
