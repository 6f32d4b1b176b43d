"""What one must open to follow `connect` (the files: `python -m bench.walks`)."""

from __future__ import annotations

from bench.walks import connecting


def test_from_connect_to_the_open_port() -> None:
    files = connecting()
    assert files[0] == "session/blocking.py"
    assert any(file.startswith("line/ports/") for file in files)
    assert len(files) <= 8, files
