"""What the module's traffic costs: of each action, session and boot (docs/spec/flows.md §6)."""

from __future__ import annotations

import logging
from collections import deque
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.net.meter.account import Account

if TYPE_CHECKING:
    from collections.abc import Iterator

log = logging.getLogger("atwin.twin")

#: Actions that are remembered one by one; the sums hold all.
_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Action:
    """One HTTPACTION, HTTPEXACTION, HTTPGETTOFS or UPGRADE with all it did: redirects, DNS, TLS."""

    #: Such as "HTTPACTION GET".
    name: str
    url: str
    account: Account


class Traffic:
    """Sums that grow while connections are open (see `Account`)."""

    def __init__(self) -> None:
        #: Since this module exists.
        self.whole = Account()
        #: Since the firmware started last.
        self.boot = Account(self.whole)
        #: Since the last HTTPINIT, until the next; None before the first of a boot.
        self.session: Account | None = None
        #: The last thousand, oldest first.
        self.actions: deque[Action] = deque(maxlen=_REMEMBERED)

    def begin_boot(self) -> None:
        """The firmware starts."""
        self.boot = Account(self.whole)
        self.session = None

    def begin_session(self) -> None:
        """HTTPINIT."""
        self.session = Account(self.boot)

    @contextmanager
    def action(self, name: str, url: str, *, of_session: bool = True) -> Iterator[None]:
        """Charge an action for what is done inside; its cost is logged when it is known.

        `of_session`: it belongs to the HTTP session, if there is one.
        """
        account = Account((of_session and self.session) or self.boot, http=True)
        self.actions.append(Action(name, url, account))

        def told() -> None:
            bill = account.count.operator
            if bill.packets:
                log.info(
                    "%s: %d bytes of IP traffic, %d up and %d down; %d of them payload",
                    name, bill.total, bill.up.total, bill.down.total, bill.kind("payload"),
                )  # fmt: skip

        try:
            with account.charged():
                yield
        finally:
            account.when_settled(told)

    async def wait_settled(self) -> None:
        """Until the last packets of closed connections are counted; open ones hold it up."""
        await self.whole.wait_settled()
