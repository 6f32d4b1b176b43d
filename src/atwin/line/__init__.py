"""The serial line: ports that carry bytes, and the UART of the module."""
