"""AT+SSLCFG: the TLS settings of each context, and their handshakes (docs/spec/tls.md)."""

from __future__ import annotations

import logging
import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated

from atwin.at import command
from atwin.at.cme import Cme
from atwin.at.grammar import Argument
from atwin.at.kinds import BadArgument, OneOf, Tail, Text, integer
from atwin.at.reply import CmeError
from atwin.net.loading import load_tls
from atwin.net.network import NetworkError, TlsError, is_literal
from atwin.twin.board.flash import FlashError
from atwin.twin.engine.run import Chapter, ChapterService, Commands, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.network import Stream
    from atwin.net.tls import TlsProfile

log = logging.getLogger("atwin.twin")

#: TCP links 0-5, FTP, MQTT, HTTP (docs/spec/tls.md §2).
_LINKS = (0, 1, 2, 3, 4, 5)
CONTEXTS = (*_LINKS, 34, 88, 153)
HTTP_CONTEXT = 153

_SUITE = re.compile(r"0[xX]([0-9A-Fa-f]{4})")
_SUITES = (0x0035, 0x002F, 0x0005, 0x0004, 0x000A, 0x003D, 0xFFFF)
_HEX = re.compile(r"(?:[0-9A-Fa-f]{2})*")
_RANDOM_DIGITS = (56, 64)
_LONGEST = 255


def _number(low: int, high: int) -> Callable[[Argument], str]:
    def check(argument: Argument) -> str:
        if not low <= (value := integer(argument)) <= high:
            raise BadArgument(argument.text)
        return str(value)

    return check


def _suite(argument: Argument) -> str:
    match = _SUITE.fullmatch(argument.text)
    if match is None or int(match[1], 16) not in _SUITES:
        raise BadArgument(argument.text)
    return f"0X{match[1].upper()}"


def _string(argument: Argument) -> str:
    if len(argument.text) > _LONGEST:
        raise BadArgument(argument.text)
    return argument.text


def _hex(argument: Argument) -> str:
    if not _HEX.fullmatch(argument.text):
        raise BadArgument(argument.text)
    return _string(argument)


def _client_random(argument: Argument) -> str:
    if len(argument.text) not in _RANDOM_DIGITS:
        raise BadArgument(argument.text)
    return _hex(argument)


@dataclass(frozen=True, slots=True)
class _Key:
    """What one key takes; `default` None is a string, shown in quotes and empty when unset."""

    check: Callable[[Argument], str]
    default: str | None = None


_KEYS = {
    "sslversion": _Key(_number(0, 4), "4"),
    "ciphersuite": _Key(_suite, "0XFFFF"),
    "cacert": _Key(_string),
    "clientcert": _Key(_string),
    "clientkey": _Key(_string),
    "seclevel": _Key(_number(0, 2), "0"),
    "hostname": _Key(_string),
    "ignorelocaltime": _Key(_number(0, 1), "1"),
    "negotiatetimeout": _Key(_number(10, 300), "300"),
    "clientrandom": _Key(_client_random),
    "premaster": _Key(_hex),
    "verifymode": _Key(_number(0, 1), "0"),
}


class SslCommands(Commands):
    """Certificates, cipher suites, security level (docs/spec/tls.md §2)."""

    title = "TLS"

    def __init__(self, run: Run) -> None:
        self._ssl = run.find(Ssl)

    @command.set("+SSLCFG", plain_errors=True)
    def configure(
        self,
        key: Annotated[str, Text("key")],
        number: Annotated[int, OneOf(*CONTEXTS)],
        value: Annotated[Argument | None, Tail("value")] = None,
    ) -> str | None:
        """Query, set, or (empty value) erase one setting of a TLS context.

        Contexts: 0-5 TCP links, 34 FTP, 88 MQTT, 153 HTTP. Keys: sslversion 0-4 (SSL 3.0, TLS
        1.0, 1.1, 1.2, all), ciphersuite 0X0035 0X002F 0X0005 0X0004 0X000A 0X003D 0XFFFF,
        cacert, clientcert, clientkey (file names), seclevel 0-2, hostname, ignorelocaltime 0-1,
        negotiatetimeout 10-300 s, clientrandom (56 or 64 hex digits), premaster, verifymode 0-1.
        """
        key = key.lower()
        if key not in _KEYS:
            raise BadArgument(key)
        context = self._ssl.contexts[number]
        if value is None:
            text = context.get(key)
            return f'+SSLCFG: "{key}",{number},' + (text if _KEYS[key].default else f'"{text}"')
        if not self._ssl.may_be_set:
            raise CmeError(Cme.NOT_ALLOWED)
        if value == Argument(""):
            context.values.pop(key, None)
        else:
            context.values[key] = _KEYS[key].check(value)
        return None


