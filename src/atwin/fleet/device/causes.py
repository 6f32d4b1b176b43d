"""Why an attempt failed, as one of a few words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from atwin.at.dialect.statuses import Status
from atwin.host.errors import (
    HostError,
    LineLostError,
    ModuleSilentError,
    NoAnswerError,
    RequestFailedError,
    ServerError,
    TlsFailed,
    UsageError,
    VerificationError,
)
from atwin.host.recovery.ladder import wants_a_person
from atwin.line.port import PortError

if TYPE_CHECKING:
    from collections.abc import Callable

#: Cause -> what it says of an attempt.
CAUSES: Final = {
    "server": "the server refused, or its file kept changing",
    "usage": "this module cannot do what was asked for",
    "verification": "the file that came is not the right one, and was thrown away",
    "tls": "there was no secure channel, or it broke",
    "sim": "the SIM card is out or locked: a person has to come",
    "line": "bytes got lost between host and module, or the port was gone",
    "outage": "the radio was out of reach, or had been until shortly before",
    "network": "the module works, and did not reach the server",
    "module": "the module was silent, refused a command, or did not get onto the network",
    "wrong": "a file came, and nobody noticed that it is not the right one",
    "hang": "the simulation did not end: a defect of this program",
    "crash": "the simulation broke: a defect of this program",
}

#: Failed requests that speak of the network, not of the module.
_OF_NETWORK = (Status.REQUEST_TIMEOUT, Status.NOT_HTTP_PDU, Status.NETWORK_ERROR, Status.DNS_ERROR)


def cause_of(error: HostError | PortError, *, outage: bool) -> str:
    """The key of `CAUSES` for what the host ended with; `outage`: there was one at the time."""
    for cause, holds in _TABLE:
        if holds(error):
            return cause
    # Whatever it looks like, without a network it could not end otherwise.
    if outage:
        return "outage"
    if isinstance(error, TlsFailed):
        return "tls"
    is_request = isinstance(error, RequestFailedError) and error.status in _OF_NETWORK
    return "network" if is_request else "module"


def _of(*kinds: type[Exception]) -> Callable[[Exception], bool]:
    return lambda error: isinstance(error, kinds)


def _lost_bytes(error: Exception) -> bool:
    return isinstance(error, NoAnswerError) and error.missing > 0


#: The first that holds says the cause, also in an outage.
_TABLE: Final[tuple[tuple[str, Callable[[Exception], bool]], ...]] = (
    ("usage", _of(UsageError)),
    ("verification", _of(VerificationError)),
    ("server", _of(ServerError)),
    ("sim", wants_a_person),
    ("line", _of(LineLostError, PortError)),
    ("line", _lost_bytes),
    ("module", _of(ModuleSilentError)),
)
