"""A twin on a memory line on the virtual clock, with a terminal at the other end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from atwin.clock import run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.models import Profile
    from atwin.net.network import Network

T = TypeVar("T")


def on_twin(
    test: Callable[[Twin, Terminal], Awaitable[T]],
    model: str | Profile = "air780e-at",
    *,
    echo: bool = False,
    network: Callable[[], Network] = NoNetwork,
    **options: Any,
) -> T:
    """Run `test` with a fresh module; `options` are those of `Twin`. The echo is off.

    `network` is called inside the loop.
    """

    async def main() -> T:
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin(model, module, network=network(), **options) as twin:
            if not echo:
                terminal.type(b"ATE0\r")
                await terminal.quiet()
            return await test(twin, terminal)

    return run_virtual(main())
