"""What says that bytes are of the file whose other bytes are on disk, and what is done without."""

from __future__ import annotations

import hashlib
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from atwin.host.errors import ServerError
from support.modules.downloads import DATA, Bench, Killed, kill_at, named_and_killed
from support.modules.fake_module import Answer, Asked

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.host.download.reports import Progress

LARGE = random.Random(780).randbytes(200_000)
OTHER = DATA[::-1]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def slice_of(data: bytes, asked: Asked, **headers: str) -> Answer:
    """206, with no validator but what `headers` say."""
    assert asked.first is not None
    body = data[asked.first :] if asked.last is None else data[asked.first : asked.last + 1]
    span = f"bytes {asked.first}-{asked.first + len(body) - 1}/{len(data)}"
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(206, body, {"Content-Range": span, **told})


# --- a file that an earlier run left whole ------------------------------------------------------


@pytest.mark.parametrize("told", ["etag", "nothing", "no head", "no head, no ranges"])
@pytest.mark.parametrize("named", [True, False])
def test_file_that_is_here_may_be_another_by_now(bench: Bench, told: str, named: bool) -> None:
    server = bench.server
    if told == "nothing":
        server.etag = server.modified = None
    if named:
        named_and_killed(bench)
    else:
        kill_at(bench, 10_000)
    server.data = OTHER
    if told != "nothing":
        server.etag = '"v2"'
    if told.startswith("no head"):
        server.head_status = 405
        server.ranges = "ranges" not in told
        bench.module_options = {}
    bench.fetch(chunk=4000)
    bench.done()


@pytest.mark.parametrize("named", [True, False])
def test_file_that_is_here_and_the_same_is_not_fetched(bench: Bench, named: bool) -> None:
    if named:
        named_and_killed(bench)
    else:
        kill_at(bench, 10_000)
    assert bench.fetch().fetched_parts == 0
    bench.done()


def test_no_bytes_on_disk_are_no_file(bench: Bench) -> None:
    """A 204 was taken for an empty file, and nothing else was known."""
    bench.server.head_status = 405
    bench.server.instead = lambda asked: Answer(204) if asked.method == "GET" else None
    kill_at(bench, 0)
    bench.server.instead = lambda asked: None
    bench.server.head_status = 200
    bench.fetch()
    bench.done()


# --- answers that do not say of which file they are ---------------------------------------------


def test_head_that_tells_less_than_the_parts(bench: Bench) -> None:
    """What the journal knows is not forgotten for it."""
    kill_at(bench, 6000)
    server = bench.server
    server.data, server.etag = OTHER, '"v2"'
    server.if_range = False
    server.instead = lambda asked: (
        Answer(200, b"", {"Content-Length": "10000"}) if asked.method == "HEAD" else None
    )
    bench.fetch()
    bench.done()


def test_part_that_tells_less_is_compared(bench: Bench) -> None:
    def untagged(asked: Asked) -> Answer | None:
        return slice_of(OTHER, asked) if asked.first and asked.first >= 3000 - 64 else None

    bench.server.instead = untagged
    with pytest.raises(Exception, match="not those on disk"):
        bench.fetch()
    assert not bench.target.exists()


def test_part_that_tells_less_and_is_right(bench: Bench) -> None:
    bench.server.instead = lambda asked: slice_of(DATA, asked) if asked.first else None
    bench.fetch()
    bench.done()
    assert bench.server.fetched()[:3] == [(0, 2999), (3000, 5999), (2936, 5999)]


def test_length_of_a_head_that_a_get_denies_ends_no_parts_without_a_name(bench: Bench) -> None:
    """The HEAD is of a shorter version; one GET brings all of the file, the others bare parts."""
    server = bench.server
    server.etag = server.modified = None
    server.head_length = 6922
    whole = [Answer(200, DATA)]

    def moods(asked: Asked) -> Answer | None:
        if asked.method == "HEAD":
            return None
        if whole or asked.first is None:
            return whole.pop() if whole else Answer(200, DATA)
        last = len(DATA) if asked.last is None else asked.last
        return Answer(206, DATA[asked.first : last + 1])

    server.instead = moods
    with pytest.raises(ServerError, match="does not say which bytes it holds"):
        bench.fetch(strategy="range")
    assert not bench.target.exists()


