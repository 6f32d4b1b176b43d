"""Bytes typed at a module, as hosts of the transcripts type them and worse: it lives.

However they are cut, if no time passes between them, the module says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from atwin.clock import LoopClock
from atwin.models import MODELS
from atwin.testing.simulated import SimulatedNetwork
from fuzz.commands import see_alive
from fuzz.guided.dice import text
from fuzz.runner import main
from support.modules.on_twin import on_twin
from transcript import FILES, parse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

#: What takes the module away, or changes the rate or the form of the line.
AWAY = (b"IPR", b"ICF", b"RESET", b"RSTSET", b"CPOWD", b"UPGRADE", b"CFUN", b"IFC", b"PWROFF")
#: Bytes that are typed at a time: what the UART takes.
MOST = 4000


def _typed() -> list[bytes]:
    """All that the host types in each transcript."""
    talks = [
        b"".join(step.data for step in parse(path).steps if step.kind == ">") for path in FILES
    ]
    return [talk for talk in talks if 0 < len(talk) < MOST]


SEEDS = _typed()
WORDS = tuple(sorted({word for talk in SEEDS for word in talk.split() if 2 < len(word) < 30}))[:400]


def seeds() -> Iterator[bytes]:
    """The transcripts."""
    yield from SEEDS


def made(dice: Random) -> bytes:
    """A few lines of them, spoilt."""
    lines = dice.choices(WORDS, k=dice.randrange(1, 12))
    said = b"".join(line + dice.choice((b"\r", b"\r\n", b"\n", b";", b"")) for line in lines)
    for _ in range(dice.choice((0, 1, 3))):
        place = dice.randrange(len(said) + 1)
        said = said[:place] + dice.randbytes(dice.choice((0, 1, 5))) + said[place + 1 :]
    return said


def said_to(model: str, pieces: list[bytes]) -> bytes:
    """All that a module says to it within two minutes, and that it lives afterwards."""

    async def talk(twin: Twin, terminal: Terminal) -> bytes:
        for piece in pieces:
            terminal.type(piece)
        heard = await terminal.quiet(120)
        await see_alive(twin, terminal)
        return heard

    return on_twin(talk, model, echo=True, network=lambda: SimulatedNetwork(LoopClock()))


def attempt(dice: Random) -> None:
    """One model."""
    data = text(dice, made)[:MOST]
    if any(word in data.upper() for word in AWAY):
        return
    model = dice.choice(MODELS)
    most = dice.choice((1, 3, 20))
    pieces, rest = [], data
    while rest:
        size = dice.randint(1, most)
        pieces.append(rest[:size])
        rest = rest[size:]
    whole, cut = said_to(model, [data]), said_to(model, pieces)
    assert whole == cut, f"{model}: {data!r}: {whole!r}, cut {cut!r}"


if __name__ == "__main__":
    main(attempt)
