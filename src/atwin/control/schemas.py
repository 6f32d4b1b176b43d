"""JSON schemas (2020-12, as OpenAPI 3.1 has them) of what actions take."""

from __future__ import annotations

from typing import Any

from atwin.twin.board.sim import CARD_FORMS
from atwin.twin.script.pattern import MATCHES
from atwin.twin.script.written import CTRL_Z, LONGEST, MOST_DATA, MOST_TIMES

Schema = dict[str, Any]


def closed(properties: Schema, *required: str) -> Schema:
    """An object with these properties and no others."""
    made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**made, "required": list(required)} if required else made


def table(value: Schema) -> Schema:
    """An object with any names, and such values."""
    return {"type": "object", "additionalProperties": value}


def whole(low: int, high: int, *more: int) -> Schema:
    """A whole number in that range, or one of `more`."""
    schema: Schema = {"type": "integer", "minimum": low, "maximum": high}
    return {"anyOf": [schema, {"enum": list(more)}]} if more else schema


def number(low: float, high: float, *, above: bool = False) -> Schema:
    """A number in that range; `above`: and not `low` itself."""
    return {"type": "number", "exclusiveMinimum" if above else "minimum": low, "maximum": high}


def text(form: str = "", longest: int | None = None) -> Schema:
    """A text that looks as the regular expression `form` says, and is no longer than `longest`."""
    schema: Schema = {"type": "string"}
    if form:
        schema["pattern"] = f"^(?:{form})$"
    if longest is not None:
        schema["maxLength"] = longest
    return schema


def choice(*values: object) -> Schema:
    """One of these."""
    return {"enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """The same, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def array(items: Schema, most: int) -> Schema:
    """A list of at most `most`."""
    return {"type": "array", "items": items, "maxItems": most}


def each(*schemas: Schema) -> Schema:
    """A list with one value for each of these."""
    size = len(schemas)
    return {"type": "array", "prefixItems": list(schemas), "minItems": size, "maxItems": size}


CARD_SCHEMA = {
    **closed({name: text(form) for name, form in CARD_FORMS.items()}),
    "dependentRequired": {name: ["apn"] for name in CARD_FORMS if name.startswith("apn_")},
}

_LINE = text("[ -~]+", 1024)
_LINES = {"anyOf": [_LINE, array(_LINE, 64)]}
_TEXTS = {"anyOf": [_LINE, {**array(_LINE, 64), "minItems": 1}]}
_SECONDS = number(0, LONGEST)
_PATTERN: Schema = {
    "command": text("[ -~]+", 255),
    "match": choice(*MATCHES),
    "times": nullable(whole(1, MOST_TIMES)),
    "after": whole(0, MOST_TIMES),
}

#: An [[answer]] of docs/howto/answers.md.
ANSWER_SCHEMA = closed(
    {
        **_PATTERN,
        "lines": _LINES,
        "result": nullable(text("[ -~]*", 1024)),
        "delay": _SECONDS,
        "prompt": nullable(_LINE),
        "data": nullable({"anyOf": [whole(1, MOST_DATA), choice(CTRL_Z)]}),
        "urc": _LINES,
        "urc_delay": _SECONDS,
    },
    "command",
)
#: A [[urc]] of docs/howto/answers.md.
URC_SCHEMA = closed(
    {**_PATTERN, "text": _TEXTS, "at_time": nullable(_SECONDS), "delay": _SECONDS}, "text"
)
