"""Runs a command's coroutine so that SIGINT and SIGTERM unwind it instead of killing it."""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from atwin.cli.ending import INTERRUPTED, STOPPED, TERMINATED, CommandFailed, judged
from atwin.cli.says import many_lines, one_line, say, shown_command

if TYPE_CHECKING:
    from atwin.cli.options import Watching
    from atwin.session.tracing import Recorders


def run_work(
    work: Coroutine[Any, Any, int],
    watching: "Watching | None" = None,
    *,
    output: str | None = None,
    left: Callable[[], str] | None = None,
) -> int:
    """The exit code of `work`; 143 after SIGTERM or SIGHUP. SIGINT raises KeyboardInterrupt.

    Either way `work` is cancelled first, so its `finally` blocks have put everything right. What
    it does is seen by those who are `watching`; raises `OptionError` when that cannot be, or a file
    of theirs is its `output`, and nothing has begun then.

    With `left` it raises `CommandFailed` when somebody stops it: one line that says what is left.
    """
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(SafeFormatter("atwin: %(message)s"))
    if os.environ.get("ATWIN_DEBUG"):
        show_log(logging.DEBUG)
    try:
        code = _run(work, watching, output)
    except KeyboardInterrupt:
        if left is None:
            raise
        code = INTERRUPTED
    if left is not None and code in STOPPED:
        raise CommandFailed(f"{STOPPED[code]}; {left()}", code)
    return code


def show_log(level: int, handler: logging.Handler | None = None) -> None:
    """Log lines from `level` up on stderr, or wherever `handler` shows them."""
    handler = handler or logging.StreamHandler()
    handler.setFormatter(SafeFormatter("%(asctime)s %(name)s %(message)s"))
    logging.basicConfig(level=level, handlers=[handler])


#: Whose log lines these are, where there are several.
_LOGGED: ContextVar[str] = ContextVar("logged", default="")


@contextlib.contextmanager
def named_log(name: str) -> Iterator[None]:
    """Log lines of what is begun inside begin with `name`."""
    before = _LOGGED.set(name)
    try:
        yield
    finally:
        _LOGGED.reset(before)


class SafeFormatter(logging.Formatter):
    """Log lines as `one_line`; their tracebacks keep their lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - of the base
        if name := _LOGGED.get():
            record.message = name + record.message
        return one_line(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 - of the base
        return many_lines(super().formatException(ei))


@contextlib.contextmanager
def watched(watching: "Watching") -> Iterator[None]:
    """Those who are `watching` see what is begun inside. Raises `OptionError`."""
    if not watching.on:
        yield
        return
    from atwin.session.tracing import Recorders, traced

    with (
        Recorders(watching.trace, watching.pcap, complain=say, recent=watching.recent) as recorders,
        traced(recorders, shown_command(sys.argv[1:])) as trace,
    ):
        try:
            yield
        finally:
            trace.notes("end", "ended")


def _run(work: Coroutine[Any, Any, int], watching: "Watching | None", output: str | None) -> int:
    with contextlib.ExitStack() as stack:
        stack.callback(work.close)  # harmless when it has ended
        if watching is not None:
            watching.check()
        if watching is None or not watching.on:
            return asyncio.run(_until_terminated(work))
        from atwin.session.tracing import Recorders

        recorders = stack.enter_context(
            Recorders(
                watching.trace,
                watching.pcap,
                output=output,
                complain=say,
                recent=watching.recent,
            )
        )
        return asyncio.run(_traced(work, recorders))


async def _traced(work: Coroutine[Any, Any, int], recorders: "Recorders") -> int:
    from atwin.session.tracing import traced

    with traced(recorders, shown_command(sys.argv[1:])) as trace:
        try:
            code = await _until_terminated(work)
        except asyncio.CancelledError:
            trace.notes("end", "interrupted", code=INTERRUPTED)
            raise
        except Exception as error:
            why, code = judged(error)
            trace.notes("end", "failed", code=code, why=why)
            raise
        trace.notes("end", "terminated" if code == TERMINATED else "ended", code=code)
        return code


async def _until_terminated(work: Coroutine[Any, Any, int]) -> int:
    task = asyncio.ensure_future(work)
    terminated = False

    def terminate() -> None:
        nonlocal terminated
        terminated = True
        task.cancel()

    # Windows has no SIGHUP, and its loops cannot do this; there SIGTERM kills at once anyhow.
    with contextlib.suppress(NotImplementedError, AttributeError):
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, terminate)
    try:
        return await task
    except asyncio.CancelledError:
        if terminated:
            return TERMINATED
        raise
