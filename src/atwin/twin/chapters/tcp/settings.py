"""What the CIP… commands set, and AT+CIPSCONT keeps (docs/spec/network.md §5, power.md §4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.twin.board.nvram import Nvram

RECORD = "sockets"

#: What a saved value may be; any other comes from a damaged record.
_ALLOWED = {
    **dict.fromkeys(("mux", "mode", "ssl", "auto_send", "head", "keep_alive"), range(2)),
    **dict.fromkeys(("show_protocol", "show_source", "bare_packets"), range(2)),
    **dict.fromkeys(("quick_send", "prompt"), range(3)),
    "auto_send_time": range(1, 101),
    "keep_idle": range(30, 7201),
    "keep_interval": range(30, 601),
    "keep_count": range(1, 10),
}

#: Command: the fields its read form shows, in the order of AT+CIPSCONT?.
_SHOWN = {
    "+CIPMUX": ("mux",),
    "+CIPMODE": ("mode",),
    "+CIPSSL": ("ssl",),
    "+CSTT": ("apn", "user", "password"),
    "+CIPQSEND": ("quick_send",),
    "+CIPSPRT": ("prompt",),
    "+CIPATS": ("auto_send", "auto_send_time"),
    "+CIPHEAD": ("head",),
    "+CIPSHOWTP": ("show_protocol",),
    "+CIPSRIP": ("show_source",),
    "+CIPRXF": ("bare_packets",),
    "+CIPTKA": ("keep_alive", "keep_idle", "keep_interval", "keep_count"),
}


@dataclass(slots=True)
class TcpSettings:
    """Factory values; numbers as their commands take them."""

    mux: int = 0
    mode: int = 0
    ssl: int = 0
    apn: str = ""
    user: str = ""
    password: str = ""
    #: Result of CIPSEND: 0 SEND OK, 1 DATA ACCEPT, 2 SEND OK when the peer has confirmed.
    quick_send: int = 0
    #: 0 no prompt, 1 prompt and SEND OK, 2 neither.
    prompt: int = 1
    auto_send: int = 0
    auto_send_time: int = 1
    head: int = 0
    show_protocol: int = 0
    show_source: int = 0
    #: 0 puts CR LF after every packet.
    bare_packets: int = 0
    keep_alive: int = 0
    keep_idle: int = 7200
    keep_interval: int = 75
    keep_count: int = 9

    @classmethod
    def boot(cls, nvram: Nvram) -> TcpSettings:
        """What AT+CIPSCONT saved, or the factory's."""
        return nvram.restore(RECORD, cls(), _ALLOWED)

    def save(self, nvram: Nvram) -> None:
        """AT+CIPSCONT."""
        nvram.store(RECORD, asdict(self))

    def line(self, command: str) -> str:
        """What the read form of that command says."""
        values = (getattr(self, field) for field in _SHOWN[command])
        shown = (f'"{value}"' if isinstance(value, str) else str(value) for value in values)
        return f"{command}: {','.join(shown)}"

    def shown(self) -> tuple[str, ...]:
        """One line a command."""
        return tuple(self.line(command) for command in _SHOWN)
