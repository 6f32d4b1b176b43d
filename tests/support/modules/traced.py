"""Traces of a twin on the virtual clock, and traces in files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import Trace
from atwin.trace.trace import FORMAT
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from atwin.models import Profile
    from atwin.trace.raw import RawListener

Record = dict[str, Any]


def traced(
    test: Callable[[Twin, Terminal], Awaitable[None]],
    model: str | Profile = "air724ug",
    *,
    serve: Callable[[SimulatedNetwork], None] = lambda network: None,
    listener: RawListener | None = None,
    **options: Any,
) -> list[Record]:
    """The records of `test` with a fresh module; `options` are those of `Twin`.

    `listener` hears the bytes themselves.
    """
    lines: list[str] = []

    async def main() -> None:
        clock = LoopClock()
        trace = Trace(clock, lines.append)
        if listener is not None:
            trace.raw.add(listener)
        network = SimulatedNetwork(clock, latency=0.05, bandwidth=1_000_000)
        serve(network)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin(model, module, network=network, trace=trace, **options) as twin:
            await test(twin, terminal)
        trace.stop()

    run_virtual(main())
    return [json.loads(line) for line in "".join(lines).splitlines()]


def records_of(path: Path) -> list[Record]:
    """All records of a file; each line must be one."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def dialogue(records: list[Record]) -> list[str]:
    """What was said, as `> AT`; data as `< (5 bytes)`."""
    return [
        f"{r['dir']} " + (f"({r['bytes']} bytes)" if r["kind"] == "data" else r["text"])
        for r in records
        if "dir" in r
    ]


def events(records: list[Record], kind: str) -> list[str]:
    """The events of one kind, in order."""
    return [record["event"] for record in records if record["kind"] == kind]


def event(records: list[Record], kind: str, name: str) -> Record:
    """The first event of that name; StopIteration when there is none."""
    return next(r for r in records if r["kind"] == kind and r["event"] == name)


def written(path: Path, *records: Record, **start: Any) -> Path:
    """`path` with a trace of these records after its first one, which has `start` as well."""
    first: Record = {"t": 0, "kind": "start", "format": FORMAT, "version": "1", "command": "test"}
    first |= {"wall": "2026-11-30T09:00:00+00:00", **start}
    path.write_text("".join(json.dumps(record) + "\n" for record in (first, *records)))
    return path
