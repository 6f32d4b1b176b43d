"""Workers of a Dask cluster: real ones on loopback, and what is said of those that cannot."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from atwin.fleet.device.simulate import simulate
from atwin.fleet.engine import cluster
from atwin.fleet.engine.cluster import Cluster
from atwin.fleet.engine.executors import WorkersError
from atwin.fleet.engine.run import RunTally, run
from support.fleet.dask import dask
from support.fleet.plans import planned
from support.fleet.tasks import Deadly, crashed, no_package, old_python, row_of
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


def said(address: str, patience: float = 0.2) -> str:
    """Why no row comes from there; the patience is for one that answers."""
    with pytest.raises(WorkersError) as failed:
        list(run(row_of, range(3), Cluster(address, patience), crashed=crashed))
    return str(failed.value)


@pytest.mark.waits
@pytest.mark.timeout(300)
def test_real_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same rows as here, of two workers, one of which is killed; and what they refuse.

    All of it on one cluster, since that takes seconds to begin.
    """
    campaign = planned(link=[{"rtt": 0.2}], faults=[{"share": 0.5}])
    tallies = list[RunTally]()
    with dask(tmp_path, workers=2) as (address, workers):
        task, numbers = Deadly(tmp_path, (5,), 1, partial(simulate, campaign)), range(8)
        found = list(run(task, numbers, Cluster(address), None, tallies.append, crashed=crashed))
        found.sort(key=lambda row: row.device)
        here = [simulate(campaign, number) for number in numbers]
        assert [replace(row, cpu_seconds=0.0) for row in found] == [
            replace(row, cpu_seconds=0.0) for row in here
        ]
        assert sorted(worker.poll() is None for worker in workers) == [False, True]

        with monkeypatch.context() as patch:
            patch.setattr(cluster, "__version__", "9.9")
            error = said(address, PATIENCE)
            assert "has atwin 0." in error
            assert error.endswith(", and this is atwin 9.9: give all workers the same")
        with monkeypatch.context() as patch:
            patch.setattr(cluster, "version", no_package)
            assert "has no atwin, and this is atwin " in said(address, PATIENCE)
        with monkeypatch.context() as patch:
            patch.setattr(cluster, "platform", SimpleNamespace(python_version_tuple=old_python))
            assert "has Python 2.7.18, and this is Python 3.11: give all" in said(address, PATIENCE)

        for worker in workers:
            worker.kill()
        assert said(address) == f"the scheduler at {address} has no workers that answer"


def test_results_that_never_come(monkeypatch: pytest.MonkeyPatch) -> None:
    busy: dict[str, tuple[str, ...]] = {"worker": ("task",)}
    client = SimpleNamespace(
        status="running", wait_for_workers=lambda count, timeout: None, processing=lambda: busy
    )
    executors = Cluster("tcp://h:1")
    monkeypatch.setattr(executors, "_client", client)
    monkeypatch.setattr(cluster, "_LOST", 0.0)
    executors.check()
    executors.check()
    busy["worker"] = ()
    with pytest.raises(WorkersError, match="does nothing any more, and not all rows have come"):
        executors.check()


def test_nobody_answers() -> None:
    assert said("tcp://127.0.0.1:9").startswith("no scheduler at tcp://127.0.0.1:9: ")


def test_without_distributed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert said("tcp://127.0.0.1:9") == (
        "--cluster needs the package distributed: pip install 'atwin[cluster]'"
    )
