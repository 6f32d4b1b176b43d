"""Non-volatile memory: what survives a restart and a power cut (docs/spec/power.md §4)."""

from __future__ import annotations

from dataclasses import fields as dataclass_fields
from typing import TYPE_CHECKING, Any, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

#: One record: names to numbers and strings, fit for JSON.
Record = dict[str, Any]

Values = TypeVar("Values")


class LineText:
    """Texts that a line of the module can say: latin-1, at most this many characters."""

    def __init__(self, longest: int) -> None:
        self._longest = longest

    def __contains__(self, text: object) -> bool:
        short = isinstance(text, str) and len(text) <= self._longest
        return short and all(" " <= character <= "ÿ" for character in str(text))


class Nvram:
    """Named records; each subject keeps its own (`settings`, `http`, …).

    `keep` is called with everything after each change, for a module whose state is on disk.
    """

    def __init__(
        self,
        records: Mapping[str, Record] | None = None,
        keep: Callable[[dict[str, Record]], None] | None = None,
    ) -> None:
        self._records = {name: dict(record) for name, record in (records or {}).items()}
        self._keep = keep

    def has(self, name: str) -> bool:
        """Whether there is such a record."""
        return name in self._records

    def store(self, name: str, record: Record) -> None:
        """Replace the record whole."""
        self._records[name] = dict(record)
        self._changed()

    def restore(
        self,
        name: str,
        factory: Values,
        allowed: Mapping[str, Container[Any]],
        fields: Mapping[str, str] | None = None,
    ) -> Values:
        """`factory`, a dataclass, with those values of a record that may be trusted.

        A value of another type than the factory's, or outside what its field is `allowed`, comes
        from a damaged record: the factory's is safer. So does one of an unknown name. `fields`:
        the record's names and those of the fields, where they differ.
        """
        kinds = {
            f.name: type(getattr(factory, f.name)) for f in dataclass_fields(cast("Any", factory))
        }
        for key, value in self._records.get(name, {}).items():
            field = key if fields is None else fields.get(key, "")
            # JSON has no tuples.
            value = tuple(value) if isinstance(value, list) else value
            sound = type(value) is kinds.get(field)
            if sound and (field not in allowed or value in allowed[field]):
                setattr(factory, field, value)
        return factory

    def erase(self, keep: Container[str] = ()) -> None:
        """Back to the factory: AT+RSTSET. The records of `keep` are no settings, and stay."""
        self._records = {name: self._records[name] for name in self._records if name in keep}
        self._changed()

    def _changed(self) -> None:
        if self._keep is not None:
            self._keep({name: dict(record) for name, record in self._records.items()})
