"""docs/explanation/proof.md: proofs that there are, as a journal makes the page."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from prove.frame import NOTHING, PROOFS, Verdict, load
from prove.running.journal import Head, Journal
from prove.running.page import page, write_page

if TYPE_CHECKING:
    import pytest

PAGE = Path(__file__).parents[2] / "docs/explanation/proof.md"
#: Tried, and lost; between them how many a whole run makes.
_NUMBERS = r"\| ([\d,]+) \| [\d,]+ \| ([\d,]+) \|"
ROW = re.compile(rf"^\| \[(.+?)\]\(#.+?\) \| .+? {_NUMBERS}", re.MULTILINE)
TOGETHER = re.compile(rf"^\| together \| {_NUMBERS}", re.MULTILINE)
#: The proof's name, its claim in one line, and what the journal says.
SECTION = re.compile(
    r"^## (?P<name>\S+)\n\n.+\n\n(?:- Not tried: .+\.\n|"
    r"- Tried: (?P<tried>[\d,]+) .+, (?P<lost>[\d,]+) lost\.\n"
    r"- When: 20\d\d-\d\d-\d\d at `\w+\+?`.*\.\n- Seeds: \d+-\d+\.\n- Ended: .+\.\n"
    r"(?:- Counted: .+\.\n)?"
    r"- All again: `python -m tests\.prove \S+ --base \d+ --tries \d+ --fresh`\n"
    r"- The last again: `python -m tests\.prove \S+ --seed \d+`\n(?:- Lost: .+\n)*)",
    re.MULTILINE,
)


def read(text: str) -> dict[str, tuple[int, int]]:
    """Of each proof how many were tried and lost, by a page whose every line is understood."""
    body = text[text.index("## All proofs") :]
    numbers = {
        found["name"]: (_number(found["tried"]), _number(found["lost"]))
        for found in SECTION.finditer(body)
    }
    assert {row[0]: (_number(row[1]), _number(row[2])) for row in ROW.findall(body)} == numbers
    (together,) = TOGETHER.findall(body)
    sums = [sum(each) for each in zip(*numbers.values(), strict=True)]
    assert [_number(each) for each in together] == sums
    rest = SECTION.sub("", body).split("Tried on ")[-1].splitlines()[1:]
    assert not "".join(rest), rest
    return numbers


def _number(text: str | None) -> int:
    return int((text or "0").replace(",", ""))


def test_the_page_names_only_proofs_that_exist() -> None:
    assert read(PAGE.read_text("utf-8")).keys() <= PROOFS.keys()


def test_a_page_says_what_the_journal_says(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "matrix")
    journal.begin(Head("matrix", 1000, "abc", "2026-11-30", "two"), fresh=True)
    for seed in range(1000, 2200):
        lost = "IT `IS` LOST\x1b[2J" if seed == 1500 else ""
        journal.add(Verdict(seed, "right", lost, "\n", {"bytes": 3}), 0.5)
        if seed == 2000:
            journal.begin(Head("matrix", 1000, "def", "2026-12-01", "four"), fresh=False)
    journal.add(Verdict(2200, f"{NOTHING}: it is not here"), 0.0)
    journal.add(Verdict(2202, "right"), 0.5)  # that before it was under way at the end of the run
    # A run in which all was tried already is not a proof of its commit.
    journal.begin(Head("matrix", 1000, "later", "2026-12-02", "the third"), fresh=False)
    journal.close()
    assert write_page(tmp_path, tmp_path) == 0
    text = (tmp_path / "explanation/proof.md").read_text("utf-8")
    said = read(text)
    assert said.pop("matrix") == (1201, 1)
    assert set(said.values()) == {(0, 0)}
    assert {"matrix", *said} == PROOFS.keys()
    assert "python -m tests.prove matrix --seed 1500" in text
    assert "2026-11-30 at `abc` (1,001), 2026-12-01 at `def` (200)." in text
    assert "`python -m tests.prove matrix --base 1000 --tries 1203 --fresh`" in text
    assert "later" not in text
    assert "the third" not in text
    assert "\x1b" not in text


def test_there_is_no_page_without_a_journal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert write_page(tmp_path, tmp_path) == 1
    assert "run `make prove` first" in capsys.readouterr().err


def test_the_beginning_of_the_page_is_that_of_the_source() -> None:
    lines = page([load("matrix")], {"matrix": Journal(Path("nowhere"), "matrix").told})
    assert PAGE.read_text("utf-8").startswith(next(iter(lines)))
