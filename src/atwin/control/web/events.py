"""Server-Sent Events: the records of a trace as they come, and the state as it changes."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from atwin.control.subject import Subject

#: Seconds between two looks at the state, between two batches of records, and of silence.
_STATE_PAUSE, _BATCH_PAUSE, _SILENCE = 0.25, 0.1, 15.0
#: A browser that lost the stream asks again after this many milliseconds.
_RETRY = 1000


async def stream(subject: Subject, number: int, closing: Callable[[], bool]) -> AsyncIterator[str]:
    """Everything after the record `number`; it ends with the module, or soon after `closing`.

    A reader costs nothing here but this generator: what it reads too late it is told to have
    missed.
    """
    now = asyncio.get_running_loop().time
    feed = subject.recent.feed
    shown = None
    yield f"retry: {_RETRY}\n\n"
    look_at = spoke = now()
    while True:
        if now() >= look_at:
            look_at = now() + _STATE_PAUSE
            state, steady = await subject.state()
            if steady != shown:
                shown, spoke = steady, now()
                yield f"event: state\ndata: {_json(state)}\n\n"
        batch = feed.after(number)
        if batch.missed:
            yield f"event: missed\ndata: {_json({'records': batch.missed})}\n\n"
        number = batch.last  # which is less than it was where that is of another feed
        if batch.records:
            spoke = now()
            records = ",".join(batch.records)
            yield (
                f"event: records\nid: {number}\n"
                f'data: {{"first":{batch.first},"records":[{records}]}}\n\n'
            )
            await asyncio.sleep(_BATCH_PAUSE)
            continue
        if feed.ended:
            yield "event: end\ndata: {}\n\n"
            return
        if closing():
            return
        if now() - spoke >= _SILENCE:
            spoke = now()
            yield ": nothing new\n\n"  # a connection that is gone shows by that
        with suppress(TimeoutError):
            async with asyncio.timeout_at(look_at):
                await feed.more(number)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"))
