"""The module's end as a TCP listener: one client at a time, and whatever clients do."""

from __future__ import annotations

import asyncio
import os
import select
import socket
import struct
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from atwin.line.port import PortError, PortSpecError
from atwin.line.ports.listener import ClientPatience
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.line.ports.tcp import TcpServerPort, connect_tcp
from support.line.ears import Ear, leaves_nothing, settled
from support.line.lines import plain_client, read_from

if TYPE_CHECKING:
    from collections.abc import Callable

BUSY = b"busy: another client has this module\r\n"


def served() -> tuple[TcpServerPort, Ear]:
    port, ear = TcpServerPort("127.0.0.1", 0), Ear()
    port.start(ear)
    return port, ear


async def greeted(port: TcpServerPort, ear: Ear, word: bytes = b"AT\r") -> socket.socket:
    """A client the module has heard."""
    client = plain_client(port.address)
    client.sendall(word)
    assert await ear.bytes(len(word)) == word
    return client


def reset(client: socket.socket) -> None:
    """Vanish with an RST instead of a FIN."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


async def heard_by_next(port: TcpServerPort, ear: Ear) -> None:
    """A client that comes after others finds the module free, and alone with it."""
    async with asyncio.timeout(10):
        while True:
            client = plain_client(port.address)
            client.send(b"?")
            # The one before may not have been missed yet.
            port_heard = asyncio.create_task(ear.bytes(1))
            refused = asyncio.create_task(read_from(client))
            await asyncio.wait({port_heard, refused}, return_when=asyncio.FIRST_COMPLETED)
            if port_heard.done():
                break
            port_heard.cancel()
            assert await refused == BUSY
            client.close()
    port.write(b"fresh")
    assert await refused == b"fresh"
    client.close()


def test_a_second_client_is_told_and_the_first_is_not_disturbed() -> None:
    async def main() -> None:
        port, ear = served()
        first = await greeted(port, ear)
        for turn in range(20):
            second = plain_client(port.address)
            if turn % 2:
                second.sendall(b"AT+CPOWD=1\r")
            assert await read_from(second) == BUSY
            with suppress(ConnectionResetError):  # for what it said and nobody read
                assert await read_from(second) == b""
            second.close()
            first.sendall(b"ATI\r")
            assert await ear.bytes(4) == b"ATI\r"
            port.write(b"OK\r\n")
            assert await read_from(first) == b"OK\r\n"
        assert ear.heard == b""
        first.close()
        await heard_by_next(port, ear)
        assert ear.reasons == []
        await port.close()

    leaves_nothing(main())


def test_what_is_said_to_nobody_is_lost() -> None:
    async def main() -> None:
        port, ear = served()
        port.write(b"before")
        await port.drain()
        client = await greeted(port, ear)
        port.write(b"to the first")
        assert await read_from(client) == b"to the first"
        client.close()
        await heard_by_next(port, ear)
        await port.close()

    leaves_nothing(main())


def test_a_reset_midway_lets_the_writer_go_on() -> None:
    async def main() -> None:
        port, ear = served()
        client = await greeted(port, ear)
        port.write(b"x" * 20_000_000)
        waiting = asyncio.create_task(port.drain())
        assert await read_from(client, 1000) == b"x" * 1000
        assert not waiting.done()
        reset(client)
        async with asyncio.timeout(10):
            await waiting
        assert ear.reasons == []
        await heard_by_next(port, ear)
        await port.close()

    leaves_nothing(main())


def test_clients_that_leave_at_any_moment() -> None:
    """A thousand of them: gone before they are accepted, after a word, with and without RST."""

    async def main() -> None:
        port, ear = served()
        before = len(os.listdir("/dev/fd"))
        for turn in range(1000):
            client = plain_client(port.address)
            if turn % 3:
                client.send(b"AT\r")
            if turn % 5 > 1:
                await asyncio.sleep(0)
            if turn % 5 > 3:
                port.write(b"OK\r\n" * 100)
                await settled()
            if turn % 2:
                reset(client)
            else:
                client.close()
        ear.heard.clear()
        await _until_alone(port, ear)
        assert len(os.listdir("/dev/fd")) <= before
        assert len(asyncio.all_tasks()) == 2, "this one and the listener"
        assert ear.reasons == []
        await port.close()

    leaves_nothing(main())


async def _until_alone(port: TcpServerPort, ear: Ear) -> None:
    """Everyone in the queue has been let in and has left."""
    client = None
    async with asyncio.timeout(10):
        while client is None or b"last" not in ear.heard:
            if client is not None:
                client.close()
            client = plain_client(port.address)
            client.send(b"last")
            await settled()
        client.close()
        await settled()


def test_a_thousand_opens_by_our_own_host() -> None:
    async def main() -> None:
        port, ear = served()
        before = len(os.listdir("/dev/fd"))
        for turn in range(1000):
            host, host_ear = await connect_tcp("127.0.0.1", int(port.address.split(":")[1])), Ear()
            host.start(host_ear)
            host.write(b"AT%d\r" % (turn % 10))
            assert await ear.bytes(4) == b"AT%d\r" % (turn % 10)
            port.write(b"OK")
            assert await host_ear.bytes(2) == b"OK"
            await host.close()
            assert host_ear.reasons == [None]
            await settled()
        assert len(os.listdir("/dev/fd")) == before
        await port.close()

    leaves_nothing(main())


@pytest.mark.parametrize("turns", range(6))
def test_closed_while_a_client_comes_in(turns: int) -> None:
    async def main() -> None:
        port, ear = served()
        client = plain_client(port.address)
        for _ in range(turns):
            await asyncio.sleep(0)
        async with asyncio.timeout(5):
            await asyncio.gather(port.close(), port.close())
            await port.drain()
        assert ear.reasons == [None]
        with client, suppress(ConnectionResetError):
            assert await read_from(client) == b""

    leaves_nothing(main())


def test_a_port_in_use() -> None:
    async def main() -> None:
        port, _ = served()
        number = int(port.address.rpartition(":")[2])
        with pytest.raises(PortError) as refused:
            TcpServerPort("127.0.0.1", number)
        assert str(refused.value) == (
            f"cannot listen on 127.0.0.1:{number}: Address already in use; choose another address"
        )
        await port.close()
        again = TcpServerPort("127.0.0.1", number)
        await again.close()

    leaves_nothing(main())


@pytest.mark.parametrize(
    ("host", "number"),
    [("192.0.2.1", 0), ("no such host", 7000), ("127.0.0.1", 70000), ("x" * 64 + ".invalid", 1)],
    ids=["foreign", "no name", "no port", "no label"],
)
def test_an_address_that_cannot_be(host: str, number: int) -> None:
    async def main() -> None:
        with pytest.raises(PortError) as refused:
            TcpServerPort(host, number)
        assert isinstance(refused.value, PortSpecError) == (
            "no such" not in host and "x" not in host
        )
        text = str(refused.value)
        assert text.startswith(f"cannot listen on {host}:{number}: ")
        assert "\n" not in text

    leaves_nothing(main())


def test_connecting_to_a_port_that_cannot_be() -> None:
    with pytest.raises(PortError, match=r"^socket://127\.0\.0\.1:70000: cannot connect: "):
        asyncio.run(connect_tcp("127.0.0.1", 70000))


def test_ipv6_addresses_are_written_in_brackets() -> None:
    async def main() -> None:
        port, ear = TcpServerPort("::1", 0), Ear()
        port.start(ear)
        number = int(port.address.removeprefix("[::1]:"))
        host = await connect_tcp("::1", number)
        assert host.name == f"socket://[::1]:{number}"
        host.write(b"AT")
        assert await ear.bytes(2) == b"AT"
        await host.close()
        await port.close()

    if not _has_ipv6():
        pytest.skip("no IPv6 loopback here")
    leaves_nothing(main())


def _has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


def test_a_refused_client_that_spoke_first_still_reads_why() -> None:
    async def main() -> None:
        port = TcpServerPort("127.0.0.1", 0)
        port.start(Ear())
        with plain_client(port.address) as first:
            first.send(b"!")
            await settled()
            with plain_client(port.address) as second:
                second.send(b"AT\r" * 1000)
                said = b""
                while data := await read_from(second):
                    said += data
                assert said == b"busy: another client has this module\r\n"
        await port.close()

    leaves_nothing(main())


def test_a_client_that_left_while_the_line_was_paused_makes_room_for_the_next() -> None:
    async def main() -> None:
        port, ear = TcpServerPort("127.0.0.1", 0), Ear()
        port.start(ear)
        with plain_client(port.address) as first:
            first.send(b"!")
            await ear.bytes(1)
            port.pause_reading()
            first.send(b"x" * 100_000)
        with plain_client(port.address) as second:
            second.send(b"AT\r")
            await settled()
            port.write(b"hello")
            while not (said := await read_from(second)):
                pass
            assert said == b"hello"
            assert not ear.heard, "the next one is paused too"
            port.resume_reading()
            assert await ear.bytes(3) == b"AT\r"
        await port.close()

    leaves_nothing(main())


def test_a_system_without_poll_sees_who_left_by_what_can_be_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(select, "poll")

    async def main() -> None:
        port, ear = served()
        with await greeted(port, ear):
            port.pause_reading()
        with plain_client(port.address) as second:
            await settled()
            port.write(b"hello")
            assert await read_from(second) == b"hello"
        await port.close()

    leaves_nothing(main())


class SlowReader(Ear):
    """Takes some, then nothing for a while, as a module that collects much data."""

    def __init__(self, port: TcpServerPort) -> None:
        super().__init__()
        self.total, self._port = 0, port
        self.next_one = asyncio.Event()

    def received(self, data: bytes) -> None:
        self.total += len(data)
        if data.endswith(b"AT\r"):
            self.next_one.set()
        self._port.pause_reading()
        asyncio.get_running_loop().call_later(0.05, self._port.resume_reading)


@pytest.mark.parametrize("leaving", [0.1, 0.02])
def test_what_a_client_sent_before_it_left_is_read_before_the_next_is_refused(
    leaving: float,
) -> None:
    """Killed in the middle of a large POST: its end comes after all it has sent."""

    async def main() -> None:
        port = TcpServerPort("127.0.0.1", 0, ClientPatience(leaving))
        ear = SlowReader(port)
        port.start(ear)
        with plain_client(port.address) as first:
            await asyncio.to_thread(first.sendall, b"x" * 1_500_000)
        with plain_client(port.address) as second:
            second.send(b"AT\r")
            await ear.next_one.wait()
            assert ear.total == 1_500_003
            port.write(b"hello")
            assert await read_from(second) == b"hello"
        await port.close()

    leaves_nothing(main())


Served = TcpServerPort | Rfc2217ServerPort


def tcp(patience: ClientPatience) -> Served:
    return TcpServerPort("127.0.0.1", 0, patience)


def rfc2217(patience: ClientPatience) -> Served:
    return Rfc2217ServerPort("127.0.0.1", 0, patience=patience)


@pytest.mark.parametrize("open_port", [tcp, rfc2217])
@pytest.mark.parametrize("speaks", [True, False])
def test_who_comes_at_once_behind_one_that_left_is_let_in(
    open_port: Callable[[ClientPatience], Served], speaks: bool
) -> None:
    """All of it waits in the kernel before the module's end looks."""

    async def main() -> None:
        port, ear = open_port(ClientPatience(leaving=0.05)), Ear()
        port.start(ear)
        last: socket.socket | None = None
        for turn in range(30):
            client = plain_client(port.address)
            client.sendall(b"last\r" if turn == 29 else b"AT%d\r" % (turn % 10) * speaks)
            if last is not None:
                last.close()
            if turn % 3 == 2:  # up to three of them are found at once
                await settled()
            last = client
        assert last is not None
        heard = b""
        while not heard.endswith(b"last\r"):
            heard += await ear.bytes(1)
        # Each is heard, in the order they came. (A Telnet client that reads nothing ends with RST,
        # which takes what it said with it.)
        if open_port is tcp:
            assert heard == b"".join(b"AT%d\r" % (n % 10) for n in range(29)) * speaks + b"last\r"
        port.write(b"hello")
        assert (await read_from(last)).endswith(b"hello")
        last.close()
        await port.close()

    leaves_nothing(main())


