"""Files of answers: what is taken, and the one line for what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.host.errors import OptionError
from atwin.session.scripts import as_script, load_script
from atwin.twin.script.written import Saying, Script, ScriptError, Stub

if TYPE_CHECKING:
    from pathlib import Path

GOOD = """
unknown = "ok"

[[answer]]
command = "AT+CSQ"
lines = "+CSQ: 3,99"

[[answer]]
command = 'AT\\+CMGS=.*'
match = "regex"
prompt = ">"
data = "ctrl-z"
delay = 2
result = "+CMS ERROR: 38"
times = 1

[[urc]]
text = "RING"
at_time = 5.5
"""


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "answers.toml"
    path.write_text(GOOD)
    script = load_script(path)
    assert script == Script(
        (
            Stub(command="AT+CSQ", lines="+CSQ: 3,99"),
            Stub(
                command=r"AT\+CMGS=.*",
                match="regex",
                prompt=">",
                data="ctrl-z",
                delay=2,
                result="+CMS ERROR: 38",
                times=1,
            ),
        ),
        (Saying(text="RING", at_time=5.5),),
        lets_pass=True,
    )
    assert as_script(script) is script
    assert as_script(str(path)) == script


def one(**row: Any) -> dict[str, Any]:
    return {"answer": [{"command": "AT+X", **row}]}


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"answers": []}, "answers: no such key, perhaps answer; there are"),
        ({"unknown": "yes"}, 'unknown = "yes": must be one of ok, error'),
        ({"answer": {}}, "answer: must be tables [[answer]]"),
        ({"answer": [5]}, "answer: must be tables [[answer]]"),
        ({"answer": [{}] * 101}, "[[answer]]: at most 100 of them"),
        ({"answer": [{"command": "AT"}, {}]}, "[[answer]] 2: command is missing"),
        (one(lime="x"), "[[answer]] 1: lime: no such key; there are command, match"),
        (one(command=5), "command must be a text of printable ASCII"),
        (one(prompt=[], data=1), "prompt = []: must be a text"),
        (one(command="A" * 256), "command: a text of 1 to 255 characters"),
        (one(command="(", match="regex"), "command: a ) is missing in the regular expression"),
        (one(match="like"), 'match = "like": must be one of exact, glob, regex'),
        (one(match=["exact"]), 'match = ["exact"]: must be one of exact, glob, regex'),
        (one(lines="a\nb"), "lines must be a text of printable ASCII characters"),
        (one(lines=["a"] * 65), "lines: at most 64 lines"),
        (one(lines="a" * 1025), "lines: at most 1024 characters a line"),
        (one(lines={"a": 1}), "lines must be a text"),
        (one(result=5), "result must be a text"),
        (one(result=0), 'result = 0: must be a text; "" means no result'),
        (one(delay=-1), "delay = -1: must be seconds from 0 to 1000000"),
        (one(delay=True), "delay = true: must be seconds"),
        (one(delay=float("nan")), "delay = NaN: must be seconds"),
        (one(urc_delay="1"), 'urc_delay = "1": must be seconds'),
        (one(times=0), "times = 0: must be a whole number from 1"),
        (one(after=1.5), "after = 1.5: must be a whole number from 0"),
        (one(prompt=">"), "prompt and data: give both, or none of them"),
        (one(prompt="\x1b", data=1), "prompt must be a text of printable"),
        (one(prompt=">", data="esc"), 'data = "esc": must be a whole number from 1 to 1048576, or'),
        (one(prompt=">", data=[1]), "data = [1]: must be a whole number"),
        ({"urc": [{}]}, "[[urc]] 1: text is missing"),
        ({"urc": [{"text": "a\r\nOK"}]}, "[[urc]] 1: text must be a text of printable"),
        ({"urc": [{"text": "a", "at_time": "5"}]}, 'at_time = "5": must be seconds'),
        ({"urc": [{"text": "a", "at_time": 5, "command": "AT"}]}, "one of them is enough"),
        ({"urc": [{"text": "a", "times": 5}]}, "after and times need a command"),
    ],
)
def test_what_is_none(table: dict[str, Any], said: str) -> None:
    with pytest.raises(ScriptError) as caught:
        Script.from_table(table)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(OptionError, match=r"^answers: "):
        as_script(table)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
KEYS = st.sampled_from(["command", "match", "lines", "result", "delay", "data", "text", "urc", "x"])


@given(st.sampled_from(["answer", "urc", "unknown"]), st.dictionaries(KEYS, VALUES, max_size=4))
def test_whatever_a_row_has_it_is_read_or_refused(kind: str, row: dict[str, Any]) -> None:
    for value in ([row], [{"command": "AT", "text": "A", **row}], row):
        said = ""
        try:
            Script.from_table({kind: value})
        except ScriptError as error:
            said = str(error)
        assert said.isprintable()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[answer", "not a TOML file: "),
        ("a = 1", "a: no such key"),
        (None, "cannot read it: No such file"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, text: str | None, said: str) -> None:
    path = tmp_path / "mine.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(OptionError) as caught:
        load_script(path)
    assert str(caught.value).startswith(f"answers {path}: {said}")
