"""A module on `--port`, up and with its bearer open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from atwin.cli.commands.traffic.watch import Watch, watched
from atwin.cli.options.shared import GIVE_UP
from atwin.cli.output.says import say
from atwin.host import GENTLE, LineWishes, Modem, TlsSettings
from atwin.session.faults import FaultWatch, told_faults
from atwin.session.pins import pins_for
from atwin.session.port_url import parse_port_url
from atwin.session.ports import open_line
from atwin.session.tracing import current_trace

if TYPE_CHECKING:
    from atwin.twin import Twin


@asynccontextmanager
async def modem_on(
    url: str, tls: TlsSettings | None = None, pins: str | None = None, **bearer: Any
) -> AsyncIterator[Modem]:
    """The module at port `url`, as it is; `bearer` is APN, user and password as for `Modem`.

    Raises as `open_line`, `pins_for` and `Modem` do.
    """
    async with _modem_and_twin(url, tls, pins, **bearer) as (modem, _):
        yield modem


@asynccontextmanager
async def ready_modem(
    url: str,
    tls: TlsSettings | None = None,
    pins: str | None = None,
    give_up: float = GIVE_UP,
    traffic: Watch | None = None,
    faults: FaultWatch | None = None,
) -> AsyncIterator[Modem]:
    """The module at port `url` on the network; `traffic` is told to the user at the end.

    `faults` has then what became of a twin's.

    Raises as `modem_on` and `Modem.recover` do.
    """
    async with _modem_and_twin(url, tls, pins, faults) as (modem, twin):
        await modem.recover(give_up=give_up, note=_tell_rung)
        async with watched(modem, twin, traffic):
            yield modem


@asynccontextmanager
async def _modem_and_twin(
    url: str,
    tls: TlsSettings | None,
    pins: str | None,
    faults: FaultWatch | None = None,
    **bearer: Any,
) -> AsyncIterator[tuple[Modem, "Twin | None"]]:
    asked = parse_port_url(url)
    wishes = LineWishes(asked.speed, asked.flow)
    async with (
        open_line(url) as line,
        pins_for(pins, line.port, line.pins) as means,
    ):
        with told_faults(line.twin, faults):
            async with Modem(
                line.port,
                tls=tls,
                line=wishes,
                pins=means,
                # A twin of ours ends with this command: nobody finds anything there.
                leave_as_found=line.twin is None,
                **bearer,
            ) as modem:
                modem.line.note = tell
                yield modem, line.twin


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