@pytest.mark.parametrize("open_port", [tcp, rfc2217])
@pytest.mark.parametrize("word", [b"", b"AT\r"])
def test_a_silent_client_makes_room_for_one_that_comes(
    open_port: Callable[[ClientPatience], Served], word: bytes
) -> None:
    async def main() -> None:
        patience = ClientPatience(leaving=0.0, unheard=0.3, idle=0.6)
        port, ear = open_port(patience), Ear()
        port.start(ear)
        with plain_client(port.address) as silent:
            silent.sendall(word)
            await ear.bytes(len(word))
            loop = asyncio.get_running_loop()
            began, refused = loop.time(), 0
            async with asyncio.timeout(20):
                while True:
                    other = plain_client(port.address)
                    other.sendall(b"ATI\r")
                    said = asyncio.create_task(read_from(other))
                    heard = asyncio.create_task(ear.bytes(4))
                    await asyncio.wait({said, heard}, return_when=asyncio.FIRST_COMPLETED)
                    if heard.done():
                        break
                    heard.cancel()
                    assert (await said).endswith(BUSY)
                    refused += 1
                    other.close()
            assert loop.time() - began >= (0.6 if word else 0.3) - 0.05
            assert refused
            assert b"busy: another client takes" in await read_from(silent)
            port.write(b"hello")
            assert (await said).endswith(b"hello") or await read_from(other) == b"hello"
            other.close()
        await port.close()

    leaves_nothing(main())


def test_a_silent_client_stays_as_long_as_nobody_else_comes() -> None:
    async def main() -> None:
        port, ear = TcpServerPort("127.0.0.1", 0, ClientPatience(0.0, 0.0, 0.0)), Ear()
        port.start(ear)
        with plain_client(port.address) as silent:
            await asyncio.sleep(0.05)
            port.write(b"+CREG: 1")
            assert await read_from(silent) == b"+CREG: 1"
        await port.close()

    leaves_nothing(main())


@pytest.mark.parametrize(("host", "exposed"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_whether_others_may_reach_it(host: str, exposed: bool) -> None:
    async def main() -> None:
        for port in (TcpServerPort(host, 0), Rfc2217ServerPort(host, 0)):
            port.start(Ear())
            assert port.is_exposed is exposed
            await port.close()

    leaves_nothing(main())
