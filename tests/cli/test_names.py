"""Names made from URLs, and URLs that name a twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.cli.commands.get import default_name
from atwin.host.errors import OptionError
from atwin.models import UnknownModelError
from atwin.session.url import parse_twin_url


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://h/a/firmware-1.2.bin", "firmware-1.2.bin"),
        ("http://h/a/firmware.bin?x=/etc/passwd#f", "firmware.bin"),
        ("h/a.zip", "a.zip"),
        ("http://h:81/%E4%B8%AD%E5%9B%BD.txt", "中国.txt"),
        ("http://h/..%2f..%2fetc%2fpasswd", "_.._etc_passwd"),
        ("http://h/.bashrc", "bashrc"),
        ("http://h/", "download"),
        ("http://h", "download"),
        ("http://h/..", "download"),
        ("http://h/a%00b", "a_b"),
        ("http://h/" + "n" * 400, "n" * 200),
    ],
)
def test_default_name(url: str, name: str) -> None:
    assert default_name(url) == name


@given(st.text(max_size=300))
def test_a_default_name_is_always_a_plain_visible_file(segment: str) -> None:
    name = default_name(f"http://h/{segment}")
    assert name
    assert "/" not in name
    assert "\0" not in name
    assert not name.startswith(".")
    assert len(name.encode()) <= 200


def test_twin_url() -> None:
    wanted = parse_twin_url(
        "twin://air780e-at?baud=max&seed=7&cold=1&state=/tmp/x&http_error_urc=1&http_buffer=8192"
        "&linger_s=0.5&timeout_status=601&time_scale=0.25"
    )
    assert (wanted.seed, wanted.cold, wanted.state) == (7, True, "/tmp/x")
    assert wanted.time_scale == 0.25
    assert wanted.profile.quirks.http_error_urc
    assert wanted.profile.quirks.linger_s == 0.5
    assert wanted.profile.quirks.timeout_status == 601
    assert wanted.profile.limit("http_buffer") == 8192


def test_twin_url_defaults() -> None:
    wanted = parse_twin_url("twin://air724ug")
    assert (wanted.seed, wanted.cold, wanted.state, wanted.time_scale) == (0, False, None, 1)
    assert not parse_twin_url("twin://air724ug?implicit_bearer=off").profile.quirks.implicit_bearer


@pytest.mark.parametrize(
    "url",
    [
        "twin://air724ug/x",
        "twin://air724ug?seed=x",
        "twin://air724ug?seed=-1",
        "twin://air724ug?linger_s=inf",
        "twin://air724ug?http_buffer=nan",
        "twin://air724ug?baud=115201",
        "twin://air724ug?host_fifo=64",
        "twin://air724ug?host_drain=5000",
        "twin://air724ug?baud=115200&host_drain=0",
        "twin://air724ug?baud=9600&host_fifo=0&host_drain=1",
    ],
)
def test_twin_url_with_bad_values(url: str) -> None:
    with pytest.raises(OptionError):
        parse_twin_url(url)


@pytest.mark.parametrize("url", ["twin://", "twin://sim800", "twin://air724ug?colour=1"])
def test_twin_url_with_unknown_names(url: str) -> None:
    with pytest.raises(UnknownModelError):
        parse_twin_url(url)
