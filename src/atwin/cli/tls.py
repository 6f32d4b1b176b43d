"""The options for HTTPS that `get`, `post` and `head` share."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from atwin.host import TlsSettings

Ca = Annotated[
    str | None,
    typer.Option("--ca", metavar="FILE", help="Check the server's certificate by this CA."),
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


def tls_settings(
    url: str,
    ca: str | None,
    cert: str | None,
    key: str | None,
    seclevel: int | None,
    suite: str | None,
) -> "TlsSettings | None":
    """What the options ask for; None when they ask for nothing.

    Says so on stderr when the server of an HTTPS URL is not checked. Raises
    `typer.BadParameter` and `UsageError`.
    """
    from atwin.host import TlsSettings

    settings = TlsSettings(
        _content("--ca", ca),
        _content("--cert", cert),
        _content("--key", key),
        seclevel,
        _number(suite),
    )
    if url.lower().startswith("https:") and settings.level == 0:
        typer.echo("note: the server's certificate is not checked; give --ca FILE", err=True)
    return None if settings == TlsSettings() else settings


def _content(option: str, path: str | None) -> bytes | None:
    if path is None:
        return None
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise typer.BadParameter(f"{option}: cannot read {path}: {error.strerror}") from None


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return int(text, 16)
    except ValueError:
        raise typer.BadParameter(
            f"--suite {text!r}: a hexadecimal number is wanted, such as 0x0035"
        ) from None
