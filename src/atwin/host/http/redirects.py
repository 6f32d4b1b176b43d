"""Where a redirect leads, whether it is followed, and what goes along (RFC 9110 §15.4).

Nothing in here talks to a module: `follow` in `atwin.host.http.following` does.
"""

from __future__ import annotations

import re
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple
from urllib.parse import unquote_to_bytes, urljoin

from atwin.at.dialect.statuses import Status
from atwin.host.channel.quoted import LONGEST
from atwin.host.errors import ServerError, UsageError
from atwin.host.http.url import check_url, origin_of, split_userinfo
from atwin.text import is_secret_header, masked_url, shown

if TYPE_CHECKING:
    from collections.abc import Iterator

#: 300, 304 and 305 are answers of their own.
REDIRECTS: Final = (301, 302, 303, 307, 308)
#: After these a POST goes on as GET, as browsers do; 307 and 308 want the same request again.
_BECOME_GET = (301, 302, 303)
MOST_HOPS: Final = 10
#: What a target answers that was good once: a signature that ran out, most likely.
_RAN_OUT = (401, 403, 404, 410)

#: Bytes that no URL holds as they are: what a server sends of them is written as %XX.
_RAW = re.compile(r"[\x00-\x20\"\x7f-\xff]")


class RedirectError(ServerError):
    """A redirect that is not followed; `status` is the server's."""


class TooLongError(RedirectError):
    """A target that cannot be told to a module; it may follow by itself."""


@dataclass(frozen=True, slots=True)
class Redirects:
    """What is done with redirects.

    Without `follow` a redirect is the answer. From https to http none is followed, unless
    `allow_downgrade`; with `https_only` there is no http at all, not even the first URL. Raises
    `UsageError` for both at once.
    """

    follow: bool = True
    allow_downgrade: bool = False
    https_only: bool = False

    def __post_init__(self) -> None:
        if self.allow_downgrade and self.https_only:
            raise UsageError("https only, and a downgrade to http allowed: take one of the two")

    @classmethod
    def of(cls, wish: bool | Redirects) -> Redirects:
        """True follows, False does not."""
        return wish if isinstance(wish, Redirects) else cls(follow=wish)


class Header(NamedTuple):
    """A header of the caller's; `secret` means that only the server gets its value.

    Of a `courtesy` a module that refuses it is not asked again.
    """

    name: str
    value: str
    secret: bool = False
    courtesy: bool = False

    @property
    def line(self) -> str:
        """As it is sent."""
        return f"{self.name}: {self.value}"

    @property
    def stays_home(self) -> bool:
        """Whether it goes to the server of the first URL only."""
        return self.secret or self.name.lower() == "host" or is_secret_header(self.name)


class Target(NamedTuple):
    """Where a redirect leads: a URL without userinfo, and the header that was made of that."""

    url: str
    credentials: Header | None = None


