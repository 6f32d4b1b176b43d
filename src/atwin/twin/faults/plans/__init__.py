"""The plans that come with the package: a TOML file of this folder each, known by its name."""

from pathlib import Path

#: The file of each plan, by the plan's name.
PLANS = {path.stem: path for path in sorted(Path(__file__).parent.glob("*.toml"))}
