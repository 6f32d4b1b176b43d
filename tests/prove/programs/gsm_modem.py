"""python-gsmmodem-new on the port named on the command line: connect, and who is there."""

from __future__ import annotations

import sys

from gsmmodem.modem import GsmModem

modem = GsmModem(sys.argv[1], 115200)
modem.connect()
print(f"connected to {modem.manufacturer} {modem.model}")
modem.close()
