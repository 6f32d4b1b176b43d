"""How much of a body comes in a time: as it was measured, else as the port says."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from atwin.host.http.body import Buffer


@pytest.mark.parametrize(
    ("of_port", "measured", "bytes_in_10_s"),
    [
        (None, None, None),
        (115200, None, 115_200),
        (115200, 900.0, 9_000),
        (115200, 5e6, 50_000_000),
        (None, 900.0, 9_000),
    ],
)
def test_a_measured_rate_counts_alone(
    of_port: int | None, measured: float | None, bytes_in_10_s: int | None
) -> None:
    session: Any = SimpleNamespace(script=None, channel=SimpleNamespace(rate=of_port))
    buffer = Buffer(session)
    buffer.rate = measured
    assert buffer.bytes_in(10) == bytes_in_10_s
