"""Each way in which an attempt can fail has its word."""

from __future__ import annotations

from typing import Any

import pytest

from atwin.fleet.device.causes import CAUSES, cause_of
from atwin.fleet.device.simulate import simulate
from atwin.host.errors import (
    CommandRefusedError,
    HostError,
    LineLostError,
    ModuleSilentError,
    NoAnswerError,
    OptionError,
    RequestFailedError,
    ServerBusyError,
    ServerError,
    TlsFailed,
    VerificationError,
    WantsPersonError,
)
from atwin.line.port import PortError
from support.fleet.plans import planned, with_faults


def step(kind: type[HostError], **more: Any) -> HostError:
    return kind(script="s", step=1, sent="AT", came="nothing", **more)  # type: ignore[call-arg]


ENDS: list[tuple[Exception, str, str]] = [
    # What the host ended with, its cause, and its cause in an outage.
    (ServerError("404", 404), "server", "server"),
    (ServerBusyError("503", 503), "server", "server"),
    (OptionError("no"), "usage", "usage"),
    (VerificationError("no"), "verification", "verification"),
    (step(TlsFailed, status=605), "tls", "outage"),
    (step(WantsPersonError), "sim", "sim"),
    (step(CommandRefusedError, code=10), "sim", "sim"),
    (LineLostError("gone"), "line", "line"),
    (PortError("gone"), "line", "line"),
    (step(NoAnswerError, missing=3), "line", "line"),
    (ModuleSilentError("silent"), "module", "module"),
    (step(NoAnswerError), "module", "outage"),
    (step(CommandRefusedError, code=3), "module", "outage"),
    (step(RequestFailedError, status=604), "module", "outage"),
    (step(RequestFailedError, status=601), "network", "outage"),
    (step(RequestFailedError, status=603), "network", "outage"),
    (step(RequestFailedError, status=408), "network", "outage"),
]


@pytest.mark.parametrize(("error", "cause", "out"), ENDS, ids=lambda value: repr(value)[:40])
def test_a_failure_has_a_cause(error: HostError | PortError, cause: str, out: str) -> None:
    assert cause_of(error, outage=False) == cause
    assert cause_of(error, outage=True) == out


def test_the_table_has_every_cause() -> None:
    """The three others are of `simulate`."""
    found = {cause for _, *causes in ENDS for cause in causes}
    assert found | {"wrong", "hang", "crash"} == CAUSES.keys()


def test_what_helped_is_told(tmp_path: Any) -> None:
    row = simulate(with_faults(tmp_path, 'kind = "pdp_loss"\nat_byte = 9000'), 0)
    assert row.ok
    assert row.rungs == row.helped == ("new PDP",)
    assert simulate(planned(), 0).rungs == ()
