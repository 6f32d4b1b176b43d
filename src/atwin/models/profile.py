"""Profiles and their loader (spec: models.md)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

#: The profile keys, in the order of the specification's columns.
MODELS = ("air724ug", "air780e-at", "air780e-lsat")


class UnknownModelError(ValueError):
    """No profile of that name, or no flag of that name in a profile."""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Choices the documents leave open, at their defaults (spec: models.md, open-questions.md)."""

    #: HTTPACTION with a closed bearer opens it when the module is registered (OQ-22).
    implicit_bearer: bool = True
    #: Prints `ERROR: <n>` in front of a failed action's URC (OQ-17).
    http_error_urc: bool = False
    #: The overflow URC tells the kept length, else 0 (OQ-18).
    overflow_kept: bool = True
    #: Status of an expired TIMEOUT: 408 or 601 (OQ-16).
    timeout_status: int = 408
    #: CME number of a parameter error (OQ-4).
    param_error_cme: int = 53
    #: A second USERDATA call appends instead of replacing (OQ-7).
    userdata_append: bool = False
    #: SAPBR=2 prints the address padded and without quotes (OQ-35).
    sapbr_padded: bool = False
    #: HTTPSSL and SSLCFG are refused before HTTPINIT (OQ-41).
    ssl_needs_init: bool = False
    #: Seconds a closed TCP connection still holds its slot of the pool (network.md §6).
    linger_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """One module with one firmware: names, limits in bytes, features, quirks."""

    key: str
    name: str
    title: str
    chip: str
    firmware: str
    hardware_version: str
    build_time: str
    limits: Mapping[str, int]
    features: Mapping[str, bool]
    quirks: Quirks = field(default_factory=Quirks)

    def limit(self, name: str) -> int:
        """The limit of that name: bytes, bit/s, or an id. Raises KeyError."""
        return self.limits[name]

    def has(self, feature: str) -> bool:
        """Whether the firmware has that feature. Raises KeyError for a name no profile knows."""
        return self.features[feature]

    def with_flags(self, **flags: bool | float) -> Profile:
        """A copy with features, limits or quirks of those names changed.

        Raises `UnknownModelError` for a name that none of the three has.
        """
        limits, features = dict(self.limits), dict(self.features)
        quirks: dict[str, Any] = {}
        for name, value in flags.items():
            if name in limits:
                limits[name] = int(value)
            elif name in features:
                features[name] = bool(value)
            elif name in {f.name for f in fields(Quirks)}:
                quirks[name] = value
            else:
                raise UnknownModelError(f"{self.key} has no flag called {name}")
        return replace(
            self,
            limits=MappingProxyType(limits),
            features=MappingProxyType(features),
            quirks=replace(self.quirks, **quirks),
        )


@cache
def load_profile(key: str) -> Profile:
    """The profile of a model. Raises `UnknownModelError` naming the models there are."""
    if key not in MODELS:
        raise UnknownModelError(f"unknown model {key!r}; there are {', '.join(MODELS)}")
    data = tomllib.loads(files(__package__).joinpath(f"{key}.toml").read_text("utf-8"))
    return Profile(
        key=key,
        limits=MappingProxyType(data.pop("limits")),
        features=MappingProxyType(data.pop("features")),
        **data,
    )
