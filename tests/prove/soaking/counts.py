"""What a process holds at a quiet moment, and what of it has grown.

Everything is counted after `gc.collect`, once the hour's work is done and the line has been idle,
so that two counts differ by what was kept and by nothing else.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import sys
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from functools import _lru_cache_wrapper
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

#: What may grow by a hundredth, because Python itself keeps caches.
SHARE = 0.01
_TABLES = (list, dict, set, deque, bytearray)


class _Malloc(ctypes.Structure):
    """`struct mallinfo2` of glibc."""

    _fields_ = tuple(
        (name, ctypes.c_size_t)
        for name in (
            *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
            *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
        )
    )


@dataclass(frozen=True, slots=True)
class Held:
    """One count. `sizes` may grow by `SHARE`, `exact` by nothing: tables, kinds of objects."""

    sizes: Mapping[str, int]
    exact: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def now(cls, loop: asyncio.AbstractEventLoop, folder: Path) -> Held:
        """Of this process, its `loop`, and the files in `folder`."""
        for cache in _caches():
            cache.cache_clear()
        # To look at attributes makes dicts of them: all of that before anything is counted.
        for _ in _kinds(gc.get_objects()):
            pass
        gc.collect()
        timers = [timer for timer in loop._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
        objects = gc.get_objects()
        exact = Counter(
            {
                "tasks": len(asyncio.all_tasks(loop)),
                "descriptors": len(os.listdir("/dev/fd")),
                "threads": threading.active_count(),
                "timers": len(timers),
                "files": sum(len(files) for _, _, files in os.walk(folder)),
            }
        )
        exact.update(_kinds(objects))
        sizes = {
            "objects": len(objects),
            "blocks": sys.getallocatedblocks(),
            "bytes from malloc": _from_malloc(),
            "bytes of its own in memory": _resident(),
        }
        return cls(sizes, dict(exact))


def _kinds(objects: Iterable[Any]) -> Iterator[str]:
    """A name for each object of ours, and one for each entry of its tables: `Channel._log_calls`.

    Of other objects the kind alone.
    """
    for one in objects:
        kind = type(one)
        if kind is Held:
            continue
        yield kind.__qualname__
        if _is_ours(kind):
            for name, table in _attributes(one):
                if isinstance(table, _TABLES) and table:
                    yield from [f"{kind.__qualname__}.{name}"] * len(table)


def _attributes(one: object) -> Iterator[tuple[str, object]]:
    yield from getattr(one, "__dict__", {}).items()
    for kind in type(one).__mro__:
        slots = vars(kind).get("__slots__", ())
        for name in (slots,) if isinstance(slots, str) else slots:
            try:
                yield name, object.__getattribute__(one, name)
            except AttributeError:
                continue


def _caches() -> list[_lru_cache_wrapper[Any]]:
    """Those of ours that have a limit: what is in them is by chance."""
    found = [one for one in gc.get_objects() if isinstance(one, _lru_cache_wrapper)]
    return [one for one in found if _is_ours(one) and one.cache_parameters()["maxsize"] is not None]


def _is_ours(one: object) -> bool:
    return str(getattr(one, "__module__", "")).startswith("atwin.")


def _from_malloc() -> int:
    info = _libc.mallinfo2()
    return int(info.uordblks + info.hblkhd)


def _resident() -> int:
    """Without pages of files: a forked process maps those of a library when it first gets there."""
    with open("/proc/self/statm") as file:
        resident, shared = map(int, file.read().split()[1:3])
    return (resident - shared) * os.sysconf("SC_PAGE_SIZE")


_libc = ctypes.CDLL(None)
_libc.mallinfo2.restype = _Malloc
