"""AT+HTTPGETTOFS: into a file, whole or not at all (docs/spec/http.md §3.12)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.disk.state import StateDirectory, StateError
from atwin.line.ports.memory import memory_pair
from atwin.testing.simulated import SimulatedNetwork, SimulatedStream
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

BODY = bytes(range(256)) * 400
PATH = "/USER/HTTP/new.bin"
START = b'AT+HTTPGETTOFS=0,"new.bin"'


def response(body: bytes, status: bytes = b"200 OK", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n" % (status, size) + body


def download(
    test: Callable[[Twin, Terminal], Awaitable[None]],
    says: bytes = b"",
    *,
    holds: int | None = None,
    **options: Any,
) -> None:
    """Run `test` on a module whose URL gives `says`, of which `holds` bytes wait for ever."""

    async def answer(stream: SimulatedStream) -> None:
        while b"\r\n\r\n" not in await stream.read(65536):
            pass
        await stream.write(says[: len(says) - (holds or 0)])
        if holds is not None:
            await asyncio.sleep(3600)

    async def main() -> None:
        network = SimulatedNetwork(LoopClock())
        network.serve("files.example", 80, answer)
        near, far = memory_pair()
        terminal = Terminal(near)
        async with Twin("air780e-at", far, network=network, **options) as twin:
            for line in (
                b"ATE0",
                b"AT+HTTPINIT",
                b'AT+HTTPPARA="URL","http://files.example/f"',
                b'AT+HTTPPARA="TIMEOUT",20',
            ):
                await terminal.ask(line)
            await test(twin, terminal)

    run_virtual(main())


async def ended(terminal: Terminal) -> bytes:
    await terminal.expect(b"+HTTPGETTOFS: ")
    return (await terminal.expect(b"\r\n")).strip()


def test_a_download_and_what_the_query_says() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert await terminal.ask(b"AT+HTTPGETTOFS=?") == b"\r\nOK\r\n"
        assert b"\r\n+HTTPGETTOFS: 0,0,0\r\n\r\nOK" in await terminal.ask(b"AT+HTTPGETTOFS?")
        assert await terminal.ask(START) == b"\r\nOK\r\n"
        assert await ended(terminal) == b"200,%d" % len(BODY)
        answer = await terminal.ask(b"AT+HTTPGETTOFS?")
        assert answer == b"\r\n+HTTPGETTOFS: 0,%d,%d\r\n\r\nOK\r\n" % (len(BODY), len(BODY))
        assert twin.module.hardware.flash.read(PATH) == BODY
        assert b"+FSFLSIZE: %d\r\n" % len(BODY) in await terminal.ask(
            b'AT+FSFLSIZE="/USER/HTTP/new.bin"'
        )

    download(test, response(BODY))


def test_the_query_follows_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        free = twin.module.hardware.flash.free
        await terminal.ask(START)
        await terminal.quiet()
        answer = await terminal.ask(b"AT+HTTPGETTOFS?")
        assert answer == b"\r\n+HTTPGETTOFS: 1,%d,%d\r\n\r\nOK\r\n" % (len(BODY) - 9, len(BODY))
        # What has come takes room: 25 blocks.
        assert twin.module.hardware.flash.free == free - 25 * 4096
        # Only one action at a time, and HTTPTERM ends it without a word.
        await terminal.ask(START, b"\r\nERROR\r\n")
        await terminal.ask(b"AT+HTTPTERM")
        assert await terminal.quiet(60) == b""
        assert b"+HTTPGETTOFS: 0," in await terminal.ask(b"AT+HTTPGETTOFS?")
        assert twin.module.hardware.flash.free == free

    download(test, response(BODY), holds=9)


@pytest.mark.parametrize("length", [2**31, 2**32 - 1, 2**32, 10 * 2**30])
def test_the_query_tells_lengths_no_flash_can_hold(length: int) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(START)
        await terminal.quiet()
        answer = await terminal.ask(b"AT+HTTPGETTOFS?")
        assert answer == b"\r\n+HTTPGETTOFS: 1,%d,%d\r\n\r\nOK\r\n" % (len(BODY), length)
        assert await ended(terminal) == b"408,%d" % len(BODY)

    download(test, response(BODY, length=length), holds=0)


@pytest.mark.parametrize(
    ("says", "urc"),
    [
        (response(b"no such page", b"404 Not Found"), b"404,0"),
        (response(b"half", length=9), b"601,4"),
        (b"SSH-2.0\r\n", b"600,0"),
        (response(bytes(300_000)), b"602,262144"),
    ],
    ids=["an error page", "cut", "no HTTP", "too large"],
)
def test_whatever_fails_leaves_the_old_file(says: bytes, urc: bytes) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        flash = twin.module.hardware.flash
        flash.write(PATH, b"old")
        free = flash.free
        await terminal.ask(START)
        said = await ended(terminal)
        # The directories and the old file's own block are counted apart.
        assert said == (b"602,%d" % (free + 4096) if urc.startswith(b"602") else urc)
        assert flash.read(PATH) == b"old"
        assert flash.free == free

    download(test, says)


def test_a_shorter_file_replaces_a_longer_one_in_a_full_flash() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        flash = twin.module.hardware.flash
        flash.write(PATH, bytes(len(BODY) + 1))
        flash.write("rest", bytes(flash.free))
        assert flash.free == 0
        await terminal.ask(START)
        assert await ended(terminal) == b"200,%d" % len(BODY)
        assert flash.read(PATH) == BODY

    download(test, response(BODY))


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/../../x", "missing/x", "x" * 65, "/", "kept"]
)
def test_names_that_are_refused_at_once(name: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        flash = twin.module.hardware.flash
        for directory in ("USER", "USER/HTTP", "USER/HTTP/kept"):
            flash.make_directory(directory)
        await terminal.ask(b'AT+HTTPGETTOFS=0,"%s"' % name.encode(), b"\r\nERROR\r\n")
        await terminal.ask(b'AT+HTTPGETTOFS=1,"x"', b"\r\nERROR\r\n")
        assert flash.listing("/") == ([], ["USER"])
        assert flash.listing("USER/HTTP") == ([], ["kept"])

    download(test)


def test_a_longer_body_costs_the_disk_no_more_than_its_length(tmp_path: Path) -> None:
    with StateDirectory(tmp_path / "module", "air780e-at") as state:
        written: list[tuple[str, int]] = []
        put = state.put_file

        def counted(path: str, data: bytes) -> None:
            written.append((path, len(data)))
            put(path, data)

        state.put_file = counted  # type: ignore[method-assign]

        async def test(twin: Twin, terminal: Terminal) -> None:
            await terminal.ask(START)
            assert await ended(terminal) == b"200,%d" % len(BODY)

        download(test, response(BODY), state=state)
        assert written == [(PATH, len(BODY))]
        assert state.load_files() == {PATH: BODY}


def test_power_lost_in_the_middle_keeps_the_old_file(tmp_path: Path) -> None:
    with StateDirectory(tmp_path / "module", "air780e-at") as state:

        async def test(twin: Twin, terminal: Terminal) -> None:
            flash = twin.module.hardware.flash
            flash.write(PATH, b"old")
            await terminal.ask(START)
            await terminal.quiet()
            twin.module.cut_power()
            await terminal.quiet(60)
            assert flash.read(PATH) == b"old"
            assert flash.free == 262144 - 3 * 4096

        download(test, response(BODY), holds=9, state=state)
        assert state.load_files() == {PATH: b"old"}


def test_a_disk_that_fails_is_a_flash_that_fails(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with StateDirectory(tmp_path / "module", "air780e-at") as state:

        def full(path: str, data: bytes) -> None:
            raise StateError(f"cannot write {path}: No space left on device")

        state.put_file = full  # type: ignore[method-assign]

        async def test(twin: Twin, terminal: Terminal) -> None:
            await terminal.ask(START)
            assert await ended(terminal) == b"602,%d" % len(BODY)
            await terminal.ask(b'AT+FSCREATE="a"', b"\r\nERROR\r\n")
            await terminal.ask(b"AT+HTTPACTION=0")
            await terminal.expect(b"+HTTPACTION: 0,")
            await terminal.ask(b'AT+HTTPGET="b"', b"\r\n+CME ERROR: 20\r\n")

        download(test, response(BODY), state=state)
    assert "No space left on device" in caplog.text
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize(
    ("model", "said"),
    [("air780e-at", b"\r\n+HTTPGETTOFS: 603,0\r\n"), ("air780e-at@V1160", b"")],
)
def test_a_failure_has_a_urc_since_v1161(model: str, said: bytes) -> None:
    async def test(_: Twin, terminal: Terminal) -> None:
        for line in (b"AT+HTTPINIT", b'AT+HTTPPARA="URL","http://nowhere/"', START):
            await terminal.ask(line)
        assert await terminal.quiet(200) == said
        assert await terminal.ask(b"AT+HTTPGETTOFS?") == b"\r\n+HTTPGETTOFS: 0,0,0\r\n\r\nOK\r\n"

    on_twin(test, model)
