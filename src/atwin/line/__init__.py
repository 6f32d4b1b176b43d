"""The serial line: ports that carry bytes, and the UART behind the module."""
