"""Cross products too large for every run: a sample of them each time, another one every time.

    @pytest.mark.sampled("split", "line")

For each combination of a test's other parameters, one combination of `split` and `line` is drawn;
`keep=3` draws three, `keep=0` leaves it to `make prove`. The run prints its seed, and
ATWIN_TEST_SEED brings the same samples back.
ATWIN_TEST_WHOLE=1 runs everything, as `make prove` does. A test that draws by `some` what it goes
through has the mark too, without parameters.
"""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pytest

SEED_NAME = "ATWIN_TEST_SEED"
SEED = int(os.environ.get(SEED_NAME) or random.randrange(1 << 32))
WHOLE = bool(os.environ.get("ATWIN_TEST_WHOLE"))


T = TypeVar("T")


def some(values: Sequence[T], count: int, what: str) -> list[T]:
    """`count` of the values, the same for the same seed and `what`; all when all is run."""
    if WHOLE:
        return list(values)
    return random.Random(f"{SEED} {what}").sample(values, min(count, len(values)))


def drawn(items: Iterable[pytest.Item]) -> tuple[list[pytest.Item], list[pytest.Item]]:
    """The tests of this run in their order, and those left out."""
    items = list(items)
    tests: dict[str, dict[tuple[int, ...], list[pytest.Item]]] = {}
    for item in items:
        if mark := item.get_closest_marker("sampled"):
            groups = tests.setdefault(item.nodeid.partition("[")[0], {})
            groups.setdefault(_group(item, mark.args), []).append(item)
    left_out: set[pytest.Item] = set()
    for name, groups in tests.items():
        for number, members in enumerate(groups.values()):
            mark = members[0].get_closest_marker("sampled")
            keep = mark.kwargs.get("keep", 1) if mark else 0
            dice = random.Random(f"{SEED} {name} {number}")
            left_out.update(dice.sample(members, max(0, len(members) - keep)))
    return (
        [item for item in items if item not in left_out],
        [item for item in items if item in left_out],
    )


def _group(item: pytest.Item, drawn: tuple[str, ...]) -> tuple[int, ...]:
    """What is the same for those one is drawn of: the parameters but for `drawn`, as objects."""
    parameters = item.callspec.params if hasattr(item, "callspec") else {}
    assert set(drawn) <= set(parameters), f"{item.nodeid}: no parameters {drawn}"
    return tuple(id(value) for name, value in parameters.items() if name not in drawn)
