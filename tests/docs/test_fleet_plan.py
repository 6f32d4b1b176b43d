"""docs/reference/fleet-plan.md has every key of a plan, what it shows is so, examples are plans."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from atwin.fleet.campaign.campaign import Campaign, load_campaign
from atwin.fleet.campaign.keys import CampaignError
from atwin.fleet.campaign.population import sample
from atwin.text import parse_toml
from docs.fleet_plan.page import chinese_page, page, schema

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/reference/fleet-plan.md").read_text("utf-8")
PAGE_ZH = (ROOT / "docs/reference/fleet-plan.zh.md").read_text("utf-8")
EXAMPLES = sorted((ROOT / "examples/fleet").glob("*.toml"))
(SHOWN,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
(MISTAKES,) = re.findall(r"```\n(plan.toml: .*?)```", PAGE, re.DOTALL)

WRONG: list[dict[str, Any]] = [{"link": [{}, {"loss": 1.5}]}, {"server": {"latencie": 1}}]


SCHEMA = jsonschema.Draft202012Validator(json.loads(schema()))


def test_the_committed_page_and_schema_are_fresh() -> None:
    assert page() == PAGE, "run `make reference`"
    assert chinese_page() == PAGE_ZH, "run `make reference`"
    assert (ROOT / "docs/reference/fleet-plan.schema.json").read_text("utf-8") == schema()


def test_the_least_plan_is_one() -> None:
    assert Campaign.from_table("plan.toml", parse_toml(SHOWN.encode())).devices == 1000


@pytest.mark.parametrize(
    ("line", "table"),
    list(zip(MISTAKES.splitlines(), WRONG, strict=True)),
)
def test_mistakes_are_told_as_shown(line: str, table: dict[str, Any]) -> None:
    with pytest.raises(CampaignError) as wrong:
        Campaign.from_table("plan.toml", parse_toml(SHOWN.encode()) | table)
    assert str(wrong.value).startswith(line.removesuffix("…"))
    assert line.endswith("…") or str(wrong.value) == line


def as_json(text: str) -> Any:
    return json.loads(json.dumps(parse_toml(text.encode()), default=str))


@pytest.mark.parametrize(
    "wrong",
    [
        "x = 1",
        "[[link]]\nloss = 1.5",
        "[[link]]\ndown = '1.2 M'",
        "[arrival]\nover = '2 hours'",
        "[arrival]\ncurve = 'steep'",
        "[arrival]\ncurve = [[0, 2]]",
        "[retry]\nafter = []",
        "[campaign]\nabort = {after = 5}",
        "[[stage]]\nshare = true",
    ],
)
def test_an_editor_marks_mistakes(wrong: str) -> None:
    SCHEMA.validate(as_json(SHOWN))
    table = as_json(wrong)
    with pytest.raises(CampaignError):
        Campaign.from_table("plan.toml", parse_toml(SHOWN.encode()) | table)
    with pytest.raises(jsonschema.ValidationError):
        SCHEMA.validate(as_json(SHOWN) | table)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_plan(path: Path) -> None:
    made = load_campaign(path)
    strata = made.strata()
    chosen = sample(made)
    SCHEMA.validate(as_json(path.read_text()))
    assert (path.parent / path.read_text().split(maxsplit=2)[1]).exists()
    assert {made.device(number).stratum for number in chosen} == {*strata}
    assert len(chosen) >= made.sample.devices


def test_there_are_examples() -> None:
    assert len(EXAMPLES) == 2
    assert "../examples/fleet" in PAGE
