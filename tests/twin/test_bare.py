"""What nobody asked for is not there: no tap, no wrapper (docs/explanation/architecture.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.line.uart.uart import Uart
from atwin.net.meter.metered import MeteredNetwork
from atwin.net.traced import TracedNetwork
from atwin.trace import Trace
from atwin.twin.board.hardware import Taps
from atwin.twin.faults.faulty_network import FaultyNetwork
from atwin.twin.faults.plan import FaultPlan, fault_from_table
from atwin.twin.twin import Twin
from support.modules.http_twin import action, on_http
from support.modules.on_twin import on_twin
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from support.line.terminal import Terminal


def test_without_plan_and_trace_there_is_neither_tap_nor_wrapper() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert await action(terminal)
        hardware = twin.module.hardware
        assert hardware.taps == Taps()
        assert type(hardware.network) is MeteredNetwork
        assert type(hardware.uart) is Uart
        assert hardware.uart.watch is None
        assert not twin.has_faults

    on_http(test)


def test_with_a_plan_or_for_whoever_asks_the_taps_are_laid() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        faults = twin.faults
        assert twin.has_faults
        assert twin.faults is faults
        assert type(twin.module.hardware.network) is FaultyNetwork
        assert None not in (twin.module.hardware.taps.command, twin.module.hardware.taps.stream)

    on_twin(test)
    on_twin(test, faults=FaultPlan((fault_from_table({"kind": "stall"}),)))


def layers(network: Any) -> list[type]:
    """From the outside."""
    found = [type(network)]
    while isinstance(network, TracedNetwork | FaultyNetwork):
        network = network.inner
        found.append(type(network))
    return found


def test_with_a_trace_the_line_is_watched_and_the_network_wrapped() -> None:
    async def main() -> None:
        trace = Trace(LoopClock(), lambda text: None)
        async with Twin("air780e-at", memory_pair()[1], network=NoNetwork(), trace=trace) as twin:
            hardware = twin.module.hardware
            assert type(hardware.uart) is Uart
            assert hardware.uart.watch is not None
            assert layers(hardware.network) == [TracedNetwork, MeteredNetwork]
            assert not twin.has_faults
            twin.faults.clear()
            assert layers(hardware.network) == [TracedNetwork, FaultyNetwork, MeteredNetwork]

    run_virtual(main())
