"""`Campaign`: all that a PLAN.toml says, in one small object that a worker can be sent."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.disk.errors import DiskError
from atwin.disk.whole import read_input
from atwin.fleet.campaign.arrival import Arrival
from atwin.fleet.campaign.devices import FaultsEntry, LinkEntry, ModelEntry, ZoneEntry, named
from atwin.fleet.campaign.keys import NEEDED, CampaignError, Rows, Table, key, read_table
from atwin.fleet.campaign.kinds import Whole
from atwin.fleet.campaign.population import NONE, DeviceSpec, Population, Stratum
from atwin.fleet.campaign.rules import (
    CampaignRules,
    DownloadSpec,
    RetryPolicy,
    RolloutStage,
    SampleSpec,
    ServerSpec,
    Tariff,
)
from atwin.host.download.order import chunk_of
from atwin.host.errors import UsageError
from atwin.plan.job import limits_of
from atwin.text import parse_toml, shown
from atwin.twin.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from atwin.host.download.order import Strategy

#: Bytes of a plan; kinds of devices, which are entries of model x link x faults.
_LARGEST, _MOST_STRATA = 1 << 20, 1000
#: Characters of a file's name in front of an error.
_LONGEST_NAME = 80
#: Shares may miss 1 by this when they are added.
_ROUNDING = 1e-9


@dataclass(frozen=True, kw_only=True)
class Campaign:
    """What a PLAN.toml says (docs/reference/fleet-plan.md); files that it names are in it.

    Durations are in seconds, sizes in bytes, rates in bytes per second. It can be pickled, and
    needs no file then. Make it with `load_campaign` or `from_table`.
    """

    #: What the plan is called: its file, for messages.
    name: str = "plan"
    devices: int = key(Whole(1, 1_000_000), NEEDED, "devices of the fleet")
    seed: int = key(Whole(0, (1 << 63) - 1), 1, "seed of everything random")
    download: DownloadSpec = key(Table(DownloadSpec), NEEDED, "what each device fetches")
    models: tuple[ModelEntry, ...] = key(Rows(ModelEntry), NEEDED, "modules", name="model")
    links: tuple[LinkEntry, ...] = key(
        Rows(LinkEntry), (LinkEntry(),), "links to the network", name="link"
    )
    faults: tuple[FaultsEntry, ...] = key(Rows(FaultsEntry, 0), (), "what goes wrong in some")
    arrival: Arrival = key(Table(Arrival), {}, "when devices come")
    zones: tuple[ZoneEntry, ...] = key(
        Rows(ZoneEntry), (ZoneEntry(),), "where devices are", name="zone"
    )
    retry: RetryPolicy = key(Table(RetryPolicy), {}, "what follows an attempt that failed")
    server: ServerSpec = key(Table(ServerSpec), {}, "what the server can do")
    rules: CampaignRules = key(Table(CampaignRules), {}, "begin and end", name="campaign")
    stages: tuple[RolloutStage, ...] = key(
        Rows(RolloutStage, 0), (), "a roll-out in parts", name="stage"
    )
    #: None where nothing is said of it.
    price: Tariff | None = key(Table(Tariff), None, "what traffic costs")
    sample: SampleSpec = key(Table(SampleSpec), {}, "how many devices are simulated")

    def __post_init__(self) -> None:
        """Raises `ValueError` for what no single key can say."""
        for table, entries in (
            ("model", self.models),
            ("link", self.links),
            ("zone", self.zones),
        ):
            if sum(entry.share for entry in entries) <= 0:
                raise ValueError(f"[[{table}]]: all shares are 0: give one of them more")
        for table, shares in (("faults", self.faults), ("stage", self.stages)):
            whole = sum(entry.share for entry in shares)
            if whole > 1 + _ROUNDING:
                raise ValueError(f"[[{table}]]: shares come to {whole:g}: give 1 or less in all")
        kinds = len(self.models) * len(self.links) * (len(self.faults) + 1)
        if kinds > _MOST_STRATA:
            raise ValueError(
                f"[[model]], [[link]] and [[faults]] make {kinds:,} kinds of devices: "
                f"give tables for {_MOST_STRATA:,} or fewer"
            )
        for name, table, usual, taken in (
            ("models", "model", [entry.model.text for entry in self.models], ()),
            ("links", "link", [f"link {n}" for n in range(1, len(self.links) + 1)], ()),
            ("faults", "faults", [entry.usual_name for entry in self.faults], (NONE,)),
        ):
            try:
                entries = named(getattr(self, name), usual, taken)
            except ValueError as error:
                raise ValueError(f"[[{table}]]: {error}") from None
            object.__setattr__(self, name, entries)
        self._check_download()

    def way_of(self, entry: ModelEntry) -> tuple[Strategy, int | None]:
        """Strategy and part of a model's downloads: its own, or those of all."""
        return (
            entry.strategy or self.download.strategy,
            self.download.part if entry.part is None else entry.part,
        )

    def _check_download(self) -> None:
        """Raises `ValueError` for what one of the models cannot do."""
        for entry in self.models:
            limits = limits_of(entry.profile())
            strategy, part = self.way_of(entry)
            checks: tuple[tuple[str, int | None, Strategy], ...] = (
                ("part", part, "auto"),
                ("strategy", None, strategy),
            )
            for name, size, way in checks:
                try:
                    chunk_of(limits, size, way)
                except UsageError as error:
                    of = f"[[model]] {entry.name}"
                    whose = "[download]" if getattr(entry, name) is None else of
                    raise ValueError(f"{whose}: {name} does not suit {of}: {error}") from None

    @classmethod
    def from_table(cls, name: str, table: Mapping[str, Any], folder: Path = Path()) -> Campaign:
        """The campaign in `table`, a TOML file's content; paths in it are relative to `folder`.

        Raises `CampaignError`, which begins with `name`.
        """
        name = shown(name, limit=_LONGEST_NAME)
        try:
            return cls(name=name, **read_table(cls, table, folder))
        except ValueError as error:
            raise CampaignError(f"{name}: {error}") from None

    def changed(
        self, *, devices: int | None = None, seed: int | None = None, sample: int | None = None
    ) -> Campaign:
        """The same with another number of devices, seed, or number of simulated devices.

        Raises `CampaignError` for one out of range.
        """
        sampled = None if sample is None else {"devices": sample}
        given = {"devices": devices, "seed": seed, "sample": sampled}
        table = {key: value for key, value in given.items() if value is not None}
        try:
            wanted = {
                each.name: each.metadata["kind"].read(each.name, table[each.name], Path())
                for each in fields(self)
                if each.name in table
            }
        except ValueError as error:
            raise CampaignError(str(error)) from None
        return replace(self, **wanted)

    @cached_property
    def digest(self) -> str:
        """SHA-256, in hex, of all that it says; order and comments of the file do not count."""
        return _digest({each.name: getattr(self, each.name) for each in _declared(self)})

    @cached_property
    def rows_digest(self) -> str:
        """The same of what decides how a device fares alone: rows of equal ones are equal.

        Left out are how many devices there are and are simulated, arrival, zones, stages, rules,
        price, and of the server all but `keep_alive`, `latency`, `rate` and `url`.
        """
        names = ("seed", "download", "models", "links", "faults", "retry")
        server = [getattr(self.server, name) for name in ("keep_alive", "latency", "rate", "url")]
        return _digest({name: getattr(self, name) for name in names} | {"server": server})

    def device(self, number: int) -> DeviceSpec:
        """Who that device is, by its number and `seed` alone.

        Raises `IndexError` outside of 0 up to `devices`.
        """
        if not 0 <= number < self.devices:
            raise IndexError(f"device {number}: give 0 to {self.devices - 1}")
        return self._population.device(number)

    def strata(self) -> Mapping[Stratum, Sequence[int]]:
        """Stratum -> the numbers of its devices, ascending; a stratum without any is left out."""
        return self._strata

    @cached_property
    def _population(self) -> Population:
        return Population(self.seed, self.models, self.links, self.faults, self.zones)

    @cached_property
    def _strata(self) -> Mapping[Stratum, Sequence[int]]:
        return self._population.strata(self.devices)

    def __getstate__(self) -> dict[str, Any]:
        """What it says, and not what was worked out of it."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def load_campaign(where: str | Path) -> Campaign:
    """What the PLAN.toml `where` says. Raises `CampaignError`: file, table, key, what it takes."""
    path = Path(os.path.expanduser(where))
    try:
        table = parse_toml(read_input(path, _LARGEST, name="it"))
    except (DiskError, ValueError) as error:
        raise CampaignError(f"{_called(Path(where))}: {error}") from None
    return Campaign.from_table(_called(Path(where)), table, path.parent)


def _called(path: Path) -> str:
    """As it was given, or by its name alone where that would fill the line."""
    return str(path) if len(str(path)) <= _LONGEST_NAME else path.name


def _declared(of: Any) -> list[Any]:
    """Fields that are keys of the file; all, where none is."""
    return [each for each in fields(of) if each.metadata.get("kind")] or list(fields(of))


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(_plain(value), sort_keys=True).encode()).hexdigest()


def _plain(value: Any) -> Any:
    """What JSON has, of a table, an entry, a plan of faults, a file."""
    if isinstance(value, Fault):
        return value.table
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, bytes):
        return hashlib.sha256(value).hexdigest()
    return value.isoformat() if isinstance(value, datetime) else value
