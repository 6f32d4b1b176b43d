"""Refusals that pass: 503 and 429 with every kind of Retry-After, and errors now and then."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from typing import ClassVar

from support.odd_servers.base import OddServer
from support.odd_servers.expect import Case, Either, Expectation, GivesUp
from support.odd_servers.wire import Piece, Request, reply

#: The date at second 0 of a run.
_EPOCH = datetime(2020, 1, 16, 6, 50, 58, tzinfo=UTC)


def _date(at: float) -> str:
    return format_datetime(_EPOCH + timedelta(seconds=at), usegmt=True)


class _Busy(OddServer):
    """Asks to come back later, by `status` and the value of Retry-After."""

    status: ClassVar[int] = 503
    after: ClassVar[str | None] = None
    #: Seconds within which nobody may be back; 0 where no such thing was asked for.
    quiet: ClassVar[float] = 0.0
    give_up = 60.0

    def turned_away(self, request: Request) -> bool:
        raise NotImplementedError

    def later(self, request: Request) -> str | None:
        """The value of Retry-After."""
        return self.after

    def answer(self, request: Request) -> list[Piece]:
        if not self.turned_away(request):
            return self.plain(request)
        said = [("Date", _date(request.at)), ("Content-Type", "text/plain")]
        if (after := self.later(request)) is not None:
            said.append(("Retry-After", after))
        return reply(request, self.status, said, b"come back later")

    def check(self) -> str | None:
        if self.case.start == "killed":
            return None  # a new process knows nothing of what the first was told
        entries = self.log.entries
        for refused, following in pairwise(entries):
            gap = following.request.at - refused.request.at
            if refused.status == self.status and gap < self.quiet - 1:
                return f"came back {gap:.1f} s after {self.status}, not {self.quiet:g} s"
        return None


class _BusyAtFirst(_Busy):
    """Until six seconds after the first request of that method."""

    method: ClassVar[str] = "GET"
    after = "6"
    quiet = 6.0
    seconds: ClassVar[float] = 5.5

    def turned_away(self, request: Request) -> bool:
        if request.method != self.method:
            return False
        return request.at - (self.log.times(self.method) or [request.at])[0] < self.seconds


class BusyGet503(_BusyAtFirst):
    """503 and Retry-After in seconds to the first GET (maintenance pages; field report)."""


class BusyGet429(_BusyAtFirst):
    """429 the same way (API gateways)."""

    status = 429


class BusyHead503(_BusyAtFirst):
    """503 to the first HEAD: a courtesy, but it asked for the pause (field report)."""

    method = "HEAD"

    def check(self) -> str | None:
        times = [] if self.case.start == "killed" else self.log.times("HEAD")
        early = [at for at in times[1:] if at - times[0] < self.quiet - 1]
        return f"HEAD again too early: {early}" if early else None


class BusyHead429(BusyHead503):
    """429 to the first HEAD."""

    status = 429


class BusyGetDate(_BusyAtFirst):
    """Retry-After as a date."""

    def later(self, request: Request) -> str | None:
        return _date(request.at + 6)


class BusyGetOldDate(_BusyAtFirst):
    """Retry-After as a date in the form of RFC 850."""

    def later(self, request: Request) -> str | None:
        return (_EPOCH + timedelta(seconds=request.at + 6)).strftime("%A, %d-%b-%y %H:%M:%S GMT")


class BusyGetForeignClock(_BusyAtFirst):
    """A date of a server whose clock is a year off: its own Date says what that means."""

    def later(self, request: Request) -> str | None:
        return _date(request.at + 6)


class BusyAtPart(_Busy):
    """503 with Retry-After to the third GET."""

    after = "6"
    quiet = 6.0

    def turned_away(self, request: Request) -> bool:
        return len(self.log.times("GET")) == 2


class BusyAtPart429(BusyAtPart):
    """429 with Retry-After to the third GET."""

    status = 429


class BusyEveryThird(_Busy):
    """Every third request, with Retry-After."""

    after = "2"
    quiet = 2.0

    def turned_away(self, request: Request) -> bool:
        return request.number % 3 == 0


class _BusyTwice(_Busy):
    """The second and third request."""

    def turned_away(self, request: Request) -> bool:
        return request.number in (2, 3)


class BusyWithoutWord(_BusyTwice):
    """503 and no Retry-After."""


class Busy429WithoutWord(_BusyTwice):
    """429 and no Retry-After."""

    status = 429


class BusyAfterZero(_BusyTwice):
    """`Retry-After: 0`."""

    after = "0"


class BusyAfterNegative(_BusyTwice):
    """`Retry-After: -5`."""

    after = "-5"


class BusyAfterFraction(_BusyTwice):
    """`Retry-After: 1.5` (gateways that count milliseconds)."""

    after = "1.5"


class BusyAfterWord(_BusyTwice):
    """`Retry-After: soon`."""

    after = "soon"


class BusyAfterPast(_BusyTwice):
    """A date that has passed."""

    after = "Thu, 16 Jan 2010 06:50:58 GMT"


class BusyAfterDigits(_BusyTwice):
    """A number of 5,000 digits (hostile)."""

    after = "9" * 5000

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1, 3), (r"503",), because="nobody waits so long"))


class BusyAfterMillennia(_BusyTwice):
    """`Retry-After: 999999999999999` (hostile)."""

    after = "999999999999999"

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"503",), because="nobody waits so long"))


class BusyForTenMinutes(_Busy):
    """Ten minutes, longer than the host may go on without progress."""

    after = "600"
    quiet = 600.0

    def turned_away(self, request: Request) -> bool:
        return request.method == "GET"

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1,), (r"503",), because="it takes longer than --give-up", keeps=True)


class BusyForEver(_Busy):
    """503 to everything."""

    def turned_away(self, request: Request) -> bool:
        return True

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1,), (r"503",), because="it never serves", keeps=True)


class BusyForEver429(BusyForEver):
    """429 to everything."""

    status = 429

    def expect(self, case: Case) -> Expectation:
        return GivesUp((1,), (r"429",), because="it never serves", keeps=True)


# --- now and then ---------------------------------------------------------------------------------


class _NowAndThen(OddServer):
    """`status` to every third request."""

    status: ClassVar[int]

    def answer(self, request: Request) -> list[Piece]:
        return reply(request, self.status) if request.number % 3 == 2 else self.plain(request)


class CrashNowAndThen(_NowAndThen):
    """500: one backend of three is broken."""

    status = 500


class BadGatewayNowAndThen(_NowAndThen):
    """502: a backend restarts."""

    status = 502


class GatewayTimeoutNowAndThen(_NowAndThen):
    """504."""

    status = 504


class RequestTimeoutNowAndThen(_NowAndThen):
    """A real 408 from a server that found the request slow."""

    status = 408


class CloudflareNowAndThen(_NowAndThen):
    """520, a proxy's own number for "the origin answered oddly"."""

    status = 520

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"520",), because="curl does not repeat it either"))


class TooEarlyNowAndThen(_NowAndThen):
    """425."""

    status = 425

    def expect(self, case: Case) -> Expectation:
        return Either(GivesUp((1,), (r"425",), because="curl does not repeat it either"))
