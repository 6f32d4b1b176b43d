"""A module on `--port`, up and with its bearer open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from atwin.cli.ports import open_line
from atwin.host import Modem, TlsSettings


@asynccontextmanager
async def ready_modem(url: str, tls: TlsSettings | None = None) -> AsyncIterator[Modem]:
    """The module at port `url`. Raises as `open_line`, `Modem` and `Modem.bring_up` do."""
    async with open_line(url) as port, Modem(port, tls=tls) as modem:
        await modem.bring_up()
        yield modem
