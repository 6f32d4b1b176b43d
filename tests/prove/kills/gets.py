"""`atwin get` against a real server, killed up to three times, and run to its end."""

from __future__ import annotations

import hashlib
from itertools import chain
from typing import TYPE_CHECKING

from atwin.disk.journal import Journal, Record
from atwin.disk.json_lines import read_json_lines
from atwin.models import MODELS
from prove.kills.strike import Ended, Strike, judge, wait
from support.running.program import start
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

OLD = b"the firmware of last year" * 40
#: Strikes in a row.
MOST_STRIKES = 3


def attempt(dice: Random, folder: Path) -> dict[str, int]:
    """What the table counts. AssertionError when something is lost."""
    content = dice.randbytes(int(2 ** dice.uniform(10, 17)))
    parts, model = dice.randint(1, 12), dice.choice(MODELS)
    strategy = dice.choice(
        ("auto", "range") if model == "air724ug" else ("auto", "range", "stream")
    )
    target, trace = folder / "f", folder / "t"
    words = ["get", "", "-o", str(target), "--json", "--strategy", strategy]
    words += [
        "--chunk",
        str(min(3300, len(content) // parts)),
        "--port",
        f"twin://{model}?time_scale=0",
    ]
    if dice.random() < 0.3:
        words += ["--trace", str(trace)]
    if dice.random() < 0.3:
        words += ["--sha256", hashlib.sha256(content).hexdigest()]
    if dice.random() < 0.4:
        target.write_bytes(OLD)
    with file_server(f=content) as server:
        server.delay, server.piece = dice.choice((0.0, 0.0, 0.01)), dice.choice((1 << 30, 5000))
        words[1] = f"{server.base}/f"
        struck = 0
        for _ in range(dice.randint(1, MOST_STRIKES)):
            strike = Strike.of(dice, 8 * parts + 8, late=0.5)
            before, locks = Journal(target).load(), _locks(folder)
            ended = wait(strike.start(*words, fresh=dice.random() < 0.05), strike)
            if not judge(ended, strike, "kept", f"{target} is there, whole and verified"):
                break
            struck += 1
            _check(folder, target, content, before, ended)
            if ended.code > 0:  # it was told to end, and did so in order
                assert _locks(folder) <= locks, f"{_locks(folder) - locks} are left"
        server.delay, record = 0.0, Journal(target).load()
        ended = wait(start(*words))
    assert ended.code == 0, ended
    assert target.read_bytes() == content, "WRONG FILE"
    assert ended.told["sha256"] == hashlib.sha256(content).hexdigest()
    if record is not None:
        assert ended.told["resumed_from"] == record.done, "what was kept was fetched again"
    names = {each.name for each in folder.iterdir()} - {"t"}
    assert names == {"f"}, f"{names} are left"
    return {"strikes": struck}


def _locks(folder: Path) -> set[str]:
    """One that was killed leaves its own, and the next may be struck before it takes them."""
    return {each.name for each in folder.glob("*.lock")}


def _check(folder: Path, target: Path, content: bytes, before: Record | None, ended: Ended) -> None:
    """What is there after a strike."""
    there = target.read_bytes() if target.exists() else None
    assert there in (None, OLD, content), "a file that is neither old nor right"
    record = Journal(target).load()
    if record is None:
        assert before is None or there == content, "what was kept is gone"
    else:
        assert before is None or before.done <= record.done
        # A file that is whole keeps the promise while another one begins beside it.
        part = folder / "f.part"
        held = part.read_bytes()[: record.done] if part.exists() else b""
        is_kept = there == content or held == content[: record.done]
        assert is_kept, f"the journal promises {record.done} bytes in vain"
    if (folder / "t").exists():
        records = list(chain.from_iterable(read_json_lines(str(folder / "t"))))
        assert None not in records[:-1], "a trace cannot be read up to the cut"
    if ended.code > 0:
        # Struck after the file was told to be there, it has said its one object.
        is_told = there == content and "sha256" in ended.told
        assert is_told or ended.told["exit_code"] == ended.code
        kept_now = 0 if record is None else record.done
        assert there == content or ended.told.get("bytes_kept", 0) == kept_now
