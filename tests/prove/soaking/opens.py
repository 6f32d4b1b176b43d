"""A twin on a PTY in a process of its own, to which hosts come and go, well and badly."""

from __future__ import annotations

import asyncio
import json
import os
import random
import socket
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.host.channel.channel import Channel
from atwin.line.opener import open_port
from atwin.models import MODELS
from prove.frame import Proof, Verdict
from support.running.patience import PATIENCE
from support.running.program import twin_running

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Hosts that come one after another, and those after which is counted first.
HOSTS, WARM = 300, 60
#: KiB by which the process may grow: it keeps the last 20,000 records of its trace, some 300 bytes
#: each, for whoever comes to its control socket, and Python has a heap of its own.
KIB = 1024
#: Looks in a row, 0.05 s apart, that see as many descriptors.
STEADY = 5
#: One of so many is a program that is killed: its end closes in the middle of a line.
KILLED = 3
#: One of so many has somebody at the control socket beside it.
WATCHED = 5


def attempt(seed: int) -> Verdict:
    """`HOSTS` hosts at one twin; what its process holds after the first, and the last."""
    model = MODELS[seed % len(MODELS)]
    with tempfile.TemporaryDirectory() as folder:
        control, traced = Path(folder) / "control", Path(folder) / "trace"
        asked = ("--model", model, "--seed", str(seed % 1000))
        with twin_running(*asked, "--control", control, "--trace", traced) as (process, path):
            dice = random.Random(seed)
            asyncio.run(_come_and_go(path, control, dice, WARM))
            first = _settled(process.pid)
            asyncio.run(_come_and_go(path, control, dice, HOSTS - WARM))
            last = _settled(process.pid)
    counts = {"hosts": HOSTS, **last}
    grown = [
        f"{name}: {first[name]} -> {last[name]}"
        for name in last
        if last[name] > first[name] + (KIB if name == "KiB" else 0)
    ]
    if grown:
        return Verdict(seed, "grown", f"{model}: {'; '.join(grown)}", counts=counts)
    return Verdict(seed, "flat", counts=counts)


async def _come_and_go(path: str, control: Path, dice: random.Random, hosts: int) -> None:
    for number in range(hosts):
        if number % WATCHED == 0:
            _look(control)
        if dice.randrange(KILLED):
            channel = Channel(await open_port(path))
            await channel.synchronise()
            # A bare channel may get the ERROR of what one who was killed has half typed.
            await channel.command(dice.choice(("ATI", "AT+CSQ", "AT+CGATT?")))
            await channel.close()
        else:
            device = os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
            os.write(device, dice.choice((b"AT+CSQ", b"AT\rAT+HTT", b"\r\x1a")))
            os.close(device)


def _look(control: Path) -> None:
    with socket.socket(socket.AF_UNIX) as visitor:
        visitor.settimeout(PATIENCE)
        visitor.connect(str(control))
        visitor.sendall(json.dumps({"get": "state"}).encode() + b"\n")
        with visitor.makefile() as lines:
            assert json.loads(lines.readline())["ok"]


def _settled(pid: int) -> Mapping[str, int]:
    """Of that process, once its descriptors stay: after a host has gone it opens its end anew."""
    after, same = _held(pid), 0
    while same < STEADY:
        time.sleep(0.05)
        before, after = after, _held(pid)
        same = same + 1 if before["descriptors"] == after["descriptors"] else 0
    return after


def _held(pid: int) -> Mapping[str, int]:
    """Of that process."""
    status = dict(
        line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
    )
    return {
        "descriptors": len(os.listdir(f"/proc/{pid}/fd")),
        "threads": int(status["Threads"]),
        "KiB": int(status["VmRSS"].split()[0]),
    }


PROOF = Proof(
    name="opens",
    claim="A twin on a PTY has no more descriptors and threads after 300 hosts, some of them "
    "killed, than after 60, and less than 1 MiB more of memory: the last records of its trace.",
    unit="twins with 300 hosts, one after another",
    attempt=attempt,
    whole=len(MODELS),
    short=1,
    alone=True,
    cpu=60.0,
    real=180.0,
)
