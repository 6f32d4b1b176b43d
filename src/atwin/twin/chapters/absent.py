"""What the manual has and a twin has not, each with its reason: no command is missing in silence.

Nothing here runs: the module answers ERROR, as to any name that it does not know. A command that a
module does not have for want of a feature stands where it is declared (`needs`), and not here.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Absent:
    """Commands of one family that are not there, or whose set and bare forms are not.

    `ours`: the real modules have them.
    """

    family: str
    names: tuple[str, ...]
    why: str
    ours: bool


def _ours(family: str, names: str, why: str) -> Absent:
    return Absent(family, tuple(names.split()), why, ours=True)


def _real(family: str, names: str, why: str) -> Absent:
    return Absent(family, tuple(names.split()), why, ours=False)


ABSENT = (
    _ours("MQTT", "+MIPSTART +SSLMIPSTART", "No connection to a broker is made."),
    _ours("Short messages", "+CMGW", "No message is kept in the store."),
    _ours(
        "FTP",
        "+FTPGET +FTPPUT +FTPLIST +FTPSIZE +FTPDELE +FTPMKD +FTPRMD +FTPGETTOFS +FTPPUTFRMFS "
        "+FTPFILEPUT +FTPEXTPUT +FTPEXTGET",
        "No session with a server is made; what only asks is answered.",
    ),
    _real("Voice calls", "+CPCMREG", "No firmware here carries voice as data."),
    _real("TCP and UDP", "+CIPSERVER", "A module cannot be a server."),
    _real("Location", "+AIRLBS +LBS", "In the command index of the manual alone."),
    _real("Production", "+EGMR +ECPCFG", "Not for customers."),
    _real("As any modem", "&V L M", "In no source."),
    _real("Events", "+CIND +CMER", "Not in the manual."),
    _real("VoLTE", "+IMS +IMSREG +VOLTE", "Measured to be ERROR on EC718."),
    _real(
        "Other makers",
        "+QIACT +NETOPEN +CSSLCFG +CMQTTSTART +CCHOPEN +CCERTDOWN +CGSMS",
        "Commands of other makers' modules, which mixed programs send.",
    ),
)
