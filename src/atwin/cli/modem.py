"""A module on `--port`, up and with its bearer open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import typer

from atwin.cli.line import parse_port_url
from atwin.cli.ports import open_line
from atwin.cli.traffic.watch import Watch, watched
from atwin.host import LineWishes, Modem, TlsSettings

if TYPE_CHECKING:
    from atwin.twin import Twin


@asynccontextmanager
async def ready_modem(
    url: str, tls: TlsSettings | None = None, traffic: Watch | None = None
) -> AsyncIterator[Modem]:
    """The module at port `url`; `traffic` is told to the user at the end.

    Raises as `open_line`, `Modem` and `Modem.bring_up` do.
    """
    asked = parse_port_url(url)
    wishes = LineWishes(asked.speed, asked.flow)
    twins: list[Twin] = []
    async with open_line(url, twins.append) as port, Modem(port, tls=tls, line=wishes) as modem:
        modem.line.note = lambda text: typer.echo(f"atwin: {text}", err=True)
        await modem.bring_up()
        async with watched(modem, twins[0] if twins else None, traffic):
            yield modem
