"""`--port …?speed=N` where nothing could follow: refused before the module is spoken to."""

from __future__ import annotations

import socket

import pytest

from support.running.program import atwin, only_line


@pytest.mark.parametrize("kind", ["socket", "twin"])
def test_a_rate_that_nothing_could_follow_is_a_usage_error(kind: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"socket://127.0.0.1:{listener.getsockname()[1]}"
        port = address if kind == "socket" else "twin://air724ug"
        ended = atwin("get", "http://127.0.0.1:1/f", "--port", f"{port}?speed=921600")
    assert ended.returncode == 2
    line = only_line(ended.stderr)
    assert line.startswith(f"atwin: {port}")
    assert "speed 921600 cannot be negotiated: this port has no rate of its own; use" in line
    assert ended.stdout == ""
