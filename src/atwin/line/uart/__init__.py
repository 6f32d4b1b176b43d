"""The module's UART: pacing, flow control, noise, loss, auto-baud."""
