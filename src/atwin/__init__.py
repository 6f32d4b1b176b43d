"""atwin: a virtual AT cellular module that does real HTTP, and the host that drives one.

`connect` gives a module with blocking calls, `Modem` one for asyncio. `Twin` is a virtual module
inside of a program with asyncio, `twin` serves one for any other program to open.

A name is promised when `atwin`, `atwin.testing` or `atwin.faults` lists it in `__all__`; all other
names are private, and may move or change in any release. A promised name that is to go works one
release longer, with a DeprecationWarning that names the new place.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from atwin import moved

if TYPE_CHECKING:
    from atwin.disk.state import StateError
    from atwin.host.bring_up import Patience
    from atwin.host.channel.channel import LogEntry
    from atwin.host.channel.exchange import Reply
    from atwin.host.download.reports import DownloadResult, Progress
    from atwin.host.errors import (
        CommandRefusedError,
        HostError,
        LineLostError,
        ModuleError,
        ModuleRestartedError,
        ModuleSilentError,
        NoAnswerError,
        RequestFailedError,
        ServerBusyError,
        ServerError,
        StepError,
        TargetError,
        TlsFailed,
        UsageError,
        VerificationError,
    )
    from atwin.host.headers import Headers
    from atwin.host.http.redirects import Header, RedirectError, Redirects
    from atwin.host.http.request import Response
    from atwin.host.identity import Identity, Limits
    from atwin.host.line import LineWishes
    from atwin.host.modem import Modem
    from atwin.host.recovery.ladder import Climbed
    from atwin.host.recovery.recovery import Retry
    from atwin.host.tls import TlsSettings
    from atwin.line.frame import Flow
    from atwin.line.opener import open_port
    from atwin.line.port import Port, PortError, PortSpecError
    from atwin.models import Profile, UnknownModelError, load_profile
    from atwin.pytest_plugin.rig import Rig
    from atwin.session.blocking import SyncModem, connect
    from atwin.session.serving import SyncTwin, twin
    from atwin.twin.twin import Twin

__version__ = "0.2.0"

__all__ = [
    "Climbed",
    "CommandRefusedError",
    "DownloadResult",
    "Flow",
    "Header",
    "Headers",
    "HostError",
    "Identity",
    "Limits",
    "LineLostError",
    "LineWishes",
    "LogEntry",
    "Modem",
    "ModuleError",
    "ModuleRestartedError",
    "ModuleSilentError",
    "NoAnswerError",
    "Patience",
    "Port",
    "PortError",
    "PortSpecError",
    "Profile",
    "Progress",
    "RedirectError",
    "Redirects",
    "Reply",
    "RequestFailedError",
    "Response",
    "Retry",
    "Rig",
    "ServerBusyError",
    "ServerError",
    "StateError",
    "StepError",
    "SyncModem",
    "SyncTwin",
    "TargetError",
    "TlsFailed",
    "TlsSettings",
    "Twin",
    "UnknownModelError",
    "UsageError",
    "VerificationError",
    "connect",
    "load_profile",
    "open_port",
    "twin",
]

#: Where the promised names live. They are loaded when somebody asks for them.
_PLACES = {
    name: place
    for place, names in {
        "atwin.disk.state": "StateError",
        "atwin.host.bring_up": "Patience",
        "atwin.host.channel.channel": "LogEntry",
        "atwin.host.channel.exchange": "Reply",
        "atwin.host.download.reports": "DownloadResult Progress",
        "atwin.host.errors": (
            "CommandRefusedError HostError LineLostError ModuleError ModuleRestartedError "
            "ModuleSilentError NoAnswerError RequestFailedError ServerBusyError "
            "ServerError StepError TargetError TlsFailed UsageError VerificationError"
        ),
        "atwin.host.headers": "Headers",
        "atwin.host.http.redirects": "Header RedirectError Redirects",
        "atwin.host.http.request": "Response",
        "atwin.host.identity": "Identity Limits",
        "atwin.host.line": "LineWishes",
        "atwin.host.modem": "Modem",
        "atwin.host.recovery.ladder": "Climbed",
        "atwin.host.recovery.recovery": "Retry",
        "atwin.host.tls": "TlsSettings",
        "atwin.line.frame": "Flow",
        "atwin.line.opener": "open_port",
        "atwin.line.port": "Port PortError PortSpecError",
        "atwin.models": "Profile UnknownModelError load_profile",
        "atwin.pytest_plugin.rig": "Rig",
        "atwin.session.blocking": "SyncModem connect",
        "atwin.session.serving": "SyncTwin",
        "atwin.twin.twin": "Twin",
        # The package itself, which may be called: its name is that of the function.
        "atwin.twin": "twin",
    }.items()
    for name in names.split()
}

moved.install()


if not TYPE_CHECKING:  # type checkers read the imports above

    def __getattr__(name: str) -> object:
        place = _PLACES.get(name)
        if place is None:
            raise AttributeError(f"module 'atwin' has no attribute {name!r}")
        module = import_module(place)
        value = module if name == "twin" else getattr(module, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
