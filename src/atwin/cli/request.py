"""What `get`, `post` and `head` share: the options of a request, and what they ask for."""

from __future__ import annotations

import os
import shlex
import sys
from base64 import b64encode
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from atwin.cli.options import (
    FILE,
    ModuleOptions,
    NameOptions,
    Number,
    flag,
    read_file,
    read_secret,
    read_text,
    shared,
)
from atwin.cli.says import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.host.http.redirects import Header
    from atwin.host.tls import TlsSettings


@dataclass(frozen=True)
class TlsFiles:
    """The files of TLS, for `probe` as well."""

    ca: str | None = shared(
        "--ca", type=FILE, help="Check the server's certificate with this CA certificate."
    )
    cert: str | None = shared(
        "--cert", type=FILE, help="Show this client certificate to the server."
    )
    key: str | None = shared("--key", type=FILE, help="The RSA key of the client certificate.")

    def read(self) -> tuple[bytes | None, bytes | None, bytes | None]:
        """What is in the three. Raises `click.UsageError`."""
        named = (("--ca", self.ca), ("--cert", self.cert), ("--key", self.key))
        ca, cert, key = (None if path is None else read_file(name, path) for name, path in named)
        return ca, cert, key


@dataclass(frozen=True)
class TlsOptions(TlsFiles):
    """How the server of an HTTPS URL is checked."""

    check_dates: bool = flag(
        "--check-dates",
        "With --ca: also refuse certificates that are not valid now. A wrong clock of the module "
        "is set first.",
    )
    seclevel: int | None = shared(
        "--seclevel",
        type=Number(whole=True),
        metavar="N",
        help="0 checks nothing, 1 the server, 2 both sides; by default the files decide.",
    )
    suite: str | None = shared(
        "--suite", metavar="NUMBER", help="Offer only this cipher suite: 0x0035, 0x002F…"
    )

    @contextmanager
    def tls(self, url: str) -> Iterator[TlsSettings | None]:
        """What the options ask for, for the work inside; None when nothing of it concerns TLS.

        After the work it says on stderr what was not checked of the server of an HTTPS URL; when
        TLS failed it says how to find the cause. Raises `click.UsageError`, `UsageError` and
        `TlsFailed`.
        """
        from atwin.host.errors import TlsFailed
        from atwin.host.tls import TlsSettings

        ca, cert, key = self.read()
        settings = TlsSettings(ca, cert, key, self.seclevel, self._suite(), self.check_dates)
        self._check_files(settings)
        secure = url.lower().startswith("https:")
        # For HTTPS the defaults are set too: an earlier run's settings may still be there.
        try:
            yield settings if secure or settings != TlsSettings() else None
        except TlsFailed as failure:
            if secure:  # else a redirect led there, to a server that is not named here
                failure.reword(advice=self._advice(url))
            raise
        if secure and settings.level == 0:
            say("note: the server's certificate was not checked; give --ca FILE")
        elif secure and not self.check_dates:
            say("the server's certificate was checked, but not its dates: --check-dates does that")

    def _advice(self, url: str) -> str:
        """The command that says why there is no TLS."""
        command = ["atwin", "probe", url.partition("#")[0]]
        for name, path in (("--ca", self.ca), ("--cert", self.cert), ("--key", self.key)):
            command += [name, path] if path is not None else []
        return f"to see why, run: {shlex.join(command)}"

    def _check_files(self, settings: TlsSettings) -> None:
        """Raises `UsageError`, with the file's name, if it is not a certificate or key."""
        if self.ca is self.cert is self.key is None:
            return
        from atwin.host.certificates import certificates_file, key_file
        from atwin.host.errors import UsageError

        name = f"--ca {self.ca}"
        try:
            if settings.ca is not None:
                certificates_file("ca", settings.ca)
            name = f"--cert {self.cert}"
            if settings.cert is not None:
                certificates_file("client", settings.cert)
            name = f"--key {self.key}"
            if settings.key is not None and settings.cert is not None:
                key_file(settings.key, settings.cert)
        except UsageError as error:
            raise UsageError(f"{name}: {error}") from None

    def _suite(self) -> int | None:
        try:
            return None if self.suite is None else int(self.suite, 16)
        except ValueError:
            raise click.UsageError(
                f"--suite {self.suite!r}: give a hexadecimal number, such as 0x0035"
            ) from None


