"""atwin: a virtual AT cellular module that does real HTTP, and the host that drives one."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.host.bring_up import Patience
    from atwin.host.facade import SyncModem
    from atwin.host.tls import TlsSettings

__version__ = "0.2.0"


def connect(
    port: str,
    *,
    apn: str = "",
    user: str = "",
    password: str = "",
    tls: TlsSettings | None = None,
    pins: str | None = None,
    patience: Patience | None = None,
) -> SyncModem:
    """A module on the network, with its bearer open, ready for requests; close it.

    `port` is what the command line takes: a device path, `socket://`, `rfc2217://`, or
    `twin://MODEL` for a virtual one that lives as long as the connection. `pins` is what `--pins`
    takes; the rest is for `Modem` and `Modem.bring_up`.

    Raises `atwin.host.UsageError` for what can be no port, `atwin.line.errors.PortError` for one
    that cannot be opened, and `atwin.host.ModuleError` for a module that does not get onto the
    network. The text of each is one line that says what to do.
    """
    from atwin.session import connecting

    return connecting.connect(
        port, pins=pins, tls=tls, patience=patience, apn=apn, user=user, password=password
    )
