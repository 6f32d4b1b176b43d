"""Ports by URL, their pins and faults, tracing, a served twin: what `--port` needs."""
