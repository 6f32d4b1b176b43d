"""What differs between the devices of a fleet: model, link, faults, time zone."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.keys import NEEDED, key
from atwin.fleet.campaign.kinds import LONGEST_NAME, Chosen, Label, Quantity, Rate, Seconds, Takes
from atwin.fleet.campaign.rules import PART, STRATEGY
from atwin.host.errors import OptionError
from atwin.line.frame import RATES, USUAL_RATE
from atwin.models import UnknownModelError, load_profile
from atwin.models.loading import ProfileFile, parse_profile
from atwin.session.plans import read_plan
from atwin.session.url import FLOWS, parse_flags, split_model
from atwin.text import shown, told
from atwin.twin.faults.chance import random_plan
from atwin.twin.faults.fault import PlanError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from atwin.fleet.campaign.kinds import Schema
    from atwin.host.download.order import Strategy
    from atwin.models import Profile
    from atwin.twin.faults.plan import FaultPlan

#: Bytes of a fault plan; its content travels with each device to a worker.
#: Characters of a path or a model.
_LONGEST_PATH = 1000

_WEIGHT = Quantity(0, 1e9)
_LABEL = Label()
_ZONE = re.compile(r"([+-])([01][0-9]):([0-5][0-9])")
#: Seconds of the zone that is furthest away.
_FURTHEST = 14 * 3600


@dataclass(frozen=True, slots=True)
class ModelSource:
    """A model as `atwin twin --model` takes it; the file of one of somebody's own is in it."""

    text: str
    file: ProfileFile | None = None
    flags: tuple[tuple[str, float | str], ...] = ()

    def profile(self) -> Profile:
        """Its profile, the same object at each call of a process."""
        return _profile(self)


@lru_cache(maxsize=256)
def _profile(source: ModelSource) -> Profile:
    """Raises `ValueError` with one line."""
    file = source.file
    profile = load_profile(source.text) if file is None else parse_profile(file.key, file.data)
    return profile.with_flags(**dict(source.flags)) if source.flags else profile


class Model(Takes):
    """A model: its name, with a firmware, or the path of a profile."""

    words = "a model as of `atwin models`, NAME@FIRMWARE, or the path of a profile: ./mine.toml"

    def parse(self, value: Any, folder: Path) -> ModelSource:
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_PATH:
            raise ValueError("give " + self.words)
        try:
            name, values, names = split_model(value)
            if names:
                raise ValueError("resolve means nothing here")
            flags = parse_flags(values)
        except OptionError as error:
            raise ValueError(str(error)) from None
        file = None
        if name.endswith(".toml"):
            file = ProfileFile.read(folder / os.path.expanduser(name))
            name = file.key
        source = ModelSource(name, file, tuple(flags.items()))
        try:
            source.profile()
        except UnknownModelError:
            raise
        except ValueError as error:
            raise ValueError(f"{value}: {error}") from None
        return source


class Baud(Takes):
    """The rate of a line, None for one without line time."""

    words = f'"max", or one of {", ".join(map(str, RATES))}'

    @property
    def schema(self) -> Schema:
        return {"enum": ["max", *RATES]}

    def parse(self, value: Any, folder: Path) -> int | None:
        if value == "max":
            return None
        if isinstance(value, bool) or not isinstance(value, int) or value not in RATES:
            raise ValueError
        return value


class Faulty(Takes):
    """A plan of faults, None for a random one for each device."""

    words = '"random", or a plan as of `atwin twin --faults`: its name or path'

    def parse(self, value: Any, folder: Path) -> FaultPlan | None:
        if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_PATH:
            raise ValueError("give " + self.words)
        if value == "random":
            return None
        try:
            return read_plan(value, folder)
        except PlanError as error:
            raise ValueError(str(error)) from None


