"""URLs as HTTPPARA takes them, and where Location leads (docs/spec/http.md §6, §8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.net.url import Url

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"http://device.test", Url("http", "device.test", 80, b"/")),
        (b"https://device.test/a", Url("https", "device.test", 443, b"/a")),
        (b"HTTP://device.test/A?b=1,2", Url("http", "device.test", 80, b"/A?b=1,2")),
        (b"www.baidu.com", Url("http", "www.baidu.com", 80, b"/")),
        (b"device.test:2900/x", Url("http", "device.test", 2900, b"/x")),
        (
            b"http://airtest.openluat.com:2900/download/hello.txt",
            Url("http", "airtest.openluat.com", 2900, b"/download/hello.txt"),
        ),
        (b"http://device.test/path:8080", Url("http", "device.test", 8080, b"/path")),
        (b"http://device.test/:8080", Url("http", "device.test", 8080, b"/")),
        (b"http://device.test:81/path:8080", Url("http", "device.test", 81, b"/path:8080")),
        (b"http://device.test/path:0", Url("http", "device.test", 80, b"/path:0")),
        (b"http://device.test/path:65536", Url("http", "device.test", 80, b"/path:65536")),
        (b"http://device.test/p?at=12:30", Url("http", "device.test", 80, b"/p?at=12:30")),
        (b"http://device.test?q=1#part", Url("http", "device.test", 80, b"/?q=1")),
        (b"http://device.test:0000081/x", Url("http", "device.test", 81, b"/x")),
        (b"http://device.test:/x", Url("http", "device.test", 80, b"/x")),
        (b"http://[::1]:8080/x", Url("http", "::1", 8080, b"/x")),
        (b"http://me:p%40ss@device.test/", Url("http", "device.test", 80, b"/", b"me:p%40ss")),
        (
            b"http://device.test/\xd6\xd0?\xe4\xb8\xad",
            Url("http", "device.test", 80, b"/\xd6\xd0?\xe4\xb8\xad"),
        ),
        (b"device.test/go?to=http://x/", Url("http", "device.test", 80, b"/go?to=http://x/")),
    ],
)
def test_parse(text: bytes, expected: Url) -> None:
    assert Url.parse(text) == expected


def test_the_caller_decides_about_a_missing_scheme() -> None:
    assert Url.parse(b"device.test/x", "https") == Url("https", "device.test", 443, b"/x")
    assert Url.parse(b"http://device.test/x", "https").port == 80


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"", "no host name"),
        (b"http://", "no host name"),
        (b"http:///x", "no host name"),
        (b"ftp://device.test/", "only http and https"),
        (b"http://device.test:x/", "not a number"),
        (b"http://device.test:0/", "not in 1-65535"),
        (b"http://device.test:65536/", "not in 1-65535"),
        (b"http://device.test:8" + b"0" * 5000, "not in 1-65535"),
        (b"http://device.test/a\r\nX: y", "control characters"),
        (b"http://\xd6\xd0/", "not ASCII"),
    ],
)
def test_refused_with_one_line(text: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as caught:
        Url.parse(text)
    assert "\n" not in str(caught.value)


def read_or_refused(read: Callable[[], Url]) -> Url | str:
    """The URL, or the text of the refusal."""
    try:
        return read()
    except ValueError as error:
        return str(error)


@given(st.binary(max_size=60))
def test_anything_is_read_or_refused(text: bytes) -> None:
    outcome = read_or_refused(lambda: Url.parse(text))
    if isinstance(outcome, Url):
        assert outcome.host
        assert outcome.target.startswith(b"/")
        assert 1 <= outcome.port <= 65535
    else:
        assert "\n" not in outcome


@pytest.mark.parametrize(
    ("text", "authority"),
    [
        (b"http://device.test/", b"device.test"),
        (b"http://device.test:80/", b"device.test"),
        (b"http://device.test:443/", b"device.test:443"),
        (b"https://device.test:443/", b"device.test"),
        (b"https://device.test:80/", b"device.test:80"),
        (b"http://[::1]:8080/", b"[::1]:8080"),
    ],
)
def test_authority(text: bytes, authority: bytes) -> None:
    assert Url.parse(text).authority == authority


def test_a_proxy_is_told_the_whole_url_but_no_password() -> None:
    url = Url.parse(b"http://me:secret@device.test:81/a?b#c")
    assert url.absolute == b"http://device.test:81/a?b"


@pytest.mark.parametrize(
    ("userinfo", "value"),
    [
        (b"Aladdin:open%20sesame@", b"Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        (b"me@", b"Basic bWU6"),
        (b"", None),
    ],
)
def test_basic_authorization(userinfo: bytes, value: bytes | None) -> None:
    assert Url.parse(b"http://" + userinfo + b"device.test/").authorization == value


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        (b"/new", Url("http", "device.test", 81, b"/new", b"me:x")),
        (b"sibling?c=d", Url("http", "device.test", 81, b"/dir/sibling?c=d", b"me:x")),
        (b"../up", Url("http", "device.test", 81, b"/up", b"me:x")),
        (b"?q", Url("http", "device.test", 81, b"/dir/page?q", b"me:x")),
        (b" //other.test/x ", Url("http", "other.test", 80, b"/x")),
        (b"https://other.test", Url("https", "other.test", 443, b"/")),
        (b"http://device.test:81/abs", Url("http", "device.test", 81, b"/abs", b"me:x")),
        (b"//DEVICE.test:0081", Url("http", "DEVICE.test", 81, b"/", b"me:x")),
        (b"http://you:y@device.test:81/", Url("http", "device.test", 81, b"/", b"you:y")),
        (b"https://device.test:81/", Url("https", "device.test", 81, b"/")),
        (b"http://[::1]:8080/x", Url("http", "::1", 8080, b"/x")),
        (b"#part", Url("http", "device.test", 81, b"/dir/page?a=b", b"me:x")),
        (b"/with blank", Url("http", "device.test", 81, b"/with%20blank", b"me:x")),
        (b"http://other.test/x:90#f", Url("http", "other.test", 80, b"/x:90")),
        (b"/\xd6\xd0", Url("http", "device.test", 81, b"/\xd6\xd0", b"me:x")),
    ],
)
def test_join(location: bytes, expected: Url) -> None:
    assert Url.parse(b"http://me:x@device.test:81/dir/page?a=b").join(location) == expected


@pytest.mark.parametrize(
    "location",
    [
        *(b"", b" ", b"ftp://device.test/", b"http://[/", b"/a\nb", b"javascript:1"),
        *(b"device.test:81/x", b"http://device.test:0/", b"http://[::1/x"),
    ],
)
def test_a_location_that_leads_nowhere(location: bytes) -> None:
    with pytest.raises(ValueError, match=r"URL|Location|IPv6"):
        Url.parse(b"http://device.test/").join(location)


@given(st.binary(max_size=40))
def test_any_location_is_followed_or_refused(location: bytes) -> None:
    outcome = read_or_refused(lambda: Url.parse(b"http://device.test/a/b").join(location))
    if isinstance(outcome, Url):
        assert outcome.target.startswith(b"/")
    else:
        assert "\n" not in outcome
