"""The module's end as a PTY: its link, its readers, and what happens when there are none."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from atwin.line.frame import Flow, Frame, UartSettings
from atwin.line.port import PortError, PortSpecError
from atwin.line.ports import pty
from atwin.line.ports.device import open_device
from atwin.line.ports.pty import PtyPort
from atwin.line.uart.uart import Uart
from support.line.ears import Ear, leaves_nothing
from support.running.unprivileged import unprivileged

#: A PTY's name without its number.
GONE = "/dev/pts/" if sys.platform == "linux" else "/dev/ttys"

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


async def until_dropped(port: PtyPort, count: int) -> None:
    async with asyncio.timeout(10):
        while port.dropped < count:  # noqa: ASYNC110 - the kernel tells the port, and that nobody
            await asyncio.sleep(0)
    assert port.dropped == count


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


def test_a_link_a_killed_twin_left_is_replaced(tmp_path: Path) -> None:
    link = tmp_path / "modem"
    link.symlink_to(f"{GONE}999999")

    async def main() -> None:
        port = PtyPort(str(link))
        assert os.readlink(link) == port.slave_path
        assert os.listdir(tmp_path) == [link.name]
        await port.close()
        assert os.listdir(tmp_path) == []

    leaves_nothing(main())


@pytest.mark.parametrize(
    "target",
    [
        *("nowhere", "/dev/null", "modem", "/dev/ptmx", "/dev/pts", "/dev/pts/", "/dev/pts/ptmx"),
        *("file", "folder", f"{GONE}x", f"..{GONE}999999", "/proc/self/fd/0", "/dev/\x1b[2J"),
    ],
)
def test_a_link_no_twin_made_is_left_alone(tmp_path: Path, target: str) -> None:
    (tmp_path / "file").write_text("precious")
    (tmp_path / "folder").mkdir()
    link = tmp_path / "modem"
    link.symlink_to(target)

    async def main() -> None:
        with pytest.raises(PortSpecError, match="which no twin made; choose another") as refused:
            PtyPort(str(link))
        assert one_line(refused.value).isprintable()

    leaves_nothing(main())
    assert sorted(os.listdir(tmp_path)) == ["file", "folder", "modem"]
    assert os.readlink(link) == target
    assert (tmp_path / "file").read_text() == "precious"


def test_a_link_to_somebody_elses_terminal_is_left_alone(tmp_path: Path) -> None:
    master, slave = os.openpty()
    link = tmp_path / "modem"
    link.symlink_to(os.ttyname(slave))

    async def main() -> None:
        with pytest.raises(PortError, match="another twin listens there"):
            PtyPort(str(link))

    leaves_nothing(main())
    assert os.readlink(link) == os.ttyname(slave)
    os.close(master)
    os.close(slave)


@pytest.mark.parametrize("kind", ["file", "directory", "link"])
def test_what_comes_between_looking_and_replacing_is_put_back(
    tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "modem"
    link.symlink_to(f"{GONE}999999")
    look = os.readlink

    def then_another_comes(path: str) -> str:
        there = look(path)
        if path == str(link):
            link.unlink()
            make(link)
        return there

    def make(path: Path) -> None:
        if kind == "file":
            path.write_text("precious")
        elif kind == "directory":
            path.mkdir()
        else:
            path.symlink_to("elsewhere")

    monkeypatch.setattr("os.readlink", then_another_comes)

    async def main() -> None:
        with pytest.raises(PortError, match="another program made it just now"):
            PtyPort(str(link))

    leaves_nothing(main())
    assert os.listdir(tmp_path) == ["modem"]
    assert link.is_symlink() is (kind == "link")
    assert link.is_dir() is (kind == "directory")


def test_a_link_that_was_replaced_meanwhile_is_not_removed(tmp_path: Path) -> None:
    link = tmp_path / "modem"

    async def main() -> None:
        port = PtyPort(str(link))
        link.unlink()
        link.symlink_to("elsewhere")
        await port.close()
        assert os.readlink(link) == "elsewhere"

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
            f"{path} exists and is not a link, as when a program writes there before the twin"
            " is ready; choose another path or remove it"
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


def test_a_link_to_a_pty_that_lives_is_left_alone(tmp_path: Path) -> None:
    link = tmp_path / "modem"

    async def main() -> None:
        first = PtyPort(str(link))
        with pytest.raises(PortError) as refused:
            PtyPort(str(link))
        assert "another twin listens there" in one_line(refused.value)
        assert os.readlink(link) == first.slave_path
        await first.close()
        await PtyPort(str(link)).close()
        assert os.listdir(tmp_path) == []

    leaves_nothing(main())


def test_a_link_another_module_took_over_is_not_removed(tmp_path: Path) -> None:
    link = tmp_path / "modem"

    async def main() -> None:
        first = PtyPort(str(link))
        link.unlink()  # by hand, and then another twin is started
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


def test_what_is_said_while_nobody_has_it_open_is_dropped_and_counted() -> None:
    async def main() -> None:
        port = PtyPort()
        port.start(Ear())
        for turn in range(1, 4):
            port.write(b"stale" * 40000)
            async with asyncio.timeout(10):
                await port.drain()
            assert port.dropped == turn * 200000
            with reader(port):
                pass
        with reader(port) as late:
            with pytest.raises(BlockingIOError):
                os.read(late, 1)
            port.write(b"fresh")
            assert await taken(late, 5) == b"fresh"
            with pytest.raises(BlockingIOError):
                os.read(late, 1)
        assert port.dropped == 600000
        await port.close()

    leaves_nothing(main())


@pytest.mark.parametrize("size", [6, 100_000])
def test_what_the_last_one_did_not_read_is_dropped_and_counted(size: int) -> None:
    """The kernel keeps up to some 20 KB of it, and we the rest."""

    async def main() -> None:
        port, ear = PtyPort(), Ear()
        port.start(ear)
        with reader(port) as dead:
            os.write(dead, b"AT\r")
            assert await ear.bytes(3) == b"AT\r"
            port.write(bytes(size))
        await until_dropped(port, size)
        with reader(port) as late:
            with pytest.raises(BlockingIOError):
                os.read(late, 1)
            port.write(b"fresh")
            assert await taken(late, 5) == b"fresh"
        await port.close()

    leaves_nothing(main())


def test_a_dead_programs_answers_are_gone_when_the_next_one_opens() -> None:
    async def main() -> None:
        port, ear = PtyPort(), Ear()
        port.start(ear)
        with reader(port) as dead:
            os.write(dead, b"AT\r")
        port.write(b"\r\nOK\r\n")
        assert await ear.bytes(3) == b"AT\r"
        with reader(port) as following, pytest.raises(BlockingIOError):
            os.read(following, 100)
        await port.close()

    leaves_nothing(main())


def test_what_the_last_one_wrote_is_heard() -> None:
    async def main() -> None:
        port, ear = PtyPort(), Ear()
        port.start(ear)
        with reader(port) as first:
            port.write(b"x")
            assert await taken(first, 1) == b"x"
            port.pause_reading()
            os.write(first, bytes(4000))
        port.write(b"said while nobody listens and the port does not look")
        await asyncio.sleep(0)
        port.resume_reading()
        assert await ear.bytes(4000) == bytes(4000)
        await until_dropped(port, 52)
        await port.close()

    leaves_nothing(main())


def test_a_program_that_opens_it_twice_and_closes_one_is_still_there() -> None:
    async def main() -> None:
        port = PtyPort()
        port.start(Ear())
        with reader(port) as first:
            port.write(b"one")
            with reader(port) as second:
                port.write(b"two")
            assert second
            for _ in range(10):
                await asyncio.sleep(0)
            port.write(b"three")
            assert await taken(first, 11) == b"onetwothree"
        assert port.dropped == 0
        await port.close()

    leaves_nothing(main())


def test_the_settings_of_one_program_are_found_by_the_next() -> None:
    """`stty -F` opens it for an instant."""
    import termios

    async def main() -> None:
        port, ear = PtyPort(), Ear()
        port.start(ear)
        for rate in (9600, 57600, 230400):
            stty = await asyncio.create_subprocess_exec(
                "stty", "-F", port.slave_path, str(rate), "crtscts"
            )
            assert await stty.wait() == 0
            with reader(port) as slave:
                assert termios.tcgetattr(slave)[5] == getattr(termios, f"B{rate}")
                os.write(slave, b"AT\r")
                assert await ear.bytes(3) == b"AT\r"
                assert (port.host_settings.rate, port.host_settings.obeys_cts) == (rate, True)
        await port.close()

    leaves_nothing(main())


def test_a_lock_ends_with_the_program_that_set_it() -> None:
    """TIOCEXCL outlives it on a PTY, and shuts out everybody but root."""
    import fcntl
    import termios

    async def main() -> None:
        port, ear = PtyPort(), Ear()
        os.chmod(port.slave_path, 0o666)
        port.start(ear)
        with unprivileged():
            for turn in range(1, 4):
                with reader(port) as slave:
                    fcntl.ioctl(slave, termios.TIOCEXCL)
                    os.write(slave, b"AT\r")
                    assert await ear.bytes(3) == b"AT\r"
                    port.write(b"OK")
                    assert await taken(slave, 2) == b"OK"
                    port.write(b"unread")
                await until_dropped(port, turn * 6)
        await port.close()

    leaves_nothing(main())


def test_a_lock_that_was_set_late_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl
    import termios

    monkeypatch.setattr(pty, "_LOOK_AGAIN", 0.01)

    async def main() -> None:
        port, ear = PtyPort(), Ear()
        os.chmod(port.slave_path, 0o666)
        port.start(ear)
        with unprivileged():
            with reader(port) as slave:
                port.write(b"OK")
                assert await taken(slave, 2) == b"OK"
                fcntl.ioctl(slave, termios.TIOCEXCL)
                port.write(b"unread")
            await asyncio.sleep(0.05)
            port.write(b"to nobody")
            await port.drain()
        with reader(port) as slave:  # root may
            fcntl.ioctl(slave, termios.TIOCNXCL)
        await until_dropped(port, 15)
        with unprivileged(), reader(port) as slave:
            os.write(slave, b"AT\r")
            assert await ear.bytes(3) == b"AT\r"
            port.write(b"OK")
            assert await taken(slave, 2) == b"OK"
        await port.close()

    leaves_nothing(main())


def test_an_unfinished_line_is_dropped_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host may have left the terminal in line mode, where reading waits for a line's end."""
    import termios
    import tty

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


async def speak(uart: Uart) -> None:
    for _ in range(1000):
        uart.write(bytes(1000))
        await uart.drain()


def test_a_host_that_rests_loses_nothing() -> None:
    """With flow control it is stopped in its debugger for as long as it likes."""

    async def main() -> None:
        port = PtyPort(rate=921600)
        uart = Uart(port)
        uart.listen(lambda: None)
        uart.boot(UartSettings(921600, Frame(), Flow.HARDWARE, Flow.HARDWARE), trained=True)
        with reader(port) as slave:
            speaking = asyncio.create_task(speak(uart))
            done, _ = await asyncio.wait((speaking,), timeout=0.3)  # the debugger
            assert not done, "the module does not wait"
            assert await taken(slave, 1_000_000) == bytes(1_000_000)
            await speaking
        assert port.dropped == 0
        await port.close()

    leaves_nothing(main())
