"""A PLAN.toml is a `Campaign`, or one line that says which key is wrong and what it takes."""

from __future__ import annotations

import pickle
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.fleet.campaign.campaign import Campaign, load_campaign
from atwin.fleet.campaign.keys import CampaignError
from atwin.host.errors import OptionError
from atwin.models import MODELS
from atwin.text import parse_toml

if TYPE_CHECKING:
    from pathlib import Path

#: What has to be in a plan.
LEAST: dict[str, Any] = {
    "devices": 1000,
    "download": {"size": "2M"},
    "model": [{"model": "air780e-at"}],
}
#: All that the format has.
WHOLE = """
devices = 50_000
seed = 7
[download]
size = "2M"
tls = true
strategy = "range"
part = 3356
hash = false
etag = false
[[model]]
model = "air780e-at"
share = 7
baud = 921600
flow = "hardware"
[[model]]
name = "unpaced"
model = "air724ug?http_buffer=65536"
share = 3
baud = "max"
strategy = "auto"
part = 60_000
[[link]]
name = "good"
share = 8
down = "1.2M"
up = "0.2M"
rtt = 0.1
loss = 0.01
outages = 0.5
outage = "30 s"
[[faults]]
share = 0.05
plan = "random"
[arrival]
curve = [[0, 0], [600, 0.5], [3600, 1]]
window = "22:00-05:00"
[[zone]]
utc = "+08:00"
share = 2
[retry]
attempts = 5
after = ["10 min", 3600, "6 h"]
give_up = "30 min"
[server]
connections = 2000
backlog = 511
bandwidth = "125M"
rate = "1M"
requests = 500
per_device = 8
keep_alive = 0
latency = 0.02
[campaign]
starts = 2026-12-01T08:00:00+08:00
lasts = "3 d"
abort = { failed = 0.05, after = 100 }
[[stage]]
share = 0.01
hold = "1 h"
failed = 0.02
[price]
per_mb = 0.02
megabyte = 1000000
currency = "EUR"
[sample]
devices = 400
"""


def plan(**changed: Any) -> Campaign:
    return Campaign.from_table("plan.toml", {**LEAST, **changed})


