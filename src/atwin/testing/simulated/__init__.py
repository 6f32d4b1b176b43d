"""A network inside this process, for the virtual clock: servers are handlers in memory."""

from atwin.testing.simulated.datagrams import SimulatedUdp
from atwin.testing.simulated.network import SimulatedNetwork
from atwin.testing.simulated.stream import SimulatedStream

__all__ = ["SimulatedNetwork", "SimulatedStream", "SimulatedUdp"]
