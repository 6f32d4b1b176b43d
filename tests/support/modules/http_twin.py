"""A twin with an HTTP server behind it, on the virtual clock, and a terminal at its line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Generated, Origin, Sink
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.models import Profile

T = TypeVar("T")

SIZE = 100_000
CONTENT = Generated(SIZE, 5)


def on_http(
    test: Callable[[Twin, Terminal], Awaitable[T]],
    model: str | Profile = "air780e-lsat",
    **options: Any,
) -> T:
    """Run `test` with a bearer open, a session begun, and the URL of `CONTENT` set."""

    async def main() -> T:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.05, bandwidth=50_000)
        origin = Origin({"/f": File(CONTENT), "/up": Sink()}, wall=clock.wall)
        network.serve("files.example", 80, origin.handle)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin(model, module, network=network, **options) as twin:
            await terminal.ask(b"ATE0;+SAPBR=1,1;+HTTPINIT")
            await terminal.ask(b'AT+HTTPPARA="URL","http://files.example/f"')
            return await test(twin, terminal)

    return run_virtual(main())


async def action(terminal: Terminal, method: int = 0) -> bytes:
    """What HTTPACTION's URC says."""
    await terminal.ask(b"AT+HTTPACTION=%d" % method)
    await terminal.expect(b"+HTTPACTION: ", 400)
    return (await terminal.expect(b"\r\n")).strip()
