"""Requests to the control socket of a twin (docs/reference/control.md), each a line of JSON."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING, Any

from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from pathlib import Path


def ask_control(
    control: Path | str, *requests: object, seconds: float = PATIENCE
) -> list[dict[str, Any]]:
    """The answer to each request of one client; a text is sent as it is.

    `seconds`: how long an answer may take, else TimeoutError.
    """
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(seconds)
        client.connect(str(control))
        stream = client.makefile("rwb")
        found = []
        for request in requests:
            text = request if isinstance(request, str) else json.dumps(request)
            stream.write(text.encode() + b"\n")
            stream.flush()
            found.append(json.loads(stream.readline()))
        return found
