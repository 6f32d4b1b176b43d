"""`atwin fleet --out`, killed, and gone on with: the result is that of a fleet nobody stopped."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from prove.kills.strike import Ended, Strike, judge, wait
from support.fleet.plans import SMALL
from support.running.program import start

if TYPE_CHECKING:
    from random import Random

DEVICES = 10
#: Different plans: each is simulated once without a strike.
PLANS = 3
#: Changes of files that it makes: of the devices too, where there are no workers.
ALONE, WITH_WORKERS = 400, 16


def attempt(dice: Random, folder: Path) -> dict[str, int]:
    """What the table counts. AssertionError when something is lost."""
    plan, out, struck = folder / "plan.toml", folder / "out", 0
    number, workers = dice.randrange(PLANS), dice.choice((0, 0, 2))
    plan.write_text(SMALL.format(devices=DEVICES, seed=number))
    words = ["fleet", str(plan), "--all", "--workers", str(workers), "--out", str(out), "--json"]
    for _ in range(dice.randint(1, 3)):
        strike = Strike.of(dice, WITH_WORKERS if workers else ALONE, late=1.0)
        before = _rows(out)
        ended = wait(strike.start(*words, "--resume"), strike)
        if not judge(ended, strike, "kept"):
            break
        struck += 1
        _check(out, before, ended)
    kept = len(_rows(out))
    ended = wait(start(*words, "--resume"))
    assert ended.code == 0, ended
    assert ended.told["engine"]["resumed"] == kept, "a row that was kept was simulated again"
    assert _figures(ended, folder) == _unstopped(number), "the result is another one"
    assert {each.name for each in out.iterdir()} == {"rows.jsonl"}
    return {"strikes": struck}


def _rows(out: Path) -> list[Any]:
    path = out / "rows.jsonl"
    lines = path.read_bytes().split(b"\n") if path.exists() else [b""]
    assert lines.pop() == b"", "a row is cut"
    return [json.loads(line) for line in lines[1:]]


def _check(out: Path, before: list[Any], ended: Ended) -> None:
    """What is there after a strike."""
    rows = _rows(out)
    assert rows[: len(before)] == before, "rows are lost"
    if ended.code > 0 and "devices are done" in ended.err:
        # The last one may have been written when the strike came.
        told = [f"{len(rows) - late} of {DEVICES} devices are done, and kept" for late in (0, 1)]
        assert any(each in ended.err for each in told), ended.err
        assert ended.told["exit_code"] == ended.code
        assert not (out / "rows.jsonl.lock").exists()


def _figures(ended: Ended, folder: Path) -> Any:
    """What it says, but how it was done, and where."""
    told = {name: value for name, value in ended.told.items() if name != "engine"}
    return json.loads(json.dumps(told).replace(str(folder), ""))


@lru_cache
def _unstopped(number: int) -> Any:
    """The figures of a plan that nobody stopped."""
    with TemporaryDirectory() as name:
        plan = Path(name) / "plan.toml"
        plan.write_text(SMALL.format(devices=DEVICES, seed=number))
        ended = wait(start("fleet", plan, "--all", "--workers", "0", "--json"))
        return _figures(ended, Path(name))
