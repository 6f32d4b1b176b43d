"""Why an action failed: status of its URC, and the vendor's cause number (docs/spec/http.md §4)."""

from __future__ import annotations

from enum import IntEnum

from atwin.at.dialect.statuses import Status
from atwin.net.http import BodyCutError, NotHttpError
from atwin.net.network import (
    ConnectError,
    NetworkError,
    ResolveError,
    TlsError,
    TlsStreamError,
)


class Cause(IntEnum):
    """The `ERROR:<n>` table: kept for the log, on the wire only by quirk (OQ-17)."""

    DNS = 2
    BUSY = 3
    SOCKET = 4
    CONNECT = 5
    FILE = 6
    CLOSED = 7
    NO_HEADER = 9
    PDP = 11
    PARAMETER = 12
    NO_BUFFER = 13


class ActionFailed(Exception):  # noqa: N818 - an outcome, reported as a URC
    """An accepted action came to nothing. The text says why, for the log.

    `kept`: bytes the URC reports all the same.
    """

    def __init__(self, status: int, cause: Cause, why: str, kept: int = 0) -> None:
        super().__init__(why)
        self.status = status
        self.cause = cause
        self.kept = kept


def from_network(error: NetworkError) -> ActionFailed:
    """The failure that a broken exchange is reported as."""
    for kind, status, cause in (
        (TlsError, Status.SSL_NOT_ESTABLISHED, Cause.CONNECT),
        (TlsStreamError, Status.SSL_ALERT, Cause.CLOSED),
        (NotHttpError, Status.NOT_HTTP_PDU, Cause.NO_HEADER),
        (BodyCutError, Status.NETWORK_ERROR, Cause.CLOSED),
        (ResolveError, Status.DNS_ERROR, Cause.DNS),
        (ConnectError, Status.NETWORK_ERROR, Cause.CONNECT),
    ):
        if isinstance(error, kind):
            return ActionFailed(status, cause, str(error))
    return ActionFailed(Status.NETWORK_ERROR, Cause.SOCKET, str(error))
