"""What `atwin fleet` prints for a person."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.cli.commands.fleet.summary import summary
from support.fleet.results import result
from support.page.hostile import HOSTILE

if TYPE_CHECKING:
    from atwin.fleet.result import FleetResult


def plain(monkeypatch: pytest.MonkeyPatch, columns: int = 200, **given: object) -> str:
    return at_width(monkeypatch, columns, result(**given))  # type: ignore[arg-type]


def at_width(monkeypatch: pytest.MonkeyPatch, columns: int, found: FleetResult) -> str:
    monkeypatch.setenv("COLUMNS", str(columns))
    return summary(found)


def test_the_answer_first(monkeypatch: pytest.MonkeyPatch) -> None:
    answer, *rest = plain(monkeypatch, 1000).splitlines()
    assert answer.startswith("1,000 devices: 50 % have the file after ")
    assert "1.56 MB billed (±" in answer
    assert " EUR at 0.5 for 1,000 bytes, 0.78 a device. 20 % (" in answer
    assert answer.endswith(" at its busiest.")
    text = "\n".join(rest)
    for heading in ("have the file", "at the server", "bill ", "cause of failure", "rung of "):
        assert f"\n{heading}" in text


def test_numbers_are_whole_at_any_width(monkeypatch: pytest.MonkeyPatch) -> None:
    found = result()
    wide = at_width(monkeypatch, 300, found)
    for columns in (40, 80):
        lines = at_width(monkeypatch, columns, found).splitlines()
        prose = [line for line in lines if "atwin " not in line and "  " not in line]
        assert max(map(len, prose)) <= columns
        assert {word for line in lines for word in line.split()} - {*wide.split()} <= {
            "█" * n for n in range(30)
        }


def test_a_server_that_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    text = plain(
        monkeypatch,
        arrival={"curve": "at once"},
        server={"connections": 30, "backlog": 20},
        stage=[{"share": 0.1, "failed": 0.01}],
        retry={"attempts": 2},
    )
    assert "waits for a connection, " in text
    assert " attempts refused" in text
    assert "\nstage  devices" in text
    assert "stopped" in text
    assert "900 are never told to begin" in text
    assert "as if the 900 that were never told to begin had been" in text


def test_a_campaign_that_is_over_too_early(monkeypatch: pytest.MonkeyPatch) -> None:
    text = plain(monkeypatch, campaign={"lasts": "1 h"})
    assert "that were not through when it was over had gone on to their end" in " ".join(
        text.split()
    )


@pytest.mark.parametrize("name", ["control", "more control", "lines", "right to left", "long"])
def test_what_devices_say_moves_no_cursor(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    text = plain(monkeypatch, devices=50, texts=[HOSTILE[name]])
    assert text.replace("\n", "").isprintable()
