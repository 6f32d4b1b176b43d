"""`--trace FILE`: opens the file, and is where everything of one run finds its trace."""

import asyncio
import logging
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import typer

from atwin import __version__
from atwin.cli.output.exits import INTERRUPTED, judged
from atwin.cli.output.says import say
from atwin.clock import LoopClock
from atwin.disk.errors import DiskError
from atwin.disk.json_lines import JsonLines
from atwin.net.network import Network
from atwin.net.traced import TracedNetwork
from atwin.trace import NO_TRACE, Trace
from atwin.trace.trace import FORMAT

_trace: ContextVar[Trace] = ContextVar("trace", default=NO_TRACE)


def current_trace() -> Trace:
    """Of the command that is running; one that nobody hears when it has no --trace."""
    return _trace.get()


def traced_network(network: Network) -> Network:
    """`network`; what is done with it is told to the trace there is."""
    trace = current_trace()
    return TracedNetwork(network, trace) if trace.on else network


def open_trace(path: str, output: str | None = None) -> JsonLines:
    """The file to write to; never the command's own `output`. Raises `typer.BadParameter`."""
    if path == "-":
        raise typer.BadParameter("--trace: stdout is the command's own, name a file")
    try:
        if output is not None and os.path.realpath(path) in _files_of(output):
            raise typer.BadParameter(f"--trace: {path} is where the output goes, name another")
        return JsonLines(path, FORMAT)
    except (DiskError, ValueError) as error:
        raise typer.BadParameter(f"--trace: {error}") from None


def _files_of(output: str) -> list[str]:
    """Where `output` is written to, and what `get` keeps beside it meanwhile."""
    target = os.path.realpath(output)
    return [target + ending for ending in ("", ".part", ".journal", ".journal.new")]


@contextmanager
def traced(file: JsonLines) -> Iterator[Trace]:
    """What is done inside is written to `file`. Call it inside the loop."""
    trace = Trace(LoopClock(), _sink(file))
    trace.begin(version=__version__, command=shown_command(sys.argv[1:]))
    before = _trace.set(trace)
    try:
        with _listening(trace):
            yield trace
    except asyncio.CancelledError:
        trace.notes("end", "interrupted", code=INTERRUPTED)
        raise
    except Exception as error:
        why, code = judged(error)
        trace.notes("end", "failed", code=code, why=why)
        raise
    finally:
        _trace.reset(before)
        trace.stop()


def _sink(file: JsonLines) -> Callable[[str], None]:
    """Writes to `file`. A disk that is full ends the trace, not the work."""
    full = False

    def write(lines: str) -> None:
        nonlocal full
        try:
            if not full:
                file.append(lines)
        except DiskError as error:
            full = True
            say(f"the trace ends here: {error}")

    return write


def shown_command(words: Sequence[str]) -> str:
    """A command line as it may be written down: without bodies, headers' values and passwords.

    (The trace masks the rest.)
    """
    shown = []
    before = ""
    for word in words:
        option, equals, value = word.partition("=")
        if before in _SHOWN:
            shown.append(_SHOWN[before](word))
            before = ""
            continue
        if option in _SHOWN and equals:
            word = f"{option}={_SHOWN[option](value)}"
        elif (short := word[:2]) in _SHOWN and word != short and short != "--":
            word = f"{short}{_SHOWN[short](word[2:])}"
        shown.append(word)
        before = word
    return shlex.join(shown)


def _shown_header(value: str) -> str:
    name, colon, _ = value.partition(":")
    return value if value.startswith("@") or not colon else f"{name}: ***"


def _shown_user(value: str) -> str:
    return value if value.startswith("@") else "***"


def _shown_body(value: str) -> str:
    return value if value.startswith("@") else f"({len(value.encode())} bytes)"


def _shown_inner(command: str) -> str:
    try:
        return shown_command(shlex.split(command))
    except ValueError:
        return "***"


#: Options whose value is not written down as it is, and how it is.
_SHOWN = {
    "--data": _shown_body,
    "-d": _shown_body,
    "--header": _shown_header,
    "-H": _shown_header,
    "--user": _shown_user,
    "-u": _shown_user,
    "--run": _shown_inner,
}


@contextmanager
def _listening(trace: Trace) -> Iterator[None]:
    """What the host's modules log is told as well: attempts that failed, rungs of the ladder."""
    logger, ear = logging.getLogger("atwin.host"), _Ear(trace)
    level = logger.level
    logger.addHandler(ear)
    if logger.getEffectiveLevel() > logging.INFO:
        logger.setLevel(logging.INFO)
    try:
        yield
    finally:
        logger.setLevel(level)
        logger.removeHandler(ear)


class _Ear(logging.Handler):
    """Tells the trace, and shows what would have been shown without it."""

    def __init__(self, trace: Trace) -> None:
        super().__init__(logging.INFO)
        self._trace = trace

    def emit(self, record: logging.LogRecord) -> None:
        self._trace.notes("host", record.getMessage())
        last = logging.lastResort
        if last is not None and not logging.root.handlers and record.levelno >= last.level:
            last.handle(record)
