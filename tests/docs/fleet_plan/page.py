"""The page of every key, by the declarations, in English and in Chinese; and the JSON schema."""

from __future__ import annotations

import inspect
import json
from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.campaign.keys import NEEDED, Key, Rows, Table, keys_of, schema_of
from docs.fleet_plan.chinese import chinese
from docs.fleet_plan.prefaces import CHINESE, ENGLISH

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def page() -> str:
    """All of it."""
    return "\n".join([ENGLISH, *_table("The top of the file", Campaign, str)])


def chinese_page() -> str:
    """The same in Chinese. Raises `KeyError` for a text that has no translation."""
    return "\n".join([CHINESE, *_table("The top of the file", Campaign, chinese)])


def schema() -> str:
    """The JSON schema of a plan, for editors: what it refuses is wrong, but not all that is."""
    version = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return json.dumps(version | schema_of(Campaign), indent=1, ensure_ascii=False) + "\n"


def _table(title: str, of: type[Any], say: Callable[[str], str]) -> Iterator[str]:
    keys = keys_of(of).values()
    inner = [key for key in keys if isinstance(key.kind, Table | Rows)]
    yield f"## {title if title.startswith('`') else say(title)}\n"
    if of is not Campaign:
        yield f"{say(_said(of))}\n"
    yield say("| key | what it is | takes | default |")
    yield "|---|---|---|---|"
    for key in keys:
        yield f"| `{key.name}` | {say(key.help)} | {_takes(key, say)} | {_default(key, say)} |"
    yield ""
    for key in inner:
        assert isinstance(key.kind, Table | Rows)
        yield from _table(_named(key), key.kind.of, say)


def _said(of: type[Any]) -> str:
    """What the docstring says, without the name of the table at its begin."""
    text = inspect.getdoc(of) or ""
    said = text.partition(": ")[2]
    return f"{said[0].upper()}{said[1:]}"


def _named(key: Key) -> str:
    return f"`[[{key.name}]]`" if isinstance(key.kind, Rows) else f"`[{key.name}]`"


def _takes(key: Key, say: Callable[[str], str]) -> str:
    words = say(key.kind.words)
    if isinstance(key.kind, Table | Rows):
        return f"{words}{say(': ')}[{_named(key)}](#{key.name})"
    return words


def _default(key: Key, say: Callable[[str], str]) -> str:
    if key.default is NEEDED:
        return say("must be given")
    if isinstance(key.default, tuple) and key.default:
        return say("one with its defaults")
    return "–" if key.default in (None, "", (), {}) else f"`{json.dumps(key.default)}`"
