"""Transcripts: what a host types and what the module must say to it, as text files.

The format is described in tests/transcripts/README.md.
"""

from __future__ import annotations

import ast
import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from atwin.models import Profile, load_profile
from atwin.twin.twin import Twin
from support.servers.pages import Page
from support.servers.peers import Peer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from atwin.line.port import Port
    from atwin.net.network import Network

#: Seconds of the loop's clock within which an expected byte must come.
PATIENCE = 10.0

#: More seconds of waiting than this are for the virtual clock only.
LONGEST_REAL_WAIT = 0.5

#: Start-up and network times on a real clock, as a part of the module's.
HURRY = 0.01

FILES = sorted((Path(__file__).parent / "transcripts").rglob("*.txt"))

_ORIGIN = b"{origin}"


class BadTranscriptError(Exception):
    """The file itself is wrong; the text says where and how."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line: `>` type, `<` expect, `...` skip, or the name of a directive."""

    place: str
    kind: str
    data: bytes = b""
    argument: str = ""

    @property
    def seconds(self) -> float:
        return float(self.argument)


@dataclass(slots=True)
class Transcript:
    """A parsed file: the module it wants, what its origin serves, and the steps."""

    path: Path
    #: It is played on each of them.
    models: tuple[str, ...] = ("air724ug",)
    flags: dict[str, float | str] = field(default_factory=dict)
    cold: bool = False
    sim: dict[str, str] = field(default_factory=dict)
    pages: dict[str, Page] = field(default_factory=dict)
    #: Kind (tcp, udp, refused, silent) and whether it echoes, by name.
    peers: dict[str, tuple[str, bool]] = field(default_factory=dict)
    steps: list[Step] = field(default_factory=list)

    @property
    def profile(self) -> Profile:
        """Of the first model."""
        return load_profile(self.models[0]).with_flags(**self.flags)

    def each(self) -> list[Transcript]:
        """The same for one model each."""
        return [replace(self, models=(model,)) for model in self.models]

    def __str__(self) -> str:
        return f"{self.path.stem}-{'-'.join(self.models)}"

    def make_peers(self) -> list[Peer]:
        """Fresh ones, for one run."""
        return [Peer(name, kind, echo) for name, (kind, echo) in self.peers.items()]

    @property
    def needs_virtual_clock(self) -> bool:
        waits = sum(step.seconds for step in self.steps if step.kind in ("wait", "silence"))
        nobody = any(kind == "silent" for kind, _ in self.peers.values())
        return self.cold or nobody or waits > LONGEST_REAL_WAIT


# --- reading ------------------------------------------------------------------------------------


def parse(path: Path) -> Transcript:
    """Raises `BadTranscriptError`, also for a file that expects nothing."""
    transcript = Transcript(path)
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        place = f"{path.name}:{number}"
        mark, _, rest = line.strip().partition(" ")
        rest = rest.strip()
        try:
            if mark in (">", "<") and rest == "..." and mark == "<":
                transcript.steps.append(Step(place, "..."))
            elif mark in (">", "<"):
                transcript.steps.append(Step(place, mark, _literal(rest)))
            elif mark == "@":
                _directive(transcript, place, rest)
            elif mark and not mark.startswith("#"):
                raise ValueError("a line begins with > < @ or #")
        except (ValueError, SyntaxError) as error:
            raise BadTranscriptError(f"{place}: {line!r}: {error}") from None
    _check(transcript)
    return transcript


def _literal(text: str, *, empty: bool = False) -> bytes:
    """A Python bytes literal, or several in a row; `* 100` after them repeats all."""
    once, star, times = text.rpartition(" * ")
    repeated = bool(star) and times.isdigit()
    value = ast.literal_eval(once if repeated else text)
    if not isinstance(value, bytes) or not (value or empty):
        raise ValueError("a bytes literal that is not empty must stand here")
    return value * int(times) if repeated else value


def _flag(text: str) -> float | str:
    """A number, or a word."""
    for kind in (int, float):
        with suppress(ValueError):
            return kind(text)
    return text


def _directive(transcript: Transcript, place: str, text: str) -> None:
    name, _, argument = text.partition(" ")
    argument = argument.strip()
    match name:
        case "model":
            transcript.models = tuple(argument.split())
        case "flag":
            flag, _, value = argument.partition("=")
            transcript.flags[flag] = _flag(value)
        case "sim":
            pairs = (each.partition("=") for each in argument.split())
            transcript.sim.update((each, value) for each, _, value in pairs)
        case "cold":
            transcript.cold = True
        case "serve":
            path, status, rest = argument.split(" ", 2)
            body, *headers = rest.split(" | ")
            transcript.pages[path] = Page(int(status), _literal(body, empty=True), tuple(headers))
        case "wait" | "silence":
            transcript.steps.append(Step(place, name, argument=str(float(argument))))
        case "event":
            if argument not in EVENTS:
                raise ValueError(f"events are {', '.join(EVENTS)}")
            transcript.steps.append(Step(place, name, argument=argument))
        case "cell":
            json.loads(argument)
            transcript.steps.append(Step(place, name, argument=argument))
        case "tcp" | "udp" | "refused" | "silent":
            peer, _, echo = argument.partition(" ")
            if echo not in ("", "echo"):
                raise ValueError("a peer echoes or does not")
            transcript.peers[peer] = (name, bool(echo))
        case "peer":
            peer, _, rest = argument.partition(" ")
            what, _, literal = rest.partition(" ")
            if peer not in transcript.peers or what not in PEER_STEPS:
                raise ValueError(f"peers are led by {', '.join(PEER_STEPS)}")
            data = _literal(literal) if literal else b""
            transcript.steps.append(Step(place, "peer", data, f"{peer} {what}"))
        case _:
            raise ValueError(f"unknown directive {name!r}")