def test_all_that_a_plan_can_say(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(WHOLE)
    made = load_campaign(tmp_path / "plan.toml")
    assert (made.devices, made.seed, made.sample.devices) == (50_000, 7, 400)
    assert (made.download.size, made.download.part, made.download.tls) == (2 << 20, 3356, True)
    assert [(each.name, each.share, each.baud) for each in made.models] == [
        ("air780e-at", 7, 921600),
        ("unpaced", 3, None),
    ]
    assert made.models[1].profile().limit("http_buffer") == 65536
    assert made.models[1].profile() is made.models[1].profile()
    (link,) = made.links
    assert (link.down, link.up, link.outage) == (1.2e6, 0.2e6, 30)
    assert made.arrival.moment(0.75) == 2100
    assert made.zones[0].utc == 8 * 3600
    assert [made.retry.wait(n) for n in (2, 3, 4, 5)] == [600, 3600, 21_600, 21_600]
    assert (made.server.bandwidth, made.server.keep_alive) == (125e6, 0)
    assert made.rules.starts.isoformat() == "2026-12-01T00:00:00+00:00"
    assert made.rules.lasts == 3 * 86_400
    assert made.rules.abort is not None
    assert made.rules.abort.failed == 0.05
    assert made.stages[0].hold == 3600
    assert made.price is not None
    assert made.price.per_mb == 0.02


def test_what_a_plan_need_not_say() -> None:
    made = plan()
    assert made.seed == 1
    assert [(link.down, link.up, link.rtt) for link in made.links] == [(1.2e6, 0.2e6, 0.1)]
    assert (made.faults, made.stages, made.price, made.server.connections) == ((), (), None, None)
    assert (made.models[0].baud, made.retry.attempts, made.rules.lasts) == (115200, 4, None)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"devices": 0}, "devices is 0: give a whole number, 1 to 1,000,000"),
        ({"devices": True}, "devices is true: give a whole number"),
        ({"devices": 1e3}, "devices is 1000.0: give a whole number"),
        ({"devices": 1 << 20_000}, "devices is a value that is too long: give a whole number"),
        ({"devicez": 1}, "devicez: no such key, perhaps devices; there are devices, seed, "),
        ({"a\x1b": 1}, r"a\x1b: no such key; there are"),
        ({"download": {}}, "[download]: size is missing: give bytes, 1 to 1G"),
        ({"download": 3}, "download is 3: give a table [download]"),
        (
            {"download": {"size": "2 MB"}},
            """[download]: size is "2 MB": '2 MB' is not a number of""",
        ),
        ({"download": {"size": 2.5}}, "[download]: size is 2.5: give bytes, 1 to 1G"),
        ({"download": {"size": 1, "tls": 1}}, "[download]: tls is 1: give true or false"),
        ({"download": {"size": 1, "strategy": "x"}}, 'strategy is "x": give one of auto, range'),
        (
            {"download": {"size": 1, "part": 3357}, "model": [{"model": "air780e-at"}]},
            "[download]: part does not suit [[model]] air780e-at: a chunk of 3357 bytes: this "
            "module takes 2 to 3356",
        ),
        (
            {
                "download": {"size": 1, "strategy": "stream"},
                "model": [{"model": "air780e-at"}, {"model": "air724ug", "name": "old"}],
            },
            "[download]: strategy does not suit [[model]] old: this module cannot stream",
        ),
        (
            {"model": [{"model": "air780e-at", "part": 3357}]},
            "[[model]] air780e-at: part does not suit [[model]] air780e-at: a chunk of 3357",
        ),
        ({"model": []}, "model is []: give 1 to 100 tables [[model]]"),
        ({"model": {}}, "model: must be tables [[model]]"),
        ({"model": LEAST["model"] * 101}, "[[model]]: at most 100 of them"),
        ({"model": [{"model": "x"}]}, "[[model]] 1: model is \"x\": unknown model 'x'; there are"),
        ({"model": [{"model": "air724ug@new"}]}, "air724ug@new: give a version of"),
        ({"model": [{"model": "air724ug?colour=1"}]}, "air724ug has no flag called colour"),
        ({"model": [{"model": "nix.toml"}]}, "nix.toml: No such file or directory"),
        ({"model": [{"model": "air724ug", "baud": 1}]}, '[[model]] 1: baud is 1: give "max", or '),
        ({"model": [{"model": "air724ug", "share": 0}]}, "[[model]]: all shares are 0: give one"),
        ({"link": [{"loss": 1.5}]}, "[[link]] 1: loss is 1.5: give 0 to 0.5"),
        ({"link": [{"loss": True}]}, "[[link]] 1: loss is true: give 0 to 0.5"),
        ({"link": [{"loss": float("nan")}]}, "[[link]] 1: loss is NaN: give 0 to 0.5"),
        ({"link": [{"rtt": float("inf")}]}, "[[link]] 1: rtt is Infinity: give 0 to 1 min"),
        ({"link": [{"rtt": -1}]}, "[[link]] 1: rtt is -1: give 0 to 1 min"),
        ({"link": [{}, {"los": 0}]}, "[[link]] 2: los: no such key, perhaps loss; there are name"),
        ({"link": [{"down": "99"}]}, '[[link]] 1: down is "99": give bytes per second, 100 to 1G'),
        ({"link": [{"name": "a"}] * 2}, '[[link]]: name is "a": give one that nothing else there'),
        ({"link": [{"name": "a/b"}]}, '[[link]] 1: name is "a/b": give a text of 1 to 40'),
        ({"faults": [{}]}, "[[faults]] 1: share is missing: give 0 to 1"),
        ({"faults": [{"share": 0.6}] * 2}, "[[faults]]: shares come to 1.2: give 1 or less in"),
        ({"faults": [{"share": 1, "plan": "nix.toml"}]}, '1: plan is "nix.toml": cannot read it'),
        ({"faults": [{"share": 1, "plan": "."}]}, 'plan is ".": cannot read it: Is a directory'),
        ({"faults": [{"share": 1, "plan": "\0"}]}, r'plan is "\u0000": cannot read it: embedded'),
        ({"faults": [{"share": 1, "name": "none"}]}, '[[faults]]: name is "none": give one that'),
        ({"link": [{}] * 40, "faults": [{"share": 0}] * 30}, "make 1,240 kinds of devices: give"),
        ({"arrival": {"curve": "x"}}, '[arrival]: curve is "x": give "even", "at once", "falling"'),
        ({"arrival": {"curve": [[0, 0], [9, 0.5], [5, 1]]}}, "point 3: it falls; neither time"),
        ({"arrival": {"curve": [[0, 0.6], [9, 0.5], [9, 1]]}}, "point 2: it falls"),
        ({"arrival": {"curve": [[0, 0], [9, 0.5]]}}, "the last point: give it a share of 1"),
        ({"arrival": {"curve": [[0, 2]]}}, "share of point 1 is 2: give 0 to 1"),
        ({"arrival": {"curve": [7]}}, "point 1: give [time, share so far]"),
        ({"arrival": {"curve": "at once", "over": 9}}, "[arrival]: over means nothing with that"),
        ({"arrival": {"window": "2:00-5:00"}}, 'window is "2:00-5:00": give a time of the day'),
        ({"arrival": {"window": "25:00-26:00"}}, "[arrival]: window is"),
        ({"arrival": {"window": "02:00-02:00"}}, "[arrival]: window is"),
        ({"zone": [{"utc": "+15:00"}]}, '[[zone]] 1: utc is "+15:00": give "+08:00", from "-14:00'),
        ({"retry": {"attempts": 0}}, "[retry]: attempts is 0: give a whole number, 1 to 100"),
        ({"retry": {"after": []}}, "[retry]: after is []: give a list of 1 to 99 durations, 0 to"),
        (
            {"retry": {"after": ["10 m"]}},
            """one of them is "10 m": '10 m' is not a duration: write""",
        ),
        ({"server": {"url": "http://example.com/"}}, "only a server on this computer is loaded"),
        ({"server": {"url": "http://[::2]/"}}, "only a server on this computer is loaded"),
        ({"server": {"url": "ftp://127.0.0.1/"}}, "give an http:// or https:// URL of this comp"),
        ({"server": {"url": "http://a:b@127.0.0.1/"}}, "it holds a name or a password"),
        ({"server": {"url": "http://127.0.0.1/", "rate": 5}}, "[server]: rate means nothing with"),
        ({"campaign": {"starts": "2026-12-01"}}, "[campaign]: starts is"),
        ({"campaign": {"starts": "x"}}, "give a date, time and zone, such as"),
        ({"campaign": {"abort": {}}}, "[campaign]: [abort]: failed is missing: give 0 to 1"),
        ({"stage": [{"share": 0.5}, {"share": 0.6}]}, "[[stage]]: shares come to 1.1: give 1 or"),
        ({"price": {"per_mb": -1}}, "[price]: per_mb is -1: give 0 to 1,000,000,000"),
        ({"sample": {"devices": 0}}, "[sample]: devices is 0: give a whole number"),
    ],
)
def test_what_is_wrong_is_one_line_with_table_key_and_range(
    changed: dict[str, Any], said: str
) -> None:
    with pytest.raises(CampaignError) as wrong:
        plan(**changed)
    assert str(wrong.value).startswith("plan.toml: ")
    assert said in str(wrong.value)
    assert wrong.value.exit_code == 2
    assert isinstance(wrong.value, OptionError)


