"""Profiles: one file a model, and a file of a user's own."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.cli.reference import models_page
from atwin.models import MODELS, UnknownModelError, load_profile
from atwin.models.profile import NAMES, TABLES
from support.modules.on_twin import on_twin
from support.running.program import atwin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

MINE = """
like = "air780e-at"
name = "Air780EX"
title = "Air780EX of ours"
firmware = "AirM2M_780EX_V1164_LTE_AT"

[limits]
http_buffer = 8192

[times]
parser = 3

[features]
boot_banner = false

[choices]
nitz_form = "yy-local"

[quirks]
sapbr_padded = true
"""


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "air780ex.toml"
    path.write_text(MINE)
    return path


def test_a_profile_of_ones_own_takes_the_rest_of_the_model_it_is_like(mine: Path) -> None:
    profile, base = load_profile(str(mine)), load_profile("air780e-at")
    assert (profile.key, profile.name, profile.chip) == ("air780ex", "Air780EX", base.chip)
    assert (profile.limit("http_buffer"), profile.limit("fs_total")) == (8192, 262_144)
    assert (profile.seconds("parser"), profile.seconds("key_stop")) == (3.0, 1.5)
    assert not profile.has("boot_banner")
    assert profile.has("ext_http")
    assert profile.quirks.sapbr_padded
    assert profile.quirks.implicit_bearer


def test_the_twin_is_that_model_from_its_start_on(mine: Path) -> None:
    """A boot without banner, three seconds long, with a year of two digits."""

    async def test(_: Twin, terminal: Terminal) -> bytes:
        terminal.type(b"AT\r")  # before the parser is alive: lost
        assert await terminal.quiet(3.04) == b""
        heard = await terminal.quiet(5)
        terminal.type(b"ATE0\rATI\r")
        return heard + await terminal.quiet()

    heard = on_twin(test, load_profile(str(mine)), echo=True, warm=False)
    assert heard.startswith(b"\r\nRDY\r\n")
    assert re.search(rb"\r\n\+NITZ: \d\d/\d\d/\d\d,\d\d:\d\d:\d\d[+-]\d\d,0\r\n", heard)
    assert heard.endswith(b"\r\nAirM2M_780EX_V1164_LTE_AT\r\n\r\nOK\r\n")


def test_the_command_line_takes_it(mine: Path) -> None:
    ended = atwin("console", "--port", f"twin://{mine}", stdin="AT+CGMM\n")
    assert ended.returncode == 0, ended.stderr
    assert '+CGMM: "Air780EX"' in ended.stdout


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('name = "X"', r"title is missing \(for people\); or say like = "),
        (
            MINE.replace("http_buffer", "http_bufer"),
            r"http_bufer in \[limits\] is unknown; known are line_max",
        ),
        (MINE.replace("8192", "-1"), "http_buffer must be a whole number from 1 to"),
        (MINE.replace("8192", "true"), "http_buffer must be a whole number"),
        (MINE.replace("parser = 3", "parser = nan"), "parser must be a number of seconds"),
        (MINE.replace("= false", "= 0"), "boot_banner must be true or false"),
        (MINE.replace("Air780EX of ours", "空"), "title must be a text of printable ASCII"),
        (MINE.replace("air780e-at", "sim800"), "unknown model 'sim800'; there are air724ug"),
        ("limits = 3\n" + MINE.partition("[limits]")[0], "limits must be a table"),
        ("a = [", "Invalid value"),
        (MINE + '[answers]\n"+X" = "1"', r"\[answers\] \+X: write the whole command in capitals"),
        (MINE + '[answers]\n"AT+X" = 1', r"\[answers\] AT\+X must be a text"),
        (MINE + "[before]\nnow = 1", r"before: now is not a version; write \[before.V1122\]"),
        (MINE + "[before.V9]\nfeatures.x = true", r"x in \[features\] is unknown"),
        (MINE + "[before]\nV9 = 1", r"\[before\] has tables"),
        (MINE.replace("yy-local", "y"), "nitz_form must be one of yy-local, yyyy-utc"),
        (
            MINE + '[answer]\n"AT+X" = "1"',
            r"^\S+: answer as a table is unknown; known are \[limits\], ",
        ),
        (MINE + "[answer]", r"\[quirks\], \[answers\], \[before.V1122\]$"),
        ("key = 1\n" + MINE, "key outside of the tables is unknown"),
        (MINE.replace("padded = true", "padded = 1"), "sapbr_padded must be true or false"),
    ],
)
def test_a_wrong_profile_is_told_in_one_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UnknownModelError, match=said) as caught:
        load_profile(str(path))
    assert "mine.toml: " in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("gone.toml", "No such file"),
        ("folder.toml", "directory"),
        ("large.toml", "at most 65536 bytes"),
        ("my model.toml", "the file's name is the model's"),
    ],
)
def test_a_file_that_is_no_profile(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "folder.toml").mkdir()
    (tmp_path / "large.toml").write_bytes(b"#" * 70_000)
    (tmp_path / "my model.toml").write_text(MINE)
    with pytest.raises(UnknownModelError, match=said):
        load_profile(str(tmp_path / name))


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_whatever_a_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    path = tmp_path_factory.mktemp("profile") / "mine.toml"
    path.write_bytes(data)
    with pytest.raises(UnknownModelError) as caught:
        load_profile(str(path))
    assert "\n" not in str(caught.value)


def test_every_toml_file_of_the_folder_is_a_model() -> None:
    folder = Path(load_profile.__code__.co_filename).parent
    assert sorted(path.stem for path in folder.glob("*.toml")) == list(MODELS)
    for model in MODELS:
        assert load_profile(model).key == model


def test_the_page_has_every_value_and_no_other() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/models.md").read_text("utf-8")
    assert page == models_page(page), "run `make reference`"
    rows = dict(re.findall(r"^\| `(\w+)` \| (.+) \|$", page, re.MULTILINE))
    assert set(rows) == {name for known, _ in TABLES.values() for name in known} | set(NAMES)


#: Rows of the page: limits, and features with the words for no and yes.
COMPARED = {
    "HTTP buffer, bytes": "http_buffer",
    "longest AT+HTTPDATA, bytes": "post_limit",
    "longest AT+HTTPREAD=start,size": "read_max",
}
HAD = {
    "header block of AT+HTTPHEAD": ("head_lowercase", "as received", "in lower case"),
    "streaming (AT+HTTPEXACTION)": ("ext_http", "no", "yes"),
    "AT+HTTPGETTOFS": ("gettofs", "no", "yes"),
}


def test_the_page_compares_the_models() -> None:
    page = (Path(__file__).parents[2] / "docs/reference/models.md").read_text("utf-8")
    lines = [line.split("|")[1:-1] for line in page.splitlines() if line.count("|") == 7]
    rows = {name.strip(): [value.strip() for value in values] for name, *values in lines}
    models = [load_profile(name.strip("`")) for name in rows[""]]
    assert [model.key for model in models] == list(MODELS)
    for name, limit in COMPARED.items():
        assert rows[name] == [str(model.limit(limit)) for model in models]
    for name, (feature, *words) in HAD.items():
        assert rows[name] == [words[model.has(feature)] for model in models]
    assert all(map(str.startswith, rows["chip"], (model.chip for model in models)))


@pytest.mark.parametrize(
    ("model", "firmware", "without"),
    [
        ("air780e-at@V1169", "AirM2M_780E_V1169_LTE_AT", set()),
        ("air780e-at@V1148", "AirM2M_780E_V1148_LTE_AT", {"cgev_reason"}),
        ("air780e-at@v1110", "AirM2M_780E_V1110_LTE_AT", {"gettofs", "fs_read_head", "exinfo"}),
        ("air780e-lsat@V1100", "AirM2M_780E_V1100_LTE_LSAT", {"ext_http", "gettofs"}),
        ("air724ug@V401856", "AirM2M_Air724UG_V401856_LTE_AT", {"fs_prompt_space"}),
    ],
)
def test_an_earlier_firmware(model: str, firmware: str, without: set[str]) -> None:
    now, then = load_profile(model.partition("@")[0]), load_profile(model)
    assert (then.firmware, then.key) == (firmware, model.replace("@v", "@V"))
    lost = {name for name in now.features if now.has(name) and not then.has(name)}
    assert lost >= without
    assert bool(lost) == bool(without)


@pytest.mark.parametrize("version", ["", "x", "V", "V0", "V1170", "1122", "V1122x", "V" + "1" * 99])
def test_a_firmware_that_is_not_known(version: str) -> None:
    with pytest.raises(UnknownModelError, match=r"after the @: V and a number, up to V1169"):
        load_profile(f"air780e-at@{version}")


def test_answers_of_a_profile_win(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'like = "air724ug"\n[answers]\n"AT+MYID?" = "+MYID: 17"\n"AT+CGMI" = "ERROR"\n'
        '"AT+LIST=1" = ["+LIST: 1", "+CME ERROR: 50"]\n"ATI" = []\n'
    )

    async def test(_: Twin, terminal: Terminal) -> bytes:
        for line in (b"at+myid?", b"AT+CGMI", b"AT+LIST=1", b"AT+LIST=2", b"AT+CMEE=0;+LIST=1"):
            terminal.type(line + b"\r")
        terminal.type(b"ATI\r")
        return await terminal.quiet()

    assert on_twin(test, load_profile(path)) == (
        b"\r\n+MYID: 17\r\n\r\nOK\r\n"
        b"\r\nERROR\r\n"
        b"\r\n+LIST: 1\r\n\r\n+CME ERROR: 50\r\n"
        b"\r\nERROR\r\n"
        b"\r\n+LIST: 1\r\n\r\nERROR\r\n"
    )


@pytest.mark.parametrize("like", ["mine.toml", "./mine.toml", "x", "../other.toml"])
def test_a_profile_is_like_a_model_of_ours_only(
    like: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text(f'like = "{like}"\n')
    with pytest.raises(
        UnknownModelError, match=r"mine\.toml: like: unknown model .*; there are air724ug, "
    ):
        load_profile("mine.toml")
    with pytest.raises(UnknownModelError, match="like: unknown model"):
        load_profile(tmp_path / "mine.toml")
    Path("mine.toml").write_text("like = []\n")
    with pytest.raises(UnknownModelError, match="like must be a text"):
        load_profile("mine.toml")


def test_a_name_with_nul_is_no_profile() -> None:
    with pytest.raises(UnknownModelError, match="null"):
        load_profile("a\0.toml")


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        ({"http_buffer": 0}, "http_buffer must be a whole number from 1"),
        ({"fs_block": 1.5}, "fs_block must be a whole number from 1"),
        ({"parser": -1}, "parser must be a number of seconds"),
        ({"ext_http": 2}, "ext_http must be true or false"),
        ({"csq_ber": -1}, "csq_ber must be a whole number from 0"),
        ({"cme_texts": "x"}, "cme_texts must be one of engine, table"),
        ({"timeout_status": 0}, "timeout_status must be a whole number"),
        ({"colour": 1}, "air724ug has no flag called colour"),
    ],
)
def test_a_flag_that_makes_no_module_is_refused(flags: dict[str, float | str], said: str) -> None:
    with pytest.raises(UnknownModelError, match=said):
        load_profile("air724ug").with_flags(**flags)
