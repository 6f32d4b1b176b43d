"""Options and output of commands that are a module: its line, how they end, `ready`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from atwin.cli.options import FILE, option

if TYPE_CHECKING:
    from collections.abc import Callable

_Function = TypeVar("_Function", bound="Callable[..., Any]")

_SEVERAL = " The options for a line are repeatable: each is a module."
#: In the order in which they are served.
_LINES: dict[str, dict[str, Any]] = {
    "--pty": {
        "type": FILE,
        "metavar": "LINK",
        "help": "Serve a PTY, and make LINK a symbolic link to it.",
    },
    "--tcp": {
        "metavar": "HOST:PORT",
        "help": "Serve one TCP client at a time; port 0 takes a free one.",
    },
    "--rfc2217": {"metavar": "HOST:PORT", "help": "The same as an RFC 2217 server."},
    "--serial": {
        "type": FILE,
        "metavar": "DEVICE",
        "help": "Be the module on a serial device: /dev/ttyUSB0, 8N1.",
    },
}


def line_options(*, several: bool) -> Callable[[_Function], _Function]:
    """Give a command `--pty`, `--tcp`, `--rfc2217` and `--serial`; with `several` repeatable."""

    def decorate(command: _Function) -> _Function:
        for name, settings in reversed(_LINES.items()):
            text = settings["help"] + (_SEVERAL if several and name == "--pty" else "")
            command = option(name, **{**settings, "multiple": several, "help": text})(command)
        return command

    return decorate


def ending_options(command: _Function) -> _Function:
    """Give a command `--with-parent` and `--until-eof`."""
    command = option("--until-eof", is_flag=True, help="End at the end of stdin.")(command)
    text = "End when the program ends that has started this one."
    return option("--with-parent", is_flag=True, help=text)(command)


def ready(url: str) -> str:
    """What says on stdout that the port `url` can be opened."""
    kind, _, address = url.rpartition("://")
    names = {"socket": f"tcp {address}", "rfc2217": f"rfc2217 {address}"}
    return f"ready {names.get(kind, url)}"
