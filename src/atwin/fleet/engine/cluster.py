"""Workers of a Dask cluster, wherever they are."""

from __future__ import annotations

import logging
import math
import platform
import time
from contextlib import suppress
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from itertools import chain
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
#: Seconds after which a result that no worker is at has been lost: Dask may fetch for long (D-315),
#: and never reports a fetch that failed.
_LOST = 90.0
#: Two checks are further apart only if rows came meanwhile.
_OFTEN = 20.0
#: Seconds until they are asked again who there is: workers come and go.
_LOOK_AGAIN = 2.0


class Cluster:
    """The workers of the Dask scheduler at `address` (tcp://HOST:PORT).

    What goes over the wire is pickled, both ways: whoever can reach a scheduler can run programs
    with all its workers and clients. So all of them must trust each other, and the network between
    (D-315).
    """

    name = "cluster"

    def __init__(self, address: str, patience: float = _PATIENCE) -> None:
        self._address, self._patience = address, patience
        self._client: Any = None
        #: Worker: what it was asked, and its threads; when it is time to look for others.
        self._asked: dict[str, list[Any]] = {}
        self._threads: dict[str, int] = {}
        self._look_again = 0.0
        #: Since when nobody has had anything to do, and when that was looked at.
        self._idle_since, self._checked = 0.0, -math.inf
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
        for name in [*logging.root.manager.loggerDict]:
            if name.startswith(("distributed", "tornado")):
                logging.getLogger(name).setLevel(logging.CRITICAL)
        self.killed = (KilledWorker,)
        try:
            connect: Any = Client  # untyped
            self._client = connect(self._address, timeout=self._patience, set_as_default=False)
        except (OSError, ValueError) as error:
            why = reason(error) or "nobody answers"
            raise WorkersError(f"no scheduler at {self._address}: {shown(why)}") from None
        self.check()
        self._look()
        end = time.monotonic() + self._patience
        for future in chain.from_iterable(self._asked.values()):
            with suppress(TimeoutError):
                future.exception(timeout=max(0.0, end - time.monotonic()))
        self._look()
        if not self._threads:
            raise self._nobody()
        executor: Executor = self._client.get_executor(pure=False, retries=_RETRIES)
        return executor

    @property
    def workers(self) -> int:
        if self._client is not None and time.monotonic() >= self._look_again:
            self._look()
        return max(1, sum(self._threads.values()))

    def check(self) -> None:
        if self._client.status != "running":
            raise WorkersError(f"the scheduler at {self._address} has gone")
        try:
            self._client.wait_for_workers(1, timeout=self._patience)
        except TimeoutError:
            raise self._nobody() from None
        now = time.monotonic()
        if any(self._client.processing().values()) or now - self._checked > _OFTEN:
            self._idle_since = now
        elif now - self._idle_since >= _LOST:
            raise WorkersError(f"{self._address} does nothing any more, and not all rows have come")
        self._checked = now

    def stop(self) -> None:
        if self._client is not None:
            with suppress(Exception):
                self._client.close(timeout=1)
            self._client = None

    def _nobody(self) -> WorkersError:
        return WorkersError(f"the scheduler at {self._address} has no workers that answer")

    def _look(self) -> None:
        """Asks who there is, and each new one what it has. Raises `WorkersError`.

        A worker that has not answered yet does not count: it may be busy, or gone.
        """
        if self._client.status == "running":
            threads = self._client.nthreads()
            self._asked = {
                worker: self._asked.get(worker) or self._ask(worker) for worker in threads
            }
            self._threads = {worker: threads[worker] for worker in threads if self._same(worker)}
        self._look_again = time.monotonic() + _LOOK_AGAIN

    def _ask(self, worker: str) -> list[Any]:
        """By functions that each of them has."""
        tell = partial(self._client.submit, workers=[worker], pure=False, priority=1)
        return [tell(version, "atwin"), tell(platform.python_version_tuple)]

    def _same(self, worker: str) -> bool:
        """Whether it has said that it has what this computer has. Raises `WorkersError`."""
        if not all(future.done() for future in self._asked[worker]):
            return False
        errors = [future.exception() for future in self._asked[worker]]
        if isinstance(errors[0], PackageNotFoundError):
            raise _differs(worker, "no atwin", f"atwin {__version__}")
        if any(errors):  # what a worker that goes just now leaves
            self._asked[worker] = []
            return False
        has, python = (future.result() for future in self._asked[worker])
        if has != __version__:
            raise _differs(worker, f"atwin {has}", f"atwin {__version__}")
        if python[:2] != (mine := platform.python_version_tuple()[:2]):
            raise _differs(worker, f"Python {'.'.join(python)}", f"Python {'.'.join(mine)}")
        return True


def _differs(worker: str, has: str, wanted: str) -> WorkersError:
    return WorkersError(
        f"the worker {shown(worker)} has {shown(has, limit=80)}, and this is {wanted}: give all "
        "workers the same"
    )
