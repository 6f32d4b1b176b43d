"""The module's end of a line as an RFC 2217 server: TCP with the controls of a serial port.

Telnet and its COM-PORT option are pyserial's `PortManager`; here it is put on an asyncio port,
and spared the bytes that need none of it: it looks at each byte in turn.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from serial import rfc2217
from serial.rfc2217 import M_NORMAL, PortManager

from atwin.line.frame import USUAL_RATE, XOFF, XON, Frame, HostSettings, ReceiveError
from atwin.line.ports.tcp import TcpServerPort
from atwin.line.ports.wrapper import PortWrapper

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.ports.listener import ClientPatience, TcpListener

log = logging.getLogger("atwin.line")

_IAC = b"\xff"
#: Bytes of a Telnet suboption; those of RFC 2217 have six, a signature some more.
_LONGEST_OPTION = 1024
#: Bytes the server keeps for a client that suspended it; what comes beyond is lost.
_HELD = 4096


class ClientSettings:
    """The serial port the client sets, under the names `PortManager` knows.

    That is the host's end of the line: `baudrate` in bit/s, 8N1 unless the client wants another
    frame; `rts` and `dtr` are the host's outputs, None until the client sets them; `cts`, `dsr`,
    `cd` and `ri` are the module's.
    """

    def __init__(self, rate: int | None, purge: Callable[[bool, bool], None]) -> None:
        self.baudrate = rate or USUAL_RATE
        self.bytesize = 8
        self.parity = "N"
        self.stopbits: float = 1
        self.rts: bool | None = None
        self.dtr: bool | None = None
        self.break_condition = False
        self.cts = True
        self.dsr = True
        self.cd = True
        self.ri = False
        self._rtscts = False
        self._xonxoff = False
        self._purge = purge

    @property
    def rtscts(self) -> bool:
        """Flow control by RTS and CTS; one kind takes the place of the other."""
        return self._rtscts

    @rtscts.setter
    def rtscts(self, on: bool) -> None:
        self._rtscts = on
        self._xonxoff = self._xonxoff and not on

    @property
    def xonxoff(self) -> bool:
        """Flow control by XON and XOFF."""
        return self._xonxoff

    @xonxoff.setter
    def xonxoff(self, on: bool) -> None:
        self._xonxoff = on
        self._rtscts = self._rtscts and not on

    def reset_input_buffer(self) -> None:
        """PURGE-DATA: what came from the module and the client has not been sent."""
        self._purge(True, False)

    def reset_output_buffer(self) -> None:
        """PURGE-DATA: what the client wrote and has not left for the module."""
        self._purge(False, True)


class _Telnet(PortManager):  # type: ignore[misc] # pyserial has no type hints
    """`PortManager`, and what it leaves out: line states, suspending, and answers it owes."""

    def __init__(
        self, settings: ClientSettings, connection: TcpServerPort, changed: Callable[[], None]
    ) -> None:
        """`changed` is called after each thing the client set."""
        #: The client wants nothing sent for now.
        self.suspended = False
        self._changed = changed
        self._line_mask = 0
        self._line_state = ReceiveError(0)
        super().__init__(settings, connection)

    def notice(self, error: ReceiveError) -> None:
        """Tell a client that asked to be told; one that polls hears it at the next poll."""
        self._line_state |= error
        if self._line_mask & error:
            self._send_line_state()

    def _send_line_state(self) -> None:
        self.rfc2217_send_subnegotiation(
            rfc2217.SERVER_NOTIFY_LINESTATE, bytes((self._line_state,))
        )
        self._line_state = ReceiveError(0)

    def _telnet_process_subnegotiation(self, suboption: bytes) -> None:
        if suboption[:2] == rfc2217.COM_PORT_OPTION + rfc2217.NOTIFY_LINESTATE:
            self._send_line_state()
            return
        super()._telnet_process_subnegotiation(suboption)
        if suboption[:1] != rfc2217.COM_PORT_OPTION:
            return
        command, value = suboption[1:2], suboption[2:3]
        if command == rfc2217.SET_MODEMSTATE_MASK:
            self.rfc2217_send_subnegotiation(rfc2217.SERVER_SET_MODEMSTATE_MASK, value)
        elif command == rfc2217.SET_LINESTATE_MASK:
            self._line_mask = value[0]
            self.rfc2217_send_subnegotiation(rfc2217.SERVER_SET_LINESTATE_MASK, value)
        elif command in (rfc2217.FLOWCONTROL_SUSPEND, rfc2217.FLOWCONTROL_RESUME):
            self.suspended = command == rfc2217.FLOWCONTROL_SUSPEND
        elif command == rfc2217.SET_CONTROL and value in _STATES:
            name, on, off = _STATES[value]
            state = off if getattr(self.serial, name) is False else on
            self.rfc2217_send_subnegotiation(rfc2217.SERVER_SET_CONTROL, state)
        self._changed()


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


class Rfc2217ServerPort(PortWrapper[TcpServerPort]):
    """One module for one client at a time, like `TcpServerPort`, with a client's settings.

    A client that speaks no Telnet is served too: then it is a plain TCP line, except that 0xFF
    is sent twice.
    """

    def __init__(
        self,
        host: str,
        port: int,
        rate: int | None = None,
        patience: ClientPatience | None = None,
        *,
        listener: TcpListener | None = None,
    ) -> None:
        """As `TcpServerPort`; `rate` in bit/s until a client sets one. Raises `PortError`."""
        #: Called when a client has left.
        self.on_client_gone: Callable[[], None] = lambda: None
        #: Bytes lost because a client suspended the line and nothing stopped the module.
        self.dropped = 0
        #: How the client set its end, and whom to tell; see `TellingPort`.
        self.host_settings = HostSettings(rate)
        self.on_host_settings: Callable[[HostSettings], None] = lambda _: None
        self.on_purge: Callable[[bool, bool], None] = lambda received, unsent: None
        self._rate = rate
        self._tcp = TcpServerPort(host, port, patience, listener=listener)
        self._tcp.on_client = self._client_came
        self._tcp.on_client_gone = self._client_left
        self.address = self._tcp.address
        self.is_exposed = self._tcp.is_exposed
        super().__init__(f"rfc2217 {self.address}", self._tcp)
        self._telnet: _Telnet | None = None
        self._settings = ClientSettings(rate, self._purge)
        self._plain = bytearray()
        self._held = bytearray()
        self._stopped_module = False  # by XOFF

    def write(self, data: bytes | bytearray | memoryview) -> None:
        if self._suspended:
            room = _HELD - len(self._held)
            self._held += memoryview(data)[:room]
            if len(data) > room:
                self.dropped += len(data) - room
                self.show_error(ReceiveError.OVERRUN)
        else:
            super().write(bytes(data).replace(_IAC, _IAC + _IAC))

    def show_cts(self, on: bool) -> None:
        self._settings.cts = on
        self._tell_lines()

    def show_ri(self, on: bool) -> None:
        self._settings.ri = on
        self._tell_lines()

    def _tell_lines(self) -> None:
        if self._telnet is not None:
            self._telnet.check_modem_lines()

    def show_error(self, error: ReceiveError) -> None:
        if self._telnet is not None:
            self._telnet.notice(error)

    # --- Receiver of the TCP port ----------------------------------------------------------------

    def received(self, data: bytes) -> None:
        """From the client, Telnet and data mixed."""
        telnet = self._telnet
        assert telnet is not None
        at = 0
        while at < len(data):
            if telnet.mode == M_NORMAL and telnet.suboption is None:
                end = data.find(_IAC, at)
                end = len(data) if end < 0 else end
                self._plain += data[at:end]
                at = end
            try:
                self._plain += b"".join(telnet.filter(data[at : at + 1]))
            except Exception as error:
                # Nothing a client sends may end the twin.
                log.info("%s: malformed Telnet option: %r", self.name, error)
                telnet.mode, telnet.suboption = M_NORMAL, None
            if len(telnet.suboption or b"") > _LONGEST_OPTION:
                telnet.suboption = None
            at += 1
        self._deliver()

    def _client_left(self) -> None:
        """Nobody drives RTS and DTR, or holds the flow, any more."""
        self._telnet = None
        self._held.clear()
        self._stop_module(False)
        self._set_host_settings(HostSettings(self._rate))
        self.on_client_gone()

    def _client_came(self) -> None:
        """Each client negotiates, and sets the line, from the start."""
        cts, ri = self._settings.cts, self._settings.ri
        self._settings = ClientSettings(self._rate, self._purge)
        self._settings.cts, self._settings.ri = cts, ri
        self._telnet = _Telnet(self._settings, self._tcp, self._changed)

    # --- what the client sets --------------------------------------------------------------------

    @property
    def _suspended(self) -> bool:
        return self._telnet is not None and self._telnet.suspended

    def _deliver(self) -> None:
        if self._plain:
            data = bytes(self._plain)
            self._plain.clear()
            super().received(data)

    def _changed(self) -> None:
        """The client set something: what it sent before went out under the old settings."""
        self._deliver()
        settings = self._settings
        suspended = self._suspended
        self._stop_module(settings.xonxoff and suspended)
        if self._held and not suspended:
            held = bytes(self._held)
            self._held.clear()
            self.write(held)
        self._set_host_settings(
            HostSettings(
                rate=settings.baudrate,
                frame=Frame(settings.bytesize, settings.parity, settings.stopbits),
                rts=False if settings.rtscts and suspended else settings.rts,
                dtr=settings.dtr,
                obeys_cts=settings.rtscts,
                obeys_xoff=settings.xonxoff,
            )
        )

    def _stop_module(self, stop: bool) -> None:
        """By XOFF, as a serial port with that flow control does when its reader is stopped."""
        if stop != self._stopped_module:
            self._stopped_module = stop
            super().received(XOFF if stop else XON)

    def _set_host_settings(self, line: HostSettings) -> None:
        if line != self.host_settings:
            self.host_settings = line
            self.on_host_settings(line)

    def _purge(self, received: bool, unsent: bool) -> None:
        if received:
            self._held.clear()
        if unsent:
            self._plain.clear()
        self.on_purge(received, unsent)
