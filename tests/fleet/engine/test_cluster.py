"""Workers of a Dask cluster: real ones on loopback, and what is said of those that cannot."""

from __future__ import annotations

import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from atwin.fleet.engine import cluster
from atwin.fleet.engine.cluster import Cluster
from atwin.fleet.engine.executors import WorkersError
from atwin.fleet.engine.run import RunTally, run
from support.fleet.dask import dask
from support.fleet.tasks import Deadly, crashed, no_package, old_python, row_of

if TYPE_CHECKING:
    from pathlib import Path


def said(address: str) -> str:
    """Why no row comes from there."""
    with pytest.raises(WorkersError) as failed:
        list(run(row_of, range(3), Cluster(address, patience=0.2), crashed=crashed))
    return str(failed.value)


@pytest.mark.waits
@pytest.mark.timeout(60)
def test_real_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it on one cluster, since that takes seconds to begin."""
    tallies = list[RunTally]()
    with dask(tmp_path, workers=2) as (address, workers):
        task, numbers = Deadly(tmp_path, (5,), 1), range(30)
        found = list(run(task, numbers, Cluster(address), None, tallies.append, crashed=crashed))
        assert sorted(found, key=lambda row: row.device) == [row_of(number) for number in numbers]
        assert sorted(worker.poll() is None for worker in workers) == [False, True]

        with monkeypatch.context() as patch:
            patch.setattr(cluster, "__version__", "9.9")
            error = said(address)
            assert "has atwin 0." in error
            assert error.endswith(", and this is atwin 9.9: give all workers the same")
        with monkeypatch.context() as patch:
            patch.setattr(cluster, "version", no_package)
            assert "has no atwin, and this is atwin " in said(address)
        with monkeypatch.context() as patch:
            patch.setattr(cluster, "platform", SimpleNamespace(python_version_tuple=old_python))
            assert "has Python 2.7.18, and this is Python 3.11: give all" in said(address)

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