@dataclass(frozen=True)
class MessageOptions:
    """What a request carries, where redirects may lead it, and how long it may take."""

    header: tuple[str, ...] = shared(
        "--header",
        "-H",
        multiple=True,
        default=(),
        metavar="'NAME: VALUE'",
        help="Send this header too. @FILE sends each line of FILE as a header, and never shows "
        "it. Repeatable.",
    )
    header_env: tuple[str, ...] = shared(
        "--header-env",
        multiple=True,
        default=(),
        metavar="NAME=VARIABLE",
        help="Send a header whose value is in the environment. Repeatable.",
    )
    user: str | None = shared(
        "--user",
        "-u",
        envvar="ATWIN_USER",
        metavar="NAME[:PASSWORD]",
        help="Name and password for the server (Basic). @FILE reads both from a file. A missing "
        "password is asked for.",
    )
    no_redirect: bool = flag("--no-redirect", "Do not follow redirects: a redirect is the answer.")
    https_only: bool = flag("--https-only", "Refuse http, in this URL and in redirects.")
    allow_downgrade: bool = flag(
        "--allow-downgrade",
        "Follow redirects from https to http, where others can read the traffic.",
    )
    timeout: int = shared(
        "--timeout",
        type=Number(1, 65535, whole=True),
        default=120,
        metavar="SECONDS",
        help="How long the module may take for one request (HTTPPARA TIMEOUT).",
    )

    def asked(self) -> dict[str, Any]:
        """Headers, redirects and time limit, as `Modem` takes them.

        Raises `click.UsageError`, and `UsageError` for flags that exclude each other.
        """
        from atwin.host.http.redirects import Redirects

        return {
            "headers": self.headers(),
            "redirects": Redirects(not self.no_redirect, self.allow_downgrade, self.https_only),
            "timeout": self.timeout,
        }

    def headers(self) -> tuple[Header, ...]:
        """What `--header`, `--header-env` and `--user` ask for, in this order.

        What comes from a file, the environment or `--user` is secret, and kept out of errors and
        traces from now on. Raises `click.UsageError` without any value in its text.
        """
        from atwin.host.http.redirects import Header
        from atwin.text import hide

        headers = [header for text in self.header for header in _headers(text)]
        for text in self.header_env:
            name, equals, variable = text.partition("=")
            if not equals or not name or not variable:
                raise click.UsageError(f"--header-env takes NAME=VARIABLE, not {text!r}")
            value = os.environ.get(variable)
            if value is None:
                raise click.UsageError(f"there is no variable {variable} for the header {name}")
            headers.append(Header(name, value.strip(), secret=True))
        if self.user is not None:
            if any(header.name.lower() == "authorization" for header in headers):
                raise click.UsageError("--user and a header Authorization say the same: take one")
            pair = b64encode(_credentials(self.user).encode("utf-8", "surrogateescape"))
            headers.append(Header("Authorization", f"Basic {pair.decode()}", secret=True))
        for header in headers:
            if header.secret:
                hide(header.value)
        return tuple(headers)


@dataclass(frozen=True)
class RequestOptions(NameOptions, ModuleOptions, TlsOptions, MessageOptions):
    """All of them. The bases stand in reverse: help shows the last one first."""

    def _advice(self, url: str) -> str:
        names = [word for rule in self.resolve for word in ("--resolve", rule)]
        return f"{super()._advice(url)} {shlex.join(names)}".rstrip()


def _headers(text: str) -> Iterator[Header]:
    from atwin.host.http.redirects import Header

    secret = text.startswith("@")
    lines = read_text("--header", text[1:]).splitlines() if secret else [text]
    for number, line in enumerate(lines, 1):
        if secret and not line.strip():
            continue
        name, colon, value = line.partition(":")
        if not colon:
            where = f" in {text[1:]}, line {number}," if secret else ""
            raise click.UsageError(f"a header{where} without a colon: write 'Name: value'")
        yield Header(name.strip(), value.strip(), secret)


def _credentials(user: str) -> str:
    """`NAME:PASSWORD`, with what is missing asked for."""
    user = read_secret("--user", user)
    if ":" in user:
        return user
    if not sys.stdin.isatty():
        raise click.UsageError(
            "--user without a password, and no terminal to ask on: give NAME:PASSWORD, @FILE or"
            " ATWIN_USER"
        )
    password = click.prompt(f"Password of {user}", hide_input=True, err=True)
    return f"{user}:{password}"
