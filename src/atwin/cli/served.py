"""Commands that are a module: the options of their line, `ready`, and when they end.

They end with their parent, or with their input.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from atwin.cli.options import FILE, option

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger("atwin.twin")

#: Seconds between two looks at who the parent is.
_LOOK = 0.2

_Function = TypeVar("_Function", bound="Callable[..., Any]")

_SEVERAL = " The options for a line are repeatable: each is a module."
#: In the order in which they are served.
_LINES: dict[str, dict[str, Any]] = {
    "--pty": {
        "type": FILE,
        "metavar": "LINK",
        "help": "Serve a PTY, and make LINK a symbolic link to it.",
    },
    "--tcp": {
        "metavar": "HOST:PORT",
        "help": "Serve one TCP client at a time; port 0 takes a free one.",
    },
    "--rfc2217": {"metavar": "HOST:PORT", "help": "The same as an RFC 2217 server."},
    "--serial": {
        "type": FILE,
        "metavar": "DEVICE",
        "help": "Be the module on a serial device: /dev/ttyUSB0, 8N1.",
    },
}


def line_options(*, several: bool) -> Callable[[_Function], _Function]:
    """Give a command `--pty`, `--tcp`, `--rfc2217` and `--serial`; with `several` repeatable."""

    def decorate(command: _Function) -> _Function:
        for name, settings in reversed(_LINES.items()):
            text = settings["help"] + (_SEVERAL if several and name == "--pty" else "")
            command = option(name, **{**settings, "multiple": several, "help": text})(command)
        return command

    return decorate


def ending_options(command: _Function) -> _Function:
    """Give a command `--with-parent` and `--until-eof`."""
    command = option("--until-eof", is_flag=True, help="End when stdin ends.")(command)
    text = "End when the program that started this one ends."
    return option("--with-parent", is_flag=True, help=text)(command)


def ready(url: str) -> str:
    """What says on stdout that the port `url` can be opened."""
    kind, _, address = url.rpartition("://")
    names = {"socket": f"tcp {address}", "rfc2217": f"rfc2217 {address}"}
    return f"ready {names.get(kind, url)}"


# --- when they end ------------------------------------------------------------------------------


def parent_id() -> int:
    """Who has started this program. Raises `click.UsageError` where its end cannot be seen."""
    if sys.platform == "win32":
        raise click.UsageError("--with-parent: not on Windows; --until-eof works there")
    return os.getppid()


async def until(parent: int | None, until_eof: bool) -> None:
    """Until `parent`, or stdin, has ended; for ever when neither is asked for."""
    import asyncio

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
    import asyncio

    while os.getppid() == parent:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(_LOOK)
    log.info("the program that has started this one has ended")


async def _input_ends() -> None:
    """What comes on stdin is passed over."""
    import asyncio

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