class Way:
    """Where a session asks: the URL it was given, and where redirects have led it since."""

    def __init__(
        self, url: str, headers: tuple[Header, ...], content_type: str, *, by_module: bool = False
    ) -> None:
        """`by_module`: the module follows from the first request on, and says nothing of it."""
        self.start, credentials = target(url)
        named = {header.name.lower() for header in headers}
        self._headers = headers
        if credentials is not None and "authorization" not in named:
            self._headers += (credentials,)
        self._content_type = content_type
        self._always_by_module = by_module
        #: Whether the module may be let go by itself, as far as is known.
        self.module_can = True
        #: Whether redirects have led nowhere: no more of them in this row are followed.
        self.lost = False
        #: Whether the first URL may be asked again: not where that was a POST.
        self.may_restart = True
        self.restart()

    @contextmanager
    def excursion(self) -> Iterator[None]:
        """What happens inside is forgotten afterwards."""
        kept = dict(vars(self))
        try:
            yield
        finally:
            vars(self).update(kept)

    def never_by_module(self) -> None:
        """The module does not follow by itself."""
        self.by_module = self._always_by_module = False
        self.module_can = False

    def restart(self) -> None:
        """Back to the URL that was given."""
        self.url = self.start
        self.by_module = self._always_by_module
        #: Redirects in a row.
        self.hops = 0
        #: Whether a POST still is one here.
        self.with_body = True
        self._left_home = False
        self._credentials: Header | None = None
        self._was_good = False
        #: Where it asked before a detour, and whether that has had its answer.
        self._before: dict[str, object] | None = None
        self._detour_over = False

    def next_request(self) -> None:
        """Another request begins: a detour was for the one before."""
        if self._before is not None and self._detour_over:
            vars(self).update(self._before)

    @property
    def shown(self) -> str:
        """For a sentence: where it asks, and where it began."""
        now = shown_url(self.url)
        return now if self.url == self.start else f"{now} (from {shown_url(self.start)})"

    @property
    def headers(self) -> tuple[Header, ...]:
        """Those of the caller's that may be sent there."""
        sent = [header for header in self._headers if self._may_send(header)]
        return (*sent, self._credentials) if self._credentials else tuple(sent)

    @property
    def content_type(self) -> str:
        """Of the body, if there still is one."""
        return self._content_type if self.with_body else ""

    @property
    def has_secrets(self) -> bool:
        """Whether something is sent that no other server may see."""
        return any(header.stays_home for header in self.headers)

    def goes_home(self, url: str) -> bool:
        """Whether `url` is of the very server that is asked now: scheme, host and port."""
        return origin_of(url) == origin_of(self.url)

    def go(self, to: Target, status: int, *, for_once: bool = False) -> None:
        """Ask there from now on, because of `status`; or `for_once`, for a HEAD: some servers lead
        those elsewhere.

        Where it asks now may have given good answers: then this is a detour, for one request. A
        captive portal, a server that is down for a moment: neither is where the rest is.
        """
        if (self._was_good or for_once) and self._before is None:
            self._before, self._detour_over = dict(vars(self)), False
        self.hops += 1
        if not self.goes_home(to.url):
            self._left_home, self._credentials = True, None
        if to.credentials is not None:
            self._credentials = to.credentials
        if status in _BECOME_GET:
            self.with_body = False
        self.url = to.url
        self._was_good = False

    def ran_out(self, status: int) -> bool:
        """Hear a status that is not a redirect; whether to ask at the start once more."""
        self.hops = 0
        self.lost = False
        self._detour_over = True
        if status in _RAN_OUT and self._was_good and self._may_go_back:
            self.restart()
            return True
        self._was_good = self._was_good or status < 400
        return False

    def failed(self, status: int) -> None:
        """Hear that nothing came from here: the first URL may lead to another server next time."""
        if status != Status.NO_MEMORY and self._may_go_back:
            self.restart()

    @property
    def _may_go_back(self) -> bool:
        return self.may_restart and self.url != self.start

    def _may_send(self, header: Header) -> bool:
        name = header.name.lower()
        if name == "authorization" and self._credentials is not None:
            return False
        if name.startswith("content-") and not self.with_body:
            return False
        return not (self._left_home and header.stays_home)


def target(url: str) -> Target:
    """`url` in two."""
    plain, userinfo = split_userinfo(url)
    if not userinfo:
        return Target(plain)
    user, _, password = userinfo.partition(":")
    pair = unquote_to_bytes(user) + b":" + unquote_to_bytes(password)
    return Target(plain, Header("Authorization", f"Basic {b64encode(pair).decode()}", secret=True))


def next_target(way: Way, status: int, location: str | None, wishes: Redirects) -> Target:
    """Where `way` goes after a redirect; `location` is as the module hands it out.

    Raises `RedirectError` for one that is not followed, with a sentence that says why.
    """
    said = f"{way.shown}: the server redirects ({status})"
    if not location:
        raise RedirectError(f"{said} and does not say where to", status)
    reference = _RAW.sub(lambda found: f"%{ord(found[0]):02X}", location.strip(" \t"))
    to = f"{said} to {shown_url(reference)}"
    try:
        url = urljoin(way.url, reference).partition("#")[0]
        too_long = len(url) > LONGEST["URL"]
        check_url(url[: LONGEST["URL"]])
    except (UsageError, ValueError):
        raise RedirectError(
            f"{to}, which is not an http or https URL for a module", status
        ) from None
    to = f"{said} to {shown_url(url)}"
    if not wishes.follow:
        raise RedirectError(f"{to}, and redirects are not followed (--no-redirect)", status)
    if way.hops >= MOST_HOPS:
        raise RedirectError(f"{to}, after {MOST_HOPS} redirects in a row: no more", status)
    if origin_of(url)[0] == "http" and not wishes.allow_downgrade:
        if wishes.https_only:
            raise RedirectError(f"{to}, which is not https: refused (--https-only)", status)
        if origin_of(way.url)[0] == "https":
            raise RedirectError(
                f"{to}, from https to http, where all can read along: refused;"
                " --allow-downgrade follows it",
                status,
            )
    if too_long:
        raise TooLongError(f"{to}, which is longer than a module takes", status)
    return target(url)


def needs_watching(way: Way, wishes: Redirects) -> bool:
    """Whether each redirect must be looked at: a module that follows by itself follows all."""
    secure = origin_of(way.url)[0] == "https" or wishes.https_only
    return way.has_secrets or (secure and not wishes.allow_downgrade)


def shown_url(url: str) -> str:
    """`url` for a sentence: without secrets, and without what a terminal would obey."""
    return shown(masked_url(url))
