"""How the module is to do HTTPS: files, then `AT+SSLCFG` for context 153 (docs/spec/tls.md §2)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from atwin.host.certificates import StoredFile, certificates_file, key_file, store
from atwin.host.channel.quoted import quoted
from atwin.host.channel.script import Script
from atwin.host.errors import UsageError

if TYPE_CHECKING:
    from atwin.host.channel.channel import Channel

_CONTEXT = 153

#: Local time, and its distance from UTC in quarter hours.
_CLOCK = re.compile(r'\+CCLK: ?"(\d\d/\d\d/\d\d,\d\d:\d\d:\d\d)([+-]\d{1,2})"')
#: A module's clock that is further off is set.
_CLOCK_OFF = timedelta(hours=1)

#: What another program may have left set, and the defaults: the module would look for another
#: name, or take no version that the server has. Firmware that does not know these has none.
_LEFT_OVER = {
    "hostname": "",
    "verifymode": "0",
    "sslversion": "4",
    "negotiatetimeout": "300",
}

#: The six suites, and all of them.
SUITES = (0x0035, 0x002F, 0x0005, 0x0004, 0x000A, 0x003D)
ALL_SUITES = 0xFFFF


@dataclass(frozen=True, slots=True, repr=False)
class TlsSettings:
    """Certificates in PEM or DER, and what is done with them.

    `seclevel`: 0 checks nothing, 1 the server by `ca`, 2 shows it `cert` too; None is the highest
    the files allow. `suite` is the IANA number of the only one to offer, None offers all six.
    `check_dates`: certificates that are not valid now are refused, by the module's clock, which is
    set for it where it is wrong; a module by itself does not look at dates (docs/spec/tls.md §2).
    """

    ca: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = None
    seclevel: int | None = None
    suite: int | None = None
    check_dates: bool = False

    def __post_init__(self) -> None:
        """Raises `UsageError` for what does not go together."""
        if (self.cert is None) != (self.key is None):
            raise UsageError("a client certificate and its key go together: give both or none")
        if self.cert is not None and self.ca is None:
            raise UsageError("with a client certificate the module checks the server: give its CA")
        if self.seclevel is not None and not 0 <= self.seclevel <= self._highest:
            raise UsageError(
                f"a security level of {self.seclevel}: 0 needs nothing, 1 a CA, 2 a CA, a client"
                " certificate and its key"
            )
        if self.check_dates and not self.level:
            raise UsageError("dates are checked together with the certificate: give its CA")
        if self.suite is not None and self.suite not in (*SUITES, ALL_SUITES):
            known = ", ".join(f"0x{suite:04X}" for suite in SUITES)
            raise UsageError(f"a module has no suite 0x{self.suite:04X}: {known}")

    @property
    def level(self) -> int:
        """What AT+SSLCFG="seclevel" gets."""
        return self._highest if self.seclevel is None else self.seclevel

    @property
    def _highest(self) -> int:
        return int(self.ca is not None) + int(self.cert is not None)

    def files(self) -> dict[str, StoredFile]:
        """What the level needs, by its SSLCFG key. Raises `UsageError` for unreadable files."""
        files = {}
        if self.level >= 1 and self.ca is not None:
            files["cacert"] = certificates_file("ca", self.ca)
        if self.level == 2 and self.cert is not None and self.key is not None:
            files["clientcert"] = certificates_file("client", self.cert)
            files["clientkey"] = key_file(self.key, self.cert)
        return files


class TlsSetup:
    """Brings the module's HTTP context to `settings`: once, and again after each restart."""

    def __init__(self, channel: Channel, settings: TlsSettings) -> None:
        """Raises `UsageError` for files that cannot be read."""
        self._channel = channel
        self._settings = settings
        self._files = settings.files()
        #: `channel.restarts` when the module was told; None before.
        self._told_in: int | None = None

    async def apply(self) -> None:
        """Upload what is missing and set the context, unless that is done.

        Raises as `store` and `Script.step` do.
        """
        if self._told_in == self._channel.restarts:
            return
        told_in = self._channel.restarts
        if self._files:
            await store(self._channel, list(self._files.values()))
        script = Script("tls", self._channel)
        values = {key: file.quoted_name for key, file in self._files.items()}
        values["seclevel"] = str(self._settings.level)
        values["ciphersuite"] = f"0X{self._settings.suite or ALL_SUITES:04X}"
        for key, value in values.items():
            await script.step(f"AT+SSLCFG={quoted(key)},{_CONTEXT},{value}")
        for key, default in _LEFT_OVER.items():
            await script.ask(f"AT+SSLCFG={quoted(key)},{_CONTEXT},{default}")
        if self._settings.check_dates:
            await self._set_clock(script)
            await script.step(f'AT+SSLCFG="ignorelocaltime",{_CONTEXT},0')
        else:
            await script.ask(f'AT+SSLCFG="ignorelocaltime",{_CONTEXT},1')
        self._told_in = told_in

    async def _set_clock(self, script: Script) -> None:
        """A clock that nobody has set stands in 2000, where no certificate is valid yet."""
        now = datetime.fromtimestamp(self._channel.clock.wall(), UTC)
        reply = await script.ask("AT+CCLK?")
        told = next((date for line in reply.lines if (date := _date(str(line)))), None)
        if told is None or abs(told - now) > _CLOCK_OFF:
            await script.step(f"AT+CCLK={quoted(f'{now:%y/%m/%d,%H:%M:%S}+00')}")


def _date(line: str) -> datetime | None:
    """The moment in a `+CCLK:` line; None in any other."""
    match = _CLOCK.search(line)
    if match is None:
        return None
    try:
        local = datetime.strptime(match[1], "%y/%m/%d,%H:%M:%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return local - timedelta(minutes=15 * int(match[2]))
