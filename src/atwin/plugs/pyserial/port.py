"""pyserial's port with a module of its own at the other end."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from serial import PortNotOpenError, SerialBase, SerialException, to_bytes

from atwin.line.frame import Frame, HostSettings

if TYPE_CHECKING:
    from atwin.plugs.pyserial.line import TwinLine

#: pyserial's own, in bit/s.
_DEFAULT_RATE = 9600


class TwinPort(SerialBase):  # type: ignore[misc] # pyserial has no type hints
    """What a port does, while a `twin://` URL is open; the module ends with `close`.

    A program that names no rate gets the one of the URL, not pyserial's 9600.
    """

    is_open: bool
    _baudrate: int
    _line: TwinLine | None = None
    _set: HostSettings
    fd: int | None = None
    _names_no_rate = False

    def __init__(self, *args: Any, **settings: Any) -> None:
        self._names_no_rate = names_no_rate(*args, **settings)
        super().__init__(*args, **settings)

    def open(self) -> None:
        """Switch a module on. Raises `SerialException`."""
        if self._port is None:
            raise SerialException("Port must be configured before it can be used.")
        if self.is_open:
            raise SerialException("Port is already open.")
        # Here, because a program that never opens a twin need not pay for one.
        from atwin.plugs.pyserial.line import TwinLine
        from atwin.session.url import parse_twin_url

        try:
            wanted = parse_twin_url(self._port)
            if self._names_no_rate and self._baudrate == _DEFAULT_RATE and wanted.line.baud:
                self._baudrate = wanted.line.baud
            self._set = self._settings(HostSettings())
            self._line = TwinLine(wanted, self._set)
        except Exception as error:
            raise SerialException(f"could not open port {self._port}: {error}") from error
        self.fd = self._line.fileno()
        self.is_open = True
        # With flow control by an output the driver asserts it, whatever the program said before.
        rts = None if self._rtscts else bool(self._rts_state)
        dtr = None if self._dsrdtr else bool(self._dtr_state)
        self._tell(replace(self._set, rts=rts, dtr=dtr))

    def close(self) -> None:
        """Switch the module off; harmless when called twice."""
        line, self._line, self.fd = self._line, None, None
        self.is_open = False
        if line is not None:
            line.close()

    @property
    def _opened(self) -> TwinLine:
        if not self.is_open or self._line is None:
            raise PortNotOpenError
        return self._line

    # --- settings ---------------------------------------------------------------------------------

    def _settings(self, now: HostSettings) -> HostSettings:
        return replace(
            now,
            rate=self._baudrate,
            frame=Frame(self._bytesize, self._parity, self._stopbits),
            obeys_cts=bool(self._rtscts),
            obeys_xoff=bool(self._xonxoff),
        )

    def _reconfigure_port(self, *_: object, **__: object) -> None:
        self._tell(self._settings(self._set))

    def _update_rts_state(self) -> None:
        self._tell(replace(self._set, rts=bool(self._rts_state)))

    def _update_dtr_state(self) -> None:
        self._tell(replace(self._set, dtr=bool(self._dtr_state)))

    def _update_break_state(self) -> None:
        """A module hears no break."""

    def _tell(self, settings: HostSettings) -> None:
        if settings != self._set:
            self._set = settings
            self._opened.set(settings)

    def set_input_flow_control(self, enable: bool = True) -> None:
        """Send XON, or XOFF."""
        self.write(b"\x11" if enable else b"\x13")

    # --- bytes ------------------------------------------------------------------------------------

    def read(self, size: int = 1) -> bytes:
        """`size` bytes, or what came before the time was over."""
        return self._opened.read(size, self._timeout, self._inter_byte_timeout)

    def write(self, data: Any) -> int:
        """How many bytes were taken. Raises `SerialTimeoutException`."""
        return self._opened.write(to_bytes(data), self._write_timeout)

    @property
    def in_waiting(self) -> int:
        """Bytes that have come and are not read."""
        return self._opened.in_waiting

    @property
    def out_waiting(self) -> int:
        """Bytes that have not left for the module."""
        return self._opened.out_waiting

    def flush(self) -> None:
        """Return when everything written has left."""
        self._opened.flush()

    def reset_input_buffer(self) -> None:
        """Throw away what has come."""
        self._opened.drop_input()

    def reset_output_buffer(self) -> None:
        """Take back what has not left."""
        self._opened.drop_output()

    def cancel_read(self) -> None:
        """End a `read` of another thread, or else the next one that waits."""
        if self._line is not None:
            self._line.reading.ring()

    def cancel_write(self) -> None:
        """End a `write` of another thread, or else the next one that waits."""
        if self._line is not None:
            self._line.writing.ring()

    def fileno(self) -> int:
        """For select, poll and event loops; not to be read or written."""
        return self._opened.fileno()

    # --- wires ------------------------------------------------------------------------------------

    send_break = SerialBase.send_break

    @property
    def cts(self) -> bool:
        """The module lets the host send."""
        return self._opened.cts

    @property
    def dsr(self) -> bool:
        """The module is there."""
        return self._opened is not None

    @property
    def ri(self) -> bool:
        """The module rings."""
        return self._opened.ri

    @property
    def cd(self) -> bool:
        """There is a connection; a module without one asserts it all the same."""
        return self._opened is not None


def names_no_rate(port: object = None, *args: object, **settings: object) -> bool:
    """Whether a program that makes a port so leaves the rate to pyserial."""
    return not args and "baudrate" not in settings
