"""All 43 replays are there: a row in tests/transcripts/replays/README.md, and what shows it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
REPLAYS = ROOT / "tests" / "transcripts" / "replays"
ROWS = re.findall(
    r"^\| (\d+) \| [^|]+ \| [^|]+ \| [^|]+ \| ([^|]+) \|$",
    (REPLAYS / "README.md").read_text("utf-8"),
    re.MULTILINE,
)


def test_every_replay_has_its_row() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 44))


def test_every_row_has_what_shows_it_and_no_transcript_is_left_over() -> None:
    shown = {number: names.split(", ") for number, names in ROWS}
    for number, names in shown.items():
        for name in names:
            if name.startswith("tests/"):
                assert (ROOT / name).is_file(), name
            else:
                assert f"# Replay {number}: " in (REPLAYS / name).read_text("utf-8"), name
    listed = {name for names in shown.values() for name in names if not name.startswith("tests/")}
    assert {str(path.relative_to(REPLAYS)) for path in REPLAYS.rglob("*.txt")} == listed
