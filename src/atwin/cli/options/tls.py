"""The options for HTTPS that `get`, `post` and `head` share."""

import shlex
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from atwin.cli.options.inputs import read_option
from atwin.cli.output.says import say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.host.tls import TlsSettings

Ca = Annotated[
    str | None,
    typer.Option(
        "--ca",
        metavar="FILE",
        help="Check the server's certificate by this CA; not its dates, see --check-dates.",
    ),
]
Cert = Annotated[
    str | None, typer.Option("--cert", metavar="FILE", help="Client certificate to show.")
]
Key = Annotated[str | None, typer.Option("--key", metavar="FILE", help="Its RSA key.")]
Seclevel = Annotated[
    int | None,
    typer.Option(
        metavar="N", help="0 check nothing, 1 the server, 2 client too; else by the files."
    ),
]
Suite = Annotated[
    str | None,
    typer.Option(metavar="NUMBER", help="Offer only this cipher suite: 0x0035, 0x002F…"),
]


CheckDates = Annotated[
    bool,
    typer.Option(
        "--check-dates",
        help="With --ca: refuse certificates that are not valid now. Sets a module's wrong clock.",
    ),
]


@contextmanager
def https(
    url: str,
    ca: str | None,
    cert: str | None,
    key: str | None,
    seclevel: int | None,
    suite: str | None,
    check_dates: bool = False,
) -> "Iterator[TlsSettings | None]":
    """What the options ask for, for the work inside; None when nothing of it concerns TLS.

    After the work it says on stderr what was not checked of the server of an HTTPS URL; when there
    was no TLS it says how to find out why instead. Raises `typer.BadParameter`, `UsageError` and
    `TlsFailed`.
    """
    from atwin.host.errors import TlsFailed
    from atwin.host.tls import TlsSettings

    settings = TlsSettings(
        _content("--ca", ca),
        _content("--cert", cert),
        _content("--key", key),
        seclevel,
        _number(suite),
        check_dates,
    )
    _check_files(settings, ca, cert, key)
    secure = url.lower().startswith("https:")
    # For HTTPS also what is not asked for is set: an earlier run's settings may still be there.
    try:
        yield settings if secure or settings != TlsSettings() else None
    except TlsFailed as failure:
        if secure:  # else a redirect led there, to a server that is not named here
            failure.reword(advice=_advice(url, ca, cert, key))
        raise
    if secure and settings.level == 0:
        say("note: the server's certificate was not checked; give --ca FILE")
    elif secure and not check_dates:
        say("the server's certificate was checked, but not its dates: --check-dates does that")


def _advice(url: str, ca: str | None, cert: str | None, key: str | None) -> str:
    """The command that tells why there is no TLS."""
    options = {"--ca": ca, "--cert": cert, "--key": key}
    command = ["atwin", "probe", url.partition("#")[0]]
    for option, path in options.items():
        command += [option, path] if path is not None else []
    return f"this tells why: {shlex.join(command)}"


def _check_files(
    settings: "TlsSettings", ca: str | None, cert: str | None, key: str | None
) -> None:
    """Raises `UsageError`, with the file's name, for what is no certificate or key."""
    if ca is cert is key is None:
        return
    from atwin.host.certificates import certificates_file, key_file
    from atwin.host.errors import UsageError

    name = ""
    try:
        for option, kind, data in (
            (f"--ca {ca}", "ca", settings.ca),
            (f"--cert {cert}", "client", settings.cert),
        ):
            name = option
            if data is not None:
                certificates_file(kind, data)
        name = f"--key {key}"
        if settings.key is not None and settings.cert is not None:
            key_file(settings.key, settings.cert)
    except UsageError as error:
        raise UsageError(f"{name}: {error}") from None


def _content(option: str, path: str | None) -> bytes | None:
    if path is None:
        return None
    return read_option(option, path)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text, 16)
    except ValueError:
        raise typer.BadParameter(
            f"--suite {text!r}: a hexadecimal number is wanted, such as 0x0035"
        ) from None
