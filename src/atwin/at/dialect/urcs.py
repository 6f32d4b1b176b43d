"""The URCs there are, by chapters; the twin says each of them, and the host reads it.

The order counts: a line is the first of them that it fits.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Annotated

from atwin.at.dialect.said import OfLink, Urc, Words

#: What the mask ROM says: no line (docs/spec/power.md §3).
ROM_BANNER = b"^boot.rom'v\x00\x01\x00\x00'!\\n"

#: Texts without a `+` in front that no command prints as information, besides those below: what
#: modules of this family say when they start, and what the twin never comes to
#: (docs/spec/uart.md §8, power.md §2).
FOREIGN = re.compile(
    r"(?:[A-Z-]+ )?POWER DOWN|(?:SMS|CALL|PB|AT|MODEM) ?(?:READY|DONE)"
    r"|\^boot\.rom.*|\$G[A-Z]{4},.*",
    re.DOTALL | re.IGNORECASE,
)


class Ready(Urc, says="RDY"):
    """The firmware has started: whatever it was told before is gone (docs/spec/uart.md §8)."""


class PowerDown(Urc, says="NORMAL POWER DOWN"):
    """The module switches itself off (docs/spec/power.md §2)."""


class SimState(Urc, says="+CPIN: <state>"):
    """What AT+CPIN? says, after a start and when the card comes or goes (docs/spec/uart.md §8)."""

    IS_INFORMATION = True

    state: Words


class SimToolkit(Urc, says="^STN: <command>"):
    """What the card wants its host to do: 37 is to show its menu (docs/spec/uart.md §8)."""

    command: int


class SmsReady(Urc, says="SMS READY"):
    """Short messages can be sent and read (docs/spec/uart.md §8)."""


class Registration(Urc, says="+<kind>: <state>"):
    """`state` is what the read form has after its mode: status, and the cell in mode 2."""

    IS_INFORMATION = True

    kind: Annotated[str, "C[EG]?REG"]
    state: Annotated[str, r'\d(?:,"\w*","\w*",\d)?']


class NetworkMode(Urc, says="^MODE: <mode>,<submode>"):
    """The kind of radio network: 17 LTE, 0 none (docs/spec/uart.md §8)."""

    mode: int
    submode: int


class Service(Urc, says="+<network> Service"):
    """The same in a word."""

    network: Annotated[str, "E_UTRAN|NO"]


class NetworkTime(Urc, says="+NITZ: <time>"):
    """Date, time and zone, as the network sends them (docs/spec/uart.md §8)."""

    time: Annotated[str, r"[\d/]+,[\d:]+[+-]\d{1,2},\d?"]


class Detached(Urc, says="+CGEV: ME DETACH"):
    """The module has left the packet network (docs/spec/network.md §2)."""


class PdnChanged(Urc, says="+CGEV: <who> PDN <what> <cid>[,<reason>]"):
    """A PDP is up or down; `who` made it so, the module or the network
    (docs/spec/network.md §4)."""

    who: Annotated[str, "ME|NW"]
    what: Annotated[str, "ACT|DEACT"]
    cid: int
    reason: Annotated[int | None, r"\d"] = None


class SignalStrength(Urc, says="+CSQ: <rssi>,<ber>"):
    """What AT+CSQ shows, said by itself after AT*CSQ=1 (docs/spec/general.md §5)."""

    IS_INFORMATION = True

    rssi: int
    ber: int


class SignalExtended(Urc, says="+CESQ: <levels>"):
    """What AT+CESQ shows, said after it."""

    IS_INFORMATION = True

    levels: Annotated[str, r"\d+(?:,\d+){5}"]


class SignalNoise(Urc, says="*CESQ: <levels>,<noise>"):
    """The same with the distance of the signal from the noise in dB."""

    levels: Annotated[str, r"\d+(?:,\d+){5}"]
    noise: Annotated[str, r"-?\d+"]


class BandChanged(Urc, says="*BANDIND: <band>, <technology>"):
    """The module uses another band (docs/spec/general.md §5)."""

    band: int
    technology: int


class CellReport(Urc, says="+CCED:LTE <cell>"):
    """The serving cell or a neighbour, said again after AT+CCED=1 (docs/spec/general.md §5)."""

    IS_INFORMATION = True

    cell: Annotated[str, "(?:current|neighbor).cell:.*"]


class CellLevel(Urc, says="+CCED: <level>"):
    """How strong the serving cell is, said in the same way."""

    IS_INFORMATION = True

    level: int


class BearerDeact(Urc, says="+SAPBR <cid>: DEACT", also="+SAPBR: <cid>: DEACT"):
    """The network took the bearer away; no colon after SAPBR (docs/spec/network.md §3)."""

    cid: int


class HttpAction(Urc, says="+HTTPACTION: <method>,<status>,<length>"):
    """An HTTPACTION is over (docs/spec/http.md §3.5)."""

    method: int
    status: int
    length: int


class HttpCause(Urc, says="ERROR: <cause>"):
    """Why a request failed, where the module says: the vendor's number (docs/spec/http.md §4)."""

    cause: int