def test_what_is_missing_is_named() -> None:
    for key in LEAST:
        with pytest.raises(CampaignError, match=f"^p: {key} is missing: give "):
            Campaign.from_table("p", {name: LEAST[name] for name in LEAST if name != key})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"devices = ", r"plan.toml: Invalid value \(at .*\)"),
        (b"a = 1\na = 2\n", r"plan.toml: Cannot overwrite a value \(at "),
        (b"a = '\xff'", "plan.toml: it is not UTF-8"),
        (b"a = '\0'", "plan.toml: .*line 1"),
        (b"#" * ((1 << 20) + 1), "plan.toml: cannot read it: it is larger than 1048576 bytes"),
        (b"a = " + b"[" * 5000, "plan.toml: it is nested too deeply"),
        (b"devices = " + b"9" * 5000, "plan.toml: a number in it is too long"),
    ],
)
def test_a_file_that_is_none(data: bytes, said: str, tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_bytes(data)
    with pytest.raises(CampaignError, match=said):
        load_campaign(tmp_path / "plan.toml")


def test_a_plan_that_is_not_there(tmp_path: Path) -> None:
    for where, why in ((tmp_path, "Is a directory"), (tmp_path / "no", "No such file")):
        with pytest.raises(CampaignError, match=f"cannot read it: {why}"):
            load_campaign(where)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
KEYS = ["devices", "download", "model", "link", "faults", "arrival", "zone", "retry", "server"]


def made_or_told(name: str, table: dict[str, Any]) -> None:
    try:
        Campaign.from_table(name, table)
    except CampaignError as error:
        said = str(error)
        assert said.isprintable()
        assert len(said) < 300


@given(
    st.dictionaries(st.sampled_from([*KEYS, "campaign", "stage", "price"]) | st.text(), values),
    st.text(),
)
def test_whatever_it_is_it_is_a_campaign_or_one_short_line(
    table: dict[str, Any], name: str
) -> None:
    made_or_told(name, {**LEAST, **table})


@given(st.sampled_from(WHOLE.splitlines()), st.text(max_size=30), st.integers(0, 40))
def test_a_plan_with_a_typing_error(line: str, typed: str, place: int) -> None:
    text = WHOLE.replace(line, line[:place] + typed + line[place:], 1)
    with suppress(ValueError):
        made_or_told("plan.toml", parse_toml(text.encode("utf-8", "replace")))


FAULTS = "name = 'weak cell'\n[[fault]]\nkind = 'pdp_loss'\nat_byte = {}\n"


def test_files_that_it_names_are_in_it(tmp_path: Path) -> None:
    (tmp_path / "weak.toml").write_text(FAULTS.format(1000))
    (tmp_path / "mine.toml").write_text('like = "air724ug"\n[limits]\nhttp_buffer = 9000\n')
    table = {
        **LEAST,
        "model": [{"model": "./mine.toml"}],
        "faults": [{"share": 1, "plan": "weak.toml"}],
    }
    made = Campaign.from_table("plan.toml", table, tmp_path)
    (tmp_path / "weak.toml").write_text(FAULTS.format(1001))
    other = Campaign.from_table("plan.toml", table, tmp_path)
    assert made.digest != other.digest
    for file in tmp_path.iterdir():
        file.unlink()
    sent = pickle.loads(pickle.dumps(made))
    assert (sent, sent.digest) == (made, made.digest)
    device = sent.device(5)
    assert str(device.stratum) == "mine/link 1/weak cell"
    assert device.model.profile().limit("http_buffer") == 9000
    fault_plan = device.fault_plan()
    assert fault_plan is not None
    assert (fault_plan.seed, fault_plan.faults[0].at_byte) == (device.seed, 1000)


def test_a_plan_of_faults_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("[[fault]]\nkind = 'stall'\nat_tim = 3\n")
    with pytest.raises(CampaignError, match=r'1: plan is "bad.toml": \[\[fault\]\] 1: stall: at_'):
        Campaign.from_table("p", {**LEAST, "faults": [{"share": 1, "plan": "bad.toml"}]}, tmp_path)


def test_a_random_plan_is_the_devices_own() -> None:
    made = plan(faults=[{"share": 1}])
    plans = [made.device(number).fault_plan() for number in range(3)]
    assert len({each.seed for each in plans if each}) == 3


def test_the_digest_is_of_what_is_said(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text("# mine\n" + WHOLE)
    one = load_campaign(tmp_path / "plan.toml")
    head, rest = WHOLE.split("[download]")
    first, second = head.split()[:3], head.split()[3:]
    text = " ".join(second) + "\n" + " ".join(first) + "\n[download]" + rest
    (tmp_path / "other.toml").write_text(text.replace('"2 h"', "7200"))
    assert load_campaign(tmp_path / "other.toml").digest == one.digest
    assert one.changed(seed=8).digest != one.digest
    # The same in another process, whose hashes differ.
    code = (
        "import sys; from atwin.fleet.campaign.campaign import load_campaign;"
        "print(load_campaign(sys.argv[1]).digest)"
    )
    told = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "plan.toml"], check=True, capture_output=True
    )
    assert told.stdout.decode().strip() == one.digest


