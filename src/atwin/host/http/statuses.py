"""The numbers of HTTPACTION: methods, and statuses (docs/spec/http.md §3.6, §4).

The server said a status, or the module says with it how a request failed, and how far it got.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final

from atwin.at.dialect.statuses import Status
from atwin.host.errors import UsageError

if TYPE_CHECKING:
    from atwin.host.errors import HostError

GET: Final = 0
POST: Final = 1
HEAD: Final = 2

#: All other statuses are the server's own, except 408 (docs/spec/http.md §4).
MODULE_STATUSES = range(600, 607)
#: What went wrong with TLS.
OF_TLS = (Status.SSL_NOT_ESTABLISHED, Status.SSL_ALERT)

#: What comes before anything is sent, unless the module followed a redirect by itself.
UNSENT = (Status.DNS_ERROR, Status.STACK_BUSY, Status.SSL_NOT_ESTABLISHED)

STATUS_MEANING: dict[int, tuple[str, str]] = {
    Status.REQUEST_TIMEOUT: (
        "time-out",
        "the server did not finish in time: raise the timeout (--timeout)",
    ),
    Status.NOT_HTTP_PDU: ("the answer was not HTTP", "check the URL's port"),
    Status.NETWORK_ERROR: (
        "network error",
        "check that the server is reachable and the bearer open",
    ),
    Status.NO_MEMORY: (
        "the response does not fit the module's buffer",
        "ask for it in parts: download",
    ),
    Status.DNS_ERROR: ("the host name was not resolved", "check the URL's host name"),
    Status.STACK_BUSY: ("no free connection in the module", "close other connections"),
    Status.SSL_NOT_ESTABLISHED: (
        "no TLS channel",
        "check cipher suites, certificates and the module's clock",
    ),
    Status.SSL_ALERT: ("the TLS channel broke", "try again; check the server's log"),
}


def is_server_status(status: int) -> bool:
    """Whether only a server can have said `status`."""
    return status not in MODULE_STATUSES and status != Status.REQUEST_TIMEOUT


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
