"""What an error of the library quotes of others does no harm wherever it is printed."""

from __future__ import annotations

import pytest

from atwin.host.errors import HostError, ServerError, StepError, UsageError

NASTY = "\x1b[2J http://me:geheim@h/f?token=geheim X-Api-Key: geheim"


@pytest.mark.parametrize(
    "error",
    [
        HostError(NASTY),
        UsageError(NASTY),
        ServerError(NASTY, 404),
        StepError(script="a", step=1, sent='AT+CPIN="geheim"', came=NASTY, advice="look"),
        HostError("x").add(NASTY),
    ],
)
def test_no_secret_and_nothing_that_acts(error: HostError) -> None:
    assert "geheim" not in str(error)
    assert str(error).isprintable()
    assert len(str(HostError("x" * 9000).add("y" * 9000))) == 2000


def test_what_was_there_before_stays() -> None:
    assert str(ServerError("the server answered 404", 404).add("try again")) == (
        "the server answered 404; try again"
    )
    assert ServerError("x", 404).status == 404
