"""`atwin.connect`: what `--port` opens, for Python programs."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from typer import BadParameter

from atwin.disk.state import StateError
from atwin.host import SyncModem, UsageError
from atwin.host.facade import ready
from atwin.line.errors import PortSpecError
from atwin.models import UnknownModelError
from atwin.session.modem import modem_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.host import Modem, Patience, TlsSettings

log = logging.getLogger("atwin.session")


def connect(
    port: str,
    *,
    pins: str | None,
    tls: TlsSettings | None,
    patience: Patience | None,
    **bearer: str,
) -> SyncModem:
    """See `atwin.connect`."""
    if not isinstance(port, str):
        raise UsageError(f"{port!r}: a device path or URL is wanted, such as twin://air724ug")
    try:
        return ready(SyncModem.around(_opened(port, tls, pins, bearer)), patience)
    except BadParameter as error:
        raise UsageError(error.message) from None
    except (PortSpecError, StateError, UnknownModelError) as error:
        raise UsageError(str(error)) from None


@asynccontextmanager
async def _opened(
    port: str, tls: TlsSettings | None, pins: str | None, bearer: dict[str, str]
) -> AsyncIterator[Modem]:
    async with modem_on(port, tls, pins, **bearer) as modem:
        modem.line.note = log.info  # a library does not write on stderr
        yield modem
