"""All devices through one executor: bounded, streamed, and begun again where workers died."""

from __future__ import annotations

import pickle
from collections import Counter, deque
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, CancelledError, Future, wait
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from atwin.fleet.engine.executors import WorkersError
from atwin.fleet.engine.work import Raised, work

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
    from concurrent.futures import Executor

    from atwin.fleet.device.row import Row
    from atwin.fleet.engine.executors import ExecutorFactory
    from atwin.fleet.engine.journal import RowJournal

    Crashed = Callable[[int, str, str], Row]

#: Tasks that are under way or wait for a worker, of each worker.
_AHEAD = 3
#: Seconds that a task should take at least, and the most devices of one (D-316).
_WORTH, _MOST = 0.1, 32
#: Seconds without a row until somebody asks whether there are workers at all.
_TICK = 2.0
#: So often a device may take its worker with it that has nothing else to do (D-313).
_DEATHS = 3


@dataclass(slots=True)
class RunTally:
    """How a run goes, for whoever shows it."""

    done: int = 0
    failed: int = 0
    #: So often a worker died, and what it had was given to another.
    restarts: int = 0


def run(
    task: Callable[[int], Row],
    numbers: Iterable[int],
    executors: ExecutorFactory,
    keep: RowJournal | None = None,
    progress: Callable[[RunTally], None] = lambda tally: None,
    *,
    crashed: Callable[[int, str, str], Row],
) -> Generator[Row, None, None]:
    """The row of each of `numbers`, as soon as it is there; kept before it is handed over.

    `task` is pickled. One that raises, or that takes a worker with it `_DEATHS` times alone, has
    the row that `crashed` makes of number, error and traceback. Workers end when the iterator is
    closed. Raises `WorkersError` when there are none, and `DiskError`.
    """
    flight = _Flight(task, numbers, executors, crashed)
    try:
        for row in flight.rows():
            if keep is not None:
                keep.append(row)
            flight.tally.done += 1
            flight.tally.failed += not row.ok
            progress(flight.tally)
            yield row
    finally:
        executors.stop()


class _Flight:
    """What waits, what is under way, and what died."""

    def __init__(
        self,
        task: Callable[[int], Row],
        numbers: Iterable[int],
        executors: ExecutorFactory,
        crashed: Crashed,
    ) -> None:
        self.tally = RunTally()
        self._pickled = pickle.dumps(task)
        self._waiting = deque(numbers)
        self._executors, self._crashed = executors, crashed
        self._executor: Executor
        self._flying: dict[Future[list[object]], tuple[int, ...]] = {}
        #: They were with a worker that died: each goes again with nothing beside it.
        self._suspects: deque[int] = deque()
        self._deaths: Counter[int] = Counter()
        self._devices, self._seconds = 0, 0.0

    def rows(self) -> Iterator[Row]:
        """Until there is nothing left."""
        self._executor = self._executors.start()
        while True:
            self._fill()
            if not self._flying:
                return
            ended, _ = wait(self._flying, _TICK, FIRST_COMPLETED)
            if not ended:
                self._executors.check()
            yield from self._landed(ended)

    def _fill(self) -> None:
        if self._suspects:
            if not self._flying:
                self._submit((self._suspects.popleft(),))
            return
        while self._waiting and len(self._flying) < _AHEAD * self._executors.workers:
            count = self._chunk()
            self._submit(tuple(self._waiting.popleft() for _ in range(count)))

    def _chunk(self) -> int:
        """How many devices are worth a task, and leave something for every worker at the end."""
        worth = round(_WORTH * self._devices / self._seconds) if self._seconds else 1
        share = len(self._waiting) // (_AHEAD * self._executors.workers)
        return max(1, min(worth, share, _MOST))

    def _submit(self, numbers: tuple[int, ...]) -> None:
        try:
            future = self._executor.submit(work, self._pickled, numbers)
        except BrokenExecutor as error:  # since the last look
            future = Future()
            future.set_exception(error)
        self._flying[future] = numbers

    def _landed(self, ended: set[Future[list[object]]]) -> Iterator[Row]:
        if any(isinstance(_error(future), BrokenExecutor) for future in ended):
            ended, _ = wait(self._flying)  # a pool breaks for all that it has
            self._executor = self._executors.start()
            self.tally.restarts += 1
        for future in ended:
            numbers = self._flying.pop(future)
            match _error(future):
                case None:
                    yield from self._rows(numbers, future.result())
                case BrokenExecutor():
                    yield from self._died(numbers)
                case error if isinstance(error, self._executors.killed):
                    self.tally.restarts += 1
                    yield from self._died(numbers)
                case error:
                    self._executors.check()
                    raise WorkersError(f"a worker failed: {type(error).__name__}: {error}")

    def _rows(self, numbers: tuple[int, ...], results: Sequence[object]) -> Iterator[Row]:
        for number, result in zip(numbers, results, strict=True):
            self._deaths.pop(number, None)
            if isinstance(result, Raised):
                row = self._crashed(number, result.error, result.traceback)
            else:
                row = cast("Row", result)
            self._devices += 1
            self._seconds += row.cpu_seconds
            yield row

    def _died(self, numbers: tuple[int, ...]) -> Iterator[Row]:
        for number in numbers:
            if number in self._deaths:  # nothing was beside it
                self._deaths[number] += 1
            else:
                self._deaths[number] = 0
            if self._deaths[number] < _DEATHS:
                self._suspects.append(number)
            else:
                yield self._crashed(number, f"its worker died {_DEATHS} times in a row", "")


def _error(future: Future[list[object]]) -> BaseException | None:
    return CancelledError("cancelled") if future.cancelled() else future.exception()
