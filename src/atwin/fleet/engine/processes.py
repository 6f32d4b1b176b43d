"""Worker processes on this computer."""

from __future__ import annotations

import contextlib
import multiprocessing
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from concurrent.futures.process import BrokenProcessPool
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from atwin.disk.errors import reason
from atwin.fleet.engine.executors import WorkersError
from atwin.fleet.engine.work import begin, ready

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from multiprocessing.connection import Connection

P = ParamSpec("P")
T = TypeVar("T")

#: Seconds until the first worker has answered, and how often that is tried: somebody who kills
#: workers may hit a new one.
_PATIENCE, _TRIES = 60.0, 3


class Processes:
    """A `ProcessPoolExecutor` of `workers`, forked from a server that has imported `preload`.

    Such a fork is safe whatever threads and loops this process has, takes no time for imports, and
    shares the memory of what was imported. Where there is no fork, each is a new Python (D-312).
    """

    name = "processes"
    killed: tuple[type[Exception], ...] = ()

    def __init__(self, workers: int, preload: Sequence[str] = ()) -> None:
        methods = multiprocessing.get_all_start_methods()
        method = "forkserver" if "forkserver" in methods else "spawn"
        self._context: Any = multiprocessing.get_context(method)
        if method == "forkserver":
            self._context.set_forkserver_preload(list(preload))
        self.workers = workers
        self._pool: _Pool | None = None
        self._lives: tuple[Connection, Connection] | None = None

    def start(self) -> Executor:
        for _ in range(_TRIES):
            self.stop()
            self._lives = self._context.Pipe(duplex=False)
            self._pool = _Pool(self.workers, self._context, self._lives[0])
            try:
                self._pool.submit(ready).result(_PATIENCE)
                return self._pool
            except FutureTimeoutError:
                why = f"none has answered within {_PATIENCE:g} s"
            except BrokenProcessPool:
                why = "they end as they begin"
            except (OSError, EOFError) as error:
                why = reason(error) or "they end as they begin"
        self.stop()
        raise WorkersError(f"cannot start worker processes: {why}; --workers 0 needs none")

    def check(self) -> None:
        pass  # a pool reports by itself that it is broken

    def stop(self) -> None:
        if self._pool is None or self._lives is None:
            return
        with _no_interrupt():
            if self._pool.busy:  # else they end by themselves, and put away what they have
                for end in self._lives:
                    end.close()
            self._pool.shutdown(wait=True, cancel_futures=True)
            for end in self._lives:
                end.close()
        self._pool = self._lives = None


class _Pool(ProcessPoolExecutor):
    """Starts its workers with SIGINT blocked: they inherit that before they can ignore it."""

    def __init__(self, workers: int, context: Any, lives: Connection) -> None:
        super().__init__(workers, context, initializer=begin, initargs=(lives,))
        self._under_way = list[Future[Any]]()

    @property
    def busy(self) -> bool:
        """Whether there is anything that it has not done."""
        return not all(future.done() for future in self._under_way)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        with _no_interrupt():
            future = super().submit(fn, *args, **kwargs)
        self._under_way = [one for one in self._under_way if not one.done()]
        self._under_way.append(future)
        return future


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """An interrupt comes afterwards, and never to a process that is started inside."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
