"""A server that answers a streamed POST before it has all of the body."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from atwin.net.network import Stream

#: Three pieces of what the module takes at a time, and some more.
BODIES = {"air780e-at": bytes(10_500), "air780e-lsat": bytes(400_000)}
ANSWERS = {
    200: b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    413: b"HTTP/1.1 413 Payload Too Large\r\nContent-Length: 0\r\n\r\n",
}


@pytest.mark.parametrize("closes", [True, False], ids=["closes", "reads on"])
@pytest.mark.parametrize("status", ANSWERS)
@pytest.mark.parametrize("pieces", [0.0, 0.5, 1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("latency", [0.0, 0.05])
@pytest.mark.parametrize("model", BODIES)
def test_its_status_and_body_arrive(
    model: str, latency: float, pieces: float, status: int, closes: bool
) -> None:
    """`pieces` have come when it answers."""
    body = BODIES[model]

    async def main() -> None:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=latency, bandwidth=1e6)
        near, far = memory_pair()
        async with Twin(model, far, network=network, time_scale=0) as twin, Modem(near) as modem:
            size = twin.module.hardware.profile.limit("post_limit")

            async def serve(stream: Stream) -> None:
                come = b""
                while len(come.partition(b"\r\n\r\n")[2]) < pieces * size:
                    come += await stream.read(4096)
                if not pieces:
                    await stream.read(4096)
                await stream.write(ANSWERS[status])
                while not closes and await stream.read(4096):
                    pass
                stream.close()

            network.serve("origin", 80, serve)
            response = await modem.post("http://origin/p", body)
            assert response.status == status
            assert response.body == (b"ok" if status == 200 else b"")
            assert clock.now() < 20

    run_virtual(main())
