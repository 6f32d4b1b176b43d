"""Serves the modules that `atwin twin` was asked for, until it ends."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import click

from atwin.cli.module import told_missing
from atwin.cli.running import named_log, watched
from atwin.cli.says import say
from atwin.cli.served import ready, until
from atwin.session.serving import served
from atwin.session.together import make_room, switch_off

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.cli.panel import PanelWatching
    from atwin.session.served_line import Pools
    from atwin.session.serving import Served, Serving

#: Modules of a panel: its page has a button for each.
_MOST_SHOWN = 64


async def serve(
    wanted: Sequence[Served], parent: int | None, until_eof: bool, watching: PanelWatching
) -> int:
    """Serve until cancelled, or until what is asked for has ended."""
    if watching.panel is not None and len(wanted) > _MOST_SHOWN:
        raise click.UsageError(f"--panel: it shows {_MOST_SHOWN} modules, not {len(wanted):,}")
    make_room(wanted, beside=(watching.trace is not None) + (watching.pcap is not None))
    pools: Pools = {}
    async with AsyncExitStack() as stack:
        running: list[Serving] = []
        for number, one in enumerate(wanted, 1):
            whose = f"module {number}: " if len(wanted) > 1 else ""
            if len(wanted) > 1:
                stack.enter_context(watched(watching.of(number)))
            with named_log(whose):
                running.append(await stack.enter_async_context(served(one, pools)))
            await asyncio.sleep(0)  # for a Ctrl-C
        stack.push_async_callback(switch_off, running)
        stack.enter_context(told_missing([one.twin for one in running]))
        _warn([one.url.rpartition("://")[2] for one in running if one.exposed])
        subjects = [one.subject for one in running if one.subject is not None]
        await stack.enter_async_context(watching.serving(subjects))
        # Modules of one server are ready with one line.
        print("\n".join(dict.fromkeys(ready(one.url) for one in running)), flush=True)
        await until(parent, until_eof)
    return 0


def _warn(exposed: Sequence[str]) -> None:
    """A module reaches what this computer does, and so does whoever reaches the module."""
    if not exposed:
        return
    addresses = list(dict.fromkeys(exposed))
    others = f" or one of {len(addresses) - 1:,} more" if len(addresses) > 1 else ""
    say(
        f"whoever reaches {addresses[0]}{others} can use this computer's network through the"
        " module, its own services on 127.0.0.1 included; 127.0.0.1 is for this computer alone"
    )
