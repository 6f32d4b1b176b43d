"""Downloads through a scripted module: every way a server, a line or a disk can fail."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import random
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import run_virtual
from atwin.disk.part import PartFile
from atwin.host.download.pace import STREAM_PART
from atwin.host.errors import (
    ModuleSilentError,
    NoAnswerError,
    RequestFailedError,
    ServerError,
    TargetError,
    TlsFailed,
    UsageError,
    VerificationError,
)
from atwin.host.modem import Modem
from atwin.host.recovery.recovery import Retry
from atwin.line.ports.memory import memory_pair
from support.modules.downloads import (
    CHUNK,
    DATA,
    PARTS,
    URL,
    Bench,
    Killed,
    kill_at,
    named_and_killed,
)
from support.modules.fake_module import Answer, Asked, FakeModule

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.host.download.reports import Progress


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


# --- the plain way ------------------------------------------------------------------------------


def test_parts(bench: Bench) -> None:
    result = bench.fetch(
        sha256=hashlib.sha256(DATA).hexdigest().upper(), md5=hashlib.md5(DATA).hexdigest()
    )
    bench.done()
    assert bench.server.fetched() == PARTS
    assert result.bytes == len(DATA)
    assert result.sha256 == hashlib.sha256(DATA).hexdigest()
    assert (result.parts, result.fetched_parts, result.resumed_from) == (4, 4, 0)
    assert (result.strategy, result.retries, result.url) == ("range", 0, URL)
    assert [(e.kept, e.part, e.parts) for e in bench.events if e.done == e.kept] == [
        (3000, 2, 4),
        (6000, 3, 4),
        (9000, 4, 4),
        (10000, 4, 4),
    ]


def test_only_the_parameters_that_changed_are_sent(bench: Bench) -> None:
    bench.fetch()
    commands = [c for c in bench.heard if c.startswith("AT+HTTPPARA")]
    assert sum('"URL"' in c for c in commands) == 1
    assert sum('"USERDATA"' in c for c in commands) == 1
    assert [c for c in bench.heard if '"BREAK"' in c] == [
        f'AT+HTTPPARA="BREAK",{first}' for first, _ in PARTS
    ]


def test_seed_transcript(tmp_path: Path) -> None:
    """39 parts of 307200 bytes, the last of 301660; the header block is lower-cased."""
    data = random.Random(11).randbytes(11_975_260)
    bench = Bench(tmp_path, data, buffer=319_488, limit=319_488, lowercase=True)
    result = bench.fetch(chunk=None)
    bench.done()
    assert (result.parts, result.model) == (39, "air724ug")
    assert bench.server.fetched()[-1] == (11_673_600, 11_975_259)
    reads = [c for c in bench.heard if c.startswith("AT+HTTPREAD")][1:]
    assert reads == ["AT+HTTPREAD"] * 39


def test_each_part_is_conditional_where_the_module_keeps_the_letters(bench: Bench) -> None:
    bench.fetch()
    asked = [a.headers for a in bench.server.asked if a.method == "GET"]
    assert asked == ['Accept-Encoding: identity\r\nIf-Range: "v1-AbC"'] * 4
    # Not every server does If-Range: what a part says of itself is looked at all the same.
    assert bench.heard.count("AT+HTTPHEAD") == 5


def test_each_part_is_compared_where_it_does_not(tmp_path: Path) -> None:
    bench = Bench(tmp_path, lowercase=True)
    bench.fetch()
    bench.done()
    asked = [a.headers.strip() for a in bench.server.asked if a.method == "GET"]
    assert asked == ["Accept-Encoding: identity"] * 4
    assert bench.heard.count("AT+HTTPHEAD") == 5


@pytest.mark.parametrize("size", [1, 2, 2999, 3000])
def test_file_smaller_than_a_part_is_one_plain_get(tmp_path: Path, size: int) -> None:
    bench = Bench(tmp_path, DATA[:size])
    result = bench.fetch()
    bench.done()
    assert bench.server.fetched() == [(None, None)]
    assert (result.strategy, result.parts) == ("whole", 1)


def test_one_byte_more_than_a_part(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DATA[:3001])
    bench.fetch()
    bench.done()
    assert bench.server.fetched() == [(0, 2999), (3000, 3000)]


def test_empty_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, b"")
    assert bench.fetch(sha256=hashlib.sha256(b"").hexdigest()).bytes == 0
    bench.done()


def test_an_older_target_is_replaced_only_at_the_end(bench: Bench) -> None:
    bench.target.write_bytes(b"old")
    seen: list[bytes] = []
    bench.server.before = lambda asked: seen.append(bench.target.read_bytes())
    bench.fetch()
    bench.done()
    assert set(seen) == {b"old"}


# --- odd servers --------------------------------------------------------------------------------


def test_ranges_ignored_and_the_file_fits(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DATA[:4000])
    bench.server.ranges = False
    result = bench.fetch()
    bench.done()
    assert result.strategy == "whole"
    assert len(bench.server.fetched()) == 2, "one range asked in vain, one without condition"


def test_ranges_ignored_and_the_file_does_not_fit(bench: Bench) -> None:
    bench.server.ranges = False
    with pytest.raises(
        ServerError,
        match=r"ignores ranges, and 10000 bytes do not fit.*4000.*use a server with ranges, or",
    ):
        bench.fetch()
    assert bench.files() == []


def test_ranges_ignored_and_the_module_can_stream(tmp_path: Path) -> None:
    bench = Bench(tmp_path, streams=True, buffer=131_072, limit=130_048)
    bench.server.data = random.Random(1).randbytes(300_000)
    bench.server.head_length = 300_000
    bench.server.ranges = False
    result = bench.fetch(chunk=None)
    bench.done()
    assert result.strategy == "stream"
    bench.target.unlink()
    with pytest.raises(ServerError, match="use strategy stream"):
        bench.fetch(chunk=None, strategy="range")


def test_if_range_not_honoured_by_the_server(bench: Bench) -> None:
    def whole_when_conditional(asked: Asked) -> Answer | None:
        if asked.method == "GET" and "If-Range" in asked.headers:
            headers = {"ETag": '"v1-AbC"', "Content-Length": "10000"}
            return Answer(200, DATA, headers)
        return None

    bench.server.instead = whole_when_conditional
    bench.fetch()
    bench.done()


@pytest.mark.parametrize("status", [403, 405, 501])
@pytest.mark.parametrize("lowercase", [False, True])
def test_head_refused(tmp_path: Path, status: int, lowercase: bool) -> None:
    bench = Bench(tmp_path, lowercase=lowercase)
    bench.server.head_status, bench.server.head_length = status, None
    result = bench.fetch()
    bench.done()
    assert bench.server.fetched() == PARTS
    assert result.parts == 4


def test_head_refused_and_ranges_ignored(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DATA[:2000])
    bench.server.head_status, bench.server.ranges = 405, False
    bench.fetch()
    bench.done()


def test_head_refused_and_the_file_is_empty(tmp_path: Path) -> None:
    bench = Bench(tmp_path, b"")
    bench.server.head_status = 405
    bench.fetch()
    bench.done()


def test_head_without_a_length(bench: Bench) -> None:
    bench.server.head_length = None
    bench.fetch()
    bench.done()
    assert bench.server.fetched() == PARTS


@pytest.mark.parametrize("stated", [0, 1, 2000, 9999, 10_001, 50_000])
def test_head_with_a_wrong_length(bench: Bench, stated: int) -> None:
    bench.server.head_length = stated
    bench.fetch()
    bench.done()


def test_accept_ranges_none(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DATA[:3500])
    bench.server.head_length = 3500

    def head(asked: Asked) -> Answer | None:
        if asked.method != "HEAD":
            return None
        return Answer(200, b"", {"Accept-Ranges": "none", "Content-Length": "3500"})

    bench.server.instead = head
    assert bench.fetch().strategy == "whole"
    bench.done()
    assert bench.server.fetched() == [(None, None)]


@pytest.mark.parametrize("status", [300, 401, 404, 410])
def test_error_status(bench: Bench, status: int) -> None:
    bench.server.instead = lambda asked: Answer(status)
    with pytest.raises(ServerError, match=f"the server answered {status} for {URL}") as caught:
        bench.fetch()
    assert caught.value.status == status
    assert bench.files() == []


def test_error_status_of_a_part_shows_its_body(bench: Bench) -> None:
    bench.server.instead = lambda asked: (
        Answer(403, b"<p>signature\r\n expired</p>", {"X": "y"}) if asked.first == 6000 else None
    )
    with pytest.raises(ServerError, match=r"answered 403 for .*: <p>signature expired</p>"):
        bench.fetch()
    assert bench.files() == ["firmware.bin.journal", "firmware.bin.part"]
    bench.server.instead = lambda asked: None
    assert bench.fetch().resumed_from == 6000
    bench.done()


def test_busy_server_is_asked_again(bench: Bench) -> None:
    busy = [503, 429]
    bench.server.instead = lambda asked: Answer(busy.pop(), b"later") if busy else None
    assert bench.fetch().retries == 2
    bench.done()
    bench.server.instead = lambda asked: Answer(503, b"later")
    with pytest.raises(ServerError, match="503"):
        bench.fetch()


def test_entity_changes_in_the_middle(bench: Bench) -> None:
    other = random.Random(9).randbytes(8_000)

    def change(asked: Asked) -> None:
        if asked.first == 6000:
            bench.server.data, bench.server.etag = other, '"v2"'

    bench.server.before = change
    bench.fetch()
    bench.done(other)
    assert "its length was 10000 and is 8000" in bench.notes()
    assert "starting over" in bench.notes()


@pytest.mark.parametrize("lowercase", [False, True])
def test_entity_of_the_same_length_changes_in_the_middle(tmp_path: Path, lowercase: bool) -> None:
    bench = Bench(tmp_path, lowercase=lowercase)
    other = random.Random(9).randbytes(10_000)

    def change(asked: Asked) -> None:
        if asked.first == 9000:
            bench.server.data, bench.server.etag = other, '"v2"'

    bench.server.before = change
    bench.fetch()
    bench.done(other)
    assert "its ETag was" in bench.notes()


def test_entity_shrinks_below_the_next_part(bench: Bench) -> None:
    def shrink(asked: Asked) -> None:
        if asked.first == 6000 - 64:  # nothing vouches for the file: each part overlaps
            bench.server.data = DATA[:5000]
            bench.server.head_length = 5000

    bench.server.before = shrink
    bench.server.etag = bench.server.modified = None
    bench.fetch()
    bench.done(DATA[:5000])
    assert "it has 5000 bytes now, none at 5936" in bench.notes()


def test_entity_that_never_stops_changing(bench: Bench) -> None:
    def change(asked: Asked) -> None:
        bench.server.etag = f'"{len(bench.server.asked)}"'

    bench.server.before = change
    with pytest.raises(ServerError, match=r"changes from answer to answer \(its ETag was"):
        bench.fetch()


def test_short_parts_are_kept(bench: Bench) -> None:
    def short(asked: Asked) -> Answer | None:
        if asked.first is None or asked.method != "GET":
            return None
        part = DATA[asked.first : min(asked.first + 1000, 10_000)]
        span = f"bytes {asked.first}-{asked.first + len(part) - 1}/10000"
        return Answer(206, part, {"Content-Range": span, "ETag": '"v1-AbC"'})

    bench.server.instead = short
    assert bench.fetch().fetched_parts == 10
    bench.done()


@pytest.mark.parametrize(
    ("headers", "body", "text"),
    [
        ({}, DATA[:3000], "does not say which bytes"),
        ({"Content-Range": "bytes 1-3000/10000"}, DATA[:3000], "calls them 1-3000"),
        ({"Content-Range": "bytes 0-99/10000"}, DATA[:3000], "sent 3000 bytes and calls them"),
        ({"Content-Range": "bytes 0-2999/*"}, DATA[:3000], "calls them 0-2999"),
        ({"Content-Range": "bytes 0-3499/10000"}, DATA[:3500], "calls them 0-3499"),
    ],
)
def test_part_that_is_not_what_was_asked_for(
    bench: Bench, headers: dict[str, str], body: bytes, text: str
) -> None:
    bench.server.instead = lambda asked: (
        Answer(206, body, headers) if asked.method == "GET" else None
    )
    with pytest.raises(ServerError, match=text):
        bench.fetch()


def test_later_part_that_is_too_long(bench: Bench) -> None:
    bench.server.instead = lambda asked: Answer(206, DATA[:3500]) if asked.first == 3000 else None
    with pytest.raises(ServerError, match=r"asked for 3000 bytes, the server sent 3500"):
        bench.fetch()


def test_wrong_length_of_a_whole_file(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DATA[:100])
    bench.server.instead = lambda asked: (
        Answer(200, DATA[:90], {"Content-Length": "100"}) if asked.method == "GET" else None
    )
    with pytest.raises(ServerError, match="90 bytes came where 100 were announced"):
        bench.fetch()
    assert bench.files() == []


# --- failures on the way ------------------------------------------------------------------------


@pytest.mark.parametrize("status", [600, 601, 603, 604, 606])
def test_failed_part_is_repeated(bench: Bench, status: int) -> None:
    bench.server.failures = [None, None, status, status, None]
    result = bench.fetch()
    bench.done()
    assert bench.server.fetched() == PARTS
    assert result.retries == 2
    assert f"0,{status},0" in bench.notes()
    assert "trying again in" in bench.notes()


def test_part_that_takes_too_long_is_asked_for_by_halves(tmp_path: Path) -> None:
    bench = Bench(tmp_path, random.Random(408).randbytes(60_000), buffer=20_000, limit=20_000)
    bench.server.failures = [None, 408, None, 408, 408, None]
    result = bench.fetch(chunk=16_000)
    bench.done()
    # Halved, doubled because it came quickly, halved twice, and back to what was asked for.
    assert bench.server.fetched() == [
        (0, 7_999), (8_000, 11_999), (12_000, 15_999), (16_000, 31_999), (32_000, 47_999),
        (48_000, 59_999),
    ]  # fmt: skip
    assert (result.parts, result.fetched_parts, result.retries) == (4, 6, 3)


def test_whole_file_that_takes_too_long_comes_in_parts(tmp_path: Path) -> None:
    bench = Bench(tmp_path, DATA[:8_000], buffer=20_000, limit=20_000)
    bench.server.failures = [None, 408, None]
    result = bench.fetch(chunk=16_000, timeout=300)
    bench.done()
    assert bench.server.fetched() == [(None, None)]
    assert result.strategy == "whole", "8000 bytes fit half of 16000"
    bench.target.unlink()
    bench.server.asked.clear()
    bench.server.failures = [None, 408, 408, None]
    assert bench.fetch(chunk=16_000).strategy == "range"
    bench.done()
    assert bench.server.fetched() == [(0, 3_999), (4_000, 7_999)]


def test_part_without_an_end_is_asked_for_by_halves(bench: Bench) -> None:
    """The URC does not come at all; the module is well."""

    def mute_once(line: str) -> bytes:
        del module_of[0].instead["AT+HTTPACTION=0"]
        return b"\r\nOK\r\n"

    module_of: list[FakeModule] = []

    def setup(module: FakeModule) -> None:
        module_of[:] = [module]
        module.instead["AT+HTTPACTION=0"] = mute_once

    bench.setup = setup
    bench.fetch(timeout=20)
    bench.done()
    assert bench.server.fetched() == [(0, 2047), (2048, 2999), (3000, 5999), *PARTS[2:]]


def test_the_time_out_is_told_to_the_module_and_to_whoever_waits(bench: Bench) -> None:
    bench.server.failures = [408] * 8
    with pytest.raises(RequestFailedError, match=r"raise the timeout \(--timeout\)"):
        bench.fetch(timeout=45)
    assert 'AT+HTTPPARA="TIMEOUT",45' in bench.heard


def test_failures_in_a_row_end_it_and_what_came_is_kept(bench: Bench) -> None:
    bench.server.failures = [None, None, None] + [601] * 8
    with pytest.raises(RequestFailedError, match=r"part 3 of 4: step \d+: .*601"):
        bench.fetch(retry=Retry(attempts=8))
    assert bench.files() == ["firmware.bin.journal", "firmware.bin.part"]
    result = bench.fetch()
    bench.done()
    assert (result.resumed_from, result.fetched_parts, result.parts) == (6000, 2, 4)
    assert bench.server.fetched() == PARTS


def test_nothing_reached_gives_up_sooner(bench: Bench) -> None:
    bench.server.failures = [603] * 8
    with pytest.raises(RequestFailedError, match="host name was not resolved"):
        bench.fetch()
    assert bench.heard.count("AT+HTTPACTION=2") == 4
    assert bench.files() == []


def test_no_tls(bench: Bench) -> None:
    bench.server.failures = [605] * 8
    with pytest.raises(TlsFailed, match="no TLS channel"):
        bench.fetch()


def test_part_lost_on_the_line_is_read_again_not_fetched_again(bench: Bench) -> None:
    bench.setup = lambda module: module.spoil.extend(
        [lambda output: output, lambda output: output[:500], lambda output: output[:-3]]
    )
    bench.fetch()
    bench.done()
    assert bench.server.fetched() == PARTS


def test_line_that_keeps_losing_bytes(bench: Bench) -> None:
    bench.setup = lambda module: module.spoil.extend([lambda output: output[:40]] * 12)
    with pytest.raises(NoAnswerError, match=r"only \d+ of \d+ announced bytes.*flow control"):
        bench.fetch(retry=Retry(attempts=2))


def test_module_falls_silent(bench: Bench) -> None:
    def silent(module: FakeModule) -> None:
        def die(asked: Asked) -> None:
            if asked.first == 3000:
                module.instead["AT"] = None

        bench.server.before = die

    bench.setup = silent
    with pytest.raises(ModuleSilentError, match="no answer to AT"):
        bench.fetch()
    bench.setup, bench.server.before = lambda module: None, lambda asked: None
    assert bench.fetch().resumed_from == 3000
    bench.done()


def test_module_restarts_in_the_middle(bench: Bench) -> None:
    def restart(module: FakeModule) -> None:
        def reset(asked: Asked) -> None:
            if asked.first == 6000 and bench.server.before is reset:
                bench.server.before = lambda asked: None
                module.inited = module.bearer_open = False
                module.instead["AT+HTTPREAD"] = back
                module.say("RDY")

        def back(line: str) -> bytes:
            del module.instead["AT+HTTPREAD"]
            return b"\r\n+CME ERROR: 3\r\n"

        bench.server.before = reset

    bench.setup = restart
    bench.fetch()
    bench.done()


def test_progress_within_a_part_on_a_slow_line(bench: Bench) -> None:
    async def main() -> None:
        near, far = memory_pair()
        module = FakeModule(far, bench.server, buffer=4096, limit=4000)

        def slowly(output: bytes) -> bytes:
            loop = asyncio.get_running_loop()
            for at in range(0, len(output), 500):
                loop.call_later(at / 500, far.write, output[at : at + 500])
            return b""

        async with Modem(near) as modem:
            await modem.limits()
            module.spoil = [slowly] * 4
            await modem.download(URL, bench.target, chunk=CHUNK, progress=bench.events.append)

    run_virtual(main())
    bench.done()
    inside = [e.done for e in bench.events if e.done % CHUNK and e.done < 10_000]
    assert len(inside) > 12
    assert inside == sorted(inside)


def refuse_once(bench: Bench, command: str) -> None:
    """The module answers that command with an error, the first time."""

    def setup(module: FakeModule) -> None:
        def refuse(line: str) -> bytes:
            del module.instead[command]
            return b"\r\n+CME ERROR: 3\r\n"

        module.instead[command] = refuse

    bench.setup = setup


LONG = random.Random(9600).randbytes(30_000)


def test_slow_line_reads_and_keeps_in_pieces(tmp_path: Path) -> None:
    bench = Bench(tmp_path, LONG, buffer=40_000, limit=40_000)
    bench.rate = 9600
    refuse_once(bench, "AT+HTTPREAD=9600,9600")
    result = bench.fetch(chunk=40_000)
    bench.done()
    # What had come stays, and the rest is asked for as a part.
    assert bench.server.fetched() == [(None, None), (9_600, 29_999)]
    assert [c for c in bench.heard if c.startswith("AT+HTTPREAD=") and "?" not in c] == [
        "AT+HTTPREAD=0,9600",
        "AT+HTTPREAD=9600,9600",
        "AT+HTTPREAD=0,9600",
        "AT+HTTPREAD=9600,10800",
    ]
    assert (result.strategy, result.retries) == ("range", 1)


def test_slow_line_and_a_body_of_unknown_length(tmp_path: Path) -> None:
    """Nobody can say where such a body would go on: a failure in it takes it from the begin."""
    bench = Bench(tmp_path, LONG, buffer=40_000, limit=40_000)
    bench.rate, bench.server.head_length = 9600, None
    bench.server.instead = lambda asked: (
        Answer(200, LONG, {"ETag": '"v1-AbC"'}) if asked.method == "GET" else None
    )
    refuse_once(bench, "AT+HTTPREAD=9600,9600")
    result = bench.fetch(chunk=40_000)
    bench.done()
    assert (result.bytes, result.retries) == (30_000, 1)


@pytest.mark.parametrize("lowercase", [False, True])
def test_pieces_of_two_entities_are_never_put_together(tmp_path: Path, lowercase: bool) -> None:
    """Two servers behind one name: the HEAD and the rest come from one, the GET from the other."""
    bench = Bench(tmp_path, LONG, buffer=40_000, limit=40_000, lowercase=lowercase)
    bench.rate = 9600
    other = [LONG[::-1]]

    def other_once(asked: Asked) -> Answer | None:
        if asked.method == "GET" and asked.first is None and other:
            return Answer(200, other.pop(), {"ETag": '"v2"', "Content-Length": "30000"})
        return None

    bench.server.instead = other_once
    refuse_once(bench, "AT+HTTPREAD=9600,9600")
    bench.fetch(chunk=40_000)
    bench.done(LONG)
    assert not other


def test_nothing_is_promised_where_nothing_can_go_on(small_module: Bench) -> None:
    """A stream from a server without ranges starts over, whatever is on disk."""
    small_module.server.ranges = False
    small_module.server.instead = lambda asked: (
        Answer(200, b"", {"Accept-Ranges": "none", "Content-Length": "200000"})
        if asked.method == "HEAD"
        else None
    )
    kill_at(small_module, STREAM_PART, chunk=None)
    assert small_module.files() == ["firmware.bin.part"]
    assert small_module.fetch(chunk=None).resumed_from == 0
    small_module.done()


# --- resuming -----------------------------------------------------------------------------------


def test_resume_fetches_the_rest_only(bench: Bench) -> None:
    kill_at(bench, 6000)
    assert not bench.target.exists()
    result = bench.fetch()
    bench.done()
    assert bench.server.fetched() == PARTS
    assert (result.resumed_from, result.fetched_parts) == (6000, 2)


def test_resume_with_another_chunk(bench: Bench) -> None:
    kill_at(bench, 3000)
    bench.fetch(chunk=4000)
    bench.done()
    assert bench.server.fetched() == [(0, 2999), (3000, 3999), (4000, 7999), (8000, 9999)]


def test_resume_of_an_entity_that_changed(bench: Bench) -> None:
    kill_at(bench, 6000)
    bench.server.etag = '"v2"'
    bench.server.data = other = DATA[::-1]
    result = bench.fetch()
    bench.done(other)
    assert result.resumed_from == 0
    assert 'the entity changed, its ETag was "v1-AbC" and is "v2"' in bench.notes()


def test_resume_when_head_is_refused_is_checked_by_the_first_part(bench: Bench) -> None:
    bench.server.head_status, bench.server.head_length = 405, None
    kill_at(bench, 6000)
    assert bench.fetch().resumed_from == 6000
    bench.done()
    bench.target.unlink()
    kill_at(bench, 6000)
    bench.server.etag = '"v2"'
    bench.server.data = other = DATA[::-1]
    bench.fetch()
    bench.done(other)


def test_resume_without_validators_compares_bytes(bench: Bench) -> None:
    bench.server.etag = bench.server.modified = None
    kill_at(bench, 6000)
    assert bench.fetch().resumed_from == 6000
    bench.done()
    assert (4976, 6000) in bench.server.fetched()
    bench.target.unlink()
    kill_at(bench, 6000)
    bench.server.data = other = DATA[::-1]
    bench.fetch()
    bench.done(other)
    assert "are not those on disk" in bench.notes()


@pytest.mark.parametrize("validators", [True, False])
@pytest.mark.parametrize("lowercase", [True, False])
def test_resume_when_head_tells_no_length(
    tmp_path: Path, validators: bool, lowercase: bool
) -> None:
    bench = Bench(tmp_path, lowercase=lowercase)
    bench.server.head_length = None
    if not validators:
        bench.server.etag = bench.server.modified = None
    kill_at(bench, 6000)
    assert bench.fetch().resumed_from == 6000
    bench.done()


def test_resume_of_a_stream_of_unknown_length_by_ranges(tmp_path: Path) -> None:
    bench = Bench(tmp_path, LARGE, streams=True, limit=3356)
    bench.server.head_length = None
    kill_at(bench, STREAM_PART, chunk=None, strategy="stream")
    assert bench.fetch(strategy="range").resumed_from >= STREAM_PART
    bench.done()


def test_finished_file_that_is_not_the_promised_one_stays(bench: Bench) -> None:
    named_and_killed(bench)
    with pytest.raises(VerificationError, match="removed them, the next run starts over"):
        bench.fetch(sha256="0" * 64)
    bench.done()


@pytest.mark.parametrize("told", ["etag", "nothing", "no head"])
def test_finished_file_that_may_be_another_by_now_is_fetched(bench: Bench, told: str) -> None:
    if told == "nothing":
        bench.server.etag = bench.server.modified = None
    named_and_killed(bench)
    bench.server.data = DATA[::-1]
    if told == "etag":
        bench.server.etag = '"v2"'
    if told == "no head":
        bench.server.head_status = 405
    assert bench.fetch().resumed_from == 0
    bench.done()


def test_finished_file_that_is_the_same_still_is_not_fetched(bench: Bench) -> None:
    named_and_killed(bench)
    assert bench.fetch().fetched_parts == 0
    bench.done()


def test_resume_of_another_url_on_the_same_target(bench: Bench) -> None:
    kill_at(bench, 6000)
    assert bench.fetch(URL.replace("firmware", "other")).resumed_from == 0
    bench.done()
    assert f"it is of {URL}" in bench.notes()


def test_resume_under_a_new_signature(bench: Bench) -> None:
    kill_at(bench, 6000)
    assert bench.fetch(URL + "?sig=2").resumed_from == 6000
    bench.done()
    assert (4976, 6000) in bench.server.fetched(), "compared before it goes on"
    bench.target.unlink()
    kill_at(bench, 6000)
    bench.server.etag = '"v2"'
    assert bench.fetch(URL + "?sig=2").resumed_from == 0
    bench.done()


@pytest.mark.parametrize("how", ["hash", "old url"])
def test_resume_from_another_address(bench: Bench, how: str) -> None:
    kill_at(bench, 6000)
    bench.server.etag = '"elsewhere"' if how == "hash" else bench.server.etag
    right = {"sha256": hashlib.sha256(DATA).hexdigest()}
    options: dict[str, Any] = right if how == "hash" else {"resume_from": URL}
    assert bench.fetch("http://mirror.example/f", **options).resumed_from == 6000
    bench.done()


@pytest.mark.parametrize("damage", ["part changed", "part short", "part gone"])
def test_damaged_part_file_starts_over(bench: Bench, damage: str) -> None:
    kill_at(bench, 6000)
    part = bench.target.with_name("firmware.bin.part")
    held = part.read_bytes()
    match damage:
        case "part changed":
            part.write_bytes(b"x" + held[1:])
        case "part short":
            part.write_bytes(held[:-1])
        case _:
            part.unlink()
    assert bench.fetch().resumed_from == 0
    bench.done()
    assert "does not match its journal" in bench.notes()


@pytest.mark.parametrize("text", ["", "{", "[]", '{"version": 9}', "null", "\x00" * 50])
def test_damaged_journal_starts_over(bench: Bench, text: str) -> None:
    kill_at(bench, 6000)
    bench.target.with_name("firmware.bin.journal").write_text(text)
    assert bench.fetch().resumed_from == 0
    bench.done()


def test_leftover_of_an_unfinished_append_is_cut(bench: Bench) -> None:
    kill_at(bench, 6000)
    with bench.target.with_name("firmware.bin.part").open("ab") as part:
        part.write(b"half a part")
    assert bench.fetch().resumed_from == 6000
    bench.done()


def test_killed_between_naming_the_file_and_removing_the_journal(bench: Bench) -> None:
    kill_at(bench, 10_000)
    bench.target.with_name("firmware.bin.part").rename(bench.target)
    result = bench.fetch(sha256=hashlib.sha256(DATA).hexdigest())
    bench.done()
    assert (result.fetched_parts, result.resumed_from) == (0, 10_000)
    assert bench.server.fetched() == PARTS


# --- verification and the disk ------------------------------------------------------------------


@pytest.mark.parametrize(("name", "digits"), [("sha256", 64), ("md5", 32)])
def test_wrong_hash_keeps_nothing(bench: Bench, name: str, digits: int) -> None:
    with pytest.raises(VerificationError, match="removed them, the next run starts over"):
        bench.fetch(**{name: "0" * digits})
    assert bench.files() == []


def test_second_process_on_the_same_target(bench: Bench) -> None:
    with PartFile(bench.target), pytest.raises(TargetError, match="by another process"):
        bench.fetch()
    assert bench.server.asked == []


@pytest.mark.parametrize("kind", ["directory", "missing"])
def test_target_that_cannot_be(bench: Bench, kind: str) -> None:
    if kind == "directory":
        bench.target.mkdir()
    else:
        bench.target = bench.target.parent / "nowhere" / "f.bin"
    with pytest.raises(TargetError, match=r"cannot write .*(directory|No such file)"):
        bench.fetch()
    assert bench.server.asked == []


def test_full_disk_keeps_what_came(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.pwrite

    def full(fd: int, data: bytes, at: int) -> int:
        if at >= 6000:
            raise OSError(errno.ENOSPC, "full")
        return real(fd, data, at)

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", full)
        with pytest.raises(TargetError, match=r"No space left on device; 6000 bytes are kept"):
            bench.fetch()
    assert bench.fetch().resumed_from == 6000
    bench.done()


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"sha256": "abc"}, "'abc' is no SHA-256: it has 64"),
        ({"md5": "g" * 32}, "is no MD5: it has 32"),
        ({"strategy": "fast"}, "not a strategy: auto, range or stream"),
        ({"chunk": 1}, "a chunk of 1 bytes: this module takes 2 to 4000"),
        ({"chunk": 4001}, "a chunk of 4001 bytes"),
        ({"strategy": "stream"}, "cannot stream"),
    ],
)
def test_orders_that_cannot_be(bench: Bench, options: dict[str, Any], text: str) -> None:
    with pytest.raises(UsageError, match=text):
        bench.fetch(**options)
    assert bench.files() == []


def test_journal_is_one_readable_object(bench: Bench) -> None:
    kill_at(bench, 6000)
    record = json.loads(bench.target.with_name("firmware.bin.journal").read_text())
    salt, _, digest = record.pop("url_hash").partition("$")
    assert len(salt) == 32
    assert len(digest) == 64
    assert record == {
        "version": 2,
        "url": URL,
        "entity": {
            "length": 10_000,
            "etag": '"v1-AbC"',
            "last_modified": "Wed, 08 Jan 2020 08:29:29 GMT",
        },
        "done": 6000,
        "sha256": hashlib.sha256(DATA[:6000]).hexdigest(),
    }


# --- streaming ----------------------------------------------------------------------------------

LARGE = random.Random(780).randbytes(200_000)


@pytest.fixture
def small_module(tmp_path: Path) -> Bench:
    return Bench(tmp_path, LARGE, streams=True, limit=3356)


def test_small_module_streams(small_module: Bench) -> None:
    result = small_module.fetch(chunk=None)
    small_module.done()
    assert (result.strategy, result.parts, result.fetched_parts) == ("stream", 4, 4)
    assert small_module.server.fetched() == [(None, None)]


def test_small_module_can_be_told_to_use_ranges(small_module: Bench) -> None:
    result = small_module.fetch(chunk=None, strategy="range")
    small_module.done()
    assert (result.strategy, result.parts) == ("range", 60)


def test_cut_stream_goes_on_behind_what_came(small_module: Bench) -> None:
    small_module.server.failures = [None, -100_000]
    result = small_module.fetch(chunk=None)
    small_module.done()
    assert result.retries == 1
    assert small_module.server.fetched() == [
        (None, None),
        (98_976, 100_000),
        (100_000, None),
    ]
    last = small_module.server.asked[-1]
    assert last.headers.split("\r\n") == [
        "Accept-Encoding: identity",
        "Range: bytes=100000-",
        'If-Range: "v1-AbC"',
    ]


def test_cut_stream_of_an_entity_that_changed(small_module: Bench) -> None:
    other = LARGE[::-1]

    def change(asked: Asked) -> None:
        if asked.first == 98_976:
            small_module.server.data = other
            small_module.server.etag = '"v2"'

    small_module.server.failures = [None, -100_000]
    small_module.server.before = change
    small_module.fetch(chunk=None)
    small_module.done(other)


def test_cut_stream_and_a_server_without_ranges(small_module: Bench) -> None:
    small_module.server.ranges = False
    small_module.server.failures = [None, -100_000]
    small_module.fetch(chunk=None)
    small_module.done()
    assert "the server ignores ranges" in small_module.notes()


def test_stream_of_unknown_length(small_module: Bench) -> None:
    small_module.server.head_length = None
    small_module.fetch(chunk=None, strategy="stream")
    small_module.done()


def test_empty_stream(tmp_path: Path) -> None:
    bench = Bench(tmp_path, b"", streams=True)
    bench.fetch(strategy="stream")
    bench.done()


def test_stream_that_turns_out_to_be_an_error_page(small_module: Bench) -> None:
    page = b"<p>gone</p>" * 10_000
    small_module.server.instead = lambda asked: Answer(404, page) if asked.method == "GET" else None
    with pytest.raises(ServerError, match="the server answered 404"):
        small_module.fetch(chunk=None)
    assert small_module.files() == []


def test_stream_with_a_wrong_length(small_module: Bench) -> None:
    small_module.server.head_length = 150_000
    small_module.fetch(chunk=None)
    small_module.done()
    assert "more than the announced 150000 bytes came" in small_module.notes()
    small_module.target.unlink()
    small_module.server.head_length = 250_000
    with pytest.raises(ServerError, match="200000 bytes came where 250000 were announced"):
        small_module.fetch(chunk=None)
    assert small_module.files() == []


def test_error_page_in_place_of_the_rest_costs_nothing(small_module: Bench) -> None:
    """What was on disk before the attempt stays, and the next run goes on from there."""
    page = b"<p>gone</p>" * 5_000
    small_module.server.failures = [None, -100_000]
    small_module.server.instead = lambda asked: (
        Answer(404, page) if asked.first == 100_000 else None
    )
    with pytest.raises(ServerError, match="the server answered 404"):
        small_module.fetch(chunk=None)
    part = small_module.target.with_name("firmware.bin.part")
    assert part.read_bytes() == LARGE[:100_000]
    small_module.server.instead = lambda asked: None
    assert small_module.fetch(chunk=None).resumed_from == 100_000
    small_module.done()


def test_busy_server_in_place_of_the_rest_is_asked_again(small_module: Bench) -> None:
    small_module.server.failures = [None, -100_000]
    pages = [Answer(503, b"longer than the rest" * 10_000), Answer(503, b"busy")]
    small_module.server.instead = lambda asked: (
        pages.pop() if asked.first == 100_000 and pages else None
    )
    assert small_module.fetch(chunk=None).retries == 3
    small_module.done()


def test_stream_cut_more_often_than_attempts_allow_gets_there(small_module: Bench) -> None:
    """Failures count in a row, and a row ends where bytes came."""
    small_module.server.failures = [None, *[-15_000, None] * 12]
    result = small_module.fetch(chunk=None, retry=Retry(attempts=2))
    small_module.done()
    assert result.retries == 12


def test_stream_whose_end_overtakes_a_fetch(small_module: Bench) -> None:
    """HTTPEXGET is refused because the connection broke a moment before: its URC says how."""

    def overtaken(line: str) -> bytes:
        del module_of[0].instead["AT+HTTPEXGET"]
        return b"\r\n+CME ERROR: 3\r\n\r\n+HTTPEXACTION: 0,601\r\n"

    module_of: list[FakeModule] = []

    def setup(module: FakeModule) -> None:
        module_of[:] = [module]
        module.instead["AT+HTTPEXGET"] = overtaken

    small_module.setup = setup
    result = small_module.fetch(chunk=None)
    small_module.done()
    assert result.retries == 1
    assert "network error" in small_module.notes()


def test_killed_stream_resumes(small_module: Bench) -> None:
    def on_progress(event: Progress) -> None:
        if event.kept > STREAM_PART:
            raise Killed

    small_module.on_progress = on_progress
    part = small_module.target.with_name("firmware.bin.part")
    with pytest.raises(Killed):
        small_module.fetch(chunk=None)
    kept = part.stat().st_size
    assert kept > 0
    small_module.on_progress = small_module.events.append
    result = small_module.fetch(chunk=None)
    small_module.done()
    assert result.resumed_from == kept
