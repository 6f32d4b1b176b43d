"""One HTTP/1.1 exchange at a time over a `Stream`, as the module does it."""

from atwin.net.http.exchange import HttpExchange, open_exchange
from atwin.net.http.request import Request
from atwin.net.http.response import BodyCutError, NotHttpError, ResponseHead

__all__ = [
    "BodyCutError",
    "HttpExchange",
    "NotHttpError",
    "Request",
    "ResponseHead",
    "open_exchange",
]
