"""`twin://` for programs that open serial ports by URL with pyserial or serialx.

Importing this package is enough: from then on `serial.serial_for_url`, `serial.Serial`, what
derives from it, and `serialx` open `twin://MODEL?name=value&…` (see `atwin get --help`), each with
a module of its own, in a thread of this process. `python -m atwin.plugs PROGRAM ARGUMENTS` does
that for a program that stays unmodified.
"""

import serial

from atwin.plugs.pyserial.native import teach
from atwin.plugs.serialx_plug import register

serial.protocol_handler_packages.append("atwin.plugs.pyserial")
teach()
register()
