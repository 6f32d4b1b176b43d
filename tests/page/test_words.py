"""Every text of the page has a key, and both languages."""

from __future__ import annotations

import re
from string import Formatter

import pytest

from atwin.control.faults import kinds
from atwin.page import asset, names
from atwin.twin.board.power import Cure, StartCause

SOURCES = sorted(name for name in names() if name.startswith("js/"))
#: `"key": ["English", "Chinese"],`, on one line or on several.
ENTRY = re.compile(
    r'^ {4}"(?P<key>[\w.]+)": \[\s*(?P<en>"(?:[^"\\]|\\.)*"),\s*(?P<zh>"(?:[^"\\]|\\.)*"),?\s*\],$',
    re.M,
)
#: A key as the modules write it, whole or with an end that is chosen when it runs.
KEY = re.compile(r'["`]([a-z]+\.[a-z_.]*)(\$\{)?[\w.]*(?:\})?["`]')
#: Words that a person reads: two in a row, or Chinese.
PROSE = re.compile(r"[A-Za-z]{2,}[,.]? [a-z]{2,}|[\u4e00-\u9fff]")
STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`')
#: Names of classes and elements are nothing to read.
NAMES = re.compile(
    r'(?:class: |className = |closest\(|querySelector(?:All)?\()"[^"]*"|\.color = `[^`]*`'
)
COMMENT = re.compile(r"/\*.*?\*/|//.*?$", re.S | re.M)


def text(name: str) -> str:
    return COMMENT.sub("", asset(name)[0].decode())


def tables() -> dict[str, tuple[str, str]]:
    found: dict[str, tuple[str, str]] = {}
    for name in SOURCES:
        if name.startswith("js/words/"):
            for entry in ENTRY.finditer(asset(name)[0].decode()):
                assert entry["key"] not in found, f"{entry['key']} twice"
                found[entry["key"]] = entry["en"][1:-1], entry["zh"][1:-1]
    return found


WORDS = tables()


def test_the_tables_are_read_whole() -> None:
    lines = [line for name in SOURCES if "/words/" in name for line in text(name).splitlines()]
    assert len(WORDS) == sum(line.startswith('    "') for line in lines) > 50


def test_both_languages_say_it_with_the_same_values() -> None:
    for key, languages in WORDS.items():
        assert all(languages), key
        english, chinese = (
            sorted(field for _, field, *_ in Formatter().parse(text) if field) for text in languages
        )
        assert english == chinese, key


def test_what_a_state_may_say_has_words() -> None:
    keys = [f"power.cause{int(cause)}" for cause in StartCause]
    keys += [f"cure.{cure.name.lower()}" for cure in Cure]
    for kind in kinds():
        keys += [f"fault.{kind['kind']}", f"does.{kind['kind']}"]
        keys += [f"field.{name}" for name in kind["fields"]]
    assert set(keys) - WORDS.keys() == set()


MODULES = [name for name in SOURCES if "/words/" not in name]


def used(name: str) -> set[str]:
    """Keys, and beginnings of keys with a * at their end."""
    return {key + ("*" if open_ended else "") for key, open_ended in KEY.findall(text(name))}


def test_every_text_is_used_and_is_there() -> None:
    keys = set[str]().union(*map(used, MODULES))
    firsts = {key.partition(".")[0] for key in WORDS}
    ours = {key for key in keys if key.partition(".")[0] in firsts}
    # A key may stand for those below it: `pins.supply` for `pins.supply.1`, `pins.supply.1.does`.
    below = {key for key in ours if any(word.startswith(f"{key}.") for word in WORDS)}
    begun = tuple({key[:-1] for key in ours if key.endswith("*")} | {f"{key}." for key in below})
    assert {key for key in ours if not key.endswith("*")} - below - WORDS.keys() == set()
    assert {key for key in WORDS if not key.startswith(begun)} - ours == set()


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_no_text_of_its_own(name: str) -> None:
    strings = STRING.findall(NAMES.sub("", text(name)))
    assert [string for string in strings if PROSE.search(string)] == []
