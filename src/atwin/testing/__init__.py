"""What tests need around a module: a virtual clock, a network in memory, an origin server.

On the virtual clock time jumps to the next timer: a test of a time-out of two minutes takes
milliseconds, and runs the same every time. `Twin(network=SimulatedNetwork(LoopClock()))` in a
coroutine for `run_virtual` is a whole test bench.
"""

from __future__ import annotations

from atwin.clock import Clock, LoopClock, VirtualLoop, run_virtual
from atwin.net.network import Network, NetworkError, Stream, StreamError
from atwin.net.real import RealNetwork
from atwin.testing.origin import (
    Content,
    File,
    Fixed,
    Generated,
    Logged,
    Origin,
    Sink,
    Stored,
    serve_tcp,
)
from atwin.testing.origin.resource import Resource
from atwin.testing.simulated import SimulatedNetwork

__all__ = [
    "Clock",
    "Content",
    "File",
    "Fixed",
    "Generated",
    "Logged",
    "LoopClock",
    "Network",
    "NetworkError",
    "Origin",
    "RealNetwork",
    "Resource",
    "SimulatedNetwork",
    "Sink",
    "Stored",
    "Stream",
    "StreamError",
    "VirtualLoop",
    "run_virtual",
    "serve_tcp",
]
