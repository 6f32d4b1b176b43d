"""docs/reference/benchmarks.json: the figures of a whole run, and the ratios of short ones."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from bench.frame.child import read

if TYPE_CHECKING:
    from pathlib import Path

    from bench.figures import Figure

#: Short runs of each bench for the record: what lies between them is noise.
SHORT_RUNS = 3


@dataclass(slots=True)
class Measured:
    """One bench."""

    figures: list[Figure] = field(default_factory=list)
    seconds: float = 0.0
    #: What others took of the processors before it began; None where the system does not tell.
    taken: float | None = None
    #: Why it did not end well.
    error: str = ""

    @property
    def holds(self) -> bool:
        """Whether it ended well and every goal is reached."""
        return not self.error and all(figure.holds for figure in self.figures)


@dataclass(slots=True)
class Record:
    """A run."""

    #: Date, commit, machine (`bench.frame.machine.facts`).
    facts: dict[str, str]
    benches: dict[str, Measured] = field(default_factory=dict)
    #: Of each figure with a peer, the ratio in each of some short runs.
    short: dict[str, list[float]] = field(default_factory=dict)

    def json(self) -> str:
        """For a file: indented, every number with four digits."""
        return json.dumps(_rounded(asdict(self)), indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, path: Path) -> Record:
        """From such a file."""
        told = json.loads(path.read_text("utf-8"))
        for name, bench in told["benches"].items():
            bench["figures"] = [read(figure) for figure in bench["figures"]]
            told["benches"][name] = Measured(**bench)
        return cls(**told)


def _rounded(value: Any) -> Any:
    match value:
        case float():
            return float(f"{value:.4g}")
        case dict():
            return {key: _rounded(one) for key, one in value.items()}
        case list() | tuple():
            return [_rounded(one) for one in value]
    return value
