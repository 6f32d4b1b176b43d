"""How long a test waits in real time before it says that something hangs."""

from __future__ import annotations

#: Seconds: far more than a busy machine needs. Nothing that goes well waits for their end.
PATIENCE = 100.0
