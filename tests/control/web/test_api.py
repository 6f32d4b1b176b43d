"""What the API answers, and how it refuses."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from control.web.conftest import Panel


def test_the_modules_and_their_states(two: Panel) -> None:
    assert two.ask("GET", "/api/modules") == (
        200,
        [
            {"number": 1, "name": "air780e-at", "port": "memory", "twin": True},
            {"number": 2, "name": "air724ug", "port": "memory", "twin": True},
        ],
    )
    models = [two.ask("GET", f"/api/modules/{n}/state")[1]["model"] for n in (1, 2)]
    assert models == ["air780e-at", "air724ug"]


@pytest.mark.parametrize("number", ["0", "3", "-1", "x", "9" * 400, "1.0", "%00"])
def test_a_module_that_is_not_there(two: Panel, number: str) -> None:
    status, answer = two.ask("GET", f"/api/modules/{number}/state")
    assert status == 404
    assert set(answer) == {"error"}


def test_an_action_answers_the_state(two: Panel) -> None:
    status, state = two.ask("PATCH", "state", {"voltage": 3700})
    assert (status, state["surroundings"]["voltage"]) == (200, 3700)
    assert two.ask("PATCH", "state", {"voltage": 3968})[0] == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "state", {"voltage": "much"}, 400),
        ("PATCH", "state", [], 400),
        ("PATCH", "state", None, 400),
        ("DELETE", "faults/77", None, 404),
        ("DELETE", "faults/x", None, 404),
        ("GET", "nothing", None, 404),
        ("POST", "state", {}, 405),
        ("HEAD", "events", None, 405),
        ("GET", "records?after=-1", None, 400),
        ("GET", "records?limit=0", None, 400),
        ("GET", "bytes?from=x", None, 400),
        ("GET", "bytes?to=nan", None, 400),
        ("GET", "bytes?dir=up", None, 400),
        ("GET", "events?after=x", None, 400),
    ],
)
def test_what_is_wrong_is_one_line(
    two: Panel, method: str, path: str, body: Any, status: int
) -> None:
    if method == "HEAD":
        response, _ = two.raw(method, f"/api/modules/1/{path}", **two.headers)
        assert response.status == status
        return
    code, answer = two.ask(method, path, body)
    assert code == status
    assert set(answer) == {"error"}
    assert "\n" not in answer["error"]


def test_a_body_must_be_json_and_short(two: Panel) -> None:
    path = "/api/modules/1/state"
    json = {**two.headers, "Content-Type": "application/json; charset=utf-8"}
    assert two.raw("PATCH", path, '{"voltage": 3968}', **json)[0].status == 200
    assert two.raw("PATCH", path, "{}", **two.headers)[0].status == 415
    form = {**two.headers, "Content-Type": "application/x-www-form-urlencoded"}
    assert two.raw("PATCH", path, "{}", **form)[0].status == 415
    for bad in ("{", b"\xff", "[" * 60_000, "NaN", "1" * 5000):
        assert two.raw("PATCH", path, bad, **json)[0].status == 400
    assert two.raw("PATCH", path, b"{" + b" " * (64 << 10) + b"}", **json)[0].status == 413


def test_what_is_allowed_is_told_with_405(two: Panel) -> None:
    response, _ = two.raw("PUT", "/api/modules/1/state", "{}", **two.headers)
    assert {*response.headers["Allow"].split(", ")} == {"GET", "PATCH"}


def test_the_records_of_the_trace(two: Panel) -> None:
    _, before = two.ask("GET", "records")
    assert before["first"] == 1
    assert before["records"][0]["kind"] == "start"
    two.run(lambda: two.subjects[0].recent.trace.notes("net", "<script>"))
    _, told = two.ask("GET", f"records?after={before['last']}")
    assert (told["first"], told["missed"]) == (before["last"] + 1, 0)
    assert told["records"][0]["event"] == "<script>"
    _, one = two.ask("GET", "records?limit=1")
    assert (len(one["records"]), one["last"]) == (1, told["last"])


def test_the_bytes_of_the_line(two: Panel) -> None:
    twin = two.subjects[1].twin
    assert twin is not None
    two.run(partial(twin.port.write, b"AT\r"))
    found: dict[str, Any] = {}
    while found.get("size") != 3:
        _, found = two.ask("GET", "/api/modules/2/bytes?dir=%3E")
    assert found["hex"] == b"AT\r".hex()
    assert not found["cut"]
    _, later = two.ask("GET", f"/api/modules/2/bytes?dir=%3E&from={found['t'] + 1}")
    assert (later["t"], later["size"]) == (None, 0)


def test_the_page_and_its_files(two: Panel) -> None:
    response, page = two.raw("GET", "/")
    assert response.headers["Content-Type"].startswith("text/html")
    assert b"<script" in page
    response, _ = two.raw("GET", "/page/js/main.js")
    assert response.headers["Content-Type"].startswith("text/javascript")
    for path in ("/page/../__init__.py", "/page/__init__.py", "/page/%2e%2e/__init__.py", "/page/"):
        assert two.raw("GET", path)[0].status == 404
