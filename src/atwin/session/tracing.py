"""`--trace` and `--pcap`: opens the files, and is where everything of one run finds its trace."""

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Self, TypeVar

from atwin import __version__
from atwin.clock import LoopClock
from atwin.disk.errors import DiskError
from atwin.disk.growing import GrowingFile
from atwin.disk.json_lines import JsonLines
from atwin.host.errors import OptionError
from atwin.line.port import Port
from atwin.trace import NO_TRACE, Trace
from atwin.trace.trace import FORMAT

if TYPE_CHECKING:
    from atwin.trace.pcap.capture import Capture
    from atwin.trace.recent import Recent

_Data = TypeVar("_Data", str, bytes)

_trace: ContextVar[Trace] = ContextVar("trace", default=NO_TRACE)
_recent: ContextVar["Recent"] = ContextVar("recent")


def current_trace() -> Trace:
    """Of the command that is running; one that nobody hears when it has no --trace."""
    return _trace.get()


def current_recent() -> "Recent":
    """What that trace had of late; nothing where nobody asked for it."""
    from atwin.trace.recent import Recent  # for a panel

    return _recent.get(Recent())


def traced_line(port: Port) -> Port:
    """`port`; what passes there is reported to the trace, if there is one."""
    trace = current_trace()
    if trace is NO_TRACE:
        return port
    from atwin.line.traced import traced_port  # for those who trace

    return traced_port(port, trace)


class Recorders:
    """Who keeps what happens in a run: files, which are closed when the block is left.

    `trace` gets records, `pcap` packets. Raises `OptionError` for one that cannot be. `output` is
    the command's own, and none of them. `complain` hears what a capture holds, and when one of
    them ends before the work does.
    With `recent` there is a `current_recent`.
    """

    def __init__(
        self,
        trace: str | None,
        pcap: str | None = None,
        *,
        complain: Callable[[str], None],
        output: str | None = None,
        recent: bool = False,
    ) -> None:
        self.recent = recent
        self._complain = complain
        self._capture: Capture | None = None
        with ExitStack() as files:
            self._trace = self._pcap = None
            if trace is not None:
                with _named("--trace", trace, output):
                    self._trace = files.enter_context(closing(JsonLines(trace, FORMAT)))
            if pcap is not None:
                from atwin.trace.pcap.blocks import is_pcapng

                with _named("--pcap", pcap, output):
                    self._pcap = files.enter_context(closing(GrowingFile(pcap, is_pcapng)))
                complain(
                    f"{pcap} holds everything that is sent and received, keys and passwords too:"
                    " pass it on to nobody who must not know them"
                )
            self._files = files.pop_all()

    def join(self, trace: Trace) -> None:
        """Have them hear `trace`."""
        if self._trace is not None:
            trace.add(_until_full(self._trace.append, self._complain, "the trace"))
        if self._pcap is not None:
            from atwin.trace.pcap.capture import Capture

            write = _until_full(self._pcap.append, self._complain, "the capture")
            self._capture = Capture(write, began=trace.began, program=f"atwin {__version__}")
            trace.raw.add(self._capture)

    def leave(self) -> None:
        """They hear nothing more."""
        if self._capture is not None:
            self._capture.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self._files.close()


@contextmanager
def _named(option: str, path: str, output: str | None) -> Iterator[None]:
    """What is wrong with `path`, or happens to it inside, is an `OptionError` of `option`."""
    if path == "-":
        raise OptionError(f"{option}: stdout is the command's own, name a file")
    try:
        # Neither `output` nor what `get` keeps beside it meanwhile.
        if output is not None and os.path.realpath(path) in [
            os.path.realpath(output) + ending
            for ending in ("", ".part", ".part.lock", ".journal", ".journal.new")
        ]:
            raise OptionError(f"{option}: {path} is where the output goes, name another")
        yield
    except (DiskError, ValueError) as error:
        raise OptionError(f"{option}: {error}") from None


@contextmanager
def traced(recorders: Recorders, command: str) -> Iterator[Trace]:
    """What is done inside by `command` is heard by `recorders`. Call it inside the loop."""
    from atwin.trace.recent import Recent

    trace = Trace(LoopClock())
    recorders.join(trace)
    recent = Recent(trace if recorders.recent else NO_TRACE)
    trace.begin(version=__version__, command=command)
    before = _recent.set(recent)
    try:
        with tracing(trace), _listening(trace):
            yield trace
    finally:
        _recent.reset(before)
        recent.end()
        trace.stop()
        recorders.leave()


@contextmanager
def tracing(trace: Trace) -> Iterator[None]:
    """What is made inside finds `trace` by `current_trace`."""
    before = _trace.set(trace)
    try:
        yield
    finally:
        _trace.reset(before)


def _until_full(
    append: Callable[[_Data], None], complain: Callable[[str], None], what: str
) -> Callable[[_Data], None]:
    """`append`. A disk that is full ends `what`, not the work."""
    full = False

    def write(data: _Data) -> None:
        nonlocal full
        try:
            if not full:
                append(data)
        except DiskError as error:
            full = True
            complain(f"{what} ends here: {error}")

    return write


@contextmanager
def _listening(trace: Trace) -> Iterator[None]:
    """What the host's modules log is reported too: attempts that failed, rungs of the ladder."""
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
