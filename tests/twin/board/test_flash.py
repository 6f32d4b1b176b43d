"""Flash: names, room, and what happens when there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.twin.board.flash import BadName, FileMissing, Flash, FlashError, FlashFull, normalise
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("ca.crt", "/ca.crt"),
        ("/ca.crt", "/ca.crt"),
        ("C:/ca.crt", "/ca.crt"),
        ("c:\\ca.crt", "/ca.crt"),
        ("C:ca.crt", "/ca.crt"),
        ("/USER/HTTP/", "/USER/HTTP"),
        ("a//b", "/a/b"),
        ("", "/"),
        ("C:/", "/"),
        ("a..b", "/a..b"),
        ("\xd6\xd0", "/\xd6\xd0"),
        ("x" * 64, "/" + "x" * 64),
    ],
)
def test_names(name: str, path: str) -> None:
    assert normalise(name) == path


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "../etc/passwd",
        "/a/../b",
        "a\\..\\b",
        ".",
        "a/./b",
        "a\0b",
        "x" * 65,
        "d/" * 128 + "x",
    ],
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(BadName):
        normalise(name)


def test_case_counts() -> None:
    flash = Flash()
    flash.write("a", b"1")
    flash.write("A", b"2")
    assert (flash.read("a"), flash.read("A")) == (b"1", b"2")


def test_blocks_are_counted_whole() -> None:
    flash = Flash(5 * 4096, 4096)
    flash.create("empty")
    assert flash.free == 4 * 4096
    flash.write("empty", b"x" * 4096)
    assert flash.free == 4 * 4096
    flash.append("empty", b"x")
    assert flash.free == 3 * 4096
    flash.make_directory("d")
    assert flash.free == 2 * 4096
    flash.write("/d/all", b"x" * 8192)
    assert flash.free == 0
    refusals: tuple[Callable[[], None], ...] = (
        lambda: flash.create("more"),
        lambda: flash.make_directory("more"),
        lambda: flash.append("/d/all", b"x"),
        lambda: flash.write("empty", b"x" * 8193),
    )
    for refused in refusals:
        with pytest.raises(FlashFull):
            refused()
    assert flash.read("empty") == b"x" * 4097
    assert flash.read("/d/all") == b"x" * 8192
    flash.write("/d/all", b"")
    assert flash.free == 4096


def test_a_file_in_the_making_takes_room_and_is_there_when_kept() -> None:
    # A rest of a block is of no use to anyone.
    flash = Flash(4 * 4096 + 100, 4096)
    flash.write("a", b"old" * 2000)
    with flash.new_file("a") as new:
        new.append(b"x" * 4097)
        assert flash.free == 2 * 4096 + 100
        new.append(b"x" * 8191)
        assert flash.free == 4096 + 100
        flash.create("b")
        with pytest.raises(FlashFull, match="12288 bytes"):
            new.append(b"x" * 2)
        assert len(new) == 12288
        assert flash.read("a") == b"old" * 2000
        new.keep()
    assert flash.read("a") == b"x" * 12288
    assert flash.free == 100
    with flash.new_file("a") as new:
        new.append(b"y")
    assert flash.read("a") == b"x" * 12288


def test_http_makes_its_own_directories_and_only_those() -> None:
    flash = Flash()
    flash.write("/USER/HTTP/a.bin", b"x")
    assert flash.listing("/") == ([], ["USER"])
    assert flash.listing("/USER/HTTP") == (["a.bin"], [])
    with pytest.raises(FileMissing):
        flash.write("/USER/OTHER/a.bin", b"x")
    with pytest.raises(BadName):
        flash.write("/USER/HTTP", b"x")


def test_files_and_directories_are_told_apart() -> None:
    flash = Flash()
    flash.make_directory("d")
    flash.create("f")
    refusals: tuple[Callable[[], object], ...] = (
        lambda: flash.create("d"),
        lambda: flash.create("/"),
        lambda: flash.make_directory("f"),
        lambda: flash.make_directory("x/y"),
        lambda: flash.create("f/x"),
        lambda: flash.delete("d"),
        lambda: flash.remove_directory("f"),
        lambda: flash.remove_directory("/"),
        lambda: flash.read("d"),
        lambda: flash.append("x", b""),
        lambda: flash.listing("f"),
        lambda: flash.write("/", b""),
    )
    for refused in refusals:
        with pytest.raises(FlashError):
            refused()
    assert flash.listing("/") == (["f"], ["d"])


def test_a_full_flash_takes_the_data_and_says_error() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        flash = twin.module.hardware.flash
        flash.write("big", b"x" * (flash.free - 4096))
        assert await terminal.ask(b"AT+FSCREATE=a") == b"\r\nOK\r\n"
        await terminal.ask(b"AT+FSCREATE=b", b"\r\nERROR\r\n")
        await terminal.ask(b"AT+FSWRITE=a,0,4097,10", b"\r\n>")
        terminal.type(b"y" * 4097)
        assert await terminal.quiet() == b"\r\nERROR\r\n"
        assert flash.read("a") == b""
        await terminal.ask(b"AT+FSWRITE=a,0,4096,10", b"\r\n>")
        terminal.type(b"y" * 4096)
        assert await terminal.quiet() == b"\r\nOK\r\n"
        assert b"+FSMEM: 0 bytes" in await terminal.ask(b"AT+FSMEM")

    on_twin(test)


def test_a_piece_is_ten_kilobytes_at_most() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        data = bytes(value % 251 for value in range(10240))
        await terminal.ask(b"AT+FSCREATE=a")
        await terminal.ask(b"AT+FSWRITE=a,0,10241,10", b"\r\nERROR\r\n")
        await terminal.ask(b"AT+FSWRITE=a,0,10240,4294967295", b"\r\n> ")
        terminal.type(data)
        assert await terminal.quiet() == b"\r\nOK\r\n"
        terminal.type(b"AT+FSREAD=a,0,10240,0\r")
        assert await terminal.quiet() == b"\r\n" + data + b"\r\nOK\r\n"
        terminal.type(b"AT+FSREAD=a,1,10240,10000\r")
        assert await terminal.quiet() == b"\r\n" + data[10000:] + b"\r\nOK\r\n"

    on_twin(test, "air724ug")


def test_power_lost_in_the_middle_of_a_write_keeps_the_old_content() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        flash = twin.module.hardware.flash
        flash.write("a", b"old")
        await terminal.ask(b"AT+FSWRITE=a,0,3,10", b"\r\n>")
        terminal.type(b"ne")
        await terminal.quiet()
        twin.module.cut_power()
        await terminal.quiet(60)
        assert flash.read("a") == b"old"

    on_twin(test)
