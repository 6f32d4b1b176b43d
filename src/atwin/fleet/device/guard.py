"""What ends a simulation that would not end, and hears what goes wrong inside of one.

asyncio lets nothing through a task or a callback but `SystemExit` and `KeyboardInterrupt`, so what
must end a run from there is of the first family; `simulate` lets none of it out.
"""

from __future__ import annotations

import asyncio
import ctypes
import logging
import re
import threading
import time
import traceback
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from atwin.fleet.device.row import LONGEST_TRACEBACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

#: Virtual seconds that the end of a run may take before it is cut off too.
_AGAIN = 3600.0
#: CPU seconds after which who goes on is told once more.
_NAG = 1.0

_PATH = re.compile(r'(?<=File ")[^"\n]+(?=")')
_ADDRESS = re.compile(r"0x[0-9a-fA-F]+")


class OverError(SystemExit):
    """A run is over because it would not end."""


class HangError(OverError):
    """Its own time went far beyond what it may take."""


class RunawayError(OverError):
    """It took more CPU time than any run needs."""

    def __str__(self) -> str:
        return "it took more CPU time than any device needs"


def end_after(seconds: float) -> None:
    """Raise `HangError` in the running loop, that many of its seconds from now, and again later."""
    loop = asyncio.get_running_loop()

    def end() -> None:
        loop.call_later(_AGAIN, end)
        raise HangError(f"it has not ended after {seconds:.0f} s of its own time")

    loop.call_later(seconds, end)


@contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise `RunawayError` in this thread, wherever it is, after that many seconds of its CPU time.

    It needs no signal, so it works in any thread; a call into C is ended when that returns.
    """
    thread, used = threading.get_ident(), _cpu_clock()
    limit = used() + seconds
    over = threading.Event()

    def watch() -> None:
        nonlocal limit
        while not over.wait(max(0.01, limit - used())):
            if used() >= limit:
                _raise_in(thread, RunawayError)
                limit = used() + _NAG

    watcher = threading.Thread(target=watch, name="atwin-cpu-limit", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        # What was raised at the last moment arrives with the next call, so it does not get out of
        # here. To take it back would set Python 3.11 on edge: every call would look for it.
        over.set()
        watcher.join()
        _cpu_clock()


def _cpu_clock() -> Callable[[], float]:
    """Tells the CPU time of this thread to any other; of the process where a thread has none."""
    if not hasattr(time, "pthread_getcpuclockid"):
        return time.process_time
    clock = time.pthread_getcpuclockid(threading.get_ident())
    return lambda: time.clock_gettime(clock)


def _raise_in(thread: int, error: type[BaseException]) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error))


class Defects(logging.Handler):
    """Tracebacks of what went wrong in a way it should not, in this thread, while it is heard.

    That is what our own code logs with a traceback, and what a loop was told by `of_loop`. Of
    everything else that the package logs meanwhile nothing reaches a terminal.
    """

    def __init__(self) -> None:
        super().__init__()
        #: Each once, in the order in which they came.
        self.found: dict[str, None] = {}
        self._thread = threading.get_ident()

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it if it has a traceback."""
        if record.thread == self._thread and record.exc_info and record.exc_info[1] is not None:
            self.found[told(record.exc_info[1])] = None

    def of_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """The exception handler of a loop."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self.found[told(error)] = None

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Inside it hears."""
        logger = logging.getLogger("atwin")
        logger.addHandler(self)
        try:
            yield
        finally:
            logger.removeHandler(self)


def told(error: BaseException) -> str:
    """Its traceback: the same for the same cause, in every process, and bounded."""
    return shortened("".join(traceback.format_exception(error)))


def waiting(loop: asyncio.AbstractEventLoop) -> str:
    """Where the tasks of `loop` are, for one that hangs."""
    return shortened("".join(sorted({_place(task) for task in asyncio.all_tasks(loop)})))


def _place(task: asyncio.Task[Any]) -> str:
    at: Any = task.get_coro()
    lines = ["waits at\n"]
    while (frame := getattr(at, "cr_frame", None)) is not None:
        code = frame.f_code
        lines.append(f'  File "{code.co_filename}", line {frame.f_lineno}, in {code.co_name}\n')
        at = at.cr_await
    return "".join(lines)


def shortened(text: str) -> str:
    """Without folders of this computer and addresses of its memory, the middle left out."""
    text = _ADDRESS.sub("0x…", _PATH.sub(_short_path, text))
    half = LONGEST_TRACEBACK // 2 - 5
    return text if len(text) <= LONGEST_TRACEBACK else f"{text[:half]}\n[…]\n{text[-half:]}"


def _short_path(path: re.Match[str]) -> str:
    """From the package on, or else the file and its folder."""
    parts = re.split(r"[/\\]", path[0])
    ours = [place for place, part in enumerate(parts) if part == "atwin"]
    return "/".join(parts[ours[-1] if ours else -2 :])
