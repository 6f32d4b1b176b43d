"""The statuses an HTTP request of the module ends with (docs/spec/http.md §4)."""

from enum import IntEnum


class Status(IntEnum):
    """The module's own codes; all others are the server's."""

    REQUEST_TIMEOUT = 408
    NOT_HTTP_PDU = 600
    NETWORK_ERROR = 601
    NO_MEMORY = 602
    DNS_ERROR = 603
    STACK_BUSY = 604
    SSL_NOT_ESTABLISHED = 605
    SSL_ALERT = 606