def _check(transcript: Transcript) -> None:
    if not any(step.kind in ("<", "silence") for step in transcript.steps):
        raise BadTranscriptError(f"{transcript.path.name}: expects nothing, so it proves nothing")
    for step, following in zip(transcript.steps, [*transcript.steps[1:], None], strict=True):
        if step.kind == "..." and (following is None or following.kind != "<"):
            raise BadTranscriptError(f"{step.place}: no literal after `...`")


def every() -> list[Transcript]:
    """Every file on each of its models."""
    return [one for path in FILES for one in parse(path).each()]


# --- playing ------------------------------------------------------------------------------------

#: What can happen to a module from outside, by its name in `@ event`.
PEER_STEPS = ("say", "hear", "close", "reset")

EVENTS: dict[str, Callable[[Twin], None]] = {
    "lose_pdp": lambda twin: twin.radio.lose_pdp(),
    "deregister": lambda twin: twin.radio.deregister(),
    "register": lambda twin: twin.radio.register(),
    "pull_sim": lambda twin: twin.radio.pull_sim(),
    "insert_sim": lambda twin: twin.radio.insert_sim(),
    "power_key": lambda twin: twin.module.power_on(),
    "cut_power": lambda twin: twin.module.cut_power(),
    "dtr_on": lambda twin: setattr(twin.pins, "dtr", False),
    "dtr_off": lambda twin: setattr(twin.pins, "dtr", True),
    "ring": lambda twin: twin.calls.ring("+8613800138000"),
    "stop_ringing": lambda twin: twin.calls.give_up(),
}


async def play(
    transcript: Transcript,
    host: Port,
    module: Port,
    network: Network,
    *,
    origin: str,
    split: Callable[[bytes], list[bytes]],
    real_time: bool,
    peers: Sequence[Peer] = (),
) -> None:
    """Run the steps against a fresh twin. AssertionError says where it went another way.

    `origin` is what `{origin}` stands for in the literals. On the virtual clock the module must
    also be silent after the last expected byte.
    """
    listener = _Listener(host)
    async with Twin(
        transcript.profile,
        module,
        network=network,
        warm=not transcript.cold,
        time_scale=HURRY if real_time else 1.0,
        sim=transcript.sim,
    ) as twin:
        skip = False
        for step in transcript.steps:
            data = step.data.replace(_ORIGIN, origin.encode())
            for peer in peers:
                data = peer.fill(data)
            match step.kind:
                case ">":
                    for piece in split(data):
                        host.write(piece)
                        await asyncio.sleep(0)
                case "<":
                    await listener.expect(data, step.place, skip=skip)
                case "wait":
                    await asyncio.sleep(step.seconds)
                case "silence":
                    await listener.silence(step.seconds, step.place)
                case "event":
                    EVENTS[step.argument](twin)
                case "cell":
                    twin.change_cell(**json.loads(step.argument))
                case "peer":
                    await _lead(peers, step)
            skip = step.kind == "..."
        if not real_time:
            await listener.silence(PATIENCE, f"{transcript.path.name}: the end")


async def _lead(peers: Sequence[Peer], step: Step) -> None:
    name, what = step.argument.split()
    peer = next(peer for peer in peers if peer.name == name)
    try:
        match what:
            case "say":
                await peer.say(step.data)
            case "hear":
                await peer.hear(step.data)
            case "close":
                await peer.close()
            case _:
                await peer.reset()
    except (AssertionError, TimeoutError) as error:
        raise AssertionError(f"{step.place}: {str(error) or 'the peer waited in vain'}") from None


class _Listener:
    """Compares what comes with what should come, byte for byte."""

    def __init__(self, port: Port) -> None:
        self._heard = bytearray()
        self._news = asyncio.Event()
        port.start(self)

    def received(self, data: bytes) -> None:
        self._heard += data
        self._news.set()

    def lost(self, reason: str | None) -> None:
        self._news.set()

    async def expect(self, wanted: bytes, place: str, *, skip: bool) -> None:
        """`wanted` comes next; with `skip` anything may come before it."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not self._take(wanted, place, skip=skip):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise self._differs(wanted, place) from None

    async def silence(self, seconds: float, place: str) -> None:
        await asyncio.sleep(seconds)
        if self._heard:
            raise self._differs(b"", place)

    def _take(self, wanted: bytes, place: str, *, skip: bool) -> bool:
        start = self._heard.find(wanted) if skip else 0
        if start < 0:
            return False
        got = self._heard[start : start + len(wanted)]
        if not wanted.startswith(got):
            raise self._differs(wanted, place)
        if len(got) < len(wanted):
            return False
        del self._heard[: start + len(wanted)]
        return True

    def _differs(self, wanted: bytes, place: str) -> AssertionError:
        got = bytes(self._heard[: max(200, len(wanted))])
        return AssertionError(f"{place}:\n  expected {wanted!r}\n  received {got!r}")


# --- splits -------------------------------------------------------------------------------------


def whole(data: bytes) -> list[bytes]:
    return [data]


def single(data: bytes) -> list[bytes]:
    return [bytes((value,)) for value in data]


def at_random(seed: int) -> Callable[[bytes], list[bytes]]:
    """Pieces of random length, the same ones for the same seed."""
    chance = random.Random(seed)

    def split(data: bytes) -> list[bytes]:
        cuts = sorted(chance.sample(range(len(data) + 1), chance.randint(0, len(data))))
        edges = [0, *cuts, len(data)]
        pieces = (data[a:b] for a, b in pairwise(edges))
        return [piece for piece in pieces if piece]

    return split


SPLITS = {"whole": whole, "bytes": single, "random": at_random(1), "random again": at_random(2)}