def test_head_does_not_vouch_for_a_part_that_says_nothing(bench: Bench) -> None:
    """The first part is of another file than the HEAD and the rest, and has no validator."""
    first = [OTHER + OTHER]
    bench.server.instead = lambda asked: (
        slice_of(first.pop(), asked) if asked.first is not None and first else None
    )
    bench.fetch()
    bench.done()
    assert "starting over" in bench.notes()


def test_first_part_of_a_new_start_vouches_for_itself_alone(bench: Bench) -> None:
    """What said that the file had changed is not what its first part comes from."""
    kill_at(bench, 3000)
    server = bench.server
    server.data, server.etag, server.modified = OTHER, '"v2"', None
    server.if_range, server.head_status = False, 405
    first = [random.Random(3).randbytes(10_000)]
    server.instead = lambda asked: (
        slice_of(first.pop(), asked)
        if asked.method == "GET" and not asked.first and first
        else None
    )
    bench.fetch()
    bench.done()


@pytest.mark.parametrize("chunk", [2, 3, 4])
def test_smallest_parts_and_an_end_nobody_tells(tmp_path: Path, chunk: int) -> None:
    bench = Bench(tmp_path, DATA[:12])
    bench.server.head_status = 405
    bench.server.etag = bench.server.modified = None

    def open_end(asked: Asked) -> Answer | None:
        if asked.first is None:
            return None
        if asked.first >= 12:
            return Answer(416)
        answer = slice_of(DATA[:12], asked)
        span = answer.headers["Content-Range"].replace("/12", "/*")
        return replace(answer, headers={"Content-Range": span})

    bench.server.instead = open_end
    bench.fetch(chunk=chunk)
    bench.done()


def test_head_of_no_bytes_and_an_open_end(bench: Bench) -> None:
    """A HEAD that says 0 knows nothing; it is no length for what is on disk already."""
    server = bench.server
    server.head_length = 0

    def open_end(asked: Asked) -> Answer | None:
        if asked.first is None:
            return None
        if asked.first >= len(DATA):
            return Answer(416)
        answer = slice_of(DATA, asked, ETag='"v1-AbC"')
        span = answer.headers["Content-Range"].replace("/10000", "/*")
        return replace(answer, headers={**answer.headers, "Content-Range": span})

    server.instead = open_end
    server.head_status = 405
    kill_at(bench, 6000)
    server.head_status = 200
    assert bench.fetch().resumed_from == 6000
    bench.done()


# --- streams ------------------------------------------------------------------------------------


def other_streams(bench: Bench, other: bytes, times: int = 1) -> None:
    """The next streams that go on in the middle are of another file."""
    left = [other] * times

    def instead(asked: Asked) -> Answer | None:
        if asked.method == "GET" and asked.first and asked.last is None and left:
            return slice_of(left.pop(), asked, Content_Length=str(len(other) - asked.first))
        return None

    bench.server.instead = instead


@pytest.mark.parametrize("length", [200_000, 150_000, 250_000])
def test_rest_of_another_file_in_a_stream_nothing_vouches_for(tmp_path: Path, length: int) -> None:
    bench = Bench(tmp_path, LARGE, streams=True, limit=3356)
    bench.server.etag = bench.server.modified = None
    bench.server.failures = [None, -100_000]
    other_streams(bench, random.Random(1).randbytes(length))
    bench.fetch(chunk=None)
    bench.done()


def test_page_of_a_416_is_no_part_of_the_file(tmp_path: Path) -> None:
    """All of it came, the connection broke after that, and the HEAD speaks of more."""
    bench = Bench(tmp_path, LARGE, streams=True, limit=3356, tells_streams=True)
    bench.server.head_length = 300_000
    bench.server.failures = [None, -200_000]
    bench.fetch(chunk=None)
    bench.done()


