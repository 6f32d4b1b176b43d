"""The numbers of HTTPACTION: methods, and statuses (spec: http.md §3.6, §4).

The server said a status, or the module says with it how a request failed, and how far it got.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from atwin.host.errors import UsageError
from atwin.host.http.url import origin_of

if TYPE_CHECKING:
    from atwin.host.errors import HostError
    from atwin.host.http.redirects import Way

GET: Final = 0
POST: Final = 1
HEAD: Final = 2

#: All other statuses are the server's own, except 408 (spec: http.md §4).
MODULE_STATUSES = range(600, 607)
#: What went wrong with TLS.
OF_TLS = (605, 606)

#: The answer is there, and does not fit the buffer.
TOO_LARGE = 602
#: What comes before anything is sent, unless the module followed a redirect by itself.
UNSENT = (603, 604, 605)
TIMED_OUT = 408

STATUS_MEANING = {
    TIMED_OUT: ("time-out", "the server did not finish in time: raise the timeout (--timeout)"),
    600: ("the answer was not HTTP", "check the URL's port"),
    601: ("network error", "check that the server is reachable and the bearer open"),
    602: ("the response does not fit the module's buffer", "ask for it in parts: download"),
    603: ("the host name was not resolved", "check the URL's host name"),
    604: ("no free connection in the module", "close other connections"),
    605: ("no TLS channel", "check cipher suites, certificates and the module's clock"),
    606: ("the TLS channel broke", "try again; check the server's log"),
}


def is_server_status(status: int) -> bool:
    """Whether only a server can have said `status`."""
    return status not in MODULE_STATUSES and status != TIMED_OUT


def ends_stream_well(status: int, way: Way, *, had_data: bool) -> bool:
    """Whether `status` is the server's: nothing piles up in a stream that might not fit (602).

    And where data came, there was a name, a slot and a channel (603 to 605), which may break
    (606) where it is one of TLS.
    """
    if had_data and status in (603, 604, 605):
        return True
    in_clear = origin_of(way.url)[0] == "http" and not way.by_module
    return is_server_status(status) or status == 602 or (had_data and status == 606 and in_clear)


class Sent(Enum):
    """Whether the server has had the request."""

    NOTHING = "nothing was sent"
    PERHAPS = "the server may have had the POST: look before you send it again"
    ANSWERED = "the server has had the POST: look before you send it again"


def tell_of_post(failure: HostError, sent: Sent) -> None:
    """Let the `failure` of a POST say whether the server had it, unless it does already.

    Of a wrong call nobody expects that it did.
    """
    told = sent is Sent.ANSWERED and failure.complete
    wrong_call = sent is Sent.NOTHING and isinstance(failure, UsageError)
    if not (told or wrong_call):
        failure.add(sent.value)
