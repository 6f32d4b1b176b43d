"""The symlink to a twin's PTY. Nothing that a twin did not make is ever replaced or removed."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress

from atwin.disk.errors import reason
from atwin.line.port import PortError, PortSpecError
from atwin.text import shown

_NUMBER = re.compile(r"\d+$")


def make_link(link: str, pty: str) -> None:
    """Make `link` a symlink to `pty`, in place of one that a killed twin left behind.

    Raises `PortError` when it leads to a PTY that lives, and `PortSpecError` when anything else
    is there, or no link can be.
    """
    try:
        if _made(link, pty):
            return
        _take_away(link, _left_behind(link, pty))
        if _made(link, pty):
            return
    except OSError as error:
        raise PortSpecError(f"cannot make the link {shown(link)}: {reason(error)}") from error
    raise PortError(f"{shown(link)}: another program made it just now; choose another path")


def remove_link(link: str, pty: str) -> None:
    """Remove `link` if it still leads to `pty`."""
    with suppress(OSError):
        if os.readlink(link) == pty:
            os.unlink(link)


def _made(link: str, pty: str) -> bool:
    try:
        os.symlink(pty, link)
    except FileExistsError:
        return False
    return True


def _left_behind(link: str, pty: str) -> str:
    """Where the link at `link` leads, which is a PTY that is gone, or has become our own."""
    if not os.path.islink(link):
        raise PortSpecError(
            f"{shown(link)} exists and is not a link, as when a program writes there before the"
            " twin is ready; choose another path or remove it"
        )
    there = os.readlink(link)
    if _NUMBER.sub("", there) != _NUMBER.sub("", pty) or not _NUMBER.search(there):
        raise PortSpecError(
            f"{shown(link)} is a link to {shown(there)}, which no twin made;"
            " choose another path or remove it"
        )
    # A PTY's name is gone with its master. It is not opened to be sure: its twin would take us
    # for a host.
    if there != pty and os.path.lexists(there):
        raise PortError(
            f"{shown(link)}: another twin listens there, on {there}; choose another path,"
            " or remove the link if that is not a twin's"
        )
    return there


def _take_away(link: str, there: str) -> None:
    """Remove the link to `there`; what may have taken its place meanwhile is put back."""
    with tempfile.TemporaryDirectory(dir=os.path.dirname(link) or ".", prefix=".atwin-") as aside:
        held = os.path.join(aside, "link")
        with suppress(FileNotFoundError):
            os.rename(link, held)
        if os.path.lexists(held) and not (os.path.islink(held) and os.readlink(held) == there):
            os.rename(held, link)
