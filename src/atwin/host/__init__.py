"""The host (TE) side: drive a module and bring whole files through it."""

from atwin.host.bring_up import Patience
from atwin.host.channel.channel import Channel, LogEntry
from atwin.host.channel.exchange import Reply
from atwin.host.download import DownloadResult, Progress, Strategy
from atwin.host.errors import (
    CommandRefusedError,
    HostError,
    LineLostError,
    ModuleError,
    ModuleSilentError,
    NoAnswerError,
    RequestFailedError,
    ServerError,
    StepError,
    TargetError,
    TlsFailed,
    UsageError,
    VerificationError,
)
from atwin.host.facade import SyncModem, connect
from atwin.host.headers import Headers
from atwin.host.http.redirects import Header, RedirectError, Redirects
from atwin.host.http.request import Response
from atwin.host.identity import Identity, Limits
from atwin.host.line import LineWishes
from atwin.host.modem import Modem
from atwin.host.recovery import GENTLE, Climbed, Retry
from atwin.host.tls import TlsSettings

__all__ = [
    "GENTLE",
    "Channel",
    "Climbed",
    "CommandRefusedError",
    "DownloadResult",
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
    "ModuleSilentError",
    "NoAnswerError",
    "Patience",
    "Progress",
    "RedirectError",
    "Redirects",
    "Reply",
    "RequestFailedError",
    "Response",
    "Retry",
    "ServerError",
    "StepError",
    "Strategy",
    "SyncModem",
    "TargetError",
    "TlsFailed",
    "TlsSettings",
    "UsageError",
    "VerificationError",
    "connect",
]
