"""A twin with a panel, on a thread of its own, and a browser of few words."""

from __future__ import annotations

import http.client
import json
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from atwin.clock import LoopClock
from atwin.control.subject import Subject
from atwin.control.web.panel import bound, panel
from atwin.session.loop_thread import LoopThread
from atwin.trace import Trace
from atwin.trace.recent import Recent
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator


@dataclass
class Panel:
    """A panel of some twins, and how to ask it."""

    thread: LoopThread
    headers: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.subjects: list[Subject]
        self.url, self.subjects = self.thread.thing
        split = urlsplit(self.url)
        assert split.port is not None
        self.port = split.port
        self.token = split.query.removeprefix("token=")
        self.host = f"127.0.0.1:{self.port}"
        self.headers = {"Authorization": f"Bearer {self.token}"}

    def raw(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> tuple[http.client.HTTPResponse, bytes]:
        """What is answered to exactly this; `_` in a header's name stands for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request(method, path, body, named)
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    def ask(self, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """The status and the JSON of an answer; `path` is below that of module 1."""
        path = path if path.startswith("/api/") else f"/api/modules/1/{path}"
        headers = {**self.headers, "Content-Type": "application/json"}
        text = None if body is None else json.dumps(body)
        response, answer = self.raw(method, path, text, **headers)
        return response.status, json.loads(answer)

    def run(self, call: Callable[[], Any]) -> Any:
        """`call()` on the loop where the twins live."""

        async def work() -> Any:
            return call()

        return self.thread.call(work())


@asynccontextmanager
async def served(models: list[str]) -> AsyncIterator[tuple[str, list[Subject]]]:
    subjects = []
    for model in models:
        recent = Recent(Trace(LoopClock()))
        recent.trace.begin(version="1", command="a test")
        twin = Twin(model, time_scale=0, trace=recent.trace)
        subjects.append(Subject(model, "memory", recent, twin))
    async with panel(subjects, bound("127.0.0.1", 0), "127.0.0.1") as url:
        yield url, subjects
    for subject in subjects:
        assert subject.twin is not None
        await subject.twin.close()


@pytest.fixture(scope="module")
def two() -> Iterator[Panel]:
    """Of an air780e-at and an air724ug, for tests that leave things as they were."""
    thread = LoopThread("panel", served(["air780e-at", "air724ug"]))
    try:
        yield Panel(thread)
    finally:
        thread.end()
