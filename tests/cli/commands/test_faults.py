"""`--faults PLAN`, `twin://MODEL?faults=PLAN`, `random:N`, and `atwin faults`."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from atwin.session.plans import load_plan
from atwin.testing.origin import File, Generated, Origin, serve_tcp
from atwin.twin.faults.plans import PLANS
from support.running.program import atwin, only_line, start

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = Generated(300_000, 4)


def get(port: str, target: Path, *options: str) -> tuple[int, dict[str, object], str]:
    """`atwin get --json` of `CONTENT` from a server of our own."""

    async def main() -> tuple[int, dict[str, object], str]:
        async with serve_tcp(Origin({"/f": File(CONTENT)})) as bound:
            url = f"http://127.0.0.1:{bound}/f"
            arguments = ("get", url, "-o", str(target), "--json", "--port", port, *options)
            ended = await asyncio.to_thread(atwin, *arguments)
            return ended.returncode, json.loads(ended.stdout), ended.stderr

    return asyncio.run(main())


def test_a_download_through_a_plan(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "reset_connection"\nat_byte = 1000\ncount = 2\n')
    code, result, _ = get(f"twin://air724ug?time_scale=0&faults={plan}", tmp_path / "f")
    assert code == 0
    assert (tmp_path / "f").read_bytes() == CONTENT.read(0, CONTENT.size)
    assert result["retries"] == 2


def test_a_download_through_a_plan_by_its_name(tmp_path: Path) -> None:
    port = "twin://air724ug?time_scale=0&faults=connection_reset"
    code, result, stderr = get(port, tmp_path / "f")
    assert code == 0
    assert result["retries"] == 1
    assert "fault: reset_connection" in stderr


def test_plans_are_listed_and_one_is_printed_as_a_file(tmp_path: Path) -> None:
    listed = atwin("faults").stdout.splitlines()
    assert [line.split()[0] for line in listed] == list(PLANS)
    assert all(line.endswith(".") for line in listed)
    told = json.loads(atwin("faults", "--json").stdout)["plans"]
    assert [(plan["name"], plan["teaches"]) for plan in told] == [
        tuple(line.split(maxsplit=1)) for line in listed
    ]
    (tmp_path / "mine.toml").write_text(atwin("faults", "hang").stdout)
    assert load_plan(tmp_path / "mine.toml") == load_plan("hang")
    assert json.loads(atwin("faults", "hang", "--json").stdout)["plans"][0]["fault"] == [
        {"kind": "hang", "at_action": 2}
    ]


def test_the_twin_logs_each_fault(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "pdp_loss"\nat_command = "AT+CSQ"\n')
    twin = start("twin", "--tcp", "127.0.0.1:0", "--faults", plan)
    assert twin.stdout is not None
    assert twin.stderr is not None
    address = twin.stdout.readline().split()[-1].decode()
    ended = atwin("console", "--port", f"socket://{address}", stdin="AT+CGEREP=1\nAT+CSQ\nAT\n")
    assert "+CGEV: NW PDN DEACT 5" in ended.stdout
    line = twin.stderr.readline()
    while b"fault" not in line:
        line = twin.stderr.readline()
    assert b"fault begins: pdp_loss at_command=AT+CSQ" in line
    twin.terminate()
    twin.communicate(timeout=20)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "cannot read it: No such file or directory"),
        ("[[fault]\n", "not a TOML file: "),
        ("name = 'x'\n", "at least one table [[fault]]"),
        ("[[fault]]\nkind = 'flood'\n", '[[fault]] 1: kind = "flood": must be one of pdp_loss, '),
        (
            "[[fault]]\nkind = 'hang'\n[[fault]]\nkind = 'stall'\nat_tim = 3\n",
            "[[fault]] 2: stall: at_tim: no such key, perhaps at_time; there are host, ",
        ),
    ],
)
@pytest.mark.parametrize("way", ["option", "url"])
def test_a_bad_plan_is_one_line(tmp_path: Path, text: str | None, said: str, way: str) -> None:
    plan = tmp_path / "plan.toml"
    if text is not None:
        plan.write_text(text)
    if way == "option":
        ended = atwin("twin", "--faults", plan)
    else:
        ended = atwin("get", "http://127.0.0.1:1/f", "--port", f"twin://air724ug?faults={plan}")
    assert (ended.returncode, ended.stdout) == (2, "")
    line = only_line(ended.stderr)
    assert f"faults {plan}: " in line
    assert said in line


def test_a_random_plan_by_its_number() -> None:
    ended = atwin("console", "--port", "twin://air724ug?faults=random:12", stdin="AT+CGMI\n")
    assert ended.returncode == 0
    for wrong in ("random:", "random:x"):
        ended = atwin("twin", "--faults", wrong)
        assert ended.returncode == 2
        assert "give a number after random:" in only_line(ended.stderr)


def test_not_utf_8(tmp_path: Path) -> None:
    (tmp_path / "plan").write_bytes(b"name = '\xff'\n")
    ended = atwin("twin", "--faults", tmp_path / "plan")
    assert "it is not UTF-8" in only_line(ended.stderr)


@pytest.mark.waits
def test_a_restart_happens_and_a_lost_pdp_ends(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(
        '[[fault]]\nkind = "restart"\nat_action = 2\n[[fault]]\nkind = "pdp_loss"\nat_action = 3\n'
    )
    code, result, said = get(f"twin://air724ug?time_scale=0&faults={plan}", tmp_path / "f")
    assert code == 0
    assert [line for line in said.splitlines() if "fault:" in line] == [
        "atwin: fault: restart happens (at action 2)",
        "atwin: fault: pdp_loss begins (at action 3)",
        "atwin: fault: pdp_loss ends",
    ]
    faults = result["faults"]
    assert isinstance(faults, list)
    assert all(fault["ended"] is not None for fault in faults)


def test_what_goes_wrong_is_told_and_what_never_did(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text(
        '[[fault]]\nkind = "weak_signal"\nseconds = 0.01\n'
        '[[fault]]\nkind = "reset_connection"\nat_action = 2\n'
        '[[fault]]\nkind = "hang"\nat_action = 99\n'
    )
    code, result, said = get(f"twin://air724ug?time_scale=0&faults={plan}", tmp_path / "f")
    assert code == 0
    lines = said.splitlines()
    assert "atwin: fault: weak_signal begins" in lines
    assert "atwin: fault: reset_connection begins (at action 2)" in lines
    assert "atwin: fault: reset_connection ends" in lines
    (never,) = [line for line in lines if "never began" in line]
    assert "'hang at_action=99' never began: it waits for action 99" in never
    faults = result["faults"]
    assert isinstance(faults, list)
    weak, reset, hang = faults
    assert (hang["kind"], hang["began"], hang["ended"]) == ("hang", None, None)
    assert reset["began"] <= reset["ended"]
    assert weak["name"] == "weak_signal seconds=0.01"


def test_without_a_plan_nothing_is_said_of_faults(tmp_path: Path) -> None:
    code, result, said = get("twin://air724ug?time_scale=0", tmp_path / "f")
    assert code == 0
    assert "faults" not in result
    assert "fault" not in said


def test_the_twin_says_at_its_end_what_never_began(tmp_path: Path) -> None:
    plan = tmp_path / "plan.toml"
    plan.write_text('[[fault]]\nkind = "hang"\nat_action = 1\n')
    twin = start("twin", "--tcp", "127.0.0.1:0", "--faults", plan)
    assert twin.stdout is not None
    twin.stdout.readline()
    twin.terminate()
    _, said = twin.communicate(timeout=20)
    assert b"atwin: fault 'hang at_action=1' never began: it waits for action 1" in said
