"""Every kind of TOML file that a person gives: taken, or refused in one line that can be shown."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from atwin.fleet.campaign.campaign import load_campaign
from atwin.fleet.campaign.keys import CampaignError
from atwin.host.errors import OptionError
from atwin.models import load_profile
from atwin.models.profile import UnknownModelError
from atwin.session.config import load_config
from atwin.session.plans import load_plan
from atwin.session.scripts import load_script
from fuzz.guided.dice import text
from fuzz.plans import VALUES
from fuzz.runner import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

ROOT = Path(__file__).parents[2]


class Kind(NamedTuple):
    """A kind of file: what reads it, what that raises, and where there are good ones."""

    read: Callable[[str], object]
    refuses: type[Exception]
    good: str


CONFIG = b"""\
model = 'air780e-at'
baud = 115200
[[module]]
tcp = '127.0.0.1:0'
card = {pin = '1234'}
[[module]]
pty = '/tmp/a'
model = 'air724ug'
"""
SCRIPT = b"""\
unknown = 'ok'
[[answer]]
command = 'AT+X*'
match = 'glob'
lines = ['+X: 1']
delay = 0.5
[[urc]]
text = '+X: 2'
every = 5
"""
KINDS = (
    Kind(load_plan, OptionError, "src/atwin/twin/faults/plans/*.toml"),
    Kind(load_campaign, CampaignError, "examples/fleet/*.toml"),
    Kind(load_profile, UnknownModelError, "src/atwin/models/*.toml"),
    Kind(load_config, OptionError, ""),
    Kind(load_script, OptionError, ""),
)


def seeds() -> Iterator[bytes]:
    """The repository's own ones."""
    for kind in KINDS:
        yield from (path.read_bytes() for path in sorted(ROOT.glob(kind.good or "none")))
    yield from (CONFIG, SCRIPT)


_SEEDS = list(seeds())
WORDS = tuple(sorted({word for seed in _SEEDS for word in seed.split() if len(word) > 3}))


def made(dice: Random) -> bytes:
    """One of them with some values and lines changed."""
    lines = dice.choice(_SEEDS).split(b"\n")
    for _ in range(dice.choice((0, 1, 2, 5))):
        place = dice.randrange(len(lines))
        key, equals, _ = lines[place].partition(b"=")
        value = dice.choice(VALUES).encode("utf-8", "surrogatepass")
        match dice.randrange(3):
            case 0 if equals:
                lines[place] = key + equals + value
            case 1:
                del lines[place : place + 1]
            case _:
                lines.insert(place, dice.choice(lines))
        lines = lines or [b""]
    return b"\n".join(lines)


def attempt(dice: Random) -> None:
    """One file, as each kind."""
    data = text(dice, made)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "f.toml")
        path.write_bytes(data)
        for kind in KINDS:
            try:
                kind.read(str(path))
            except kind.refuses as error:
                said = str(error)
                assert said.isprintable(), repr(said)
                assert len(said) < 2000, said


if __name__ == "__main__":
    main(attempt)
