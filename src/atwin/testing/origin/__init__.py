"""An HTTP/1.1 origin server in a few small files: for demos and for tests.

It runs on any `Stream`: as a handler of `SimulatedNetwork`, or on a real port by `serve_tcp`.
"""

from atwin.testing.origin.content import Content, Generated, Stored
from atwin.testing.origin.origin import Logged, Origin, serve_tcp
from atwin.testing.origin.resource import File, Fixed, Sink

__all__ = [
    "Content",
    "File",
    "Fixed",
    "Generated",
    "Logged",
    "Origin",
    "Sink",
    "Stored",
    "serve_tcp",
]
