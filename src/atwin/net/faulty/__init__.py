"""A network with something wrong on the way: laid around any other `Network`."""

from atwin.net.faulty.network import FaultyNetwork

__all__ = ["FaultyNetwork"]