def test_rows_are_the_same_where_nothing_of_a_device_differs() -> None:
    one = plan()
    same = [
        plan(devices=9),
        plan(price={"per_mb": 1}),
        plan(sample={"devices": 9}),
        plan(server={"connections": 5}),
    ]
    assert {each.rows_digest for each in same} == {one.rows_digest}
    assert len({each.digest for each in [one, *same]}) == 5
    others = [
        plan(seed=2),
        plan(link=[{"loss": 0.1}]),
        plan(server={"latency": 1}),
        plan(retry={"restart": False}),
    ]
    assert len({each.rows_digest for each in [one, *others]}) == 5


def test_options_change_a_plan() -> None:
    made = plan().changed(devices=10, seed=3, sample=4)
    assert (made.devices, made.seed, made.sample.devices) == (10, 3, 4)
    for name in ("devices", "sample"):
        with pytest.raises(CampaignError, match="devices is 0: give"):
            plan().changed(**{name: 0})


@pytest.mark.parametrize("model", MODELS)
def test_names_of_entries_are_made_unique(model: str) -> None:
    made = plan(
        model=[{"model": model}, {"model": model, "baud": "max"}, {"model": model, "name": "x"}]
    )
    assert [entry.name for entry in made.models] == [model, f"{model} 2", "x"]
    assert made.changed(seed=2).models == made.models
