"""The host's end on a device, and the opener: each refusal is one line that says what to do."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import termios
import tty
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from atwin.line.frame import Flow
from atwin.line.opener import open_port
from atwin.line.port import PortError
from atwin.line.ports import device
from atwin.line.ports.device import open_device
from atwin.line.ports.pty import PtyPort
from support.line.ears import Ear, leaves_nothing, settled
from support.running.unprivileged import unprivileged
from support.servers.sockets import own_port

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from atwin.line.port import Port


async def refusal(url: str, opener: Callable[[str], object] = open_port) -> str:
    """The one line with which `url` is refused, without the URL in front."""
    with pytest.raises(PortError) as refused:
        await opener(url)  # type: ignore[misc]
    text = str(refused.value)
    assert "\n" not in text
    assert text.startswith(f"{url}: ")
    return text.removeprefix(f"{url}: ")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("/dev/ttyNONE7", "no such device; is the module plugged in?"),
        ("/dev/null", "this is not a serial device"),
        ("{tmp}", "this is not a serial device"),
        (
            "{tmp}/file",
            "this is a regular file, no serial device; if a twin's link should be here,"
            " remove it and wait for the twin's ready line",
        ),
        ("{tmp}/fifo", "this is not a serial device"),
        ("{tmp}/file/below", "no such device; is the module plugged in?"),
        ("{tmp}/none/tty", "no such device; is the module plugged in?"),
    ],
)
def test_what_is_no_serial_device(tmp_path: Path, path: str, why: str) -> None:
    (tmp_path / "file").write_text("precious")
    os.mkfifo(tmp_path / "fifo")

    async def main() -> None:
        assert await refusal(path.format(tmp=tmp_path)) == why
        assert await refusal(path.format(tmp=tmp_path), open_device) == why

    leaves_nothing(main())
    assert (tmp_path / "file").read_text() == "precious"


def test_a_device_one_may_not_open() -> None:
    async def main() -> None:
        terminal = PtyPort()
        os.chmod(terminal.slave_path, 0)
        with unprivileged():
            why = await refusal(terminal.slave_path)
        assert why == "permission denied; is your user in the group of the device (dialout)?"
        await terminal.close()

    leaves_nothing(main())


def test_a_device_in_use() -> None:
    async def main() -> None:
        terminal = PtyPort()
        first, ear = await open_device(terminal.slave_path), Ear()
        terminal.start(ear)
        why = await refusal(terminal.slave_path)
        assert why == "the device is in use by another program; end that first"
        first.write(b"still here")
        assert await ear.bytes(10) == b"still here"
        await first.close()
        second = await open_device(terminal.slave_path)
        await second.close()
        await terminal.close()

    leaves_nothing(main())


@pytest.mark.parametrize("baud", [0, -1])
def test_a_rate_no_uart_has(baud: int) -> None:
    async def main() -> None:
        terminal = PtyPort()
        with pytest.raises(PortError) as refused:
            await open_port(terminal.slave_path, baud=baud)
        assert "\n" not in str(refused.value)
        assert str(baud) in str(refused.value)
        await terminal.close()

    leaves_nothing(main())


def test_the_rate_is_set() -> None:
    async def main() -> None:
        terminal = PtyPort()
        port = await open_port(terminal.slave_path, baud=9600)
        slave = os.open(terminal.slave_path, os.O_RDWR | os.O_NOCTTY)
        mode = termios.tcgetattr(slave)
        os.close(slave)
        assert mode[4:6] == [termios.B9600, termios.B9600]
        assert mode[2] & termios.CSIZE == termios.CS8
        assert not mode[2] & (termios.PARENB | termios.CSTOPB)
        await port.close()
        await terminal.close()

    leaves_nothing(main())


@pytest.mark.parametrize("what", ["rate", "flow"])
def test_a_host_that_changes_its_settings_drops_nothing_it_wrote_before(what: str) -> None:
    """Nor what had come and was not delivered yet."""

    async def main() -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        port, ear = await open_device(os.ttyname(slave)), Ear()
        port.start(ear)
        await settled()
        port.pause_reading()
        heard = b""
        for turn in range(60):
            port.write(b"%02d" % turn)
            os.write(master, b"%02d" % turn)
            if what == "rate":
                await port.set_rate((9600, 115200, 921600)[turn % 3])
            else:
                await port.set_flow((Flow.HARDWARE, Flow.SOFTWARE, Flow.NONE)[turn % 3])
            with suppress(BlockingIOError):
                heard += os.read(master, 4096)
        port.resume_reading()
        every = b"".join(b"%02d" % turn for turn in range(60))
        assert await ear.bytes(120) == every
        async with asyncio.timeout(10):
            while len(heard) < 120:
                await asyncio.sleep(0)
                with suppress(BlockingIOError):
                    heard += os.read(master, 4096)
        assert heard == every
        await port.close()
        os.close(master)
        os.close(slave)

    leaves_nothing(main())


def test_a_change_of_rate_does_not_wait_for_a_host_that_takes_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(device, "_HELD_BACK", 0.05)

    async def main() -> None:
        master, slave = os.openpty()
        tty.setraw(slave)
        port = await open_device(os.ttyname(slave), 921600)
        port.start(Ear())
        port.write(bytes(30_000))
        await port.set_rate(9600)
        assert termios.tcgetattr(slave)[4:6] == [termios.B9600, termios.B9600]
        await port.close()
        os.close(master)
        os.close(slave)

    leaves_nothing(main())


def test_a_device_that_is_gone_cannot_be_set() -> None:
    async def main() -> None:
        terminal = PtyPort()
        port = await open_device(terminal.slave_path)
        ear = Ear()
        port.start(ear)
        await terminal.close()
        await ear.end()
        for change in (port.set_rate(9600), port.set_flow(Flow.HARDWARE)):
            with pytest.raises(PortError, match=f"^{terminal.slave_path}: the device is gone$"):
                await change
        await port.close()

    leaves_nothing(main())


def test_a_device_that_is_pulled_out() -> None:
    async def main() -> None:
        terminal = PtyPort()
        port, ear = await open_port(terminal.slave_path), Ear()
        port.start(ear)
        await terminal.close()
        await ear.end()
        (reason,) = ear.reasons
        assert reason
        assert "disconnected" in reason
        port.write(b"AT\r")
        await port.drain()
        await port.close()
        assert ear.reasons == [reason]

    leaves_nothing(main())


_FORMS = "use a device path, socket://HOST:PORT or rfc2217://HOST:PORT (atwin itself: twin://MODEL)"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:80", f"unknown kind of port; {_FORMS}"),
        ("://", f"unknown kind of port; {_FORMS}"),
        ("twin://[::1", f"unknown kind of port; {_FORMS}"),
        ("socket://", "must name host and port: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1", "must name host and port: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1:0", "must name host and port: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1:99999", "must name host and port: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1:seven", "must name host and port: socket://127.0.0.1:7000"),
        ("socket://[::1", "must name host and port: socket://127.0.0.1:7000"),
        ("rfc2217://:7000", "must name host and port: rfc2217://127.0.0.1:7000"),
    ],
)
def test_what_is_no_port(url: str, why: str) -> None:
    async def main() -> None:
        assert await refusal(url) == why

    leaves_nothing(main())


def test_nothing_given() -> None:
    with pytest.raises(PortError, match=f"^no port given; {re.escape(_FORMS)}$"):
        asyncio.run(open_port(""))


def test_nobody_listens_on_tcp() -> None:
    async def main() -> None:
        with own_port() as port:
            why = await refusal(f"socket://127.0.0.1:{port}")
        assert why == "cannot connect: Connection refused; is a module served there?"

    leaves_nothing(main())


def test_nobody_listens_on_rfc2217() -> None:
    async def main() -> None:
        with own_port() as port:
            why = await refusal(f"rfc2217://127.0.0.1:{port}")
        assert why == "cannot connect: Connection refused; is a module served there?"

    leaves_nothing(main())


@pytest.mark.parametrize("scheme", ["socket", "rfc2217"])
def test_a_name_no_host_can_have(scheme: str) -> None:
    async def main() -> None:
        assert await refusal(f"{scheme}://{'x' * 64}.invalid:7000")

    leaves_nothing(main())


def test_a_connection_to_the_host_by_name() -> None:
    async def main() -> None:
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port: Port = await open_port(f"SOCKET://localhost:{listener.getsockname()[1]}")
            connection, _ = listener.accept()
            with connection:
                assert port.name.startswith("socket://localhost:")
                port.write(b"AT\r")
                assert connection.recv(3) == b"AT\r"
                await port.close()
                assert connection.recv(1) == b""

    leaves_nothing(main())
