"""What a worker does: devices one after another, and never an error but its own death."""

from __future__ import annotations

import gc
import os
import pickle
import signal
import threading
import traceback
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from multiprocessing.connection import Connection

Row_co = TypeVar("Row_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Raised:
    """A device whose task raised: the error in one line, and its traceback."""

    number: int
    error: str
    traceback: str


@lru_cache(maxsize=2)
def _task(pickled: bytes) -> Callable[[int], object]:
    """One for all devices that a worker gets, so that what the task remembers stays."""
    return cast("Callable[[int], object]", pickle.loads(pickled))


def work(pickled: bytes, numbers: Sequence[int]) -> list[object]:
    """What the task makes of each of `numbers`, or `Raised`, in their order."""
    task, results = _task(pickled), list[object]()
    for number in numbers:
        try:
            results.append(task(number))
        except Exception as error:
            text = "".join(traceback.format_exception(error))
            results.append(Raised(number, f"{type(error).__name__}: {error}", text))
    return results


def ready() -> int:
    """The id of this process: a worker that says it can work."""
    return os.getpid()


def begin(lives: Connection) -> None:
    """How a worker process begins: it ends when the other end of `lives` is closed.

    The system closes it with the process that has it, however that ends. An interrupt from the
    terminal goes to every process there; the one that started us reports what follows.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    gc.freeze()  # what was imported stays: a device that collects its garbage need not look at it
    threading.Thread(target=_end_with, args=(lives,), daemon=True).start()


def _end_with(lives: Connection) -> None:
    with suppress(EOFError, OSError):
        lives.recv_bytes()
    os._exit(0)
