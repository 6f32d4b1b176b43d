"""How the module is to do HTTPS: files, then `AT+SSLCFG` for context 153 (spec: tls.md §2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from atwin.host.certificates import StoredFile, certificates_file, key_file, store
from atwin.host.errors import UsageError
from atwin.host.quoted import quoted
from atwin.host.script import Script

if TYPE_CHECKING:
    from atwin.host.channel import Channel

_CONTEXT = 153

#: The six suites, and all of them.
SUITES = (0x0035, 0x002F, 0x0005, 0x0004, 0x000A, 0x003D)
ALL_SUITES = 0xFFFF


@dataclass(frozen=True, slots=True, repr=False)
class TlsSettings:
    """Certificates in PEM or DER, and what is done with them.

    `seclevel`: 0 checks nothing, 1 the server by `ca`, 2 shows it `cert` too; None is the highest
    the files allow. `suite` is the IANA number of the only one to offer, None offers all six.
    """

    ca: bytes | None = None
    cert: bytes | None = None
    key: bytes | None = None
    seclevel: int | None = None
    suite: int | None = None

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
        # Another program's leftovers would have the module look for another name or certificate.
        # Firmware that does not know these has none.
        await script.ask(f'AT+SSLCFG="hostname",{_CONTEXT},')
        await script.ask(f'AT+SSLCFG="verifymode",{_CONTEXT},0')
        self._told_in = told_in
