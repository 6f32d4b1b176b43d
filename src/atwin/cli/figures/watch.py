"""Counts the traffic of one command, wherever its module is."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from atwin.at.cme import Cme
from atwin.at.lenient import lenient

if TYPE_CHECKING:
    from atwin.host.modem import Modem
    from atwin.net.meter.bill import Count
    from atwin.twin.twin import Twin

_COUNTED = lenient(r"\^DATAINFO: (\d+), (\d+).*")
_SWITCH = lenient(r"\^DATAINFO: ([01]), (\d+).*")
#: Seconds in which a counter's saving interval makes no difference to us.
_INTERVAL = 60
#: Seconds that the last packets may take, and a module's last answers.
_LAST_PACKETS = 3.0

_watch: ContextVar["Watch | None"] = ContextVar("watch", default=None)


@dataclass
class Watch:
    """What was counted; all None when the module does not count."""

    #: What a twin's meter says, and each of its actions by name.
    count: "Count | None" = None
    actions: "list[tuple[str, Count]]" = field(default_factory=list)
    #: Bytes up and down by a module's own counters.
    module: tuple[int, int] | None = None
    #: Whether there was a module to be asked at all.
    asked: bool = False
    #: Where a download goes that nobody wants to keep.
    scratch: Path | None = None

    def line(self) -> str:
        """In one line."""
        if self.count is not None:
            wire, operator = self.count.wire, self.count.operator
            plural = "" if operator.connections == 1 else "s"
            text = (
                f"{operator.total:,} bytes as the operator counts ({operator.up.total:,} up,"
                f" {operator.down.total:,} down; {operator.connections} connection{plural})"
            )
            if self.count.by_kernel:
                text += f"; {wire.total:,} on this wire, by the {self.count.counted_by}"
            return f"traffic: {text}"
        if self.module is not None:
            up, down = self.module
            return f"traffic: {up + down:,} bytes by AT^DATAINFO ({up:,} up, {down:,} down)"
        return "traffic: this module does not count it (no AT^DATAINFO); see atwin traffic --help"

    def as_dict(self) -> dict[str, object] | None:
        """For JSON."""
        if self.count is not None:
            return self.count.as_dict()
        if self.module is not None:
            up, down = self.module
            return {"counted_by": "module", "up": up, "down": down, "total": up + down}
        return None


@contextmanager
def watching(watch: Watch) -> Iterator[None]:
    """What commands do inside is counted in `watch`."""
    before = _watch.set(watch)
    try:
        yield
    finally:
        _watch.reset(before)


def thrown_away(name: str) -> str | None:
    """Where to put the file `name` if it is only fetched to be counted; else None."""
    watch = _watch.get()
    return str(watch.scratch / name) if watch is not None and watch.scratch is not None else None


@asynccontextmanager
async def watched(modem: "Modem", twin: "Twin | None", own: Watch | None) -> AsyncIterator[None]:
    """Count what `modem` does inside, successful or not, for `own` and for who is `watching`.

    `own` is shown to the user.
    """
    outer = _watch.get()
    watch = own or outer
    if watch is None:
        yield
        return
    try:
        async with _asking_module(modem, watch) if twin is None else _asking_twin(twin, watch):
            yield
    except BaseException:
        # Silence of a module that has failed does not mean that it cannot count.
        own = own if watch.as_dict() else None
        raise
    finally:
        if outer is not None:
            outer.asked = True
            outer.count, outer.actions, outer.module = watch.count, watch.actions, watch.module
        if own is not None:
            click.echo(own.line(), err=True)


@asynccontextmanager
async def _asking_twin(twin: "Twin", watch: Watch) -> AsyncIterator[None]:
    patience = _LAST_PACKETS
    try:
        yield
    except asyncio.CancelledError:
        patience = 0.0  # somebody has pressed Ctrl-C
        raise
    finally:
        traffic = twin.traffic
        # A connection that is still in use does not settle: what it cost so far is reported then.
        # Not asyncio.timeout: up to Python 3.11.2 it is no TimeoutError in a cancelled task.
        with suppress(TimeoutError):
            await asyncio.wait_for(traffic.wait_settled(), patience)
        watch.count = traffic.whole.count
        watch.actions = [(action.name, action.account.count) for action in traffic.actions]


@asynccontextmanager
async def _asking_module(modem: "Modem", watch: Watch) -> AsyncIterator[None]:
    """Its counters before and after; they are switched on for that long where they are off."""
    from atwin.host.errors import HostError
    from atwin.line.port import PortError

    answer = await modem.command("AT^DATAINFO?")
    switch = answer.match(_SWITCH)
    # A module that knows the command refuses it while it is off (docs/spec/network.md §2).
    was_off = switch[1] == "0" if switch else answer.final.code == Cme.NOT_ALLOWED
    if was_off:
        await modem.command(f"AT^DATAINFO=1,{_INTERVAL}")
    before = await _counters(modem)

    async def ask_again() -> None:
        after = await _counters(modem)
        if before is not None and after is not None:
            watch.module = (after[0] - before[0], after[1] - before[1])
        if was_off:
            await modem.command("AT^DATAINFO=0")

    try:
        yield
    finally:
        # After a failure the module may say nothing more.
        with suppress(HostError, PortError, TimeoutError):
            await asyncio.wait_for(ask_again(), _LAST_PACKETS)


async def _counters(modem: "Modem") -> tuple[int, int] | None:
    match = (await modem.command("AT^DATAINFO")).match(_COUNTED)
    return (int(match[1]), int(match[2])) if match else None
