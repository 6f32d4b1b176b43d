"""Writes docs/reference/fleet-plan.md, the same in Chinese and the JSON schema, from the keys.

`python -m atwin.fleet.campaign.reference DIR`; `make reference` does it for docs/.
"""

from __future__ import annotations

import inspect
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from atwin.fleet.campaign.campaign import Campaign
from atwin.fleet.campaign.chinese import PREFACE, chinese
from atwin.fleet.campaign.keys import NEEDED, Key, Rows, Table, keys_of, schema_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PREFACE = """\
# The plan of a campaign

<!-- Written by `make reference` from the keys in src/atwin/fleet/campaign; do not edit. -->

[中文](fleet-plan.zh.md)

A PLAN.toml says which devices fetch what, from what server, and by what rules. This page has every
key; [Plan an OTA campaign](../howto/campaign.md) shows the result of one. Two plans are in
[examples/fleet](../../examples/fleet); the least that a plan can say is:

```toml
devices = 1000
[download]
size = "2M"
[[model]]
model = "air780e-at"
```

**Values.** A size is a number of bytes, or `"300K"`, `"2M"`, `"1G"`, where K is 1024 bytes. A rate
is a number of **bytes** per second, or `"60K"`, `"1.2M"`, where K is 1000, as in networks; bits
have their unit: `"20 Mbit/s"` is 2.5M. A duration is a number of seconds, or `"300 ms"`, `"90 s"`,
`"15 min"`, `"2 h"`, `"3 d"`. Ranges include both ends.

**Shares.** Those of `[[model]]`, `[[link]]` and `[[zone]]` are weights: 7 and 3 are the same as 0.7
and 0.3. Those of `[[faults]]` and `[[stage]]` are shares of the whole fleet, and come to 1 at most.

**Files** that a plan names are found from the folder of the plan. They are read once, with the
plan: a worker on another computer needs none of them.

**Chance.** `seed` and the number of a device decide all about it. So the first 1,000 devices are
the same in a fleet of 1,000 and in one of 50,000, and so is the outcome of each while it is alone
with the server.

**A real server.** With `url` in `[server]` the simulated devices come to a server on this
computer, in real time and all in one process: when `[arrival]` says, counted from the start, each
with the same twin, host and link as on the virtual clock. Before that the file is fetched once, for
its size and SHA-256. Windows, stages, abort and end are of the whole fleet, which is worked out
afterwards as usual. Take a short `over` in `[arrival]`, and few devices: a core has time for some
hundred at 115200 bit/s. The figures of 50 devices against nginx are within 5 % of those predicted.

**A mistake** is one line with file, table, key and what the key takes, and exit code 2:

```
plan.toml: [[link]] 2: loss is 1.5: give 0 to 0.5
plan.toml: [server]: latencie: no such key, perhaps latency; there are connections, backlog, …
```

**An editor** that knows JSON schemas of TOML (VS Code with Even Better TOML; Helix and Neovim with
Taplo) completes keys and marks mistakes when the first line of the plan says where
[fleet-plan.schema.json](fleet-plan.schema.json) is: `#:schema ./fleet-plan.schema.json`.

A fleet has as many kinds of devices (strata) as there are combinations of `[[model]]`, `[[link]]`
and `[[faults]]`, those without faults included: 1,000 at most.
"""


def page() -> str:
    """All of it."""
    return "\n".join([_PREFACE, *_table("The top of the file", Campaign, str)])


def chinese_page() -> str:
    """The same in Chinese. Raises `KeyError` for a text that has no translation."""
    return "\n".join([PREFACE, *_table("The top of the file", Campaign, chinese)])


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


if __name__ == "__main__":
    directory = Path(sys.argv[1]) / "reference"
    (directory / "fleet-plan.md").write_text(page(), "utf-8")
    (directory / "fleet-plan.zh.md").write_text(chinese_page(), "utf-8")
    (directory / "fleet-plan.schema.json").write_text(schema(), "utf-8")
