"""The numbers of HTTPACTION: methods, and statuses (spec: http.md §3.6, §4).

The server said a status, or the module says with it how a request failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from atwin.host.errors import RequestFailedError, TlsFailed
from atwin.host.http.url import origin_of

if TYPE_CHECKING:
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
_TIMED_OUT = 408

STATUS_MEANING = {
    _TIMED_OUT: ("time-out", "the server did not finish in time: raise the timeout (--timeout)"),
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
    return status not in MODULE_STATUSES and status != _TIMED_OUT


def ends_stream_well(status: int, way: Way, *, had_data: bool) -> bool:
    """Whether `status` is the server's: nothing piles up in a stream that might not fit (602).

    And where data came, there was a name, a slot and a channel (603 to 605), which may break
    (606) where it is one of TLS.
    """
    if had_data and status in (603, 604, 605):
        return True
    in_clear = origin_of(way.url)[0] == "http" and not way.by_module
    return is_server_status(status) or status == 602 or (had_data and status == 606 and in_clear)


def request_failed(
    script: str,
    asked: tuple[int, str],
    way: Way,
    status: int,
    *,
    came: str,
    length: int = 0,
    advice: str | None = None,
    cut_short: bool = False,
) -> RequestFailedError:
    """The error for a status of the module's own, the end of an action of `script`.

    `asked` is its step and its command. `advice` replaces what is usually said of that status.
    `cut_short` says that not the caller's timeout ran out, but the time of the whole job.
    """
    meaning, usual = STATUS_MEANING.get(status, ("failed", "try again"))
    if cut_short and status == _TIMED_OUT:
        usual = "the server did not finish in what was left of --give-up: raise that"
    kind = TlsFailed if status in OF_TLS else RequestFailedError
    return kind(
        script=script,
        step=asked[0],
        sent=f"{asked[1]} for {way.shown}",
        came=f"{came} ({meaning})",
        status=status,
        length=length,
        advice=advice or usual,
    )
