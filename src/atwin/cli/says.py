"""What a command says to a person: all of it goes through here, since most has foreign text."""

import re
import shlex
import sys
import traceback
from collections.abc import Sequence
from contextlib import suppress

import click

#: Characters of one line of a message: a URL and what happened to it.
_LONGEST_LINE = 2000
#: What Python quotes a byte of a word as that is not UTF-8.
_BYTE = re.compile(r"\\udc([89a-f][0-9a-f])")


def one_line(text: str) -> str:
    """`text` as one line of bounded length without secrets, and with no character that acts."""
    from atwin.text import masked, shown  # the help says nothing that others wrote

    return shown(masked(_BYTE.sub(r"\\x\1", " ".join(text.split()))), limit=_LONGEST_LINE)


def many_lines(text: str) -> str:
    """The same of a traceback, which keeps its lines and all of them."""
    from atwin.text import masked, shown

    return shown(masked(text), limit=None, keep="\n").rstrip("\n")


def say(text: str) -> None:
    """One line on stderr, if it can be written: a full disk or a closed terminal ends no work."""
    with suppress(OSError):
        # (Not err=True: that is a stream of click's own, which writes across a progress bar.)
        click.echo(f"atwin: {one_line(text)}", file=sys.stderr)


def say_traceback(error: BaseException) -> None:
    """All of it on stderr."""
    click.echo(many_lines("".join(traceback.format_exception(error))), err=True)


def shown_command(words: Sequence[str]) -> str:
    """A command line as it may be written down: without bodies, headers' values and passwords.

    (The trace masks the rest.)
    """
    shown = []
    before = ""
    for word in _without_data(words) if words[:1] == ["at"] else words:
        option, equals, value = word.partition("=")
        if before in _SHOWN:
            shown.append(_SHOWN[before](word))
            before = ""
            continue
        if option in _SHOWN and equals:
            word = f"{option}={_SHOWN[option](value)}"
        elif (short := word[:2]) in _SHOWN and word != short and short != "--":
            word = f"{short}{_SHOWN[short](word[2:])}"
        shown.append(word)
        before = word
    return shlex.join(shown)


def _without_data(words: Sequence[str]) -> list[str]:
    """Of `atwin at`: data by their size."""
    from atwin.at.dialect.commands import expected_of

    shown, before, is_due = [], "", False
    for word in words:
        is_value = before.startswith("-") and before not in ("--keep-going", "--json", "--")
        if not is_value and not word.startswith("-"):
            is_command = word[:2].upper() == "AT" and not is_due
            is_due = is_command and expected_of(word).shape.prompt is not None
            shown.append(word if is_command else _shown_body(word))
        else:
            shown.append(word)
        before = word
    return shown


def _shown_header(value: str) -> str:
    name, colon, _ = value.partition(":")
    return value if value.startswith("@") or not colon else f"{name}: ***"


def _shown_secret(value: str) -> str:
    return value if value.startswith("@") else "***"


def _shown_setting(text: str) -> str:
    name, equals, _ = text.partition("=")
    return f"{name}=***" if equals and name in ("pin", "puk", "apn_password") else text


def _shown_body(value: str) -> str:
    return value if value.startswith("@") else f"({len(value.encode())} bytes)"


def _shown_inner(command: str) -> str:
    try:
        return shown_command(shlex.split(command))
    except ValueError:
        return "***"


#: Options whose value is not written down as it is, and how it is.
_SHOWN = {
    "--data": _shown_body,
    "-d": _shown_body,
    "--apn-password": _shown_secret,
    "--pin": _shown_secret,
    "--set": _shown_setting,
    "--sim": _shown_secret,
    "--header": _shown_header,
    "-H": _shown_header,
    "--user": _shown_secret,
    "-u": _shown_secret,
    "--run": _shown_inner,
}