class Zone(Takes):
    """A time zone: seconds that its clocks are ahead of UTC."""

    words = '"+08:00", from "-14:00" to "+14:00"'

    def parse(self, value: Any, folder: Path) -> int:
        match = _ZONE.fullmatch(value) if isinstance(value, str) else None
        if match is None:
            raise ValueError
        ahead = int(match[2]) * 3600 + int(match[3]) * 60
        if ahead > _FURTHEST:
            raise ValueError
        return -ahead if match[1] == "-" else ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A `[[model]]`: what module some of the devices have, and how its line is set."""

    name: str = key(_LABEL, "", "what reports call it; by default the model")
    model: ModelSource = key(Model(), NEEDED, "the module, as `atwin twin --model` takes it")
    share: float = key(_WEIGHT, 1, "weight among the models")
    #: bit/s; None for a line that takes no time.
    baud: int | None = key(Baud(), USUAL_RATE, "rate of the line in bit/s")
    #: A name in `session.url.FLOWS`.
    flow: str = key(Chosen(*FLOWS), "auto", "flow control that the host asks for")
    #: None for that of the download; the same of `part`.
    strategy: Strategy | None = key(STRATEGY, None, "as in `[download]`, for this module alone")
    part: int | None = key(PART, None, "as in `[download]`, for this module alone")

    def profile(self) -> Profile:
        """The profile of its model, the same object at each call of a process."""
        return self.model.profile()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkEntry:
    """A `[[link]]`: how some of the devices reach the network. Rates in bytes per second."""

    name: str = key(_LABEL, "", "what reports call it; by default `link 1` and so on")
    share: float = key(_WEIGHT, 1, "weight among the links")
    down: float = key(Rate(100, 1e9), "1.2M", "rate from the server to the module")
    up: float = key(Rate(100, 1e9), "0.2M", "rate from the module to the server")
    rtt: float = key(Seconds(0, 60), 0.1, "time from the module to the server and back")
    loss: float = key(Quantity(0, 0.5), 0, "share of the segments that get lost")
    outages: float = key(Quantity(0, 3600), 0, "outages in an hour, by chance (Poisson)")
    outage: float = key(Seconds(0.001, 86_400), "30 s", "mean length of an outage (exponential)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultsEntry:
    """A `[[faults]]`: what goes wrong in some of the devices. Here a share is a share of all."""

    name: str = key(_LABEL, "", "what reports call it; by default `random` or the plan's name")
    share: float = key(Quantity(0, 1), NEEDED, "share of the devices; the rest has no faults")
    #: None for a random one.
    plan: FaultPlan | None = key(Faulty(), "random", "one random plan for each device, or a plan")

    @property
    def usual_name(self) -> str:
        """What it is called when the file does not say."""
        return "random" if self.plan is None else self.plan.name or "faults"

    def plan_for(self, seed: int) -> FaultPlan:
        """What goes wrong in the device of that seed; the seed decides what a plan leaves open."""
        return random_plan(seed) if self.plan is None else replace(self.plan, seed=seed)


@dataclass(frozen=True, slots=True, kw_only=True)
class ZoneEntry:
    """A `[[zone]]`: where some of the devices are, for `window`."""

    #: Seconds that clocks there are ahead of UTC.
    utc: int = key(Zone(), "+00:00", "time zone")
    share: float = key(_WEIGHT, 1, "weight among the zones")


def named(entries: tuple[Any, ...], usual: Sequence[str], taken: Sequence[str] = ()) -> Any:
    """The same, each with a name of its own: its own, or else the `usual` one, numbered if need be.

    Raises `ValueError` for a name that two of them were given, or that is `taken`.
    """
    used = [*taken, *(entry.name for entry in entries if entry.name)]
    for name in used:
        if used.count(name) > 1:
            raise ValueError(f"name is {told(name)}: give one that nothing else there has")
    made = []
    for entry, basis in zip(entries, usual, strict=True):
        basis = shown(basis.replace("/", "-"), limit=LONGEST_NAME - 4)
        names = (basis, *(f"{basis} {number}" for number in range(2, len(entries) + 2)))
        name = entry.name or next(name for name in names if name not in used)
        used.append(name)
        made.append(replace(entry, name=name))
    return tuple(made)
