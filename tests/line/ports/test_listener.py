"""Several modules where clients come in: who gets which, who is refused, and what is left."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from atwin.line.ports.listener import ClientPatience, TcpListener
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.line.ports.tcp import TcpServerPort
from support.line.ears import Ear, leaves_nothing, settled
from support.line.lines import plain_client, read_from

if TYPE_CHECKING:
    import socket

BUSY = b"busy: other clients have all 3 modules\r\n"


def seated(
    count: int, patience: ClientPatience | None = None
) -> tuple[list[TcpServerPort], list[Ear]]:
    listener = TcpListener("127.0.0.1", 0, patience, seats=count)
    ports = [TcpServerPort("127.0.0.1", 0, listener=listener) for _ in range(count)]
    ears = [Ear() for _ in ports]
    for port, ear in zip(ports, ears, strict=True):
        port.start(ear)
    return ports, ears


async def came(port: TcpServerPort, ear: Ear, word: bytes = b"AT\r") -> socket.socket:
    """A client that this one hears."""
    client = plain_client(port.address)
    client.sendall(word)
    assert await ear.bytes(len(word)) == word
    return client


async def close(ports: list[TcpServerPort]) -> None:
    for port in ports:
        await port.close()


def test_each_client_gets_the_first_free_one_and_the_last_is_refused() -> None:
    async def main() -> None:
        ports, ears = seated(3)
        clients = [await came(port, ear) for port, ear in zip(ports, ears, strict=True)]
        with plain_client(ports[0].address) as surplus:
            assert await read_from(surplus) == BUSY
            assert await read_from(surplus) == b""
        for number, port in enumerate(ports):
            port.write(b"%d" % number)
        assert [await read_from(client) for client in clients] == [b"0", b"1", b"2"]
        for number in (1, 2):
            clients[number].close()
        clients[1:] = [await came(ports[number], ears[number]) for number in (1, 2)]
        await close(ports)
        assert [await read_from(client) for client in clients] == [b""] * 3
        for client in clients:
            client.close()
        assert [ear.reasons for ear in ears] == [[None]] * 3

    leaves_nothing(main())


def test_who_comes_before_all_are_there_waits() -> None:
    async def main() -> None:
        listener, ears = TcpListener("127.0.0.1", 0, seats=2), [Ear(), Ear()]
        first, second = (TcpServerPort("", 0, listener=listener) for _ in ears)
        client = plain_client(listener.address)
        client.sendall(b"AT\r")
        first.start(ears[0])
        second.start(ears[1])
        assert await ears[0].bytes(3) == b"AT\r"
        client.close()
        await close([first, second])

    leaves_nothing(main())


def test_many_that_come_at_once_are_all_let_in() -> None:
    async def main() -> None:
        ports, ears = seated(100)
        clients = [plain_client(ports[0].address) for _ in ports]
        for client in clients:
            client.sendall(b"?")
        assert [await ear.bytes(1) for ear in ears] == [b"?"] * 100
        for number, port in enumerate(ports):
            port.write(b"%02d" % number)
        assert len({await read_from(client, 2) for client in clients}) == 100
        for client in clients:
            client.close()
        await close(ports)

    leaves_nothing(main())


def test_one_that_is_silent_for_long_makes_room() -> None:
    async def main() -> None:
        ports, ears = seated(2, ClientPatience(leaving=0.0, unheard=0.0, idle=3600))
        speaking = await came(ports[0], ears[0])
        silent = plain_client(ports[0].address)
        # It has been let in when the module can speak to it.
        while ports[1].holder is None:
            await settled()
        other = await came(ports[1], ears[1])
        assert (await read_from(silent)).startswith(b"busy: another client takes this module over")
        ports[0].write(b"still here")
        assert await read_from(speaking) == b"still here"
        for client in (speaking, silent, other):
            client.close()
        await close(ports)

    leaves_nothing(main())


def test_each_is_told_when_its_client_has_left() -> None:
    async def main() -> None:
        listener = TcpListener("127.0.0.1", 0, seats=2)
        ports = [Rfc2217ServerPort("", 0, listener=listener) for _ in range(2)]
        left, gone = [0, 0], asyncio.Event()
        for number, port in enumerate(ports):

            def leaves(number: int = number) -> None:
                left[number] += 1
                gone.set()

            port.on_client_gone = leaves
            port.start(Ear())
        with plain_client(listener.address):
            pass
        async with asyncio.timeout(10):
            await gone.wait()
        assert left == [1, 0]
        for port in ports:
            await port.close()

    leaves_nothing(main())
