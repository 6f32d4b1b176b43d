"""`atwin ports`: what is there, what answers, and what is not touched."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from atwin.line import devices
from support.line.odd_lines import silent, tcp_line
from support.running.program import atwin, only_line, start, twin_running

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_port_that_answers_and_one_that_is_in_use(tmp_path: Path) -> None:
    link = tmp_path / "module"
    with twin_running("--model", "air780e-at", "--pty", link):
        ended = atwin("ports", link)
        assert (ended.returncode, ended.stderr) == (0, "")
        assert ended.stdout == f"{link}  AirM2M Air780E AirM2M_780E_V1169_LTE_AT\n"
        assert atwin("ports", link, "--no-ask").stdout == f"{link}  not asked\n"
        user = start("console", "--port", link)
        assert user.stdin is not None
        assert user.stdout is not None
        user.stdin.write(b"AT\n")
        user.stdin.flush()
        assert user.stdout.readline() == b"OK\n"
        told = json.loads(atwin("ports", link, "--json").stdout)
        assert told == {
            "ports": [
                {
                    "port": str(link),
                    "product": "",
                    "manufacturer": "",
                    "serial_number": "",
                    "state": "in use",
                    "process": user.pid,
                }
            ]
        }
        refused = atwin("at", "AT", "--port", link)
        assert (refused.returncode, f"in use by process {user.pid};" in refused.stderr) == (3, True)
        assert user.communicate(timeout=20)[0] == b""  # it heard nothing of it


def test_others_are_silent_or_cannot_be_opened() -> None:
    with tcp_line(silent) as port:
        ended = atwin("ports", port, "/nowhere", "twin://air724ug", "--timeout", "0.3", "--json")
    assert ended.returncode == 0
    quiet, absent, twin = json.loads(ended.stdout)["ports"]
    assert quiet["state"] == "silent"
    assert absent["state"] == "failed"
    assert absent["why"] == "/nowhere: no such device; is the module plugged in?"
    assert twin["module"] == {
        "manufacturer": "AirM2M",
        "model": "Air724UG",
        "firmware": "AirM2M_Air724UG_V401881_LTE_AT",
        "profile": "air724ug",
    }


def test_a_wrong_port_is_usage() -> None:
    ended = atwin("ports", "twin://nothing")
    assert ended.returncode == 2
    assert "unknown model 'nothing'" in only_line(ended.stderr)


def test_a_lock_file_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_LOCKS", (str(tmp_path),))
    lock = tmp_path / "LCK..ttyUSB9"
    for text, user in ((f"{os.getppid():10}\n", os.getppid()), ("none", None), ("99999999", None)):
        lock.write_text(text)
        assert devices.user_of("/dev/ttyUSB9") == user
