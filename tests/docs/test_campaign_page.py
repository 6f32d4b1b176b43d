"""docs/howto/campaign.md: what it shows comes of the commands it shows, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from atwin.cli.app import run
from atwin.cli.commands.fleet import fleet
from atwin.fleet.campaign.campaign import load_campaign

ROOT = Path(__file__).parents[2]
PAGES = {
    name: (ROOT / "docs/howto" / name).read_text("utf-8")
    for name in ("campaign.md", "campaign.zh.md")
}
ENGLISH = PAGES["campaign.md"]
#: What a run of today takes, on this computer.
TOOK = re.compile(r"simulated in [\d.]+ s \(this process, 1 worker\)")


def test_what_is_shown_is_what_comes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (plan,) = re.findall(r"```toml\n(.*?)```", ENGLISH, re.DOTALL)
    (shown,) = re.findall(r"```\n\$ atwin fleet try.toml\n(.*?)```", ENGLISH, re.DOTALL)
    (tmp_path / "try.toml").write_text(plan)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    assert run(["fleet", "try.toml", "--workers", "0"]) == 0
    # When it differs for a reason: put the new one into both pages.
    assert TOOK.sub("", capsys.readouterr().out) == TOOK.sub("", shown)


def test_both_languages_show_the_same() -> None:
    english, chinese = (re.findall(r"```.*?```", text, re.DOTALL) for text in PAGES.values())
    plain = [[re.sub(r" *#.*", "", block) for block in blocks] for blocks in (english, chinese)]
    assert plain[0] == plain[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_option_is_told_and_is_there(page: str) -> None:
    names = {name for option in fleet.params for name in option.opts if name.startswith("--")}
    told = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGES[page]))
    assert names - told <= {"--seed", "--devices", "--pcap"}
    others = {"--model", "--size", "--paper", "--heartbeat", "--interval", "--port", "--give-up",
              "--restart"}  # fmt: skip
    assert told - names - others == set()


@pytest.mark.parametrize("page", PAGES)
def test_figures_of_a_download(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    rows = re.findall(r"^\| [^|]+ \| ([\d.]+) \| ([\d,]+) \| (\d+) \| ([\d.]+) \| ([\d,]+) \|$",
                      PAGES[page], re.M)  # fmt: skip
    at = ["air780e-at", "--strategy"]
    ways = [
        [*at, "stream"], [*at, "stream", "--tls"], [*at, "range"], [*at, "range", "--tls"],
        ["air724ug"],
    ]  # fmt: skip
    for row, way in zip(rows, ways, strict=True):
        assert run(["plan", "--size", "2M", "--paper", "--json", "--model", *way]) == 0
        told: dict[str, Any] = json.loads(capsys.readouterr().out)
        price = told["bytes_billed"] * 50_000 / 1_048_576 * 0.02
        assert row == (
            f"{told['seconds']:.1f}", f"{told['bytes_billed']:,}", str(told["requests"]),
            f"{told['connection_seconds']:.1f}", f"{price:,.0f}",
        )  # fmt: skip


def test_the_answer_is_of_the_plan_it_names() -> None:
    """50,000 devices that fetch 2 MiB, at the price that the page names; the parts come to all."""
    plan = load_campaign(ROOT / "examples/fleet/air780e_50000.toml")
    assert (plan.devices, plan.download.size) == (50_000, 2 << 20)
    (answer,) = re.findall(r"```\n(50,000 devices: .*?)```", ENGLISH, re.DOTALL)
    bill = re.findall(r"^\S.*?  +([\d.]+)  +([\d,.]+)  +([\d,]+)  +\d\.\d{5}$", answer, re.M)
    *parts, whole = [[float(cell.replace(",", "")) for cell in row] for row in bill]
    assert [sum(column) for column in zip(*parts, strict=True)] == pytest.approx(whole, rel=1e-4)
    assert whole[1] == pytest.approx(whole[0] * 1e9 / 1_048_576 * 0.02, rel=1e-4)


def test_keys_of_json_are_told() -> None:
    for name in ("estimates", "breakdown", "server", "worst", "engine", "notes", "digest"):
        assert f"`{name}`" in ENGLISH
