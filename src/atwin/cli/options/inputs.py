"""What people name on the command line: files to read, numbers."""

import math
import os

import typer

from atwin.disk.errors import DiskError
from atwin.disk.whole import read_input

#: Bytes of a file that says something: a certificate, a key, a plan.
_LONGEST = 4 << 20


def read_option(option: str, path: str, most: int = _LONGEST, *, name: str | None = None) -> bytes:
    """What is in the file `path`, a pipe as well. Raises `typer.BadParameter`.

    The error says `option`, and calls the file `name` or else by its path.
    """
    try:
        return read_input(os.path.expanduser(path), most, name=name)
    except DiskError as error:
        raise typer.BadParameter(f"{option}: {error}") from None


def no_nan(value: float | None) -> float | None:
    """For options with a range: what is no number is in none. Raises `typer.BadParameter`."""
    if value is not None and math.isnan(value):
        raise typer.BadParameter(f"{value} is no number")
    return value
