"""In one connection with HTTPEXACTION and HTTPEXGET (spec: http.md §3.11).

The module says the status only when everything has come. Two things make up for that. A stream
that goes on in the middle is preceded by one small ranged GET that overlaps what is on disk: it
proves that the server does ranges, that the entity is the same, and that the bytes fit. And what
came is only good when the final status agrees; the caller starts over when it does not.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from atwin.host.download.events import EntityChanged, RangesIgnored
from atwin.host.download.range import refusal
from atwin.host.errors import ServerBusyError, ServerError
from atwin.host.http import GET

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.host.download.entity import Entity
    from atwin.host.download.range import RangeFetcher
    from atwin.host.http import HttpSession

#: Bytes already on disk that are compared before a stream goes on behind them.
OVERLAP = 1024


async def check_joint(fetcher: RangeFetcher, tail: bytes, done: int) -> None:
    """Make sure the server's entity holds `tail` right before byte `done`.

    Raises `EntityChanged`, `RangesIgnored`, and as `RangeFetcher.fetch` does.
    """
    first = done - len(tail)
    fetched = await fetcher.fetch(first, done)
    if fetched.whole:
        raise RangesIgnored(fetched.entity)
    data = await fetcher.read(fetched)
    if not data[: len(tail)] == tail[: len(data)]:
        raise EntityChanged(f"its bytes from {first} on are not those on disk", fetched.entity)


async def stream(
    session: HttpSession, entity: Entity, done: int, take: Callable[[bytes], None]
) -> None:
    """Everything from byte `done` on, handed to `take` as it comes.

    Raises `RangesIgnored`, `EntityChanged` or `ServerError` when what was taken is not that, and
    as `HttpSession.drain_stream` does when it is, and incomplete.
    """
    await session.whole()
    lines = [f"Range: bytes={done}-"] if done else []
    if done and entity.condition:
        lines.append(f"If-Range: {entity.condition}")
    await session.extra_header("\r\n".join(lines))
    got = 0
    left = None if entity.length is None else entity.length - done

    def count(data: bytes) -> None:
        nonlocal got
        got += len(data)
        if left is not None and got > left:
            more = f"more than the announced {left} bytes came"
            if done:
                # An error page, or the whole entity: the joint, checked again, will tell.
                raise ServerBusyError(f"{session.setup.url}: {more}")
            raise EntityChanged(more, replace(entity, length=None))
        take(data)

    await session.start_stream(GET)
    status = await session.drain_stream(count)
    if done and status == 200:
        raise RangesIgnored(entity)
    if status != (206 if done else 200):
        raise refusal(session.setup.url, status)
    if left is not None and got < left:
        raise ServerError(
            f"{session.setup.url}: {got} bytes came where {left} were announced", status
        )