class HttpExAction(Urc, says="+HTTPEXACTION: <method>,<status>"):
    """A streaming session is over (docs/spec/http.md §3.11)."""

    method: int
    status: int


class HttpExPostReady(Urc, says="+HTTPEXPOST"):
    """Connected: the module wants the request body (docs/spec/http.md §3.11)."""


class HttpExPosted(Urc, says="+HTTPEXPOST: <length>"):
    """This many body bytes were delivered to the server (docs/spec/http.md §3.11)."""

    length: int


class HttpExGetReady(Urc, says="+HTTPEXGET"):
    """Response data are waiting to be fetched (docs/spec/http.md §3.11)."""


class HttpGetToFs(Urc, says="+HTTPGETTOFS: <status>,<written>"):
    """A download into the module's file system is over (docs/spec/http.md §3.12)."""

    status: int
    written: int


# --- new firmware, wireless networks (docs/spec/general.md §3, §5) --------------------------------


class UpgradeProgress(Urc, says="+UPGRADEIND: <percent>"):
    """So much of a new firmware is loaded; below 0 why it cannot be."""

    percent: Annotated[int, r"-?\d{1,4}"]


class UpgradeLoaded(Urc, says="+UPGRADEDL: <percent>"):
    """So much of it is in flash; what speaks there is not the firmware."""

    percent: int


class UpgradeInstalled(Urc, says="+UPGRADEVER: <version>"):
    """The new firmware is there; 1 when the vendor's server has heard of it."""

    version: Annotated[str, r"[\w.-]+"]


class WifiCount(Urc, says="+WIFISCAN COUNT: <count>"):
    """How many networks a scan has found."""

    IS_INFORMATION = True

    count: int


class WifiSeen(Urc, says='+WIFISCAN: ["<name>",]"<mac>",<rssi>,<channel>[,<advance>]'):
    """A wireless network in reach."""

    IS_INFORMATION = True

    name: Annotated[str | None, '[^"]*']
    mac: Annotated[str, "[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}"]
    rssi: Annotated[int, r"-?\d{1,3}"]
    channel: int
    advance: Annotated[int | None, r"-?\d{1,3}"] = None


# --- calls, sound, time, position (docs/spec/stubs.md) --------------------------------------------


class Ringing(Urc, says="RING"):
    """Somebody calls (docs/spec/stubs.md §1)."""


class CallKind(Urc, says="+CRING: <kind>"):
    """The same, with the kind of the call."""

    kind: Words


class Caller(Urc, says='+CLIP: "<number>",<type>,,,,0'):
    """Who calls."""

    number: str
    type: int


class CallEnded(Urc, says="NO CARRIER"):
    """The call is over, or was not set up."""


