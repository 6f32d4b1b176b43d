"""A script of answers, however somebody gives it: a file, TOML text, or a table."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from atwin.disk.errors import DiskError
from atwin.disk.whole import read_input
from atwin.host.errors import OptionError
from atwin.text import parse_toml, shown
from atwin.twin.script.written import UNKNOWN, Script, ScriptError

#: Bytes of a file of answers.
_LONGEST = 1 << 20


def as_script(source: Script | Mapping[str, Any] | str | Path) -> Script:
    """`source` itself, the script of that table, or that of a TOML file. Raises `UsageError`."""
    if isinstance(source, Script):
        return source
    if not isinstance(source, Mapping):
        return load_script(source)
    try:
        return Script.from_table(source)
    except ScriptError as error:
        raise OptionError(f"answers: {error}") from None


def load_script(where: str | Path) -> Script:
    """The script in the TOML file `where`. Raises `UsageError`, one line with file and key."""
    try:
        data = read_input(os.path.expanduser(where), _LONGEST, name="it")
        return Script.from_table(parse_toml(data))
    except ScriptError as error:
        raise OptionError(f"answers {where}: {error}") from None
    except DiskError as error:
        raise OptionError(f"answers {where}: {error}") from None
    except ValueError as error:
        raise OptionError(f"answers {where}: not a TOML file: {error}") from None


def with_unknown(script: Script | None, unknown: str | None) -> Script | None:
    """`script` with `unknown` for unknown commands: `ok`, `error`, or None, which leaves it alone.

    Raises `UsageError`.
    """
    if unknown is None:
        return script
    if unknown not in UNKNOWN:
        said = shown(unknown, limit=40)
        raise OptionError(f"unknown={said!r}: give one of {', '.join(UNKNOWN)}")
    return replace(script or Script(), lets_pass=unknown == "ok")
