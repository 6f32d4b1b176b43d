"""The stream of events: what it says, that it resumes without a gap, and that it leaves nothing."""

from __future__ import annotations

import asyncio
import http.client
import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from atwin.clock import LoopClock, run_virtual
from atwin.control.web.events import stream
from atwin.trace import Trace
from atwin.trace.feed import Feed
from atwin.trace.recent import Recent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from atwin.control.subject import Subject
    from control.web.conftest import Panel

PATH = "/api/modules/1/events"


class Stream:
    """What one client hears."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        assert response.headers["Content-Type"].startswith("text/event-stream")
        self._response = response
        self.id: str | None = None

    def next(self) -> tuple[str, Any]:
        """The name and the data of the next event."""
        fields: dict[str, str] = {}
        while line := self._response.readline().decode().rstrip("\n"):
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        self.id = fields.get("id", self.id)
        return (fields["event"], json.loads(fields["data"])) if "event" in fields else self.next()

    def until(self, name: str) -> Any:
        """The data of the next event of that name."""
        while (event := self.next())[0] != name:
            pass
        return event[1]


@contextmanager
def listening(panel: Panel, query: str = "", **headers: str) -> Iterator[Stream]:
    connection = http.client.HTTPConnection("127.0.0.1", panel.port, timeout=20)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request("GET", PATH + query, headers={**panel.headers, **named})
    try:
        yield Stream(connection.getresponse())
    finally:
        connection.close()


def note(panel: Panel, *events: str) -> None:
    trace = panel.subjects[0].recent.trace

    def tell() -> None:
        for event in events:
            trace.notes("net", event)

    panel.run(tell)


def test_the_state_comes_at_once_and_when_it_has_changed(two: Panel) -> None:
    with listening(two) as stream:
        assert stream.next()[0] == "state"
        two.ask("PATCH", "state", {"voltage": 3700})
        assert stream.until("state")["surroundings"]["voltage"] == 3700
        two.ask("PATCH", "state", {"voltage": 3968})
        assert stream.until("state")["surroundings"]["voltage"] == 3968


def test_records_have_numbers_and_a_stream_goes_on_after_any(two: Panel) -> None:
    with listening(two, "?after=last") as stream:
        note(two, "one", "two")
        told = stream.until("records")
        assert [record["event"] for record in told["records"]] == ["one", "two"]
        assert stream.id == str(told["first"] + 1)
    note(two, "three")
    with listening(two, f"?after={told['first']}") as stream:
        assert [record["event"] for record in stream.until("records")["records"]] == [
            "two",
            "three",
        ]
    # What a browser adds by itself is newer than what its URL says.
    with listening(two, "?after=0", Last_Event_ID=str(told["first"] + 1)) as stream:
        again = stream.until("records")
        assert (again["first"], again["records"][0]["event"]) == (told["first"] + 2, "three")


def test_without_a_number_it_begins_with_the_first_that_is_kept(two: Panel) -> None:
    with listening(two) as stream:
        assert stream.until("records")["first"] == 1


def test_what_is_gone_is_told_as_missed(two: Panel) -> None:
    recent = two.subjects[0].recent
    kept, recent.feed = recent.feed, Feed(records=2)
    for number in range(5):
        recent.feed(f'{{"n":{number}}}\n')
    try:
        with listening(two, "?after=1") as stream:
            assert stream.until("missed") == {"records": 2}
            assert stream.next()[1]["first"] == 4
    finally:
        recent.feed = kept


def test_a_number_of_another_feed_waits_for_what_comes_and_holds_up_nobody(two: Panel) -> None:
    recent = two.subjects[0].recent
    kept, recent.feed = recent.feed, Feed()
    try:
        with listening(two, "?after=7") as stream:
            assert stream.next()[0] == "state"
            assert two.ask("GET", "/api/modules")[0] == 200
            two.run(lambda: recent.feed('{"n":1}\n'))
            assert stream.until("records") == {"first": 1, "records": [{"n": 1}]}
    finally:
        recent.feed = kept


def test_batches_come_at_most_ten_times_a_second(two: Panel) -> None:
    with listening(two, "?after=last") as stream:
        note(two, "first")
        stream.until("records")
        began = time.monotonic()
        batches = 0
        for _ in range(3):
            note(two, "more")
            stream.until("records")
            batches += 1
        assert time.monotonic() - began >= 0.1 * (batches - 1)


def test_a_client_that_goes_leaves_nothing_behind(two: Panel) -> None:
    feed = two.subjects[0].recent.feed

    def left() -> tuple[int, int]:
        return len(asyncio.all_tasks()), len(feed._waiting)

    # Of clients before, some may be on their way out.
    before = two.run(left)
    for _ in range(5):
        with listening(two) as stream:
            stream.next()
    deadline = time.monotonic() + 10
    while two.run(left) > before and time.monotonic() < deadline:
        two.run(lambda: None)
    assert two.run(left) <= before


def test_a_look_at_the_state_is_never_due_in_the_past() -> None:
    """Sums of floats are not exact: where a look is due and is not taken, nothing is waited for.

    On a loop whose time passes only while all wait, the stream then turns for ever.
    """

    async def listen(start: float) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(start)
        turns = 0

        def closing() -> bool:
            nonlocal turns
            turns += 1
            assert turns < 100, "it turns without waiting"
            return loop.time() > start + 5

        async for _ in stream(cast("Subject", Still()), 0, closing):
            pass

    for start in (0.0, 0.1, 0.7, 1 / 3, 1000.1):
        run_virtual(listen(start))


class Still:
    """A subject of which nothing is new."""

    def __init__(self) -> None:
        self.recent = Recent(Trace(LoopClock()))

    async def state(self) -> tuple[dict[str, Any], str]:
        return {}, "as ever"
