"""`atwin get` from a module that an earlier program left asleep (docs/spec/general.md §1.2)."""

from __future__ import annotations

import random
import socket
from typing import TYPE_CHECKING

import pytest

from support.running.controlled import ask_control
from support.running.patience import PATIENCE, wait_until
from support.running.program import atwin, twin_running
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from pathlib import Path

CONTENT = random.Random(3).randbytes(5000)


def is_asleep(control: Path) -> bool:
    (answer,) = ask_control(control, {"get": "state"})
    return bool(answer["state"]["asleep"])


@pytest.mark.sampled("told")
@pytest.mark.parametrize(
    ("flags", "mode", "served", "url", "told"),
    [
        # A plain TCP port has no DTR.
        (
            "[values]\nwake_lines = 2",
            2,
            "--tcp",
            "socket://",
            "the module slept: it did not hear 2 lines",
        ),
        ("[features]\nwake_by_rx = false", 1, "--rfc2217", "rfc2217://", "it slept until DTR was"),
    ],
    ids=["two lines", "DTR alone"],
)
def test_get(tmp_path: Path, flags: str, mode: int, served: str, url: str, told: str) -> None:
    model, control, target = tmp_path / "mine.toml", tmp_path / "control", tmp_path / "out"
    model.write_text(f'like = "air780e-lsat"\n{flags}\n')
    options = ("--model", model, served, "127.0.0.1:0", "--control", control)
    with file_server(f=CONTENT) as server, twin_running(*options) as (_, address):
        host, _, port = address.rpartition(":")
        with (
            socket.create_connection((host, int(port)), PATIENCE) as line,
            line.makefile("rb") as stream,
        ):
            line.sendall(b"AT+WAKETIM=0;+CSCLK=%d\r" % mode)
            while stream.readline() != b"OK\r\n":
                pass
            wait_until(lambda: is_asleep(control))
        ended = atwin("get", f"{server.base}/f", "-o", target, "--port", f"{url}{address}")
        assert ended.returncode == 0, ended.stderr
        assert target.read_bytes() == CONTENT
        assert told in ended.stderr
        wait_until(lambda: is_asleep(control))  # as it was set to
