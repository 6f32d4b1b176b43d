"""A module on `--port`, up and with its bearer open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import typer

from atwin.cli.line import parse_port_url
from atwin.cli.ports import open_line
from atwin.host import LineWishes, Modem, TlsSettings


@asynccontextmanager
async def ready_modem(url: str, tls: TlsSettings | None = None) -> AsyncIterator[Modem]:
    """The module at port `url`. Raises as `open_line`, `Modem` and `Modem.bring_up` do."""
    asked = parse_port_url(url)
    wishes = LineWishes(asked.speed, asked.flow)
    async with open_line(url) as port, Modem(port, tls=tls, line=wishes) as modem:
        modem.line.note = lambda text: typer.echo(f"atwin: {text}", err=True)
        await modem.bring_up()
        yield modem
