"""The module's end as a PTY: its link, its readers, and what happens when there are none."""

from __future__ import annotations

import asyncio
import os
import stat
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from atwin.line import pty
from atwin.line.device import open_device
from atwin.line.errors import PortError
from atwin.line.pty import PtyPort
from support.ears import Ear, leaves_nothing
from support.unprivileged import unprivileged

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def reader(port: PtyPort) -> Iterator[int]:
    """The slave as a plain program opens it: without a flush."""
    slave = os.open(port.slave_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    try:
        yield slave
    finally:
        os.close(slave)


async def taken(slave: int, count: int) -> bytes:
    """`count` bytes, as they come."""
    data = b""
    async with asyncio.timeout(10):
        while len(data) < count:
            try:
                data += os.read(slave, count - len(data))
            except BlockingIOError:
                await asyncio.sleep(0)
    return data


def one_line(error: PortError) -> str:
    text = str(error)
    assert "\n" not in text
    return text


# --- the link ------------------------------------------------------------------------------------


def test_a_link_is_made_and_removed(tmp_path: Path) -> None:
    link = tmp_path / "modem"

    async def main() -> None:
        port = PtyPort(str(link))
        assert os.readlink(link) == port.slave_path
        assert stat.S_ISCHR(link.stat().st_mode)
        assert port.name == str(link)
        ear = Ear()
        port.start(ear)
        host = await open_device(str(link))
        host.write(b"AT\r")
        assert await ear.bytes(3) == b"AT\r"
        await host.close()
        await port.close()
        assert os.listdir(tmp_path) == []

    leaves_nothing(main())


@pytest.mark.parametrize("target", ["nowhere", "/dev/null", "modem"])
def test_a_stale_link_is_replaced(tmp_path: Path, target: str) -> None:
    link = tmp_path / "modem"
    link.symlink_to(target)

    async def main() -> None:
        port = PtyPort(str(link))
        assert os.readlink(link) == port.slave_path
        assert os.listdir(tmp_path) == [link.name]
        await port.close()
        assert os.listdir(tmp_path) == []

    leaves_nothing(main())


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_what_is_no_link_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "modem"
    if kind == "file":
        path.write_text("precious")
    else:
        path.mkdir()

    async def main() -> None:
        with pytest.raises(PortError) as refused:
            PtyPort(str(path))
        assert one_line(refused.value) == (
            f"{path} exists and is no link; choose another path or remove it"
        )

    leaves_nothing(main())
    assert list(tmp_path.iterdir()) == [path]
    assert path.is_dir() if kind == "directory" else path.read_text() == "precious"


def test_a_directory_one_may_not_write() -> None:
    # Not under tmp_path: that lies where only its owner can look.
    with TemporaryDirectory() as directory:
        os.chmod(directory, 0o555)
        link = os.path.join(directory, "modem")

        async def main() -> None:
            with unprivileged(), pytest.raises(PortError) as refused:
                PtyPort(link)
            assert one_line(refused.value) == f"cannot make the link {link}: Permission denied"

        leaves_nothing(main())
        assert os.listdir(directory) == []


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(PortError) as refused:
            PtyPort(str(tmp_path / "none" / "modem"))
        assert one_line(refused.value).endswith("No such file or directory")

    leaves_nothing(main())


def test_a_link_another_module_took_over_is_not_removed(tmp_path: Path) -> None:
    link = tmp_path / "modem"

    async def main() -> None:
        first = PtyPort(str(link))
        second = PtyPort(str(link))
        await first.close()
        assert os.readlink(link) == second.slave_path
        await second.close()
        assert os.listdir(tmp_path) == []

    leaves_nothing(main())


def test_a_link_somebody_removed_or_replaced_is_no_trouble(tmp_path: Path) -> None:
    link = tmp_path / "modem"

    async def main() -> None:
        port = PtyPort(str(link))
        link.unlink()
        await port.close()
        port = PtyPort(str(link))
        link.unlink()
        link.write_text("precious")
        await port.close()

    leaves_nothing(main())
    assert link.read_text() == "precious"


# --- readers -------------------------------------------------------------------------------------


def test_the_slave_is_raw() -> None:
    async def main() -> None:
        port, ear = PtyPort(), Ear()
        port.start(ear)
        with reader(port) as slave:
            every = bytes(range(256))
            port.write(every)
            assert await taken(slave, 256) == every
            os.write(slave, every)
            assert await ear.bytes(256) == every
            # Raw means without echo: nothing of it came back.
            port.write(b".")
            assert await taken(slave, 1) == b"."
        await port.close()

    leaves_nothing(main())


def test_hosts_come_and_go() -> None:
    async def main() -> None:
        port, ear = PtyPort(), Ear()
        port.start(ear)
        for turn in range(200):
            word = b"%03d" % turn
            with reader(port) as slave:
                os.write(slave, word)
                assert await ear.bytes(3) == word
                port.write(word)
                assert await taken(slave, 3) == word
        assert ear.reasons == []
        assert port.dropped == 0
        await port.close()

    leaves_nothing(main())


def test_what_nobody_took_is_dropped_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pty, "_UNHEARD", 0.05)

    async def main() -> None:
        port = PtyPort()
        port.start(Ear())
        for turn in range(1, 4):
            port.write(b"stale" * 40000)
            async with asyncio.timeout(10):
                await port.drain()
            assert port.dropped == turn * 200000
        with reader(port) as late:
            with pytest.raises(BlockingIOError):
                os.read(late, 1)
            port.write(b"fresh")
            assert await taken(late, 5) == b"fresh"
            with pytest.raises(BlockingIOError):
                os.read(late, 1)
        await port.close()

    leaves_nothing(main())


def test_an_unfinished_line_is_dropped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host may have left the terminal in line mode, where reading waits for a line's end."""
    import termios
    import tty

    monkeypatch.setattr(pty, "_UNHEARD", 0.05)
    # In packet mode the kernel itself throws away what no line has room for.
    monkeypatch.setattr(pty, "_PACKETS", False)

    async def main() -> None:
        port = PtyPort()
        port.start(Ear())
        with reader(port) as slave:
            mode = termios.tcgetattr(slave)
            mode[3] |= termios.ICANON
            termios.tcsetattr(slave, termios.TCSANOW, mode)
        port.write(b"\n" + b"stale" * 20000)
        async with asyncio.timeout(10):
            await port.drain()
        with reader(port) as late:
            tty.setraw(late, termios.TCSANOW)
            port.write(b"fresh")
            assert await taken(late, 5) == b"fresh"
        await port.close()

    leaves_nothing(main())


def test_a_slow_reader_is_somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as bytes are taken now and then, none is dropped, however long it lasts."""
    monkeypatch.setattr(pty, "_UNHEARD", 0.3)
    whole = bytes(range(256)) * 1000

    async def main() -> None:
        loop = asyncio.get_running_loop()
        port = PtyPort()
        port.start(Ear())
        with reader(port) as slave:
            port.write(whole)
            heard, begun = b"", loop.time()
            while len(heard) < len(whole):
                heard += await taken(slave, min(16000, len(whole) - len(heard)))
                await asyncio.sleep(0.05)
            assert loop.time() - begun > 2 * 0.3
        assert heard == whole
        assert port.dropped == 0
        await port.close()

    leaves_nothing(main())
