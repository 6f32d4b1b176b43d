"""Where devices are simulated: an `Executor`, how it is started again, and who works for it."""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class WorkersError(Exception):
    """The workers cannot be started or reached, or all are gone: one line, and what to do."""


class ExecutorFactory(Protocol):
    """Makes executors of one kind, one at a time."""

    #: As it is told: "processes", "cluster".
    name: str
    #: What a future raises whose worker died under it. `BrokenExecutor` besides: all of them died.
    killed: tuple[type[Exception], ...]

    @property
    def workers(self) -> int:
        """How many devices are simulated at a time, once it has been started."""

    def start(self) -> Executor:
        """A new executor with workers that have answered; ends the one before.

        Raises `WorkersError`.
        """

    def check(self) -> None:
        """Raises `WorkersError` if nobody is left who works. Asked when no row has come lately."""

    def stop(self) -> None:
        """End the workers, with whatever they are doing."""


class _Here(Executor):
    """Does at once what it is given."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future = Future[T]()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class InThisProcess:
    """One device after another, where a debugger or a profiler sees it."""

    name = "this process"
    workers = 1
    killed: tuple[type[Exception], ...] = ()

    def start(self) -> Executor:
        return _Here()

    def check(self) -> None:
        pass

    def stop(self) -> None:
        pass
