"""Processes that make tries; whatever one of them does, the run goes on."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from prove.frame import Verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from prove.frame import Proof

#: Seconds between two looks at processes that say nothing.
_LOOK = 0.5
#: Seconds after twice its time at which a process is ended that has not ended itself.
PATIENCE = 10.0
#: Seconds that a process may need until it makes its first try, on a machine with much to do.
_START = 120.0
_TESTS = Path(__file__).parents[2]


@dataclass
class Job:
    """A proof, and the seeds that are still to be tried."""

    proof: Proof
    seeds: list[int]

    def __post_init__(self) -> None:
        self.seeds.reverse()  # the last one is taken first


class Worker:
    """A process of its own session, so that all it started can be ended with it."""

    def __init__(self, proof: Proof) -> None:
        self.proof = proof
        self.seed: int | None = None
        self.since = 0.0
        self._ready = False
        self._told = b""
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - as long as the process
        path = os.pathsep.join([str(_TESTS), str(_TESTS.parent), os.environ.get("PYTHONPATH", "")])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "prove.running.worker", proof.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path.rstrip(os.pathsep)},
        )
        assert self._process.stdout is not None
        self.output = self._process.stdout.fileno()

    def give(self, seed: int) -> None:
        """The next try."""
        self.seed, self.since = seed, time.monotonic()
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # it is dead: reading tells
            self._process.stdin.write(b"%d\n" % seed)
            self._process.stdin.flush()

    def read(self) -> Verdict | None:
        """What it says; None when that is not all yet. A process that died has lost."""
        data = os.read(self.output, 65536)
        self._told += data
        if not data:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_LOOK)  # it is about to end by itself
            self.end()
            return self._died(f"DIED: the process ended with {self._process.returncode}")
        if not self._told.endswith(b"\n"):
            return None
        told, self._told = self._told, b""
        if not self._ready:  # only now the time of its first try begins
            self._ready, self.since = True, time.monotonic()
        return Verdict(**json.loads(told)) if told.strip() else None

    def overdue(self) -> Verdict | None:
        """The find, when it should have ended itself long ago; and its end."""
        most = 2 * self.proof.real + PATIENCE if self._ready else _START
        if self.seed is None or time.monotonic() - self.since < most:
            return None
        self.end()
        return self._died("HANG: it is deaf")

    def end(self) -> None:
        """All that runs in its session."""
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()

    def _died(self, why: str) -> Verdict:
        assert self.seed is not None
        self._errors.seek(0)
        told = self._errors.read().decode("utf-8", "replace")
        if "\nTimeout (" in f"\n{told}":
            why = "HANG: no Python ran"
        return Verdict(self.seed, "died", why, told)


@dataclass
class Pool:
    """`size` tries at a time, of which one is of a proof that is to be alone."""

    jobs: Sequence[Job]
    size: int
    heard: Callable[[Proof, Verdict, float], None]
    #: Called now and then.
    look: Callable[[], None] = lambda: None
    _workers: list[Worker] = field(default_factory=list)

    def run(self) -> None:
        """Until every seed was tried. `heard` gets each verdict and its seconds."""
        try:
            with selectors.DefaultSelector() as selector:
                for _ in range(self.size):
                    self._next(selector, None)
                while self._workers:
                    for key, _ in selector.select(_LOOK):
                        self._hear(selector, key.data)
                    for worker in list(self._workers):
                        if (verdict := worker.overdue()) is not None:
                            self._settle(selector, worker, verdict)
                    self.look()
        finally:
            for worker in self._workers:
                worker.end()

    def _hear(self, selector: selectors.BaseSelector, worker: Worker) -> None:
        if (verdict := worker.read()) is not None:
            self._settle(selector, worker, verdict)

    def _settle(self, selector: selectors.BaseSelector, worker: Worker, verdict: Verdict) -> None:
        seconds, worker.seed = time.monotonic() - worker.since, None
        self.heard(worker.proof, verdict, seconds)
        if verdict.ended == "died":
            self._drop(selector, worker)
            self._next(selector, None)
        else:
            self._next(selector, worker)

    def _next(self, selector: selectors.BaseSelector, worker: Worker | None) -> None:
        """Give a worker its next try, one of another proof's if its own is done; or end it."""
        job = next(self._open(worker), None)
        if worker is not None and (job is None or job.proof is not worker.proof):
            self._drop(selector, worker)
            worker = None
        if job is None:
            return
        if worker is None:
            worker = Worker(job.proof)
            self._workers.append(worker)
            selector.register(worker.output, selectors.EVENT_READ, worker)
        worker.give(job.seeds.pop())

    def _open(self, own: Worker | None) -> Iterator[Job]:
        """Jobs that may go on, its own first: a process serves one proof."""
        others = [each.proof for each in self._workers if each is not own]
        lonely = any(proof.alone for proof in others)
        free = [job for job in self.jobs if job.seeds and not (lonely and job.proof.alone)]
        free.sort(key=lambda job: (own is None or job.proof is not own.proof, not job.proof.alone))
        return iter(free)

    def _drop(self, selector: selectors.BaseSelector, worker: Worker) -> None:
        selector.unregister(worker.output)
        self._workers.remove(worker)
        worker.end()
