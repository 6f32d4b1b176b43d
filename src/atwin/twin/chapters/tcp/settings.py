"""What the CIP… commands set, and AT+CIPSCONT keeps (spec: network.md §5, power.md §4)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from atwin.twin.board.nvram import Nvram

_RECORD = "sockets"


@dataclass(slots=True)
class SocketSettings:
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
    #: 0 puts CR LF behind every packet.
    bare_packets: int = 0
    keep_alive: int = 0
    keep_idle: int = 7200
    keep_interval: int = 75
    keep_count: int = 9

    @classmethod
    def boot(cls, nvram: Nvram) -> SocketSettings:
        """What AT+CIPSCONT saved, or the factory's."""
        settings = cls()
        for name, value in (nvram.load(_RECORD) or {}).items():
            # A value of another kind comes from a damaged record: the factory's is safer.
            if type(value) is type(getattr(settings, name, None)):
                setattr(settings, name, value)
        return settings

    def save(self, nvram: Nvram) -> None:
        """AT+CIPSCONT."""
        nvram.store(_RECORD, asdict(self))

    def shown(self) -> tuple[str, ...]:
        """One line a command, as its read form has it."""
        return (
            f"+CIPMUX: {self.mux}",
            f"+CIPMODE: {self.mode}",
            f"+CIPSSL: {self.ssl}",
            f'+CSTT: "{self.apn}","{self.user}","{self.password}"',
            f"+CIPQSEND: {self.quick_send}",
            f"+CIPSPRT: {self.prompt}",
            f"+CIPATS: {self.auto_send},{self.auto_send_time}",
            f"+CIPHEAD: {self.head}",
            f"+CIPSHOWTP: {self.show_protocol}",
            f"+CIPSRIP: {self.show_source}",
            f"+CIPRXF: {self.bare_packets}",
            self.keep_alive_line(),
        )

    def keep_alive_line(self) -> str:
        """As AT+CIPTKA? has it."""
        times = f"{self.keep_idle},{self.keep_interval},{self.keep_count}"
        return f"+CIPTKA: {self.keep_alive},{times}"


def is_saved(nvram: Nvram) -> bool:
    """Whether AT+CIPSCONT has saved anything."""
    return nvram.load(_RECORD) is not None
