"""What each layer costs: of a command and its OK, and of the bytes of a file, both in memory.

`python -m bench.layers` makes the tables of docs/explanation/fast-path.md. A profile says how the
time is shared out, a run without one how much it is. What a file of the package calls that is no
Python, or not of the package, counts as its own; what only the event loop calls is the loop's.
"""

from __future__ import annotations

import asyncio
import cProfile
import pstats
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

from bench.commands import COMMAND, URL, modem_in_memory
from bench.download import MODEL
from bench.file import CHUNK, SIZE, served

import atwin
from atwin.host.modem import Modem
from atwin.session.opening import open_line
from atwin.session.url import parse_port_url

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Work = Callable[[cProfile.Profile | None], Awaitable[float]]
    #: By file: part of the time, and calls of functions.
    Shares = dict[str, tuple[float, int]]
    #: Of pstats: file, line, name.
    Function = tuple[str, int, str]

_HOME = Path(atwin.__file__).parent
_LOOP = "the event loop"
#: Part of the whole from which a file has a row of its own.
_LEAST = 0.01
COMMANDS = 20_000
RUNS = 5


async def commands(text: str, profile: cProfile.Profile | None) -> float:
    """CPU seconds of a command, so many times."""
    async with modem_in_memory() as modem:
        assert (await modem.command(text)).ok

        async def work() -> None:
            for _ in range(COMMANDS):
                await modem.command(text)

        return await _timed(work(), profile)


async def file(url: str, sha256: str, profile: cProfile.Profile | None) -> float:
    """CPU seconds of a whole download, checked by its hash."""
    async with open_line(parse_port_url(MODEL)) as line, Modem(line.port) as modem:
        await modem.bring_up()
        with tempfile.TemporaryDirectory() as name:
            target = Path(name) / "file"
            download = modem.download(url, target, sha256=sha256, chunk=CHUNK, strategy="range")
            return await _timed(download, profile)


async def _timed(work: Awaitable[object], profile: cProfile.Profile | None) -> float:
    began = time.process_time()
    if profile is None:
        await work
    else:
        with profile:
            await work
    return time.process_time() - began


def shares(profile: cProfile.Profile) -> Shares:
    """By file of the package, its part of the time and the calls of its functions."""
    seconds: dict[str, float] = defaultdict(float)
    calls: dict[str, int] = defaultdict(int)
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    owners: dict[Function, dict[str, float]] = {}

    def owner(function: Function, seen: frozenset[Function] = frozenset()) -> dict[str, float]:
        """The files whose time that of a function is, with their parts of it."""
        if function in owners:
            return owners[function]
        path = Path(function[0])
        if path.is_relative_to(_HOME):
            return {str(path.relative_to(_HOME)): 1.0}
        parts: dict[str, float] = defaultdict(float)
        callers = {
            caller: times
            for caller, times in stats[function][4].items()
            if caller not in seen and caller != function
        }
        whole = sum(times[0] for times in callers.values())
        for caller, times in callers.items():
            for name, part in owner(caller, seen | {function}).items():
                parts[name] += part * times[0] / whole
        owners[function] = dict(parts) or {_LOOP: 1.0}
        return owners[function]

    for function, (_, count, own, _, _) in stats.items():
        for name, part in owner(function).items():
            seconds[name] += own * part
        path = Path(function[0])
        if path.is_relative_to(_HOME):
            calls[str(path.relative_to(_HOME))] += count
    whole = sum(seconds.values())
    return {name: (spent / whole, calls[name]) for name, spent in seconds.items()}


def rooms(files: Shares) -> Shares:
    """The same by folder."""
    sums: Shares = {}
    for name, (part, calls) in files.items():
        room = str(Path(name).parent) if "/" in name else name
        before, count = sums.get(room, (0.0, 0))
        sums[room] = before + part, count + calls
    return sums


def show(
    title: str,
    work: Work,
    each: int,
    unit: str,
    scale: float,
    named: Callable[[Shares], Shares] = dict,
) -> None:
    """A table: what one of `each` takes in each file, in `unit`s of 1/`scale` s."""
    seconds = min(asyncio.run(_alone(work, None)) for _ in range(RUNS))
    profile = cProfile.Profile(time.process_time)
    asyncio.run(_alone(work, profile))
    whole, found = seconds / each * scale, named(shares(profile))
    made = sum(calls for _, calls in found.values()) / each
    print(f"\n{title}: {whole:.1f} {unit}, {made:.0f} calls of the functions of this package")
    print(f"\n| where | {unit} | share | calls |\n|---|---|---|---|")
    rest = 0.0
    for name, (part, calls) in sorted(found.items(), key=lambda row: -row[1][0]):
        if part < _LEAST:
            rest += part
        else:
            print(f"| `{name}` | {part * whole:.2f} | {part:.0%} | {calls / each:.1f} |")
    print(f"| the others | {rest * whole:.2f} | {rest:.0%} | |")


async def _alone(work: Work, profile: cProfile.Profile | None) -> float:
    return await work(profile)


def main() -> None:
    for text in (COMMAND, URL):
        show(text, lambda profile, text=text: commands(text, profile), COMMANDS, "µs", 1e6)  # type: ignore[misc]
    with served() as there:
        show(
            f"1 MB of {SIZE:,} bytes in parts of {CHUNK:,}",
            lambda profile: file(there.url, there.sha256, profile),
            SIZE // 1_000_000,
            "ms",
            1e3,
            rooms,
        )


if __name__ == "__main__":
    main()
