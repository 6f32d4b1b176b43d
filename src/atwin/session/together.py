"""Many modules in one process: room for what they open, and their end all at once."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

from atwin.host.errors import OptionError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from atwin.session.serving import Served, Serving

#: Files and connections that are open without any module.
_WITHOUT = 64
#: TCP connections of a module: one while it works, eight at most.
_USUAL, _MOST = 1, 8


def make_room(wanted: Sequence[Served], beside: int = 0) -> None:
    """Let this process open as much as `wanted` modules do, and `beside` files of each.

    Raises `OptionError` where the system does not allow it.
    """
    needed = _WITHOUT + sum(map(_opened, wanted)) + len(wanted) * (beside + _USUAL)
    allowed = allow_open(needed + len(wanted) * (_MOST - _USUAL))
    if allowed is not None and allowed < needed:
        raise OptionError(
            f"{len(wanted):,} modules need {needed:,} open files and connections, and the system "
            f"allows this process {allowed:,}: raise that (ulimit -n), or take fewer modules"
        )


def _opened(one: Served) -> int:
    """Descriptors of the line, its client, the control socket and the state."""
    line = 1 if one.pool is not None else 2
    return line + (2 if one.control else 0) + (1 if one.twin.state is not None else 0)


def allow_open(wanted: int) -> int | None:
    """Raise the limit of open files to `wanted` if it can be; what it is then, None for none."""
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    aim = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < aim:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (aim, hard))
        soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return None if soft == resource.RLIM_INFINITY else soft


async def switch_off(modules: Sequence[Serving]) -> None:
    """Close their twins all at once: one by one each could wait for a client that does not read."""
    await asyncio.gather(*(one.twin.close() for one in modules))
