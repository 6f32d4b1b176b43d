"""When a command ends that would go on for ever: with its parent, or with its input."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import threading
from contextlib import suppress

import click

log = logging.getLogger("atwin.twin")

#: Seconds between two looks at who the parent is.
_LOOK = 0.2


def parent_id() -> int:
    """Who has started this program. Raises `click.UsageError` where its end cannot be seen."""
    if sys.platform == "win32":
        raise click.UsageError("--with-parent: not on Windows; --until-eof works there")
    return os.getppid()


async def until(parent: int | None, until_eof: bool) -> None:
    """Until `parent`, or stdin, has ended; for ever when neither is asked for."""
    waits = [] if parent is None else [_parent_ends(parent)]
    waits += [_input_ends()] if until_eof else []
    if not waits:
        await asyncio.Event().wait()
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()


async def _parent_ends(parent: int) -> None:
    """A child whose parent has ended gets another one."""
    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(_LOOK)
    log.info("the program that has started this one has ended")


async def _input_ends() -> None:
    """What comes on stdin is passed over."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def read() -> None:
        with suppress(OSError):  # closed from the start
            while os.read(0, 65_536):
                pass
        with suppress(RuntimeError):  # the loop has ended before
            loop.call_soon_threadsafe(ended.set)

    # A thread, since a loop watches no files and, on Windows, no pipes.
    threading.Thread(target=read, daemon=True, name="atwin-stdin").start()
    await ended.wait()
    log.info("stdin has ended")
