"""What a command says to a person: all of it goes through here, since most has foreign text."""

import re
import traceback
from contextlib import suppress

import typer

from atwin.text import masked, shown

#: Characters of one line of a message: a URL and what happened to it.
_LONGEST_LINE = 2000
#: What Python quotes a byte of a word as that is no UTF-8.
_BYTE = re.compile(r"\\udc([89a-f][0-9a-f])")


def one_line(text: str) -> str:
    """`text` as one line of bounded length without secrets, and with no character that acts."""
    return shown(masked(_BYTE.sub(r"\\x\1", " ".join(text.split()))), limit=_LONGEST_LINE)


def many_lines(text: str) -> str:
    """The same of a traceback, which keeps its lines and all of them."""
    return shown(masked(text), limit=None, keep="\n").rstrip("\n")


def say(text: str) -> None:
    """One line on stderr, if it can be written: a full disk or a closed terminal ends no work."""
    with suppress(OSError):
        typer.echo(f"atwin: {one_line(text)}", err=True)


def say_traceback(error: BaseException) -> None:
    """All of it on stderr."""
    typer.echo(many_lines("".join(traceback.format_exception(error))), err=True)
