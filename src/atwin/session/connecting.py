"""`atwin.connect`: what `--port` opens, for programs without asyncio."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from atwin.disk.state import StateError
from atwin.host.errors import UsageError
from atwin.host.facade import SyncModem, ready
from atwin.line.errors import PortSpecError
from atwin.models import UnknownModelError
from atwin.session.opening import modem_on

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from atwin.host.bring_up import Patience
    from atwin.host.modem import Modem
    from atwin.host.tls import TlsSettings

log = logging.getLogger("atwin.session")


def connect(
    port: str,
    *,
    pins: str | None,
    tls: TlsSettings | None,
    patience: Patience | None,
    apn: str,
    user: str,
    password: str,
) -> SyncModem:
    """See `atwin.connect`."""
    if not isinstance(port, str):
        raise UsageError(f"{port!r}: a device path or URL is wanted, such as twin://air724ug")
    try:
        opened = _opened(port, tls, pins, apn, user, password)
        return ready(SyncModem.around(opened), patience)
    except (PortSpecError, StateError, UnknownModelError) as error:
        raise UsageError(str(error)) from None


@asynccontextmanager
async def _opened(
    port: str, tls: TlsSettings | None, pins: str | None, apn: str, user: str, password: str
) -> AsyncIterator[Modem]:
    # A library does not write on stderr.
    async with modem_on(
        port, note=log.info, tls=tls, pins=pins, apn=apn, user=user, password=password
    ) as (modem, _):
        yield modem
