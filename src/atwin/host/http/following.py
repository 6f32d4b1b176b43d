"""Follows redirects for a session: the host asks where to, or lets the module go by itself.

A module that hands headers out as they came tells each target, and the host asks there next. One
that lower-cases them (Air724UG) tells a target that may be none. There the module follows by itself
(REDIR=1), and where that could give something away the host looks at the chain first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from atwin.host.http.redirects import (
    REDIRECTS,
    RedirectError,
    Target,
    TooLongError,
    needs_watching,
    next_target,
    shown_url,
)
from atwin.host.http.statuses import HEAD, POST

if TYPE_CHECKING:
    from atwin.host.http.session import HttpSession

_AUTHORITY = re.compile(r"(?:https?:)?//[^/?#]*", re.IGNORECASE)
_LETTER = re.compile(r"[A-Za-z]")

#: Statuses that speak against HEAD and not against the URL.
_NO_HEAD = (405, 501)


async def follow(session: HttpSession, status: int, method: int) -> bool:
    """Whether `status`, the answer to `method`, is not the end: the session asks elsewhere now.

    Raises `RedirectError` for a redirect that is not followed, and as `HttpSession.action` does.
    """
    way, wishes = session.way, session.setup.redirects
    if status not in REDIRECTS:
        return method != POST and way.ran_out(status)
    if not wishes.follow and session.redirect_is_answer:
        return False
    headers = await session.buffer.headers()
    location = headers.get("location")
    if not headers and wishes.follow and not way.by_module:
        # It says nothing at all: what follows by itself may know.
        return _leave_to_module(session, status, method, None)
    try:
        to = next_target(way, status, location, wishes)
    except TooLongError as error:
        if method == POST or way.by_module or way.lost or not way.module_can:
            raise
        if needs_watching(way, wishes):
            raise error.add(
                "without secrets, --allow-downgrade lets the module follow by itself, blindly"
            ) from None
        way.by_module = True
        return True
    if way.by_module or way.lost:
        if method == HEAD:
            # It may be the fault of HEAD: one GET, not followed, tells as much as all of them.
            way.lost, way.by_module = True, False
        raise RedirectError(
            f"{way.shown}: the server redirects ({status}) to {shown_url(to.url)}, and the module"
            " gave up after following some redirects",
            status,
        )
    if is_certain(location or "", folded=headers.folded):
        way.go(to, status, for_once=method == HEAD)
        return True
    if method != POST and needs_watching(way, wishes):
        await _look_ahead(session, to, status)
    return _leave_to_module(session, status, method, to)


def _leave_to_module(session: HttpSession, status: int, method: int, to: Target | None) -> bool:
    way, wishes = session.way, session.setup.redirects
    said = f"{way.shown}: the server redirects ({status})"
    if to is None and (method == POST or needs_watching(way, wishes)):
        raise RedirectError(f"{said}, and the module does not say where to", status)
    if to is not None and method == POST:
        # The server has had it once. It must not be sent twice to find out where it is to go.
        raise RedirectError(
            f"{said} to {shown_url(to.url)} and has had the POST; this module gives that URL in"
            " lower case only, so nothing is sent there: "
            + ("fetch the answer there" if status not in (307, 308) else "post to the final URL"),
            status,
        ).completed()
    if not way.module_can:
        told = (
            "does not say where to" if to is None else f"gives {shown_url(to.url)}, in lower case"
        )
        raise RedirectError(
            f"{said}; this module {told}, and cannot follow: give the final URL", status
        )
    way.by_module = True
    return True


async def _look_ahead(session: HttpSession, to: Target, status: int) -> None:
    """Walk the chain by HEAD, with the letters that are likely and those that are told; come back.

    Raises `RedirectError` when it leads where nothing must be sent, or nobody can see where.
    """
    way, wishes = session.way, session.setup.redirects
    begin = f"{way.shown}: the server redirects ({status}) to {shown_url(to.url)}"
    with way.excursion():
        while True:
            if way.has_secrets and not way.goes_home(to.url):
                raise RedirectError(
                    f"{begin}, another server, and this module would send it the password or token"
                    " too: give the final URL",
                    status,
                )
            likely = with_letters_of(way.url, to.url)
            way.go(to._replace(url=likely), status)
            answer = (await session.ask_once(HEAD)).status
            if answer >= 400 and likely != to.url:
                way.url = to.url
                answer = (await session.ask_once(HEAD)).status
            if answer not in REDIRECTS:
                break
            headers = await session.buffer.headers()
            to = next_target(way, answer, headers.get("location"), wishes)
    if answer >= 400 and answer not in _NO_HEAD:
        raise RedirectError(
            f"{begin}; this module gives that in lower case only, and that URL answers"
            f" {answer}, so where it leads cannot be seen: give the final URL"
            + ("" if way.has_secrets else ", or --allow-downgrade to follow it blindly"),
            status,
        )


def is_certain(location: str, *, folded: bool) -> bool:
    """Whether a Location is the server's own, letter by letter.

    A module that lower-cases headers (`folded`) changes nothing in one without letters; those of
    scheme and host mean the same in either case.
    """
    return not folded or _LETTER.search(_AUTHORITY.sub("", location, count=1)) is None


def with_letters_of(known: str, told: str) -> str:
    """`told`, a URL in lower case, with the letters of `known` where it says the same.

    Most redirects keep what they begin or end with: a slash is added, or another host. A guess.
    """
    _, known = _in_two(known)
    begin, told = _in_two(told)
    low = known.lower()
    first = _common(told, low)
    last = min(_common(told[::-1], low[::-1]), len(told) - first, len(low) - first)
    middle = told[first : len(told) - last]
    return begin + known[:first] + middle + known[len(known) - last :]


def _in_two(url: str) -> tuple[str, str]:
    found = _AUTHORITY.match(url)
    end = found.end() if found else 0
    return url[:end], url[end:]


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))
