"""The host's end on a device, and the opener: each refusal is one line that says what to do."""

from __future__ import annotations

import asyncio
import os
import re
import socket
from typing import TYPE_CHECKING

import pytest

from atwin.line.device import open_device
from atwin.line.errors import PortError
from atwin.line.opener import open_port
from atwin.line.pty import PtyPort
from support.ears import Ear, leaves_nothing
from support.sockets import free_port
from support.unprivileged import unprivileged

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
        ("{tmp}/file", "this is not a serial device"),
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
        assert why == "the device is in use by another program; close that first"
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
    import termios

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
        ("socket://", "host and port are wanted: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1", "host and port are wanted: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1:0", "host and port are wanted: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1:99999", "host and port are wanted: socket://127.0.0.1:7000"),
        ("socket://127.0.0.1:seven", "host and port are wanted: socket://127.0.0.1:7000"),
        ("socket://[::1", "host and port are wanted: socket://127.0.0.1:7000"),
        ("rfc2217://:7000", "host and port are wanted: rfc2217://127.0.0.1:7000"),
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
        why = await refusal(f"socket://127.0.0.1:{free_port()}")
        assert why == "cannot connect: Connection refused; is a module served there?"

    leaves_nothing(main())


def test_nobody_listens_on_rfc2217() -> None:
    async def main() -> None:
        why = await refusal(f"rfc2217://127.0.0.1:{free_port()}")
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
