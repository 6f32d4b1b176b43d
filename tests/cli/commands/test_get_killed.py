"""`kill -9` at any moment costs at most the part in flight."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.running.patience import wait_until
from support.running.program import atwin, start
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from pathlib import Path

KILLS = 30
CHUNK = 2_000
CONTENT = random.Random(3).randbytes(600_500)


def promised(journal: Path) -> int:
    """The bytes that are kept."""
    return int(json.loads(journal.read_bytes())["done"]) if journal.exists() else 0


def until_more_is_kept(journal: Path) -> None:
    before = promised(journal)
    wait_until(lambda: promised(journal) > before)


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_killed_thirty_times(tmp_path: Path) -> None:
    chance = random.Random(4)
    target, journal, part = (tmp_path / name for name in ("out", "out.journal", "out.part"))
    with file_server(**{"file.bin": CONTENT}) as server:
        server.delay = 0.02
        order = ("get", f"{server.base}/file.bin", "-o", target, "--chunk", str(CHUNK), "--json")
        for _ in range(KILLS):
            process = start(*order)
            server.wait_for(len(server.log) + chance.randrange(1, 6))
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 3 * server.delay))
            process.kill()
            process.communicate()
            assert not target.exists()
            if kept := promised(journal):
                assert part.read_bytes()[:kept] == CONTENT[:kept]
        server.delay = 0
        ended = atwin(*order)
    told = json.loads(ended.stdout)
    assert target.read_bytes() == CONTENT
    assert told["sha256"] == hashlib.sha256(CONTENT).hexdigest()
    assert told["resumed_from"] >= KILLS * CHUNK
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]
    begins = [asked.first or 0 for asked in server.log if asked.method == "GET"]
    assert begins == sorted(begins)
    assert len(begins) - len(set(begins)) <= KILLS
    assert len(set(begins)) == told["parts"] == 301


@pytest.mark.slow
def test_a_killed_stream(tmp_path: Path) -> None:
    chance = random.Random(5)
    target, journal = tmp_path / "out", tmp_path / "out.journal"
    with file_server(**{"file.bin": CONTENT}) as server:
        server.delay, server.piece = 0.01, 5_000
        order = ("get", f"{server.base}/file.bin", "-o", target, "--strategy", "stream", "--json")
        env = {"ATWIN_PORT": "twin://air780e-at?time_scale=0"}
        for _ in range(4):
            process = start(*order, env=env)
            server.wait_for(len(server.log) + 2)
            until_more_is_kept(journal)
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(chance.uniform(0, 0.1))
            process.kill()
            process.communicate()
            assert not target.exists()
        server.delay = 0
        ended = atwin(*order, env=env)
    told = json.loads(ended.stdout)
    assert told["strategy"] == "stream"
    assert 0 < told["resumed_from"] < len(CONTENT)
    assert target.read_bytes() == CONTENT
