"""What the CIP… commands set, and AT+CIPSCONT keeps (docs/spec/network.md §5, power.md §4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from atwin.twin.board.sim import Access

if TYPE_CHECKING:
    from atwin.twin.board.nvram import Nvram

RECORD = "sockets"

#: What a saved value may be; any other comes from a damaged record.
_ALLOWED = {
    **dict.fromkeys(("mux", "mode", "ssl", "auto_send", "head", "keep_alive"), range(2)),
    **dict.fromkeys(("show_protocol", "show_source", "bare_packets"), range(2)),
    **dict.fromkeys(("quick_send", "prompt"), range(3)),
    "auto_send_time": range(101),
    "keep_idle": range(30, 7201),
    "keep_interval": range(30, 601),
    "keep_count": range(1, 10),
    "context": range(1, 3),
    **dict.fromkeys(("escapes", "pieces", "drops_unsent"), range(2)),
    "retries": range(3, 9),
    "wait": range(2, 11),
    "packet": range(1, 1461),
    "piece": range(50, 1461),
    "piece_time": range(20, 1001),
}

#: Command: the fields its read form shows.
_SHOWN = {
    "+CIPMUX": ("mux",),
    "+CIPMODE": ("mode",),
    "+CSTT": ("apn", "user", "password"),
    "+CIPQSEND": ("quick_send",),
    "+CIPSPRT": ("prompt",),
    "+CIPATS": ("auto_send", "auto_send_time"),
    "+CIPHEAD": ("head",),
    "+CIPSHOWTP": ("show_protocol",),
    "+CIPSRIP": ("show_source",),
    "+CIPTKA": ("keep_alive", "keep_idle", "keep_interval", "keep_count"),
    "+CIPCCFG": (
        *("retries", "wait", "packet", "escapes", "pieces", "piece", "piece_time"),
        "drops_unsent",
    ),
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
    auto_send_time: int = 0
    head: int = 0
    show_protocol: int = 0
    show_source: int = 0
    #: 0 puts CR LF after every packet.
    bare_packets: int = 0
    keep_alive: int = 0
    keep_idle: int = 7200
    keep_interval: int = 75
    keep_count: int = 9
    #: AT+CIPCSGP: 1 packet data, 2 what nothing here is.
    context: int = 1
    #: AT+CIPCCFG. Transparent mode sends `packet` bytes, or what there is after `wait` tenths of a
    #: second without more; `drops_unsent`: what was not sent goes with its link.
    retries: int = 5
    wait: int = 2
    packet: int = 1024
    drops_unsent: int = 0
    #: These have no effect.
    escapes: int = 0
    pieces: int = 0
    piece: int = 1460
    piece_time: int = 50

    @classmethod
    def boot(cls, nvram: Nvram) -> TcpSettings:
        """What AT+CIPSCONT saved, or the factory's."""
        return nvram.restore(RECORD, cls(), _ALLOWED)

    def save(self, nvram: Nvram) -> None:
        """AT+CIPSCONT."""
        nvram.store(RECORD, asdict(self))

    @property
    def access(self) -> Access | None:
        """What AT+CSTT asks for; None where its APN is empty."""
        return Access(self.apn, self.user, self.password) if self.apn else None

    def line(self, command: str) -> str:
        """What the read form of that command says."""
        values = (getattr(self, field) for field in _SHOWN[command])
        shown = (f'"{value}"' if isinstance(value, str) else str(value) for value in values)
        return f"{command}: {','.join(shown)}"

    def saved(self) -> tuple[str, ...]:
        """What AT+CIPSCONT? says of them; CIPDPDP, CIPRXGET and CIPRDTIMER are never saved."""
        return (
            f"+CIPCSGP: {self.context}",
            f"Gprs Config APN: {self.apn}",
            f"Gprs Config UserId: {self.user}",
            f"Gprs Config Password: {self.password}",
            *map(self.line, ("+CIPHEAD", "+CIPSHOWTP", "+CIPSRIP", "+CIPATS", "+CIPSPRT")),
            *map(self.line, ("+CIPQSEND", "+CIPMODE")),
            # Seven of its eight values.
            self.line("+CIPCCFG").rpartition(",")[0],
            self.line("+CIPMUX"),
            "+CIPDPDP: 1,10,3",
            "+CIPRXGET: 0",
            "+CIPRDTIMER: 2000,3500",
        )
