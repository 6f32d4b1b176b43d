"""One rule for all requests: where a redirect leads, what goes along (docs/spec/http.md §6)."""

from __future__ import annotations

import pytest

from atwin.net.http import ResponseHead
from atwin.net.url import Url
from atwin.twin.chapters.http.redirect import Step, next_step

HERE = Url.parse(b"http://me:pw@a.test:81/dir/x")
BODY_LINES = ((b"Content-Type", b"text/x"), (b"content-length", b"4"), (b"Content-Encoding", b"br"))
SECRETS = ((b"Authorization", b"Basic eA=="), (b"cookie", b"a=b"), (b"Host", b"v.test"))
OTHERS = ((b"User-Agent", b"U"), (b"Range", b"bytes=0-1"), (b"X-Mine", b"1"))


def redirect(status: int, location: bytes | None) -> ResponseHead:
    headers = () if location is None else ((b"location", location),)
    return ResponseHead(status, b"", b"", headers)


def after(
    status: int, location: bytes = b"/y", method: str = "POST", body: bytes | None = b"data"
) -> Step | None:
    step = Step(method, HERE, (*BODY_LINES, *SECRETS, *OTHERS), body)
    return next_step(step, redirect(status, location))


@pytest.mark.parametrize("status", [301, 302, 303])
@pytest.mark.parametrize("body", [b"data", None])
def test_a_post_becomes_get_and_leaves_its_body(status: int, body: bytes | None) -> None:
    step = after(status, body=body)
    assert step is not None
    assert (step.method, step.body) == ("GET", b"")
    assert step.headers == (*SECRETS, *OTHERS)


@pytest.mark.parametrize("status", [307, 308])
def test_a_post_is_repeated_if_its_body_is_still_there(status: int) -> None:
    step = after(status)
    assert step is not None
    assert (step.method, step.body) == ("POST", b"data")
    assert step.headers == (*BODY_LINES, *SECRETS, *OTHERS)
    assert after(status, body=None) is None


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_get_and_head_stay_what_they_are(status: int, method: str) -> None:
    step = after(status, method=method, body=b"")
    assert step is not None
    assert step.method == method
    assert step.headers == (*BODY_LINES, *SECRETS, *OTHERS)


@pytest.mark.parametrize("status", [200, 206, 300, 304, 305, 306, 399, 404])
def test_no_redirect(status: int) -> None:
    assert after(status) is None


@pytest.mark.parametrize(
    "location",
    [
        *(b"", b" ", b"ftp://a.test/", b"javascript:1", b"mailto:a@a.test", b"a.test:80/x"),
        *(b"http://", b"http:///x", b"http://a.test:0/", b"http://a.test:65536/", b"http://[::1/"),
        *(b"http://a.test:x/", b"http://\xe9\xff/", b"//:80/", b"/a\x00b", b"file:///etc/passwd"),
        *(b"http://a.test:" + b"8" * 5000, b"tel:1", b"//a.test:-1/", b"about:blank", b"http:/"),
    ],
)
def test_a_place_where_http_cannot_go_is_reported_as_the_redirect_it_is(location: bytes) -> None:
    assert after(302, location) is None
    assert next_step(Step("GET", HERE), redirect(302, None)) is None


@pytest.mark.parametrize(
    ("location", "same"),
    [
        *((place, True) for place in (b"y", b"?q", b"#part", b"//a.test:81/y", b"../../y")),
        *((place, True) for place in (b"http://a.test:81", b"HTTP://A.TEST:0081/y")),
        *((place, False) for place in (b"https://a.test:81/y", b"http://a.test/y", b"//b.test")),
        *((place, False) for place in (b"http://[::1]:81/", b"http://a.test.:81/")),
    ],
)
def test_secrets_stay_with_their_origin(location: bytes, same: bool) -> None:
    step = after(307, location)
    assert step is not None
    assert (step.url.userinfo == b"me:pw") is same
    assert step.headers == ((*BODY_LINES, *SECRETS, *OTHERS) if same else (*BODY_LINES, *OTHERS))


def test_a_location_may_bring_a_password_of_its_own() -> None:
    step = after(302, b"http://you:new@b.test/")
    assert step is not None
    assert step.url.userinfo == b"you:new"
