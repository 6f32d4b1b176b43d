"""The question whether there is new firmware, and its download (docs/spec/general.md §3)."""

from __future__ import annotations

import asyncio
from enum import IntEnum
from typing import TYPE_CHECKING

from atwin.net.http import NotHttpError, Request, open_exchange
from atwin.net.meter.account import metered_http
from atwin.net.network import ConnectError, NetworkError, ResolveError, address_and_port
from atwin.net.url import Url
from atwin.text import parse_json
from atwin.twin.board.installed import package_name
from atwin.twin.chapters.network.names import Names

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.http import HttpExchange
    from atwin.net.network import Stream
    from atwin.twin.engine.pool import Slot
    from atwin.twin.engine.run import Run

#: Bytes of a package that fit into the flash, and of a text in place of one.
LARGEST, _LONGEST_TEXT = 480 * 1024, 4096
#: Bytes taken from the connection at a time, and seconds for all of it.
_PIECE, _TIME = 4096, 300.0
#: The server's number for a module that has the newest firmware.
NEWEST = 27


class UpgradeError(IntEnum):
    """What AT+UPGRADE? says of a question that failed."""

    URL = -1000
    NETWORK = -1001
    CONNECT = -1002
    FILE = -1003
    ANSWER = -1004
    OTHER = -1006


class UpgradeFailed(Exception):  # noqa: N818 - an outcome, which AT+UPGRADE? reports
    """There is no new firmware. The text says why, for the log."""

    def __init__(self, error: int, why: str, status: int = 0, cause: int = 0) -> None:
        super().__init__(why)
        self.error = error
        self.status = status
        self.cause = cause


async def fetch(run: Run, url: str, slot: Slot, came: Callable[[int], None]) -> str:
    """Ask at `url`; the name of the firmware whose package has come whole.

    The connection has `slot`. `came` hears the per cent of the package. Raises `UpgradeFailed`.
    """
    try:
        asked = Url.parse(url.encode("latin-1"))
    except ValueError as error:
        raise UpgradeFailed(UpgradeError.URL, str(error)) from None
    if asked.secure:
        raise UpgradeFailed(UpgradeError.URL, "a package is loaded by http only")
    stream: Stream | None = None
    slot.peer = address_and_port(asked.host, asked.port)
    try:
        async with asyncio.timeout(_TIME):
            address = await run.find(Names).resolve(asked.host)
            stream = slot.carries(await run.hardware.connect(address, asked.port))
            slot.opened()
            exchange = await open_exchange(metered_http(stream), Request("GET", asked))
            return await _take(run, exchange, came)
    except NotHttpError as error:
        raise UpgradeFailed(UpgradeError.ANSWER, str(error)) from None
    except ConnectError as error:
        raise UpgradeFailed(UpgradeError.CONNECT, str(error)) from None
    except ResolveError as error:
        raise UpgradeFailed(UpgradeError.NETWORK, str(error)) from None
    except NetworkError as error:
        raise UpgradeFailed(UpgradeError.OTHER, str(error)) from None
    except TimeoutError:
        kind = UpgradeError.CONNECT if stream is None else UpgradeError.OTHER
        raise UpgradeFailed(kind, f"not done within {_TIME:g} s") from None
    finally:
        if stream is not None:
            stream.close()


async def _take(run: Run, exchange: HttpExchange, came: Callable[[int], None]) -> str:
    status = exchange.head.status
    begin = await exchange.read(_PIECE)
    if status != 200 or begin.startswith(b"{"):
        while len(begin) < _LONGEST_TEXT and (data := await exchange.read(_PIECE)):
            begin += data
        raise _refusal(status, begin)
    size, name = len(begin), None
    data = begin
    while data:
        if name is None:
            name = _name(run, begin, status)
        if size > LARGEST:
            raise UpgradeFailed(UpgradeError.FILE, f"more than {LARGEST} bytes", status)
        if name is not None and exchange.head.length:
            came(100 * size // exchange.head.length)
        data = await exchange.read(_PIECE)
        size += len(data)
        begin = begin if name is not None else begin + data
    if name is None:
        raise UpgradeFailed(UpgradeError.FILE, "it is not a package", status)
    return name


def _name(run: Run, begin: bytes, status: int) -> str | None:
    """The firmware's name once it is there. Raises `UpgradeFailed` for a wrong one, and our own."""
    try:
        name = package_name(begin)
    except ValueError as error:
        raise UpgradeFailed(UpgradeError.FILE, str(error), status) from None
    if name == run.profile.firmware:
        raise UpgradeFailed(0, "it is the firmware that runs", status, NEWEST)
    return name


def _refusal(status: int, text: bytes) -> UpgradeFailed:
    """What a server says that gives no package: its number is in a JSON object."""
    try:
        answer = parse_json(text)
    except ValueError:
        answer = None
    code = answer.get("code") if isinstance(answer, dict) else None
    cause = code if type(code) is int and 0 <= code < 1000 else 0
    newest = status == 200 and cause == NEWEST
    return UpgradeFailed(
        0 if newest else UpgradeError.ANSWER, f"the server says {status}, {cause}", status, cause
    )
