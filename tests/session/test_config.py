"""`--config FILE.toml`: what it may say, what wins over what, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atwin.host.errors import OptionError
from atwin.session.config import KEYS, load_config
from atwin.session.several import Wants, modules
from atwin.twin.script.written import Saying, Script, Stub

if TYPE_CHECKING:
    from atwin.session.serving import Served

TEAM = """
model = "air780e-at?parser=3"
seed = 7
time_scale = 0
offline = true
state = "state"
control = "pins"
[flags]
http_buffer = 8192
gettofs = false
[names]
"ota.example.com:80" = "127.0.0.1:8080"
[[fault]]
kind = "stall"
[[module]]
pty = "first"
[[module]]
tcp = "127.0.0.1:0"
model = "air724ug"
baud = 115200
seed = 99
state = "/tmp/own"
faults = "random:4"
[module.names]
"*.example.org" = "127.0.0.2"
[module.sim]
pin = "1234"
"""


def read(
    folder: Path, text: str, over: Wants | None = None, *lines: tuple[str, str]
) -> list[Served]:
    file = folder / "team.toml"
    file.write_text(text)
    return modules(over or Wants(), lines, load_config(str(file)))


def test_a_file_of_two_modules(tmp_path: Path) -> None:
    first, second = read(tmp_path, TEAM)
    assert (first.pty, first.control) == (str(tmp_path / "first"), str(tmp_path / "pins.1"))
    one = first.twin
    assert (one.profile.key, one.seed, one.time_scale, one.offline) == ("air780e-at", 7, 0, True)
    assert (one.profile.limit("http_buffer"), one.profile.has("gettofs")) == (8192, False)
    assert one.profile.seconds("parser") == 3
    assert one.state == str(tmp_path / "state/1")
    assert one.hosts == {"ota.example.com:80": "127.0.0.1:8080"}
    assert one.faults is not None
    assert [fault.KIND for fault in one.faults.faults] == ["stall"]
    two = second.twin
    assert (second.tcp, second.control) == ("127.0.0.1:0", str(tmp_path / "pins.2"))
    assert (two.profile.key, two.seed, two.line.baud) == ("air724ug", 99, 115200)
    assert two.profile.limit("http_buffer") == 8192
    assert two.state == "/tmp/own"
    assert two.hosts == {**one.hosts, "*.example.org": "127.0.0.2"}
    assert two.sim == {"pin": "1234"}
    assert two.faults is not None
    assert two.faults != one.faults


def test_the_command_line_wins(tmp_path: Path) -> None:
    values = {"seed": "3", "state": "/tmp/here", "faults": "random:5", "http_buffer": "100"}
    both = read(tmp_path, TEAM, Wants("air780ep", values, {"ota.example.com:80": "127.0.0.9"}))
    assert [one.twin.profile.key for one in both] == ["air780ep"] * 2
    assert [one.twin.seed for one in both] == [3, 4]
    assert [one.twin.state for one in both] == ["/tmp/here/1", "/tmp/here/2"]
    assert [one.twin.profile.limit("http_buffer") for one in both] == [100, 100]
    assert both[0].twin.faults == both[1].twin.faults
    assert both[0].twin.hosts["ota.example.com:80"] == "127.0.0.9"


def test_a_file_without_tables_is_one_module_or_one_for_each_line(tmp_path: Path) -> None:
    (alone,) = read(tmp_path, 'pty = "m"\nstate = "s"')
    assert (alone.pty, alone.twin.state) == (str(tmp_path / "m"), str(tmp_path / "s"))
    (other,) = read(tmp_path, 'pty = "m"', None, ("tcp", "127.0.0.1:0"))
    assert (other.pty, other.tcp) == (None, "127.0.0.1:0")
    three = read(tmp_path, "seed = 4", None, *[("tcp", "127.0.0.1:0")] * 3)
    assert [one.twin.seed for one in three] == [4, 5, 6]


@pytest.mark.parametrize("is_here", [True, False])
def test_a_plan_by_its_name(is_here: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name wins over a file that is called so, wherever the file of modules is."""
    if is_here:
        monkeypatch.chdir(tmp_path)
    (tmp_path / "hang").write_text("[[fault]]\nkind = 'stall'\n")
    names = [
        one.twin.faults and one.twin.faults.faults[0].KIND
        for text in ("faults = 'hang'", "faults = './hang'")
        for one in read(Path() if is_here else tmp_path, text)
    ]
    assert names == ["hang", "stall"]


