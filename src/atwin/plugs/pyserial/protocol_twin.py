"""`serial.serial_for_url("twin://air780e-at?baud=115200")`."""

from atwin.plugs.pyserial.port import TwinPort


class Serial(TwinPort):
    """The name pyserial looks for."""
