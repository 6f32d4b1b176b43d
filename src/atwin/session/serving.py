"""A twin on a line of its own, which other programs open."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from atwin.disk.state import StateError
from atwin.host.errors import UsageError
from atwin.line.port import PortSpecError, ServerPort
from atwin.models import UnknownModelError, load_profile
from atwin.net.hosts import Hosts
from atwin.session.loop_thread import LoopThread
from atwin.session.plans import as_plan
from atwin.session.scripts import as_script
from atwin.session.served_line import Pool, Pools, open_served_line
from atwin.session.tracing import current_recent, current_trace
from atwin.session.twins import made_twin
from atwin.session.url import TwinWishes, checked_card, parse_line_model, parse_twin_url
from atwin.trace.recent import Recent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from pathlib import Path

    from atwin.control.subject import Subject
    from atwin.net.network import Network
    from atwin.twin.faults.plan import FaultPlan
    from atwin.twin.script.answers import Scripted
    from atwin.twin.script.written import Lines, Script
    from atwin.twin.twin import Twin

T = TypeVar("T")

log = logging.getLogger("atwin.twin")

#: Where a server listens that is for this computer alone.
FREE_PORT = "127.0.0.1:0"


@dataclass(frozen=True, slots=True)
class Served:
    """A twin, and the one line it is to be served on; without any that is a PTY without a link.

    `pty` is a link to make, `tcp` and `rfc2217` are HOST:PORT, `serial` is a device, and `control`
    a socket beside the line. With a `pool` it is one of the modules of one RFC 2217 server. With
    `fresh` it starts as from the factory whenever a client of TCP or RFC 2217 leaves.
    """

    twin: TwinWishes
    pty: str | None = None
    tcp: str | None = None
    rfc2217: str | None = None
    serial: str | None = None
    control: str | None = None
    pool: Pool | None = None
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Serving:
    """A twin, and the port it can be reached at: a path, `socket://` or `rfc2217://`."""

    twin: Twin
    url: str
    #: Whether other computers reach it, and with it what this computer reaches.
    exposed: bool
    #: The same twin, for those who watch it; None where nobody can.
    subject: Subject | None


@asynccontextmanager
async def served(wanted: Served, pools: Pools | None = None) -> AsyncIterator[Serving]:
    """The twin on its line, until the block is left; `pools` are those that are open already.

    Raises `OptionError`, `PortError` and `StateError`.
    """
    twin = wanted.twin
    if wanted.serial is not None:
        # The wire of a real device takes its time by itself.
        twin = replace(twin, line=replace(twin.line, baud=None))
    async with AsyncExitStack() as stack:
        line, url, exposed = await open_served_line(
            wanted.twin.line.baud,
            wanted.pool,
            pools,
            pty=wanted.pty,
            tcp=wanted.tcp,
            rfc2217=wanted.rfc2217,
            serial=wanted.serial,
        )
        stack.push_async_callback(line.close)
        recent, subject = current_recent(), None
        if wanted.control is not None and not recent.hears:
            recent = Recent(current_trace())
            stack.callback(recent.end)
        running = await stack.enter_async_context(made_twin(twin, line))
        if wanted.fresh:
            assert isinstance(line, ServerPort)
            line.on_client_gone = partial(_start_over, running)
        if recent.hears or wanted.control is not None:
            from atwin.control.subject import Subject

            subject = Subject(twin.profile.key, url, recent, running)
        if subject is not None and wanted.control is not None:
            from atwin.control.socket import control_socket

            await stack.enter_async_context(control_socket(wanted.control, subject))
        yield Serving(running, url, exposed, subject)


def _start_over(twin: Twin) -> None:
    try:
        twin.fresh()
    except StateError as error:
        log.warning("its client has left, and it stays as it is: %s", error)


def tcp_address(url: str) -> tuple[str, int]:
    """Host and port of a `socket://` or `rfc2217://` URL. Raises `ValueError` for another port."""
    host, _, number = url.partition("://")[2].rpartition(":")
    return host.strip("[]"), int(number)


class SyncTwin:
    """A virtual module that other programs can open, on a thread of its own until it is closed.

    `atwin.twin` makes it.

    `port` is what they open: the path of a PTY, or a `socket://` or `rfc2217://` URL. `connect`
    and `open_port` take all three, and pyserial takes them too.
    """

    def __init__(self, wanted: Served) -> None:
        self._loop = LoopThread("atwin-twin", served(wanted))
        serving: Serving = self._loop.thing
        self._twin = serving.twin
        self.run(lambda twin: twin.faults)  # laid in now: a later one meets what is open by then
        self.port = serving.url
        #: bit/s at which the line takes its time; None where it takes none.
        self.baud = wanted.twin.line.baud

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    @property
    def address(self) -> tuple[str, int]:
        """Host and port of a `socket://` or `rfc2217://` port. Raises `ValueError` for a path."""
        return tcp_address(self.port)

    @property
    def hosts(self) -> Hosts:
        """Which names lead elsewhere: `twin.hosts["ota.example.com"] = "127.0.0.1:8080"`."""
        return self.run(lambda twin: twin.hosts)

    def close(self) -> None:
        """Switch the module off and take the port away; harmless when called twice."""
        self._loop.end()

    def close_soon(self) -> None:
        """The same without waiting for it: safe inside an event loop."""
        self._loop.end_soon()

    def answer(self, command: str, lines: Lines = (), **keys: Any) -> Scripted:
        """See `Twin.answer`."""
        return self.run(lambda twin: twin.answer(command, lines, **keys))

    def urc(self, text: Lines, **keys: Any) -> Scripted:
        """See `Twin.urc`."""
        return self.run(lambda twin: twin.urc(text, **keys))

    @property
    def unmatched(self) -> dict[str, str]:
        """See `Twin.unmatched`."""
        return self.run(lambda twin: twin.unmatched)

    def run(self, call: Callable[[Twin], T]) -> T:
        """What `call(twin)` comes to, on the thread where the twin lives.

        This is the way to its pins, faults and counters:
        `twin.run(lambda twin: twin.faults.trigger(fault))`. `call` must not block. Raises what
        `call` raises, and `RuntimeError` after `close`.
        """

        async def work() -> T:
            return call(self._twin)

        return self._loop.call(work())


def twin(
    model: str | Path = "air724ug",
    *,
    pty: bool | str | Path = False,
    tcp: bool | str = False,
    rfc2217: bool | str = False,
    baud: int | None = None,
    seed: int = 0,
    warm: bool = True,
    time_scale: float = 1.0,
    state: str | Path | None = None,
    faults: FaultPlan | Mapping[str, Any] | str | Path | None = None,
    answers: Script | Mapping[str, Any] | str | Path | None = None,
    network: Network | None = None,
    control: str | Path | None = None,
    sim: Mapping[str, str] | None = None,
    hosts: Mapping[str, str | tuple[str, int]] | None = None,
    offline: bool = False,
) -> SyncTwin:
    """A virtual module that other programs can open at its `port`; close it.

    `model` is a name of `atwin models`, or a path that ends with .toml. It is served on one line:
    `pty` (True, or the path of a link to make), `tcp` or `rfc2217` (True for a free port of
    127.0.0.1, or HOST:PORT). Without any of them it is a PTY. `control` is the path of a socket for
    docs/reference/control.md. `faults` is a plan, its table, its name, the path of its TOML file,
    or `random:SEED`; `answers` a script, its table, or the path of its TOML file. `baud`, in bit/s,
    makes the line take its time; the rest, `sim`, `hosts` and `offline` too, is as for `Twin`.

    Raises `UsageError` for what cannot be, and `PortError` for a line that cannot be opened.
    """
    lines = {"pty": pty, "tcp": tcp, "rfc2217": rfc2217}
    chosen = [name for name, value in lines.items() if value]
    if len(chosen) > 1:
        raise UsageError(f"{' and '.join(chosen)}: a module has one line, choose one")
    try:
        wanted = TwinWishes(
            load_profile(model),
            seed,
            not warm,
            state,
            time_scale,
            parse_line_model("max" if baud is None else str(baud)),
            None if faults is None else as_plan(faults),
            None if answers is None else as_script(answers),
            network,
            None if sim is None else checked_card(sim),
            dict(Hosts(hosts)),
            offline,
        )
        return SyncTwin(
            Served(
                wanted,
                pty=None if isinstance(pty, bool) else str(pty),
                tcp=_at(tcp),
                rfc2217=_at(rfc2217),
                control=None if control is None else str(control),
            )
        )
    except (PortSpecError, StateError, UnknownModelError) as error:
        raise UsageError(str(error)) from None
    except ValueError as error:  # a value that `Twin` refuses
        raise UsageError(str(error)) from error


def _at(asked: bool | str) -> str | None:
    if isinstance(asked, str):
        return asked or None
    return FREE_PORT if asked else None


def serve_url(url: str) -> SyncTwin:
    """The twin a `twin://` URL asks for, on an RFC 2217 port: that is the whole of a serial port.

    Raises as `parse_twin_url` and `SyncTwin` do.
    """
    return SyncTwin(Served(parse_twin_url(url), rfc2217=FREE_PORT))
