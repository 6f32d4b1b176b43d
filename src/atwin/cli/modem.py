"""A module on `--port`, up and with its bearer open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import typer

from atwin.cli.line import parse_port_url
from atwin.cli.options import GIVE_UP
from atwin.cli.pins import pins_for
from atwin.cli.ports import open_line
from atwin.cli.tracing import current_trace
from atwin.cli.traffic.watch import Watch, watched
from atwin.host import GENTLE, LineWishes, Modem, TlsSettings

if TYPE_CHECKING:
    from atwin.twin import Twin


@asynccontextmanager
async def modem_on(
    url: str, tls: TlsSettings | None = None, pins: str | None = None
) -> AsyncIterator[Modem]:
    """The module at port `url`, as it is. Raises as `open_line`, `pins_for` and `Modem` do."""
    async with _modem_and_twin(url, tls, pins) as (modem, _):
        yield modem


@asynccontextmanager
async def ready_modem(
    url: str,
    tls: TlsSettings | None = None,
    pins: str | None = None,
    give_up: float = GIVE_UP,
    traffic: Watch | None = None,
) -> AsyncIterator[Modem]:
    """The module at port `url` on the network; `traffic` is told to the user at the end.

    Raises as `modem_on` and `Modem.recover` do.
    """
    async with _modem_and_twin(url, tls, pins) as (modem, twin):
        await modem.recover(give_up=give_up, note=_say_rung)
        async with watched(modem, twin, traffic):
            yield modem


@asynccontextmanager
async def _modem_and_twin(
    url: str, tls: TlsSettings | None, pins: str | None
) -> AsyncIterator[tuple[Modem, "Twin | None"]]:
    asked = parse_port_url(url)
    wishes = LineWishes(asked.speed, asked.flow)
    async with (
        open_line(url) as line,
        pins_for(pins, line.port, line.pins) as means,
        Modem(line.port, tls=tls, line=wishes, pins=means) as modem,
    ):
        modem.line.note = _say_of_line
        yield modem, line.twin


def _say_rung(rung: str) -> None:
    current_trace().notes("host", f"recovery: {rung}")
    if rung not in GENTLE:
        _say(f"recovery: {rung}")


def _say_of_line(text: str) -> None:
    current_trace().notes("host", text)
    _say(text)


def _say(text: str) -> None:
    typer.echo(f"atwin: {text}", err=True)
