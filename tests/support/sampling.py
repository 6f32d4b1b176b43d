"""Cross products too large for every run: a sample of them each time, another one every time.

    @pytest.mark.sampled("split", "line")

For each combination of a test's other parameters, one combination of `split` and `line` is drawn;
`keep=3` draws three, `keep=0` leaves it to `make prove`. The run prints its seed, and
ATWIN_TEST_SEED brings the same samples back.
ATWIN_TEST_WHOLE=1 runs everything, as `make prove` does.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pytest

SEED_NAME = "ATWIN_TEST_SEED"
SEED = int(os.environ.get(SEED_NAME) or random.randrange(1 << 32))
WHOLE = bool(os.environ.get("ATWIN_TEST_WHOLE"))


def drawn(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests of this run in their order, and those left out."""
    items = list(items)
    groups: dict[tuple[str, ...], list[pytest.Item]] = {}
    keep: dict[tuple[str, ...], int] = {}
    for item in items:
        mark = item.get_closest_marker("sampled")
        if mark is not None:
            group = _group(item, mark.args)
            groups.setdefault(group, []).append(item)
            keep[group] = mark.kwargs.get("keep", 1)
    left_out: set[pytest.Item] = set()
    for group, members in groups.items():
        dice = random.Random(f"{SEED} {group}")
        left_out.update(dice.sample(members, max(0, len(members) - keep[group])))
    return (
        [item for item in items if item not in left_out],
        [item for item in items if item in left_out],
    )


def _group(item: pytest.Item, axes: tuple[str, ...]) -> tuple[str, ...]:
    """The test and its parameters but for `axes`. AssertionError when it has no such parameter."""
    spec = item.callspec  # type: ignore[attr-defined]
    assert set(axes) <= set(spec.params), f"{item.nodeid}: no parameters {axes}"
    others = (f"{name}={spec.indices[name]}" for name in spec.params if name not in axes)
    return (item.nodeid.partition("[")[0], *others)
