"""The module's end of a line as an RFC 2217 server: TCP with the controls of a serial port.

Telnet and its COM-PORT option are pyserial's `PortManager`; here it is put on an asyncio port,
and spared the bytes that need none of it: it looks at each byte in turn.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from serial import rfc2217
from serial.rfc2217 import M_NORMAL, PortManager

from atwin.line.tcp import TcpServerPort

if TYPE_CHECKING:
    from atwin.line.port import Receiver

log = logging.getLogger(__name__)

_IAC = b"\xff"
#: Bytes of a Telnet suboption; those of RFC 2217 have six, a signature some more.
_LONGEST_OPTION = 1024


class LineSettings:
    """What the client sets and asks, under the names `PortManager` knows.

    `baudrate` in bit/s, 8N1 unless the client wants another frame; `rts` and `dtr` are the host's
    outputs, `cts`, `dsr`, `cd` and `ri` the module's.
    """

    def __init__(self) -> None:
        self.baudrate = 115200
        self.bytesize = 8
        self.parity = "N"
        self.stopbits: float = 1
        self.rtscts = False
        self.xonxoff = False
        self.rts = True
        self.dtr = True
        self.break_condition = False
        self.cts = True
        self.dsr = True
        self.cd = True
        self.ri = False

    def reset_input_buffer(self) -> None:
        """PURGE-DATA: nothing is held back between the module and the client."""

    def reset_output_buffer(self) -> None:
        """PURGE-DATA: nothing is held back between the client and the module."""


class _Telnet(PortManager):  # type: ignore[misc] # pyserial has no type hints
    """`PortManager`, and the answers it owes: clients such as serialx's wait for each."""

    def _telnet_process_subnegotiation(self, suboption: bytes) -> None:
        super()._telnet_process_subnegotiation(suboption)
        if suboption[:1] != rfc2217.COM_PORT_OPTION:
            return
        command, value = suboption[1:2], suboption[2:3]
        if command == rfc2217.SET_MODEMSTATE_MASK:
            self.rfc2217_send_subnegotiation(rfc2217.SERVER_SET_MODEMSTATE_MASK, value)
        elif command == rfc2217.SET_LINESTATE_MASK:
            self.rfc2217_send_subnegotiation(rfc2217.SERVER_SET_LINESTATE_MASK, value)
        elif command == rfc2217.SET_CONTROL and value in _STATES:
            name, on, off = _STATES[value]
            state = on if getattr(self.serial, name) else off
            self.rfc2217_send_subnegotiation(rfc2217.SERVER_SET_CONTROL, state)


#: The questions about an output: its name, and the answers for on and off.
_STATES = {
    rfc2217.SET_CONTROL_REQ_BREAK_STATE: (
        "break_condition",
        rfc2217.SET_CONTROL_BREAK_ON,
        rfc2217.SET_CONTROL_BREAK_OFF,
    ),
    rfc2217.SET_CONTROL_REQ_DTR: (
        "dtr",
        rfc2217.SET_CONTROL_DTR_ON,
        rfc2217.SET_CONTROL_DTR_OFF,
    ),
    rfc2217.SET_CONTROL_REQ_RTS: (
        "rts",
        rfc2217.SET_CONTROL_RTS_ON,
        rfc2217.SET_CONTROL_RTS_OFF,
    ),
}


class Rfc2217ServerPort:
    """One module for one client at a time, like `TcpServerPort`, with a client's settings.

    A client that speaks no Telnet is served too: then it is a plain TCP line, except that 0xFF
    is sent twice.
    """

    def __init__(self, host: str, port: int) -> None:
        """Listen at once, on a free port when `port` is 0. Raises `PortError`."""
        self.settings = LineSettings()
        self._tcp = TcpServerPort(host, port)
        self._tcp.on_client = self._client_came
        self.address = self._tcp.address
        self.name = f"rfc2217 {self.address}"
        self._receiver: Receiver | None = None
        self._telnet: _Telnet | None = None

    def start(self, receiver: Receiver) -> None:
        """See `Port.start`."""
        self._receiver = receiver
        self._tcp.start(self)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """See `Port.write`."""
        self._tcp.write(bytes(data).replace(_IAC, _IAC + _IAC))

    async def drain(self) -> None:
        """See `Port.drain`."""
        await self._tcp.drain()

    def pause_reading(self) -> None:
        """See `Port.pause_reading`."""
        self._tcp.pause_reading()

    def resume_reading(self) -> None:
        """See `Port.resume_reading`."""
        self._tcp.resume_reading()

    async def close(self) -> None:
        """See `Port.close`."""
        await self._tcp.close()

    # --- Receiver of the TCP port ----------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """From the client, Telnet and data mixed."""
        assert self._receiver is not None
        if plain := self._without_telnet(data):
            self._receiver.received(plain)

    def lost(self, reason: str | None) -> None:
        """The listener was closed."""
        if self._receiver is not None:
            self._receiver.lost(reason)

    def _client_came(self) -> None:
        """Each client negotiates, and sets the line, anew."""
        self.settings = LineSettings()
        self._telnet = _Telnet(self.settings, self._tcp)

    def _without_telnet(self, data: bytes) -> bytes:
        telnet = self._telnet
        assert telnet is not None
        plain, at = bytearray(), 0
        while at < len(data):
            if telnet.mode == M_NORMAL and telnet.suboption is None:
                end = data.find(_IAC, at)
                end = len(data) if end < 0 else end
                plain += data[at:end]
                at = end
            try:
                plain += b"".join(telnet.filter(data[at : at + 1]))
            except Exception as error:
                # Nothing a client sends may end the twin.
                log.info("%s: malformed Telnet option: %r", self.name, error)
                telnet.mode, telnet.suboption = M_NORMAL, None
            if len(telnet.suboption or b"") > _LONGEST_OPTION:
                telnet.suboption = None
            at += 1
        return bytes(plain)
