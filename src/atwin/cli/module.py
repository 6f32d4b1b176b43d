"""A module on `--port` for the length of a command; what happens to it is reported on stderr."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from atwin.cli.figures.watch import Watch, watched
from atwin.cli.panel import Beside, PanelWatching
from atwin.cli.request import RequestOptions
from atwin.cli.says import say
from atwin.host.modem import Modem
from atwin.host.recovery.rungs import GENTLE
from atwin.host.tls import TlsSettings
from atwin.session.opening import OpenLine, modem_on, open_line
from atwin.session.tracing import current_trace
from atwin.session.url import parse_port_url
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from atwin.twin.faults.engine import Happened

#: What a twin reads when it is brought onto the network and asked for a request by HTTP.
_CHAPTERS = tuple(f"atwin.twin.chapters.{name}" for name in ("http", "sim", "pdp", "bearer"))
#: Seconds; by then a command is on its way.
_MOMENT = 0.001

#: Modules that a line names one by one.
_MOST_NAMED = 8


@asynccontextmanager
async def ready_modem(
    options: RequestOptions,
    tls: TlsSettings | None = None,
    traffic: Watch | None = None,
    facts: dict[str, object] | None = None,
    watching: PanelWatching | None = None,
    ahead: Sequence[str] = (),
) -> AsyncIterator[Modem]:
    """The module at the port of `options`, on the network, and on the panel of `watching`.

    `ahead` are modules of Python that will be needed then, see `read_ahead`.

    At the end `traffic` is shown to the user, and `facts` has what became of the faults that a twin
    was to have, as `faults`.

    Raises as `modem_on`, `Modem.recover` and `PanelWatching.serving` do.
    """
    beside = Beside(watching)
    read_ahead(*ahead)
    async with modem_on(
        options.port,
        note=tell,
        tls=tls,
        pins=options.pins,
        **options.sim(),
        telling=lambda twin: told_faults(twin, facts),
        resolve=options.resolve,
        offline=options.offline,
        beside=beside.line,
    ) as (modem, twin):
        beside.modem(modem)
        if twin is not None:
            read_ahead(*_CHAPTERS)
        await modem.recover(give_up=options.give_up, note=_tell_rung)
        async with watched(modem, twin, traffic):
            yield modem


def read_ahead(*names: str) -> None:
    """Import these one by one, each a moment later, while a module takes its time to answer.

    A twin that echoes does so too: 20 ms for each of the first two commands.
    """
    loop, left = asyncio.get_running_loop(), list(names)

    def read() -> None:
        if left:
            import_module(left.pop(0))
            loop.call_later(_MOMENT, read)

    loop.call_later(_MOMENT, read)


@asynccontextmanager
async def told_line(url: str, watching: PanelWatching | None = None) -> AsyncIterator[OpenLine]:
    """The line to the port `url`; what a twin there was to do and did not is said at the end.

    Raises as `parse_port_url`, `open_line` and `PanelWatching.serving` do.
    """
    async with open_line(parse_port_url(url)) as line:
        with told_faults(line.twin, live=False):
            async with Beside(watching).line(line):
                yield line


def tell(text: str) -> None:
    """Say it on stderr, and to the trace."""
    current_trace().notes("host", text)
    say(text)


def _tell_rung(rung: str) -> None:
    text = f"recovery: {rung}"
    if rung in GENTLE:
        current_trace().notes("host", text)
    else:
        tell(text)


@contextmanager
def told_faults(
    twin: Twin | None, facts: dict[str, object] | None = None, *, live: bool = True
) -> Iterator[None]:
    """Say on stderr what goes wrong in `twin`, as it does (if `live`), and in the end what did not.

    Of its scripted answers as well. A job that is done proves nothing about what never came.
    """
    if twin is None:
        yield
        return
    if live and twin.has_faults:
        for event in twin.faults.history:
            _say_event(event)
        twin.faults.on_event = _say_event
    try:
        yield
    finally:
        if twin.has_faults and facts is not None:
            facts["faults"] = [case.table for case in twin.faults.cases]
        for text in _missing(twin):
            say(text)


@contextmanager
def told_missing(twins: Sequence[Twin]) -> Iterator[None]:
    """Say on stderr in the end what of the faults and scripted answers of `twins` did not happen.

    What is true of several is one line.
    """
    try:
        yield
    finally:
        missing: dict[str, list[int]] = {}
        for number, twin in enumerate(twins, 1):
            for text in _missing(twin):
                missing.setdefault(text, []).append(number)
        for text, numbers in missing.items():
            say(text if len(twins) == 1 else f"{_named(numbers, len(twins))}: {text}")


def _named(numbers: Sequence[int], of: int) -> str:
    if len(numbers) > _MOST_NAMED:
        return f"{len(numbers):,} of {of:,} modules"
    return f"module{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers))}"


def _missing(twin: Twin) -> Iterator[str]:
    if twin.has_faults:
        twin.faults.on_event = lambda event: None
        for case in twin.faults.cases:
            if why := case.why_never:
                yield f"fault '{case.fault}' never began: {why}"
    for name, why in twin.unmatched.items():
        # The name comes last, for the rest of a line is masked after one that has a secret.
        yield f"an answer never happened: {why}: {name}"


def _say_event(event: "Happened") -> None:
    from atwin.twin.faults.case import moment

    fault, what, when = event.fault, event.what, ""
    if not fault.LASTS:  # over as soon as it has begun
        if what == "ends":
            return
        what = "happens"
    if event.what == "begins" and moment(fault):
        when = f" ({moment(fault)})"
    say(f"fault: {fault.KIND} {what}{when}")
