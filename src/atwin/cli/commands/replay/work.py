"""Replays a file, and says what differs."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from atwin.cli.commands.replay.diff import described, show_differences
from atwin.cli.ending import DONE, NOT_VERIFIED, CommandFailed, print_object
from atwin.cli.results import counted
from atwin.cli.running import run_work, show_log
from atwin.cli.served import parent_id, ready, until
from atwin.clock import LoopClock
from atwin.replay.compare import compare, differences
from atwin.replay.host import ReplayedHost
from atwin.replay.ignoring import Ignoring
from atwin.replay.module import ReplayedModule
from atwin.replay.recording import RecordingError, exchanges_of
from atwin.session.captures import read_line
from atwin.session.opening import open_line
from atwin.session.served_line import open_served_line
from atwin.session.url import parse_port_url

if TYPE_CHECKING:
    from atwin.trace.exchanges import Exchanges


@dataclass(frozen=True, slots=True)
class ReplayWishes:
    """What the command line asks for."""

    file: str
    role: str
    port: str
    lines: dict[str, str]
    with_parent: bool
    until_eof: bool
    patience: float
    fast: bool
    ignore: tuple[str, ...]
    ignore_usual: bool
    colour: bool | None
    as_json: bool


def replayed(asked: ReplayWishes) -> int:
    """The exit code. Raises `click.UsageError`, `CommandFailed`, and what opening a port does."""
    try:
        ignoring = Ignoring(asked.ignore, usual=asked.ignore_usual)
    except re.error as error:
        raise click.UsageError(f"--ignore: {error} in {error.pattern!r}") from None
    try:
        recorded = exchanges_of(read_line(asked.file))
    except RecordingError as error:
        raise click.UsageError(f"{asked.file}: {error}") from None
    if asked.role == "module":
        show_log(logging.INFO)
        parent = parent_id() if asked.with_parent else None
        return run_work(_as_module(asked, recorded, ignoring, parent))
    return run_work(_as_host(asked, recorded, ignoring))


async def _as_module(
    asked: ReplayWishes, recorded: Exchanges, ignoring: Ignoring, parent: int | None
) -> int:
    port, url, _ = await open_served_line(None, **asked.lines)
    try:
        async with ReplayedModule(port, recorded, LoopClock(), fast=asked.fast) as module:
            # With --json the object is all of stdout.
            print(ready(url), flush=True, file=sys.stderr if asked.as_json else None)
            # Whoever stops it wants to see its result.
            with suppress(asyncio.CancelledError):
                await until(parent, asked.until_eof)
    finally:
        await port.close()
    return _tell(asked, recorded, module.heard, ignoring, None)


async def _as_host(asked: ReplayWishes, recorded: Exchanges, ignoring: Ignoring) -> int:
    wanted = parse_port_url(asked.port)
    async with open_line(wanted) as line:
        host = ReplayedHost(
            line.port, recorded, LoopClock(), fast=asked.fast, patience=asked.patience
        )
        await host.run()
    return _tell(asked, recorded, host.heard, ignoring, host.ended_early)


def _tell(
    asked: ReplayWishes,
    recorded: Exchanges,
    heard: Exchanges,
    ignoring: Ignoring,
    ended: str | None,
) -> int:
    lines = compare(recorded.all, heard.all, ignoring, polls=asked.role == "module")
    found = differences(lines)
    error = f"{counted(len(found), 'difference')} from {asked.file}"
    error = f"{error}; {ended}" if ended is not None else error
    code = NOT_VERIFIED if found or ended is not None else DONE
    if asked.as_json:
        failed = {"error": error, "exit_code": code} if code != DONE else {}
        print_object(described(asked.file, asked.role, recorded, heard, found) | failed)
    elif found:
        new = asked.port if asked.role == "host" else "the host"
        show_differences(lines, asked.file, new, asked.colour)
    if code != DONE:
        raise CommandFailed(error, code)
    return code
