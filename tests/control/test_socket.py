"""The control socket speaks HTTP and JSON lines, as its client does."""

from __future__ import annotations

import http.client
import json
import socket
import sys
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock
from atwin.control.socket import control_socket
from atwin.control.subject import Subject
from atwin.session.loop_thread import LoopThread
from atwin.trace import Trace
from atwin.trace.recent import Recent
from atwin.twin.twin import Twin
from support.running.controlled import ask_control

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@asynccontextmanager
async def controlled(path: Path, traced: bool) -> AsyncIterator[Twin]:
    recent = Recent(Trace(LoopClock())) if traced else Recent()
    async with (
        Twin("air780e-at", time_scale=0, trace=recent.trace) as twin,
        control_socket(str(path), Subject("air780e-at", "memory", recent, twin)),
    ):
        yield twin


@contextmanager
def running(path: Path, *, traced: bool) -> Iterator[LoopThread]:
    thread = LoopThread("twin", controlled(path, traced))
    try:
        yield thread
    finally:
        thread.end()
        assert not path.exists()


@pytest.fixture
def control(tmp_path: Path) -> Iterator[Path]:
    """Of a twin that nobody traces."""
    with running(tmp_path / "socket", traced=False):
        yield tmp_path / "socket"


class Unix(http.client.HTTPConnection):
    """A connection to a socket's file."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=20)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(self._path))


def ask(path: Path, method: str, where: str, body: Any = None) -> tuple[int, Any]:
    connection = Unix(path)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, where, text, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_both_speak_of_the_same_twin(control: Path) -> None:
    status, state = ask(control, "PATCH", "/api/modules/1/state", {"voltage": 3700})
    assert (status, state["surroundings"]["voltage"]) == (200, 3700)
    (told,) = ask_control(control, {"get": "state"})
    assert told["state"]["surroundings"]["voltage"] == 3700
    assert ask(control, "GET", "/api/modules/2/state")[0] == 404


def test_only_its_owner_may_open_it(control: Path) -> None:
    assert control.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("line", ["nonsense", "[1]", '"x"', "{}", " ", "\x16\x03"])
def test_what_is_no_http_is_a_line(control: Path, line: str) -> None:
    (told,) = ask_control(control, line)
    assert told["ok"] is False


def test_without_a_trace_there_are_no_records_and_the_answer_says_why(control: Path) -> None:
    for path in ("records", "bytes", "recording"):
        status, told = ask(control, "GET", f"/api/modules/1/{path}")
        assert status == 409
        assert "--panel or --trace" in told["error"]


def test_without_what_http_takes_it_says_what_to_install(
    control: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "atwin.control.web.panel", None)
    status, told = ask(control, "GET", "/api/modules/1/state")
    assert (status, told) == (501, {"error": "HTTP needs more: pip install 'atwin[panel]'"})
    (line,) = ask_control(control, {"get": "state"})
    assert line["ok"]


def test_those_who_say_nothing_or_listen_keep_nobody_waiting(tmp_path: Path) -> None:
    path = tmp_path / "socket"
    with running(path, traced=True) as thread, socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(path))
        assert ask(path, "GET", "/api/modules/1/records")[1]["records"]
        listener = Unix(path)
        listener.request("GET", "/api/modules/1/events")
        stream = listener.getresponse()
        assert stream.readline() == b"retry: 1000\n"
        thread.end()
        assert b"event: end" in stream.read()
        assert silent.recv(1) == b""
        listener.close()