class Spoken(Urc, says="+CTTS:<state>"):
    """A text has been spoken (docs/spec/stubs.md §2)."""

    IS_INFORMATION = True

    state: int


class AudioPlayed(Urc, says="+CAUDPLAY: <mode>,<length>"):
    """A file has been played; its length in milliseconds."""

    mode: int
    length: int


class NetworkClockSet(Urc, says="+CNTP: <code>"):
    """The clock is set by the network's; or the vendor's number (docs/spec/time-ftp.md §1)."""

    code: int


class PositionReport(Urc, says="+UGNSINF: <fields>"):
    """What AT+CGNSINF shows (docs/spec/stubs.md §3)."""

    fields: Annotated[str, r"[\d,.-]+"]


# --- TCP and UDP (docs/spec/network.md §5) --------------------------------------------------------


class ConnectOk(OfLink, Urc, says="[<link>, ]CONNECT OK"):
    """A link is up."""


class ConnectFail(OfLink, Urc, says="[<link>, ]CONNECT FAIL"):
    """A link did not come up."""


class Connect(Urc, says="CONNECT"):
    """The line is the link's from here on: transparent mode."""


class Closed(OfLink, Urc, says="[<link>, ]CLOSED"):
    """The peer closed a link, or it broke."""


class SecureClosed(OfLink, Urc, says="[<link>, ]CLOSE OK"):
    """The peer closed a TLS link, and what it sent is lost (EC718, docs/spec/network.md §5)."""


class TransportError(Urc, says="<protocol> ERROR: <number>"):
    """Why a link broke or was not established; the vendor's number."""

    protocol: Annotated[str, "TCP|UDP"]
    number: int


class SceneState(Urc, says="STATE: <state>"):
    """The state a failed CIPSTART left, and what CIPSTATUS shows."""

    state: Words


class PdpDeact(Urc, says="+PDP[<colon>] DEACT", also="+PDP: DEACT"):
    """The network took the PDP of the sockets away (docs/spec/network.md §4, OQ-36)."""

    colon: Annotated[str | None, ":"] = ":"


class DataWaiting(OfLink, Urc, says='+CIPRXGET: 1[,<link>][,"<peer>"]'):
    """Received data wait to be fetched with CIPRXGET."""

    peer: Annotated[str | None, r"[^\s\",]+:\d+"] = None


class ReceivedFrom(Urc, says="RECV FROM: <peer>"):
    """Who sent the packet that follows: address and port."""

    peer: Annotated[str, r"\S+"]


class NameResolved(Urc, says='+CDNSGIP: 1,"<name>","<address>"'):
    """The address of a name."""

    name: str
    address: str


class NameUnknown(Urc, says="+CDNSGIP: 0,<error>"):
    """A name that has no address; `error` is 10-15."""

    error: int


#: Characters of a line that say which URCs it may be.
_START = 4


# Host and trace ask about the same lines, and most lines come again.
@lru_cache(maxsize=128)
def parse_urc(line: str) -> Urc | None:
    """The URC that `line` (without CR LF) is, or None for any other line."""
    line = line.strip()
    for kind in _kinds(line[:_START]):
        if (urc := kind.read(line)) is not None:
            return urc
    return None


@lru_cache(maxsize=128)
def _kinds(start: str) -> tuple[type[Urc], ...]:
    """The kinds of lines that may begin with `start`."""
    kinds = Urc.__subclasses__()
    return tuple(kind for kind in kinds if start.startswith(kind.begins()[:_START]))


def urcs_after(body: bytes) -> list[tuple[str, Urc]]:
    """The URCs that were counted as the end of a body which came short: whole lines after its OK.

    Bytes of the body were lost, so what followed it on the line was taken for them.
    """
    _, ok, after = body.rpartition(b"\r\nOK\r\n")
    if not ok or not after.endswith(b"\r\n"):
        return []
    lines = [line.strip() for line in after.decode("latin-1").split("\r\n")]
    return [(line, urc) for line in lines if (urc := parse_urc(line)) is not None]
