"""A server feels how fast the host takes what the module has: real nginx, real time."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import sys
import time
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.models import load_profile
from atwin.net.real import RealNetwork
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.tls_servers import nginx_with

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from atwin.net.network import Network
    from atwin.testing.simulated import SimulatedStream

MODEL = "air780e-at"
RATE = 921_600
SIZE = 250_000
FILE = Generated(SIZE, seed=1)
WINDOW = load_profile(MODEL).limit("tcp_window")
BUFFER = load_profile(MODEL).limit("http_buffer")


@contextlib.contextmanager
def nginx(tmp_path: Path) -> Iterator[str]:
    """The URL of `FILE`; `times` in the folder has how long each request took, at the end.

    nginx is done when the kernel has all, so this one's kernel may hold little.
    """
    (tmp_path / "f").write_bytes(FILE.read(0, SIZE))

    def server(port: int) -> str:
        return (
            "log_format t '$request_method $request_time';\n"
            f"server {{ listen 127.0.0.1:{port} sndbuf=4k; root {tmp_path};"
            f" access_log {tmp_path}/times t; }}"
        )

    with nginx_with(server, tmp_path) as port:
        yield f"http://127.0.0.1:{port}/f"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems size their buffers otherwise")
def test_nginx_is_held_back_for_as_long_as_the_host_reads(tmp_path: Path) -> None:
    async def main(url: str) -> float:
        near, far = memory_pair()
        near.set_line(HostSettings(RATE))
        async with Twin(MODEL, far, baud=RATE), Modem(near) as modem:
            await modem.bring_up()
            began = time.perf_counter()
            sha256 = hashlib.sha256(FILE.read(0, SIZE)).hexdigest()
            await modem.download(url, tmp_path / "got", strategy="stream", sha256=sha256)
            return time.perf_counter() - began

    with nginx(tmp_path) as url:
        host = asyncio.run(main(url))
    times = [line.split() for line in (tmp_path / "times").read_text().splitlines()]
    (took,) = [float(seconds) for method, seconds in times if method == "GET"]
    # Of a server that nobody holds back it is a hundredth. The virtual clock has the exact time.
    assert host / 2 < took <= host


async def broken_off(network: Network, url: str) -> tuple[int, int]:
    """A stream of which the host takes nothing before it ends; bytes read, and not read."""
    near, far = memory_pair()
    near.set_line(HostSettings(RATE))
    terminal = Terminal(near)
    async with Twin(MODEL, far, network=network, baud=RATE, warm=True) as twin:
        for line in ("ATE0", "AT+SAPBR=1,1", "AT+HTTPINIT", f'AT+HTTPPARA="URL","{url}"'):
            await terminal.ask(line.encode())
        await terminal.ask(b"AT+HTTPEXACTION=0")
        await terminal.expect(b"\r\n+HTTPEXGET\r\n")
        await asyncio.sleep(0.3)
        await terminal.ask(b"AT+HTTPTERM")
        account = twin.module.hardware.traffic.boot
        await account.wait_settled()
        down = account.count.wire.down
        return down.payload + down.http, down.unread


def test_what_is_broken_off_is_billed_up_to_the_window(tmp_path: Path) -> None:
    with nginx(tmp_path) as url:
        read, unread = asyncio.run(broken_off(RealNetwork(), url))
    assert read <= BUFFER + 1000
    # The kernel takes a segment or two more than what it was told, and never less than one.
    assert 0 < unread <= WINDOW + 4 * 1460


def test_the_same_on_the_simulated_network() -> None:
    async def main() -> tuple[int, int]:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.02, bandwidth=1.2e6)
        network.serve("198.51.100.1", 80, Origin({"/f": File(FILE)}, wall=clock.wall).handle)
        return await broken_off(network, "http://198.51.100.1/f")

    read, unread = run_virtual(main())
    assert read <= BUFFER + 1000
    assert WINDOW - 1460 < unread <= WINDOW


def test_the_simulated_server_waits_for_the_host(tmp_path: Path) -> None:
    """On the virtual clock it is done when all but buffer and window have crossed the line."""

    async def main() -> tuple[float, float]:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.02, bandwidth=1.2e6)
        origin = Origin({"/f": File(FILE)}, wall=clock.wall)
        took: list[float] = []

        async def served(stream: SimulatedStream) -> None:
            began = clock.now()
            await origin.handle(stream)
            took.append(clock.now() - began)

        network.serve("198.51.100.1", 80, served)
        near, far = memory_pair()
        near.set_line(HostSettings(115_200))
        async with Twin(MODEL, far, network=network, baud=115_200), Modem(near) as modem:
            await modem.bring_up()
            began = clock.now()
            await modem.download("http://198.51.100.1/f", tmp_path / "g", strategy="stream")
            return took[-1], clock.now() - began

    took, host = run_virtual(main())
    assert took == pytest.approx(host - BUFFER * 10 / 115_200, rel=0.05)


@pytest.mark.parametrize("rate", [115_200, None])
def test_a_link_that_holds_bytes_back_holds_the_server_back(rate: int | None) -> None:
    async def main() -> None:
        network = SimulatedNetwork(LoopClock(), latency=0.02)
        sent = 0

        async def serve(stream: SimulatedStream) -> None:
            nonlocal sent
            while True:
                await stream.write(bytes(500))
                sent += 500

        network.serve("198.51.100.1", 80, serve)
        near, far = memory_pair()
        if rate:
            near.set_line(HostSettings(rate))
        terminal = Terminal(near)
        async with Twin(MODEL, far, network=network, baud=rate, warm=True):
            for line in ("ATE0", "AT+CIPRXGET=1", "AT+CSTT", "AT+CIICR"):
                await terminal.ask(line.encode())
            terminal.type(b"AT+CIFSR\r")
            await terminal.quiet()
            terminal.type(b'AT+CIPSTART="TCP","198.51.100.1",80\r')
            await terminal.expect(b"+CIPRXGET: 1\r\n")
            await asyncio.sleep(600)
            assert 32767 + WINDOW - 500 <= sent <= 32767 + WINDOW

    run_virtual(main())
