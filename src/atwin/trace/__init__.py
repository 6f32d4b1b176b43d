"""What happened, as lines a person or a program can read: the dialogue, the line, the network."""

from atwin.trace.trace import NO_TRACE, Trace

__all__ = ["NO_TRACE", "Trace"]
