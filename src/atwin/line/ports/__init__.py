"""Ways to carry the line's bytes: memory, PTY, TCP, RFC 2217, a serial device."""
