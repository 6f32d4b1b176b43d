"""This program as Windows would have it: a stand-in, since no Windows is at hand.

`become_windows()` hides from atwin what Windows does not have: modules, names of `os` and its like,
and what its event loops cannot do. Packages of others stay as they are: they choose their system
by themselves, as they are imported.
"""

from __future__ import annotations

import asyncio
import builtins
import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import serial  # noqa: F401 - the plug's
import serialx  # noqa: F401

import atwin

if TYPE_CHECKING:
    from types import ModuleType

#: Modules that only POSIX has.
GONE = {"fcntl", "grp", "pty", "pwd", "readline", "resource", "termios", "tty"}
#: Names that only POSIX has, by module, and what stands in their place.
_HIDDEN = {
    "asyncio": {"open_unix_connection", "start_unix_server"},
    "os": {
        *("O_CLOEXEC", "O_DIRECTORY", "O_NOCTTY", "O_NOFOLLOW", "O_NONBLOCK", "chown", "fchmod"),
        *("fchown", "fdatasync", "fork", "geteuid", "getuid", "mkfifo", "openpty", "pread"),
        *("pwrite", "setsid", "statvfs", "ttyname"),
    },
    "select": {"epoll", "poll"},
    "signal": {"SIGHUP", "SIGKILL", "SIGUSR1", "alarm"},
    "socket": {"AF_UNIX", "MSG_DONTWAIT"},
    "sys": set[str](),
}
_OTHERS = {"sys": {"platform": "win32"}}


class _Hiding:
    """A module without some of its names."""

    def __init__(self, module: ModuleType, hidden: set[str], others: dict[str, Any]) -> None:
        vars(self).update(_module=module, _hidden=hidden, _others=others)

    def __getattr__(self, name: str) -> Any:
        if name in self._hidden:
            raise AttributeError(name)
        return self._others[name] if name in self._others else getattr(self._module, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._module, name, value)


def import_everything(*, but: str = "atwin.line.ports.pty_line") -> list[str]:
    """All modules of atwin whose name does not begin with `but`; gives their names.

    Nothing but a PTY needs the usual one.
    """
    top = Path(atwin.__path__[0])
    paths = (path.relative_to(top.parent).with_suffix("") for path in sorted(top.rglob("*.py")))
    names = [".".join(path.parts).removesuffix(".__init__") for path in paths]
    for name in names:
        if not name.startswith(but) and not name.endswith("__main__"):
            importlib.import_module(name)
    return names


def become_windows() -> None:
    """From here on atwin is imported again, and finds itself on Windows."""
    # And with it all of others'. Only once anybody can register a scheme.
    import_everything(but="atwin.plugs")
    for name in [name for name in sys.modules if name.partition(".")[0] == "atwin"]:
        del sys.modules[name]
    for name in ("add_reader", "add_writer", "add_signal_handler"):
        setattr(asyncio.SelectorEventLoop, name, _cannot)
    plain = builtins.__import__

    def hiding(name: str, globals: Any = None, *rest: Any, **more: Any) -> Any:  # noqa: A002
        module = plain(name, globals, *rest, **more)
        if str((globals or {}).get("__name__")).partition(".")[0] != "atwin":
            return module
        if name in GONE:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in _HIDDEN:
            return _Hiding(module, _HIDDEN[name], _OTHERS.get(name, {}))
        return module

    builtins.__import__ = hiding


def _cannot(*_: object) -> None:
    raise NotImplementedError
