"""Who comes in by TCP, and who does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.control.web.guard import Door, is_loopback

if TYPE_CHECKING:
    from control.web.conftest import Panel

STATE = "/api/modules/1/state"


def status(panel: Panel, path: str = STATE, **headers: str) -> int:
    return panel.raw("GET", path, **headers)[0].status


def test_the_token_opens_by_query_bearer_and_cookie(two: Panel) -> None:
    assert status(two, f"{STATE}?token={two.token}") == 200
    assert status(two, Authorization=f"Bearer {two.token}") == 200
    assert status(two, Authorization=f"bearer {two.token}") == 200
    assert status(two, Cookie=f"a=b; atwin_{two.port}={two.token}") == 200


@pytest.mark.parametrize("other", ['prefs={"a":1}', "a[b]=x y", "no cookie", '"', "é=ü"])
def test_cookies_that_others_of_this_computer_left_do_not_lock_out(two: Panel, other: str) -> None:
    assert status(two, Cookie=f"{other}; atwin_{two.port}={two.token}; {other}") == 200


@pytest.mark.parametrize("where", ["/api/modules", STATE, "/api/openapi.json", "/nothing"])
def test_without_it_nothing_is_told(two: Panel, where: str) -> None:
    response, body = two.raw("GET", where)
    assert response.status == 401
    assert b"token" in body
    assert two.token.encode() not in body
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_what_is_no_token_does_not_open(two: Panel) -> None:
    assert status(two, f"{STATE}?token={two.token[:-1]}") == 401
    assert status(two, f"{STATE}?token=" + "é".encode().hex("%")) == 401
    assert status(two, f"{STATE}?{'&'.join('token=x' for _ in range(500))}") == 401
    assert status(two, Authorization="Bearer") == 401
    assert status(two, Authorization=f"Basic {two.token}") == 401
    assert status(two, Cookie=f"atwin_1={two.token}") == 401
    assert status(two, Cookie='atwin_"=;=;;') == 401


def test_the_printed_url_leaves_a_cookie_and_no_token_in_the_bar(two: Panel) -> None:
    response, _ = two.raw("GET", f"/?token={two.token}")
    assert (response.status, response.headers["Location"]) == (303, "/")
    cookie = response.headers["Set-Cookie"]
    assert cookie.startswith(f"atwin_{two.port}={two.token};")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert two.raw("GET", "/?token=wrong")[0].status == 401


def test_the_page_itself_tells_nothing_of_the_module_and_needs_none(two: Panel) -> None:
    for path in ("/", "/page/style.css", "/api/health"):
        assert status(two, path) == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "127.0.0.1",
        "localhost:1",
        "",
        "127.0.0.1.evil.example:{port}",
        "[::1",
        "8.8.8.8:{port}",
        "localhost:{port}:{port}",
        "localhost.:{port}",
    ],
)
def test_a_host_of_others_is_refused(two: Panel, host: str) -> None:
    host = host.format(port=two.port)
    for path in (STATE, "/", "/api/health"):
        answer = status(two, path, Host=host, **two.headers)
        assert answer == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LocalHost", "[::1]", "127.1.2.3"])
def test_loopback_by_any_name_is_ours(two: Panel, host: str) -> None:
    assert status(two, Host=f"{host}:{two.port}", **two.headers) == 200


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://evil.example",
        "http://127.0.0.1",
        "",
        "https://127.0.0.1:{port}",
        "http://localhost:{port}",
    ],
)
def test_an_origin_of_others_is_refused(two: Panel, origin: str) -> None:
    headers = {**two.headers, "Origin": origin.format(port=two.port)}
    assert status(two, **headers) == 403


def test_our_origin_comes_in_and_no_other_page_may_read(two: Panel) -> None:
    headers = {**two.headers, "Origin": f"http://{two.host}"}
    response, _ = two.raw("GET", STATE, **headers)
    assert response.status == 200
    assert not [name for name in response.headers if name.lower().startswith("access-control")]


@pytest.mark.parametrize("path", ["/", STATE, "/nothing"])
def test_every_answer_tells_a_browser_to_be_careful(two: Panel, path: str) -> None:
    for headers in ({}, two.headers):
        response, _ = two.raw("GET", path, **headers)
        policy = response.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cache-Control"] == "no-store"
        assert "Server" not in response.headers


def test_a_door_to_other_computers_is_known_by_its_addresses_and_the_name_asked_for() -> None:
    door = Door("0.0.0.0", 80, "x" * 16)
    assert door.is_ours("192.168.1.5:80")
    assert door.is_ours("192.168.1.5")
    assert door.is_ours("[fe80::1]:80")
    assert not door.is_ours("router.example:80")
    assert Door("bench.example", 8080, "x" * 16).is_ours("Bench.example:8080")
    assert not Door("192.168.1.5", 8080, "x" * 16).is_ours("192.168.1.6:8080")


def test_what_is_for_this_computer_alone() -> None:
    assert all(is_loopback(host) for host in ("localhost", "127.0.0.1", "::1", "127.3.2.1"))
    assert not any(is_loopback(host) for host in ("0.0.0.0", "::", "192.168.1.5", "bench", ""))
