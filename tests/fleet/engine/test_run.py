"""Every device has one row, whatever becomes of the workers."""

from __future__ import annotations

import os
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from atwin.fleet.engine.executors import InThisProcess, WorkersError
from atwin.fleet.engine.processes import Processes
from atwin.fleet.engine.run import RunTally, run
from support.fleet.tasks import Deadly, Scratching, crashed, raising, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from atwin.fleet.device.row import Row
    from atwin.fleet.engine.executors import ExecutorFactory


def rows(
    task: Callable[[int], Row], numbers: Iterable[int], executors: ExecutorFactory | None = None
) -> tuple[list[Row], RunTally]:
    """By number, and how the run went."""
    tally = RunTally()

    def note(now: RunTally) -> None:
        nonlocal tally
        tally = now

    executors = executors or Processes(2, ["support.fleet.tasks"])
    found = list(run(task, numbers, executors, None, note, crashed=crashed))
    return sorted(found, key=lambda row: row.device), tally


@pytest.mark.parametrize("executors", [InThisProcess(), Processes(2)], ids=lambda one: one.name)
def test_each_number_has_its_row(executors: ExecutorFactory) -> None:
    wanted = [3 * number for number in range(40)]
    found, tally = rows(row_of, wanted, executors)
    assert found == [row_of(number) for number in wanted]
    assert tally == RunTally(done=40)


def test_what_raises_is_a_row_with_its_traceback() -> None:
    found, tally = rows(raising, range(6), InThisProcess())
    assert [row.ok for row in found] == [True, True, True, False, True, True]
    assert found[3].error == "LookupError: device 3"
    assert found[3].traceback.startswith("Traceback ")
    assert "in raising" in found[3].traceback
    assert tally == RunTally(done=6, failed=1)


def test_a_worker_that_is_killed_loses_nothing(tmp_path: Path) -> None:
    found, tally = rows(Deadly(tmp_path, (5,), 1), range(20))
    assert found == [row_of(number) for number in range(20)]
    assert tally == RunTally(done=20, restarts=1)


def test_a_device_that_takes_every_worker_with_it(tmp_path: Path) -> None:
    """Once in company, three times alone; all others have their rows."""
    found, tally = rows(Deadly(tmp_path, (5,), 99), range(12))
    assert [row.device for row in found if not row.ok] == [5]
    assert found[5].cause == "crash"
    assert found[5].error == "its worker died 3 times in a row"
    assert tally == RunTally(done=12, failed=1, restarts=4)
    assert len(list(tmp_path.glob("death-5-*"))) == 4


class Counting(ThreadPoolExecutor):
    """Knows the most that it was given at a time."""

    most = 0

    def __init__(self, workers: int) -> None:
        super().__init__(workers)
        self._given = list[Future[Any]]()

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self._given.append(super().submit(fn, *args, **kwargs))
        self.most = max(self.most, sum(not future.done() for future in self._given))
        return self._given[-1]


class Threads(InThisProcess):
    workers = 2

    def __init__(self) -> None:
        self.pool = Counting(self.workers)

    def start(self) -> Executor:
        return self.pool


def test_what_is_under_way_is_bounded() -> None:
    executors = Threads()
    found, _ = rows(row_of, range(100), executors)
    assert len(found) == 100
    assert 2 <= executors.pool.most <= 6


class LostError(Exception):
    """What an executor may say of a task whose worker is gone."""


class Losing(Threads):
    """Device 5 always takes its worker with it; the executor goes on."""

    def __init__(self, *killed: type[Exception]) -> None:
        self.pool, self.killed = LosingPool(self.workers), killed


class LosingPool(Counting):
    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        if 5 not in args[1]:
            return super().submit(fn, *args, **kwargs)
        future = Future[Any]()
        future.set_exception(LostError())
        return future


def test_an_executor_that_goes_on_without_a_worker() -> None:
    """As a cluster does: the device is given up all the same, and the others are not."""
    found, tally = rows(row_of, range(12), Losing(LostError))
    assert [row.device for row in found if not row.ok] == [5]
    assert found[5].error == "its worker died 3 times in a row"
    assert tally == RunTally(done=12, failed=1, restarts=4)


def test_what_is_no_answer_of_a_worker() -> None:
    with pytest.raises(WorkersError, match=r"^a worker failed: LostError"):
        rows(row_of, range(12), Losing())


def test_workers_end_with_the_iterator(tmp_path: Path) -> None:
    found = run(Deadly(tmp_path, (), 0), range(1000), Processes(2), crashed=crashed)
    with closing(found):
        next(found)
    pids = [int(path.name) for path in tmp_path.iterdir()]
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_leave_no_files(tmp_path: Path) -> None:
    """When all is done; what one leaves that is ended is swept by the next (tests/disk)."""
    found = run(Scratching(tmp_path), range(5), Processes(2), crashed=crashed)
    next(found)
    assert list(tmp_path.glob("atwin-scratch-*"))
    assert len(list(found)) == 4
    assert not list(tmp_path.glob("atwin-scratch-*"))


def test_workers_that_cannot_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atwin.fleet.engine.processes.begin", os.abort)
    with pytest.raises(WorkersError, match=r"^cannot start worker processes: they end as they"):
        rows(row_of, range(3), Processes(2))
