"""How far a request has got: what a person must know before it is sent again."""

from __future__ import annotations

from enum import Enum

from atwin.host.errors import HostError, UsageError


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
