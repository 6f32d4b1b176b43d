"""Readers of a feed find what followed, and hear how much is gone."""

from __future__ import annotations

import asyncio
import json

from atwin.clock import LoopClock, run_virtual
from atwin.trace import Trace
from atwin.trace.feed import Feed
from atwin.trace.recent import Recent


def fed(count: int, **limits: int) -> Feed:
    feed = Feed(**limits)
    for number in range(1, count + 1):
        feed(f'{{"n":{number}}}\n')
    return feed


def numbers(feed: Feed, after: int, limit: int = 100) -> list[int]:
    return [json.loads(line)["n"] for line in feed.after(after, limit).records]


def test_records_are_numbered_from_one_and_read_on_from_any() -> None:
    feed = fed(5)
    assert (feed.first, feed.last) == (1, 5)
    assert numbers(feed, 0) == [1, 2, 3, 4, 5]
    assert numbers(feed, 2, limit=2) == [3, 4]
    assert numbers(feed, 5) == []
    assert feed.after(2, 2).last == 4
    assert feed.after(5).last == 5


def test_lines_that_come_together_are_records_of_their_own() -> None:
    feed = Feed()
    feed('{"n":1}\n{"n":2}\n')
    assert numbers(feed, 0) == [1, 2]


def test_old_records_go_and_are_told_as_missed() -> None:
    feed = fed(10, records=4)
    assert (feed.first, feed.last) == (7, 10)
    assert feed.after(2).missed == 4
    assert numbers(feed, 2) == [7, 8, 9, 10]
    assert feed.after(6).missed == 0
    assert numbers(feed, 8) == [9, 10]


def test_the_bytes_are_bounded_too() -> None:
    feed = fed(9, size=40)  # 8 bytes a line
    assert numbers(feed, 0) == [5, 6, 7, 8, 9]


def test_a_record_larger_than_all_there_is_room_for_is_missed() -> None:
    feed = Feed(size=10)
    feed('{"n": "0123456789"}\n')
    assert (feed.first, feed.last) == (2, 1)
    assert feed.after(0).missed == 1


def test_a_number_of_another_feed_begins_from_the_oldest() -> None:
    assert numbers(fed(3), 1000) == [1, 2, 3]


def test_a_batch_is_bounded_in_bytes_and_never_empty() -> None:
    feed = Feed()
    feed(("x" * 200_000 + "\n") * 2 + "x" * 300_000 + "\n")
    assert [len(feed.after(number).records) for number in range(3)] == [1, 1, 1]


def test_a_reader_waits_for_the_next_record_and_for_the_end() -> None:
    async def main() -> None:
        feed = Feed()
        trace = Trace(LoopClock(), feed)
        reader = asyncio.create_task(feed.more(0))
        await asyncio.sleep(1)
        assert not reader.done()
        trace.notes("net", "up")
        await reader
        assert json.loads(feed.after(0).records[0])["event"] == "up"
        last = asyncio.create_task(feed.more(1))
        await asyncio.sleep(1)
        feed.end()
        await last
        await feed.more(1)

    run_virtual(main())


def test_a_reader_that_is_gone_leaves_nothing() -> None:
    async def main() -> None:
        feed = Feed()
        reader = asyncio.create_task(feed.more(0))
        await asyncio.sleep(1)
        assert len(feed._waiting) == 1
        reader.cancel()
        await asyncio.sleep(1)
        assert not feed._waiting

    run_virtual(main())


def test_a_trace_with_several_sinks() -> None:
    async def main() -> None:
        file, feed = list[str](), Feed()
        trace = Trace(LoopClock(), file.append)
        trace.notes("net", "before")
        trace.add(feed)
        trace.notes("net", "both")
        trace.remove(feed)
        trace.notes("net", "after")
        trace.stop()
        assert "".join(file).count("event") == 3
        assert [json.loads(line)["event"] for line in feed.after(0).records] == ["both"]
        assert not trace.on

    run_virtual(main())


def test_who_comes_after_the_first_record_has_it_all_the_same() -> None:
    async def main() -> None:
        trace = Trace(LoopClock(), lambda text: None)
        trace.begin(command="x")
        trace.notes("net", "before")
        late = Recent(trace)
        trace.notes("net", "after")
        late.end()
        late.end()
        records = [json.loads(line) for line in late.feed.after(0).records]
        assert [record["kind"] for record in records] == ["start", "net"]
        assert records[1]["event"] == "after"
        assert late.feed.head == [trace.opening.rstrip()]
        assert late.feed.ended

    run_virtual(main())
