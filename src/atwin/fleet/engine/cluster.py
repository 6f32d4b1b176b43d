"""Workers of a Dask cluster, wherever they are."""

from __future__ import annotations

import logging
import platform
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from atwin import __version__
from atwin.disk.errors import reason
from atwin.fleet.engine.executors import WorkersError
from atwin.text import shown

if TYPE_CHECKING:
    from concurrent.futures import Executor

#: Seconds for the scheduler, and for its workers.
_PATIENCE = 10.0
#: So often a worker may die under a task before the cluster gives it up; a task that raises is not
#: tried again.
_RETRIES = 2


class Cluster:
    """The workers of the Dask scheduler at `address` (tcp://HOST:PORT).

    What goes over the wire is pickled, both ways: whoever can reach a scheduler can run programs
    with all its workers and clients. So all of them must trust each other, and the network between.
    """

    name = "cluster"
    workers = 1

    def __init__(self, address: str, patience: float = _PATIENCE) -> None:
        self._address, self._patience = address, patience
        self._client: Any = None
        self.killed: tuple[type[Exception], ...] = ()

    def start(self) -> Executor:
        self.stop()
        try:
            from distributed import Client, KilledWorker
        except ImportError:
            raise WorkersError(
                "--cluster needs the package distributed: pip install 'atwin[cluster]'"
            ) from None
        # What it would say of a lost connection is said by us, in one line.
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        self.killed = (KilledWorker,)
        try:
            connect: Any = Client  # untyped
            self._client = connect(self._address, timeout=self._patience, set_as_default=False)
        except (OSError, ValueError) as error:
            why = reason(error) or "nobody answers"
            raise WorkersError(f"no scheduler at {self._address}: {shown(why)}") from None
        self.check()
        self._same_everywhere()
        self.workers = sum(self._client.nthreads().values())
        executor: Executor = self._client.get_executor(pure=False, retries=_RETRIES)
        return executor

    def check(self) -> None:
        if self._client.status != "running":
            raise WorkersError(f"the scheduler at {self._address} has gone")
        try:
            self._client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError:
            raise WorkersError(f"the scheduler at {self._address} has no workers") from None

    def stop(self) -> None:
        if self._client is not None:
            with suppress(Exception):
                self._client.close(timeout=1)
            self._client = None

    def _same_everywhere(self) -> None:
        """Asks each worker, by functions that each of them has. Raises `WorkersError`."""
        mine = platform.python_version_tuple()[:2]
        found = self._client.run(version, "atwin", on_error="return")
        pythons = self._client.run(platform.python_version_tuple, on_error="return")
        for worker, answer in found.items():
            if answer != __version__:
                has = "no atwin" if isinstance(answer, Exception) else f"atwin {answer}"
                raise _differs(worker, has, f"atwin {__version__}")
            if tuple(pythons[worker][:2]) != mine:
                raise _differs(worker, f"Python {'.'.join(pythons[worker])}", ".".join(mine))


def _differs(worker: str, has: str, wanted: str) -> WorkersError:
    return WorkersError(
        f"the worker {shown(worker)} has {shown(has, limit=80)}, and this is {wanted}: give all "
        "workers the same"
    )