def test_answers_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("[[answer]]\ncommand = 'AT+FILE'\n")
    text = (
        'unknown = "ok"\n[[answer]]\ncommand = "AT+ALL"\n[[urc]]\ntext = "RING"\n'
        '[[module]]\n[[module]]\nanswers = "a.toml"\nunknown = "error"\n'
    )
    first, second = (one.twin.script for one in read(tmp_path, text))
    assert first == Script((Stub(command="AT+ALL"),), (Saying(text="RING"),), lets_pass=True)
    assert second == Script((Stub(command="AT+FILE"),))
    (over,) = read(tmp_path, "unknown = 'error'", Wants(values={"unknown": "ok"}))
    assert over.twin.script == Script(lets_pass=True)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", ": colour: no such key; there are model, pty, tcp, rfc2217, serial, baud"),
        ('"a\\u001b" = 1', r": a\x1b: no such key"),
        ("seed = 'x'", ': seed = "x": it takes a number'),
        ("seed = -1", ": seed='-1': give a number, 0 or more"),
        ("baud = 7", ": baud='7': give max, or one of"),
        ("cold = 1", ": cold = 1: it takes true or false"),
        ("model = 'sim800'", ": unknown model 'sim800'; there are air724ug"),
        ("[flags]\nspeed_of_light = 3", ": air724ug has no flag called speed_of_light"),
        (
            "[flags]\nseed = 3",
            ": flags: seed is not a flag of a model, write it outside of [flags]",
        ),
        ("[flags]\nhttp_buffer = [1]", ': flags = {"http_buffer": [1]}: it takes a table of'),
        ("[names]\na = 'b'", ": names: a: 'b': give an address"),
        ("names = 3", ": names = 3: it takes a table such as"),
        ("[sim]\npin = '12'", ": pin takes 4 to 8 digits"),
        ("[sim]\ncolour = '12'", ": sim.colour: no such key; there are pin, puk"),
        ("[sim]\npin = 1234", ": sim: give a table of texts: pin, puk"),
        ("[[fault]]\nkind = 'rain'", ': fault: [[fault]] 1: kind = "rain": must be one of'),
        ("fault = 3", ": fault: fault: must be tables [[fault]]"),
        ("[[answer]]\nlines = '1'", ": answer: [[answer]] 1: command is missing"),
        ("[[urc]]\ntext = 5", ": urc: [[urc]] 1: text must be a text"),
        ("unknown = 'no'", 'unknown = "no": it takes ok or error'),
        ("answers = 'no.toml'", "no.toml: cannot read it: No such file"),
        ("faults = 'no.toml'", "no.toml: cannot read it: No such file"),
        ("faults = 'no'", "/no: cannot read it: No such file or directory; by name there are body"),
        (
            "faults = 'random:1'\n[[fault]]\nkind = 'stall'",
            ": fault and faults: give the tables or the file",
        ),
        ("pty = 'a'\ntcp = 'b:1'", ": pty and tcp: a module has one line, choose one"),
        ("rts = 'reset'", ": rts and dtr need rfc2217 or control, which set the wires"),
        ("serial = '/dev/x'\nbaud = 9600\nhost_fifo = 9", ": host_fifo is a model of a host"),
        ("pty = 'a'\n[[module]]", ": pty: a line belongs into a [[module]], where there are any"),
        ("[[module]]\n[[module]]\nbaud = 7", ", [[module]] 2: baud='7': give max"),
        ("[[module]]\nmodule = 3", ": [[module]] 1: module: no such key"),
        ("module = 3", ": module: must be tables [[module]]"),
        ("[[module]]\n" * 10_001, ": [[module]]: at most 10,000 of them"),
        ("[[module]]\npty = 'a'\n[[module]]\npty = 'a'", "each module needs one of its own"),
        ("a = ", ": Invalid value"),
        ("x = 1" + "0" * 5000, ": a number in it is too long"),
        ("#" * (1 << 20) + "#", ": cannot read it: it is larger than 1048576 bytes"),
    ],
)
def test_what_is_refused(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(OptionError) as raised:
        read(tmp_path, text)
    said = str(raised.value)
    assert words in said
    assert "team.toml" in said or "each module" in said
    assert said.isprintable()
    assert "1234" not in said


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(OptionError, match=r"nowhere/team.toml: cannot read it: No such file"):
        load_config("nowhere/team.toml")


def test_lines_beside_tables(tmp_path: Path) -> None:
    with pytest.raises(
        OptionError, match=r"--pty: .*team.toml has .* tables, which have the lines"
    ):
        read(tmp_path, "[[module]]", None, ("pty", "x"))


VALUES = st.one_of(st.integers(), st.floats(), st.booleans(), st.text(max_size=5).map(repr))


@settings(max_examples=60, deadline=None)
@given(values=st.dictionaries(st.sampled_from([*KEYS, "module"]), VALUES, max_size=3))
def test_any_value_is_taken_or_refused_in_one_line(
    values: dict[str, object], tmp_path_factory: pytest.TempPathFactory
) -> None:
    text = "\n".join(f"{key} = {str(value).lower()}" for key, value in values.items())
    try:
        said = str(len(read(tmp_path_factory.mktemp("any"), text)))
    except OptionError as error:
        said = str(error)
    assert said.isprintable()