class Ssl(ChapterService):
    """All contexts: RAM, so set once per boot (docs/spec/tls.md §2)."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.contexts = defaultdict[int, SslContext](SslContext)
        #: Between HTTPINIT and HTTPTERM.
        self.in_session = False

    @property
    def may_be_set(self) -> bool:
        """Whether HTTPSSL and SSLCFG are taken now (quirk `ssl_needs_init`, OQ-41)."""
        return self.in_session or not self.run.profile.quirks.ssl_needs_init

    async def secure(self, number: int, stream: Stream, host: str) -> Stream:
        """TLS over `stream` by context `number`, for the server `host`. Raises `TlsError`."""
        context = self.contexts[number]
        is_told = number not in _LINKS or "sslversion" in context.values
        if not is_told and self.run.profile.has("tls_version_needed"):
            raise TlsError(f'this firmware needs AT+SSLCFG="sslversion",{number} first')
        await load_tls()
        from atwin.net import tls

        profile = self._profile(context, host)
        try:
            secured = await tls.secure(stream, profile, wall=self.run.hardware.rtc.now())
        except NetworkError as error:
            self.run.hardware.trace.notes("net", "no TLS", host=host, why=str(error))
            raise
        agreed = secured.result
        log.info("TLS to %s: %s, %s", host, agreed.version.label, agreed.suite.name)
        self.run.hardware.trace.notes(
            "net", "TLS", host=host, version=agreed.version.label, suite=agreed.suite.name
        )
        return secured

    def _profile(self, context: SslContext, host: str) -> TlsProfile:
        """The context resolved for one handshake; files are read now (docs/spec/tls.md §3, §5)."""
        from atwin.net import tls

        lowest, highest = tls.versions_for(context.number("sslversion"))
        name = context.get("hostname") or host
        level = context.number("seclevel")
        checks_dates = context.number("ignorelocaltime") == 0
        client_random = bytes.fromhex(context.get("clientrandom"))
        return tls.TlsProfile(
            suites=tls.suites_for(context.number("ciphersuite")),
            min_version=lowest,
            max_version=highest,
            sni=None if is_literal(name) else name,
            ca=self._file(context, "cacert") if level >= 1 else None,
            authenticate=level >= 1,
            pinned=level >= 1 and context.number("verifymode") == 1,
            check_time=self.run.hardware.rtc.now() if checks_dates else None,
            check_name=name if level >= 1 else None,
            client_cert=self._file(context, "clientcert") if level == 2 else None,
            client_key=self._file(context, "clientkey") if level == 2 else None,
            mutual=level == 2,
            client_random=client_random or None,
            deadline=context.number("negotiatetimeout"),
        )

    def _file(self, context: SslContext, key: str) -> bytes | None:
        """The file's bytes; None when it is not set or not there, which the profile refuses."""
        path = context.get(key)
        try:
            return self.run.hardware.flash.read(path) if path else None
        except FlashError as error:
            log.info("SSLCFG %s: %s", key, error)
            return None


@dataclass(slots=True)
class SslContext:
    """The values set for one context; all others are at their defaults."""

    values: dict[str, str] = field(default_factory=dict)

    def get(self, key: str) -> str:
        """The value as text; "" for a string that was never set."""
        return self.values.get(key) or _KEYS[key].default or ""

    def number(self, key: str) -> int:
        """The value of a numeric key."""
        return int(self.get(key), 0)


CHAPTER = Chapter((SslCommands,), Ssl)
