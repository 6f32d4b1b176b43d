"""One device of a fleet, in a few lines for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.cli.results import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.fleet.device.row import Row


def row_lines(row: Row) -> Iterator[str]:
    """What became of one device."""
    ended = "has the file" if row.ok else f"failed ({row.cause}): {row.error}"
    yield f"device {row.device}, {row.stratum}: {ended}"
    yield (
        f"{row.seconds:,.1f} s, {counted(len(row.attempts), 'attempt')}, {row.billed:,} bytes "
        f"billed, {counted(row.requests, 'request')}, {counted(row.connections, 'connection')}"
    )
    for name, values in (("faults", row.fired), ("rungs", row.rungs), ("helped", row.helped)):
        if values:
            yield f"{name}: {', '.join(values)}"
    if row.faults:
        yield f"planned: {row.faults}"
