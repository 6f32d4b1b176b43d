"""Options about what a request carries and where it may be led, for `get`, `post` and `head`."""

from __future__ import annotations

import os
import sys
from base64 import b64encode
from typing import TYPE_CHECKING, Annotated

import typer

from atwin.cli.options.inputs import read_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from atwin.host.http.redirects import Header, Redirects

#: Bytes of a file of headers or of a password: more is another file, named by mistake.
_LONGEST_FILE = 65_536

Headers = Annotated[
    list[str] | None,
    typer.Option(
        "--header",
        "-H",
        metavar="'NAME: VALUE'",
        help="One more header, or @FILE: one in each line, never shown. Repeatable.",
    ),
]

HeaderEnv = Annotated[
    list[str] | None,
    typer.Option(
        "--header-env",
        metavar="NAME=VARIABLE",
        help="One more header, its value from the environment. Repeatable.",
    ),
]

User = Annotated[
    str | None,
    typer.Option(
        "--user",
        "-u",
        envvar="ATWIN_USER",
        metavar="NAME[:PASSWORD]",
        help="For the server (Basic). @FILE reads both from a file; without a password it is "
        "asked for.",
    ),
]

NoRedirect = Annotated[
    bool, typer.Option("--no-redirect", help="A redirect is the answer: do not follow it.")
]

HttpsOnly = Annotated[
    bool, typer.Option("--https-only", help="Nothing by http: not this URL, and no redirect.")
]

AllowDowngrade = Annotated[
    bool,
    typer.Option(
        "--allow-downgrade", help="Follow redirects from https to http, where all can read along."
    ),
]


def headers_from(
    lines: Sequence[str] | None, from_env: Sequence[str] | None, user: str | None
) -> tuple[Header, ...]:
    """What `--header`, `--header-env` and `--user` ask for, in this order.

    What comes from a file, the environment or `--user` is secret, and kept out of errors and traces
    from now on. Raises `typer.BadParameter` without any value in its text.
    """
    from atwin.host.http.redirects import Header
    from atwin.text import hide

    headers = [header for text in lines or () for header in _headers(text)]
    for text in from_env or ():
        name, equals, variable = text.partition("=")
        if not equals or not name or not variable:
            raise typer.BadParameter(f"--header-env takes NAME=VARIABLE, not {text!r}")
        value = os.environ.get(variable)
        if value is None:
            raise typer.BadParameter(f"there is no variable {variable} for the header {name}")
        headers.append(Header(name, value.strip(), secret=True))
    if user is not None:
        if any(header.name.lower() == "authorization" for header in headers):
            raise typer.BadParameter("--user and a header Authorization say the same: take one")
        pair = b64encode(_credentials(user).encode("utf-8", "surrogateescape"))
        headers.append(Header("Authorization", f"Basic {pair.decode()}", secret=True))
    for header in headers:
        if header.secret:
            hide(header.value)
    return tuple(headers)


def redirects_from(
    no_redirect: bool,
    https_only: bool,
    allow_downgrade: bool,
) -> Redirects:
    """What the three flags ask for. Raises `UsageError` for what does not go together."""
    from atwin.host.http.redirects import Redirects

    return Redirects(not no_redirect, allow_downgrade, https_only)


def _headers(text: str) -> Iterator[Header]:
    from atwin.host.http.redirects import Header

    secret = text.startswith("@")
    lines = _text_of("--header", text[1:]).splitlines() if secret else [text]
    for number, line in enumerate(lines, 1):
        if secret and not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon:
            where = f" in {text[1:]}, line {number}," if secret else ""
            raise typer.BadParameter(f"a header{where} without a colon: 'Name: value' is one")
        yield Header(name.strip(), value.strip(), secret)


def _credentials(user: str) -> str:
    """`NAME:PASSWORD`, with what is missing asked for."""
    if user.startswith("@"):
        user = _text_of("--user", user[1:]).strip("\r\n")
    if ":" in user:
        return user
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            "--user without a password: NAME:PASSWORD, @FILE or ATWIN_USER, where nobody can be"
            " asked"
        )
    password = typer.prompt(f"Password of {user}", hide_input=True, err=True)
    return f"{user}:{password}"


def _text_of(option: str, file: str) -> str:
    try:
        return read_option(option, file, _LONGEST_FILE).decode()
    except UnicodeDecodeError:
        raise typer.BadParameter(f"{option}: {file} is not UTF-8") from None