def test_redirect_of_a_stream_that_begins_with_bytes_on_disk(tmp_path: Path) -> None:
    bench = Bench(tmp_path, LARGE, streams=True, limit=3356, tells_streams=True)
    bench.server.etag = bench.server.modified = None
    bench.server.failures = [None, -100_000]
    pages = [Answer(302, b"<p>over there</p>", {"Location": "http://cdn.example/firmware.bin"})]

    def instead(asked: Asked) -> Answer | None:
        return pages.pop() if pages and asked.first and asked.last is None else None

    bench.server.instead = instead
    assert bench.fetch(chunk=None).retries == 1
    bench.done()


def test_what_a_page_left_of_a_stream_costs_no_good_bytes(tmp_path: Path) -> None:
    """The connection breaks inside a page that came in place of the rest; then a kill."""
    bench = Bench(tmp_path, LARGE, streams=True, limit=3356)
    bench.server.failures = [None, -100_000]
    page = Answer(200, b"<p>Please log in</p>" * 4000, {"Content-Type": "text/html"})
    bench.server.instead = lambda asked: page if asked.first == 100_000 else None

    def on_progress(event: Progress) -> None:
        if event.kept > 100_000:
            raise Killed

    bench.on_progress = on_progress
    with pytest.raises(Killed):
        bench.fetch(chunk=None)
    bench.on_progress = bench.events.append
    bench.server.instead = lambda asked: None
    bench.server.asked.clear()
    bench.fetch(chunk=None)
    bench.done()
    assert "is not of this file: dropped" in bench.notes()
    assert (100_000, None) in bench.server.fetched()


def test_length_that_only_a_dropped_stream_had_is_not_waited_for(tmp_path: Path) -> None:
    """A shorter version takes the place of the one whose stream broke; a hash says which."""
    bench = Bench(tmp_path, LARGE, streams=True, limit=3356)
    bench.server.etag = bench.server.modified = None
    bench.server.failures = [None, -3_000]
    kill_at(bench, 2_500, chunk=None, strategy="stream")
    bench.server.failures.clear()
    bench.server.data = random.Random(1).randbytes(150_000)
    bench.fetch(strategy="stream", md5=hashlib.md5(bench.server.data).hexdigest())
    bench.done()
    assert "is not of this file: dropped" in bench.notes()


def test_etag_of_a_head_does_not_vouch_for_bytes_that_had_none(bench: Bench) -> None:
    """An earlier run kept a part of another version, which came without ETag."""
    etag, modified = bench.server.etag, bench.server.modified
    bench.server.data, bench.server.etag, bench.server.modified = OTHER, None, None
    kill_at(bench, 3_000)
    bench.server.data, bench.server.etag, bench.server.modified = DATA, etag, modified
    bench.fetch()
    bench.done()


def test_rest_that_is_a_bounded_piece_of_unknown_length(tmp_path: Path) -> None:
    """Nobody says how long the file is, nor the module what header a stream had."""
    bench = Bench(tmp_path, LARGE, streams=True, limit=3356)
    bench.server.etag = bench.server.modified = bench.server.head_length = None
    bench.server.failures = [None, -100_000]

    def piece(asked: Asked) -> Answer | None:
        if asked.first is None:
            return None
        last = min(asked.first + 9_999 if asked.last is None else asked.last, len(LARGE) - 1)
        if asked.first > last:
            return Answer(416, b"none")
        answer = slice_of(LARGE, replace(asked, last=last))
        span = f"bytes {asked.first}-{last}/*"
        return replace(answer, headers={**answer.headers, "Content-Range": span})

    bench.server.instead = piece
    bench.fetch(chunk=None)
    bench.done()


def test_bytes_on_disk_that_are_not_the_servers(bench: Bench) -> None:
    """Whatever the validators say: they are given up at last, not ranges."""
    kill_at(bench, 6000)
    bench.server.data = OTHER
    bench.server.modified = None
    bench.fetch("http://files.example/new.bin", resume_from="http://files.example/firmware.bin")
    bench.done()
