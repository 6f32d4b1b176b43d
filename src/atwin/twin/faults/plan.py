"""A plan: faults under one name, as a TOML file has them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from atwin.text import check_keys, nearest, rows_of, told
from atwin.twin.faults.fault import Fault, PlanError
from atwin.twin.faults.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

#: Faults of one plan.
_MOST_FAULTS = 10_000
_TOP = ("name", "teaches", "good_host", "seed", "fault")


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """What goes wrong in one run. `seed` decides whatever its faults leave to chance."""

    faults: tuple[Fault, ...]
    name: str = ""
    #: What there is to learn from it, and what a good host does.
    teaches: str = ""
    good_host: str = ""
    seed: int = 0

    @classmethod
    def from_table(cls, table: Mapping[str, Any]) -> FaultPlan:
        """The plan in `table`, a TOML file's content. Raises `PlanError`."""
        try:
            check_keys(table, _TOP)
            rows = rows_of(table.get("fault", []), "fault", _MOST_FAULTS)
        except ValueError as error:
            raise PlanError(str(error)) from None
        if not rows:
            raise PlanError("no faults: there must be at least one table [[fault]]")
        return cls(
            tuple(_fault(row, f"[[fault]] {place}") for place, row in enumerate(rows, 1)),
            name=_top(table, "name", ""),
            teaches=_top(table, "teaches", ""),
            good_host=_top(table, "good_host", ""),
            seed=_top(table, "seed", 0),
        )


def fault_from_table(table: Mapping[str, Any]) -> Fault:
    """The fault in `table`: its `kind`, and the fields of that kind. Raises `PlanError`."""
    kind = KINDS.get(str(table.get("kind")))
    if kind is None:
        written = told(table.get("kind"))
        near = nearest(written.strip('"'), KINDS)
        meant = f"perhaps {near}; " if near else ""
        raise PlanError(f"kind = {written}: {meant}must be one of {', '.join(KINDS)}")
    names = [each.name for each in fields(kind)]
    values = {key: value for key, value in table.items() if key != "kind"}
    try:
        check_keys(values, _own_first(names))
        return kind(**values)
    except ValueError as error:
        raise PlanError(f"{kind.KIND}: {error}") from None


def _fault(row: Mapping[str, Any], place: str) -> Fault:
    try:
        return fault_from_table(row)
    except PlanError as error:
        raise PlanError(f"{place}: {error}") from None


def _own_first(names: list[str]) -> list[str]:
    common = [each.name for each in fields(Fault)]
    return [name for name in names if name not in common] + common


def _top(table: Mapping[str, Any], key: str, default: T) -> T:
    value = table.get(key, default)
    if not isinstance(value, type(default)) or isinstance(value, bool):
        words = "a text" if isinstance(default, str) else "a whole number"
        raise PlanError(f"{key} = {told(value)}: must be {words}")
    return value
