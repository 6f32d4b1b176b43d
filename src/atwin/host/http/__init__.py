"""One HTTP session of the module, and what it is set up with."""

from __future__ import annotations

from atwin.host.http.following import follow
from atwin.host.http.parameters import LAST_BREAK
from atwin.host.http.pieces import FLOW_ADVICE
from atwin.host.http.session import HttpSession
from atwin.host.http.setup import Setup
from atwin.host.http.statuses import GET, HEAD, POST
from atwin.host.http.stream import ANSWERS, Answer

__all__ = [
    "ANSWERS",
    "FLOW_ADVICE",
    "GET",
    "HEAD",
    "LAST_BREAK",
    "POST",
    "Answer",
    "HttpSession",
    "Setup",
    "follow",
]
