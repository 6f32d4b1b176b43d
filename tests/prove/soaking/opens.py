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

#: Hosts that come one after another, half of them before it is counted first: a small leak fills
#: the holes of what was needed at the start before. And KiB that a twin may grow by for each.
PLAIN = (900, 0.3)
#: The same where there is a control socket, with the last records and bytes of the line, up to
#: their limits: some 1.5 KiB a host.
WATCHED = (300, 3.0)
#: Looks in a row, 0.05 s apart, that see as many descriptors.
STEADY = 5
#: One of so many is a program that is killed: its end closes in the middle of a line.
KILLED = 3
#: One of so many has somebody at the control socket beside it.
LOOKS = 5


def attempt(seed: int) -> Verdict:
    """Hosts at one twin, and at a watched one; what each holds after half, and all."""
    model = MODELS[seed % len(MODELS)]
    asked = ("--model", model, "--seed", str(seed % 1000))
    grown: list[str] = []
    with tempfile.TemporaryDirectory() as folder:
        control, traced = Path(folder) / "control", Path(folder) / "trace"
        for watched, (hosts, growth) in ((None, PLAIN), (control, WATCHED)):
            more = ("--control", control, "--trace", traced) if watched else ()
            with twin_running(*asked, *more) as (process, path):
                dice = random.Random(seed)
                asyncio.run(_come_and_go(path, watched, dice, hosts // 2))
                first = _settled(process.pid)
                asyncio.run(_come_and_go(path, watched, dice, hosts // 2))
                last = _settled(process.pid)
            room = int(growth * hosts / 2)
            grown += [
                f"{name}: {first[name]} -> {last[name]}{' (watched)' * bool(watched)}"
                for name in last
                if last[name] > first[name] + (room if name == "KiB" else 0)
            ]
    counts = {"hosts": PLAIN[0] + WATCHED[0], **last}
    if grown:
        return Verdict(seed, "grown", f"{model}: {'; '.join(grown)}", counts=counts)
    return Verdict(seed, "flat", counts=counts)


async def _come_and_go(path: str, control: Path | None, dice: random.Random, hosts: int) -> None:
    for number in range(hosts):
        if control is not None and number % LOOKS == 0:
            _look(control)
        if dice.randrange(KILLED):
            channel = Channel(await open_port(path))
            await channel.synchronise()
            reply = await channel.command(dice.choice(("ATI", "AT+CSQ", "AT+CGATT?")))
            assert reply.ok, reply
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
    """Of that process, once its descriptors stay: after a host has gone it opens its end again."""
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
        # Not what is read from files: that comes and goes as the machine likes.
        "KiB": int(status["RssAnon"].split()[0]),
    }


PROOF = Proof(
    name="opens",
    claim="A twin on a PTY has no more descriptors and threads after 900 hosts, some of them "
    "killed, than after 450, and no more memory but a page now and then; one with a control socket "
    "keeps the last records and bytes of its line.",
    unit="twins with 900 hosts, one after another, and watched ones with 300",
    attempt=attempt,
    whole=len(MODELS),
    short=1,
    alone=True,
    cpu=60.0,
    real=180.0,
)
