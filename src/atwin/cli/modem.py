"""A module on `--port`, up and with its bearer open."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from atwin.cli.ports import open_line
from atwin.host import Modem


@asynccontextmanager
async def ready_modem(url: str) -> AsyncIterator[Modem]:
    """The module at port `url`. Raises as `open_line` and `Modem.bring_up` do."""
    async with open_line(url) as port, Modem(port) as modem:
        await modem.bring_up()
        yield modem
