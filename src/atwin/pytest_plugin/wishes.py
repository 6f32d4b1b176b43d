"""What a test asks of its module: the keywords of the marker, of parameters and of the factory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atwin.host.errors import OptionError
from atwin.models import load_profile
from atwin.net.hosts import Hosts
from atwin.pytest_plugin.rig import Rig, address_of
from atwin.pytest_plugin.virtual import VirtualRig
from atwin.session.plans import as_plan
from atwin.session.scripts import as_script, with_unknown
from atwin.session.serving import FREE_PORT, Served
from atwin.session.url import TwinWishes, checked_card, parse_line_model
from atwin.text import shown
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.script.written import Script

#: What a real module can be asked for as well; `baud` and `time_scale` are its own.
ALONE = {"model", "baud", "time_scale", "seed", "line"}
#: What only a twin can be.
TWIN_ONLY = (
    "faults",
    "answers",
    "unknown",
    "flags",
    "cold",
    "sim",
    "state",
    "hosts",
    "offline",
    "control",
    "clock",
    "replay",
    "ignore",
)

_LINES: dict[str, dict[str, str]] = {
    "pty": {},
    "tcp": {"tcp": FREE_PORT},
    "rfc2217": {"rfc2217": FREE_PORT},
}
#: Keywords that take no value of another type; the others look at theirs themselves.
_TYPES: dict[str, tuple[str, tuple[type, ...]]] = {
    "flags": ("a dictionary", (Mapping,)),
    "hosts": ("a dictionary", (Mapping,)),
    "sim": ("a dictionary", (Mapping,)),
    "cold": ("True or False", (bool,)),
    "offline": ("True or False", (bool,)),
    "state": ("a directory", (str, Path)),
    "control": ("a path", (str, Path)),
    "line": ("a text", (str,)),
    "clock": ("a text", (str,)),
    "unknown": ("ok or error", (str,)),
    "faults": ("a name, a path, a dictionary or a list", (str, Path, Mapping, list, FaultPlan)),
    "answers": ("a path, a dictionary or a list", (str, Path, Mapping, list, Script)),
}
_CLOCKS: dict[str, type[Rig]] = {"real": Rig, "virtual": VirtualRig}


@dataclass(frozen=True, slots=True)
class Wishes:
    """A twin, the one line it is served on, and the kind of rig."""

    twin: TwinWishes
    served: Served
    kind: type[Rig]

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Wishes:
        """What the keywords ask for. Raises `UsageError`, `UnknownModelError`, `ValueError`."""
        if "ignore" in asked:
            raise OptionError("ignore: it is of a recording, give replay as well")
        if unknown := [name for name in asked if name not in ALONE and name not in TWIN_ONLY]:
            known = ", ".join(("model", *sorted(ALONE - {"model"}), *TWIN_ONLY))
            raise OptionError(f"{', '.join(unknown)}: there is {known}")
        for name, value in asked.items():
            words, types = _TYPES.get(name, ("", (object,)))
            if not isinstance(value, types):
                raise OptionError(f"{name}={shown(repr(value), limit=80)}: give {words}")
            if isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
                raise OptionError(f"{name}: its keys are texts")
        twin = TwinWishes(
            profile=load_profile(asked.get("model", "air724ug")).with_flags(
                **asked.get("flags", {})
            ),
            seed=asked.get("seed", 0),
            cold=asked.get("cold", False),
            state=asked.get("state"),
            time_scale=asked.get("time_scale", 0),
            line=parse_line_model(str(asked.get("baud", "max"))),
            faults=_plan(asked.get("faults")),
            script=with_unknown(_script(asked.get("answers")), asked.get("unknown")),
            sim=checked_card(asked.get("sim", {})),
            hosts=dict(Hosts({n: address_of(s) for n, s in asked.get("hosts", {}).items()})),
            offline=asked.get("offline", False),
        )
        line: dict[str, Any] = {**line_of(asked)}
        kind = _one_of(_CLOCKS, "clock", asked.get("clock", "real"))
        if "control" in asked:
            if kind is VirtualRig:
                raise OptionError(
                    "control: other programs cannot reach a module on a virtual clock"
                )
            line["control"] = str(asked["control"])
        return cls(twin, Served(twin, **line), kind)


def line_of(asked: Mapping[str, Any]) -> dict[str, str]:
    """The line that the keywords ask for, as of `Served`. Raises `UsageError`."""
    line: dict[str, str] = _one_of(_LINES, "line", asked.get("line", "pty"))
    return line


def _plan(faults: Any) -> Any:
    """A plan, whatever `atwin.twin` takes, one fault as a dictionary, or a list of such."""
    if isinstance(faults, Mapping) and "kind" in faults:
        faults = [faults]
    if isinstance(faults, list):
        faults = {"fault": faults}
    return None if faults is None else as_plan(faults)


def _script(answers: Any) -> Any:
    """A script, its table, its path, or a list of answers."""
    if isinstance(answers, list):
        answers = {"answer": answers}
    return None if answers is None else as_script(answers)


def _one_of(table: Mapping[str, Any], name: str, value: object) -> Any:
    if value not in table:
        raise OptionError(f"{name}={value!r}: give one of {', '.join(table)}")
    return table[str(value)]
