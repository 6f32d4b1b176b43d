"""docs/howto/answers.md: the file it shows is one, and every key of such a file is named."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

from atwin.text import parse_toml
from atwin.twin.script.written import KEYS, Saying, Script, Stub

PAGE = (Path(__file__).parents[2] / "docs/howto/answers.md").read_text()


def test_the_file_it_shows() -> None:
    (shown,) = re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)
    script = Script.from_table(parse_toml(shown.encode()))
    assert (len(script.stubs), len(script.sayings), script.lets_pass) == (3, 1, True)


def test_every_key_is_named() -> None:
    keys = {each.name for kind in (Stub, Saying) for each in fields(kind)}
    assert [key for key in keys if f"`{key}`" not in PAGE] == []
    assert [key for key in KEYS if f"[[{key}]]" not in PAGE and f"`{key}`" not in PAGE] == []
