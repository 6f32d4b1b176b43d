"""Makes the twin that somebody asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.session.tracing import current_trace
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from atwin.line.port import Port
    from atwin.session.url import TwinWishes


def made_twin(wanted: TwinWishes, port: Port | None = None) -> Twin:
    """The twin `wanted`, at `port` or with a line of its own. Raises `StateError`."""
    return Twin(
        wanted.profile,
        port,
        network=wanted.network,
        seed=wanted.seed,
        warm=not wanted.cold,
        time_scale=wanted.time_scale,
        baud=wanted.line.baud,
        host_fifo=wanted.line.host_fifo,
        wiring=wanted.line.wiring,
        state=wanted.state,
        faults=wanted.faults,
        trace=current_trace(),
        sim=wanted.sim,
        script=wanted.script,
        hosts=wanted.hosts,
        offline=wanted.offline,
    )
