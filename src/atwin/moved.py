"""Names that stood elsewhere before 0.2: they work in 0.2, and warn where they are today.

A package that still exists has `__getattr__ = moved(__name__)`; a module that is gone is recreated
by `Finder` when somebody imports it.
"""

from __future__ import annotations

import sys
import warnings
from importlib import import_module
from importlib.machinery import ModuleSpec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType

#: Module: where its names are now. 0.2 is the last release with them.
MOVED: dict[str, dict[str, str]] = {
    "atwin.host": {
        "atwin": (
            "Climbed CommandRefusedError DownloadResult Header Headers HostError Identity Limits "
            "LineLostError LineWishes LogEntry Modem ModuleError ModuleSilentError NoAnswerError "
            "Patience Progress RedirectError Redirects Reply RequestFailedError Response Retry "
            "ServerError StepError SyncModem TargetError TlsFailed TlsSettings UsageError "
            "VerificationError connect"
        ),
        "atwin.host.channel.channel": "Channel",
        "atwin.host.download.order": "Strategy",
        "atwin.host.recovery.rungs": "GENTLE",
    },
    "atwin.host.http": {
        "atwin.host.http.setup": "Setup",
    },
    "atwin.line.memory": {"atwin.line.ports.memory": "MemoryPort memory_pair"},
    "atwin.net.origin": {
        "atwin.testing": "Content File Fixed Generated Logged Origin Sink Stored serve_tcp"
    },
    "atwin.net.simulated": {"atwin.testing": "SimulatedNetwork"},
    "atwin.twin": {"atwin": "Twin"},
    "atwin.twin.faults": {
        "atwin.faults": "KINDS Fault FaultPlan Faults Happened PlanError fault_from_table",
        "atwin.twin.faults.case": "Case moment",
    },
}


def places(module: str) -> dict[str, str]:
    """Where each old name of `module` is now, module and name."""
    return {
        name: f"{place}.{name}" for place, names in MOVED[module].items() for name in names.split()
    }


def moved(module: str) -> Callable[[str], object]:
    """The `__getattr__` of `module`. Raises `AttributeError` for a name that never was there."""

    def find(name: str) -> object:
        new = places(module).get(name)
        if new is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(
            f"{module}.{name} has moved to {new}; this one goes after 0.2",
            DeprecationWarning,
            stacklevel=2,
        )
        place, _, name = new.rpartition(".")
        return getattr(import_module(place), name)

    return find


class Finder:
    """Finds the modules of `MOVED` that are gone; Python asks it after all others."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """See `importlib.abc.MetaPathFinder`."""
        if name not in MOVED:
            return None
        return ModuleSpec(name, Finder)  # type: ignore[arg-type] # it has what a loader needs

    @staticmethod
    def create_module(spec: ModuleSpec) -> None:
        """A plain module will do."""

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        """Its names are found when they are asked for."""
        vars(module)["__getattr__"] = moved(module.__name__)


def install() -> None:
    """Let Python find what is gone."""
    sys.meta_path.append(Finder)
