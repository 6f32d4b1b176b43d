"""What can go wrong, for whoever asks: the faults of a twin, and every kind with its fields."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

from atwin.control.schemas import Schema, choice, closed, nullable, number, text, whole
from atwin.twin.faults.fault import COMMAND_FORM, Fault
from atwin.twin.faults.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from dataclasses import Field

    from atwin.twin.twin import Twin


def faults(twin: Twin) -> dict[str, Any]:
    """Those that wait, those at work, how often each kind began."""
    if not twin.has_faults:
        return {"waiting": [], "at_work": [], "begun": {}}
    return twin.faults.state


def kinds() -> list[dict[str, Any]]:
    """Every kind of fault: what it is, and the fields it takes with their schemas and defaults."""
    return [
        {
            "kind": name,
            "summary": " ".join((kind.__doc__ or "").partition("\n\n")[0].split()),
            "lasts": list(kind.LASTS),
            "own": [each.name for each in fields(kind) if each.name not in _COMMON],
            "fields": {each.name: _schema(kind, each) for each in fields(kind)},
        }
        for name, kind in KINDS.items()
    ]


_COMMON = {each.name for each in fields(Fault)}


def _schema(kind: type[Fault], each: Field[Any]) -> Schema:
    """What a field takes, with its default."""
    allows = each.metadata
    schema: Schema
    if each.name == "until":
        schema = choice(*kind.CURES)
    elif allows.get("kind") is int:
        schema = whole(allows["low"], allows["high"])
    elif allows.get("kind") is float:
        schema = number(allows["low"], allows["high"])
    elif isinstance(each.default, bool):
        schema = {"type": "boolean"}
    else:
        schema = text(COMMAND_FORM if each.name == "at_command" else "")
    if each.default is None:
        schema = nullable(schema)
    return {**schema, "default": each.default}


def _one_of(names: Iterable[str]) -> Schema:
    schemas = [
        closed(
            {
                "kind": {"const": name},
                **{e.name: _schema(KINDS[name], e) for e in fields(KINDS[name])},
            },
            "kind",
        )
        for name in names
    ]
    return {"type": "object", "oneOf": schemas}


#: A [[fault]] of docs/reference/faults.md.
FAULT_SCHEMA = _one_of(KINDS)
