"""Every odd server gives a status in bounded time and memory, whichever command asks."""

from __future__ import annotations

import asyncio
import itertools
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from atwin.clock import run_virtual
from atwin.models import MODELS, load_profile
from support.modules.one_request import COMMANDS, TIMEOUT, results, statuses

if TYPE_CHECKING:
    from support.modules.one_request import Says

OK = b"HTTP/1.1 200 OK\r\n"
TEN = b"Content-Length: 10\r\n\r\n0123456789"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
BODY = [command for command in COMMANDS if command != "HEAD"]

#: Name: what the server says before it closes, the status with a body, the status of HEAD.
ANSWERS: dict[str, tuple[bytes, int, int]] = {
    "good": (OK + TEN, 200, 200),
    "more than it said": (OK + TEN + b"HTTP/1.1 500 No\r\n\r\n", 200, 200),
    "less than it said": (OK + TEN[:-1], 601, 200),
    "nothing": (b"", 601, 601),
    "cut head": (OK + b"Content-Le", 600, 600),
    "no length": (OK + b"\r\n0123456789", 200, 200),
    "HTTP/0.9": (b"<html>hello</html>", 600, 600),
    "HTTP/2.0 in text": (b"HTTP/2.0 200 OK\r\n" + TEN, 200, 200),
    "HTTP/1.0 without reason": (b"HTTP/1.0 200\r\n" + TEN, 200, 200),
    "ICY": (b"ICY 200 OK\r\n\r\nhello", 200, 200),
    "mail": (b"220 mail.test ESMTP\r\n", 600, 600),
    "TLS alert": (b"\x15\x03\x01\x00\x02\x02\x28", 600, 600),
    "status of letters": (b"HTTP/1.1 abc OK\r\n" + TEN, 600, 600),
    "status 99": (b"HTTP/1.1 99 X\r\n" + TEN, 600, 600),
    "status 1000": (b"HTTP/1.1 1000 X\r\n" + TEN, 600, 600),
    "status 999": (b"HTTP/1.1 999 X\r\n" + TEN, 999, 999),
    "status -200": (b"HTTP/1.1 -200 X\r\n" + TEN, 600, 600),
    "status 2_0": (b"HTTP/1.1 2_0 X\r\n" + TEN, 600, 600),
    "long reason": (b"HTTP/1.1 200 " + b"O" * 7000 + b"\r\n" + TEN, 200, 200),
    "bare line feeds": ((OK + TEN).replace(b"\r", b""), 200, 200),
    "bare carriage returns": ((OK + TEN).replace(b"\n", b""), 600, 600),
    "zero byte": (OK + b"X: a\0b\r\n" + TEN, 600, 600),
    "folded length": (OK + b"X: a\r\n b\r\n" + TEN.replace(b":", b":\r\n\t"), 200, 200),
    "blank before the colon": (OK + TEN.replace(b":", b" :"), 200, 200),
    "no colon": (OK + b"MARKER\r\n" + TEN, 200, 200),
    "empty name": (OK + b": x\r\n" + TEN, 200, 200),
    "quoted name": (OK + b'"X: 0"\r\n' + TEN, 200, 200),
    "escapes": (OK + b"X: \x1b]0;pwned\x07\x9b2J\r\n" + TEN, 200, 200),
    "identity": (OK + b"Transfer-Encoding: identity\r\n" + TEN, 200, 200),
    "chunked and a length": (CHUNKED[:-2] + b"Content-Length: 3\r\n\r\n0\r\n\r\n", 200, 200),
    "gzip, chunked": (OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 600, 200),
    "length twice alike": (OK + TEN.replace(b"10", b"10, 10", 1), 200, 200),
    "two lengths": (OK + b"Content-Length: 9\r\n" + TEN, 600, 200),
    **{
        f"length {size!r}": (OK + TEN.replace(b"10", size, 1), 600, 200)
        for size in (b"-10", b"+10", b"1_0", b"0x10", b"", b"ten", b"\xb2", b"9" * 5000)
    },
    **{
        f"chunk {size!r}": (CHUNKED + size + b"\r\nhello\r\n0\r\n\r\n", 601, 200)
        for size in (b"-5", b"+5", b" 5", b"5_0", b"0x5", b"", b"F" * 16, b"5" * 5000, b"zz")
    },
    "extension": (CHUNKED + b"5 ;x=y\r\nhello\r\n0;z\r\n\r\n", 200, 200),
    "endless extension": (CHUNKED + b"5;" + b"x" * 100_000, 601, 200),
    "endless trailer": (CHUNKED + b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 10_000, 601, 200),
    "cut chunk": (CHUNKED + b"5\r\nhel", 601, 200),
    "interim, then good": (b"HTTP/1.1 102 Wait\r\n\r\n" * 99 + OK + TEN, 200, 200),
    "only interim": (b"HTTP/1.1 100 Continue\r\n\r\n" * 5000, 600, 600),
    "101": (b"HTTP/1.1 101 Switch\r\nUpgrade: x\r\n\r\n" + b"x" * 3000, 101, 101),
    "204 with a body": (b"HTTP/1.1 204 No\r\n" + TEN, 204, 204),
    "head of 1 MB": (OK + b"X: " + b"y" * 1_000_000 + b"\r\n" + TEN, 600, 600),
    "head of many lines": (OK + b"a:b\r\n" * 200_000 + TEN, 600, 600),
    "head of 7 KB": (OK + b"a:b\r\n" * 1500 + TEN, 200, 200),
    "606 of its own": (b"HTTP/1.1 606 X\r\n" + TEN, 606, 606),
    "redirect nowhere": (b"HTTP/1.1 302 F\r\nLocation: http://[::1/x\r\n" + TEN, 302, 302),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_server_that_closes_behind_its_answer(name: str) -> None:
    said, status, of_head = ANSWERS[name]
    expected = {command: of_head if command == "HEAD" else status for command in COMMANDS}
    assert statuses(lambda: [said]) == expected


@pytest.mark.parametrize("name", ["good", "folded length", "extension", "interim, then good"])
def test_how_it_is_cut_makes_no_difference(name: str) -> None:
    said, status, of_head = ANSWERS[name]
    expected = {command: of_head if command == "HEAD" else status for command in COMMANDS}
    assert statuses(lambda: [said[i : i + 1] for i in range(len(said))]) == expected


DRIP: list[bytes | float] = [b"y", 1.0]
#: Name: what a server says that goes on or stays, the status with a body, the status of HEAD.
ENDLESS: dict[str, tuple[Says, int, int]] = {
    "silence": ([], 408, 408),
    "a head that stops": ([OK], 408, 408),
    "a body that stops": ([OK + TEN[:-1]], 408, 200),
    "a slow head": (itertools.cycle([b"H", 1.0]), 600, 600),
    "a head byte by byte": (itertools.chain([OK], itertools.cycle(DRIP)), 408, 408),
    "slow interim": (itertools.cycle([b"HTTP/1.1 102 Wait\r\n\r\n", 0.5]), 408, 408),
    "good, and stays": ([OK + TEN], 200, 200),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_a_server_that_stays(name: str) -> None:
    said, status, of_head = ENDLESS[name]
    pieces = list(itertools.islice(said, 1000))
    expected = {command: of_head if command == "HEAD" else status for command in COMMANDS}
    assert statuses(lambda: pieces, leaves=False) == expected


PIECE = b"x" * 65_536


@pytest.mark.parametrize(
    ("head", "piece"),
    [
        (OK + b"\r\n", PIECE),
        (OK + b"Content-Length: %d\r\n\r\n" % (10 * 2**30), PIECE),
        (OK + b"Content-Length: %d\r\n\r\n" % (10**19 - 1), PIECE),
        (CHUNKED, b"10000\r\n" + PIECE + b"\r\n"),
    ],
    ids=["no end", "10 GiB", "10^19", "chunks"],
)
def test_a_body_without_an_end_costs_a_buffer_and_a_timeout(head: bytes, piece: bytes) -> None:
    async def main() -> dict[str, tuple[int, int]]:
        def says() -> Says:
            return itertools.chain([head], itertools.repeat(piece))

        loop = asyncio.get_running_loop()
        began = loop.time()
        ended: dict[str, tuple[int, int]] = {}
        commands = ("GET", "POST", "HEAD", "TOFS")
        async for command, status, amount in results(says, commands):
            ended[command] = status, amount
            assert loop.time() - began <= TIMEOUT + 2
            began = loop.time()
        return ended

    tracemalloc.start()
    try:
        ended = run_virtual(main())
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 16 * 2**20
    # The buffer kept what it holds, but what the server would have said is not known.
    assert ended["GET"] == ended["POST"] == (408, 0)
    assert ended["HEAD"] == (200, 0)
    status, written = ended["TOFS"]
    assert status == 602
    assert 0 < written <= 262_144


def test_a_body_of_tiny_chunks_without_an_end() -> None:
    async def main() -> list[tuple[str, int, int]]:
        def says() -> Says:
            return itertools.chain([CHUNKED], itertools.repeat(b"1\r\nx\r\n" * 4000))

        return [result async for result in results(says, ("GET", "TOFS"), bandwidth=2e4)]

    assert [status for _, status, _ in run_virtual(main())] == [408, 408]


@pytest.mark.parametrize("length", [2**31 - 1, 2**31, 2**32 - 1, 2**32, 10 * 2**30])
def test_lengths_no_module_can_hold(length: int) -> None:
    """A body that is cut is 601, whatever was announced."""
    said = OK + b"Content-Length: %d\r\n\r\n0123456789" % length
    expected = {command: 200 if command == "HEAD" else 601 for command in COMMANDS}
    assert statuses(lambda: [said]) == expected


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("more", [-1, 0, 1])
def test_around_the_end_of_the_buffer(model: str, more: int) -> None:
    capacity = load_profile(model).limit("http_buffer")
    body = b"x" * (capacity + more)

    async def main(head: bytes) -> tuple[int, int]:
        said = OK + head + body
        async for _, status, amount in results(lambda: [said], ("GET",), model=model):
            return status, amount
        raise AssertionError("no result")

    urc = (602, capacity) if more > 0 else (200, len(body))
    assert run_virtual(main(b"Content-Length: %d\r\n\r\n" % len(body))) == urc
    assert run_virtual(main(b"\r\n")) == urc
