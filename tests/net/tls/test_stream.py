"""`TlsStream` as a `Stream`: limits, both directions at once, closing, and fairness to others."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
import sys
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import run_virtual
from atwin.net.network import StreamError
from atwin.net.tls import SUITES, TlsProfile, secure, suites_for
from atwin.net.tls.engine import Engine
from atwin.net.tls.errors import Kind, TlsHandshakeError
from support.servers.sockets import SocketStream, dial
from support.servers.tls_talk import WALL, fetch, raw_server, read_all, refused, tlslite_server

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from support.servers.tls_pki import Issued

RC4 = TlsProfile(suites=suites_for(0x0005))
REQUEST = b"GET / HTTP/1.0\r\n\r\n"


@pytest.mark.parametrize("limit", [1, 7, 1000, 1 << 14, 1 << 20])
def test_reads_keep_to_their_limit_and_lose_nothing(gnutls: int, body: Path, limit: int) -> None:
    async def main() -> bytes:
        stream = await secure(await dial(gnutls), TlsProfile(), wall=WALL)
        await stream.write(REQUEST)
        parts = []
        while part := await stream.read(limit):
            assert len(part) <= limit
            parts.append(part)
        assert await stream.read(limit) == b""
        stream.close()
        return b"".join(parts)

    assert asyncio.run(main()).endswith(body.read_bytes())


def test_both_directions_at_once(server: Issued) -> None:
    """The server sends its data back as they come: whoever only writes would never end."""
    payload = os.urandom(3_000_000)

    def echo(secured: Any, _: socket.socket) -> None:
        left = len(payload)
        while left:
            part = secured.read(max=1 << 14, min=1)
            secured.write(part)
            left -= len(part)
        secured.close()

    async def main(port: int) -> bytes:
        stream = await secure(await dial(port), RC4, wall=WALL)
        writing = asyncio.create_task(stream.write(payload))
        answer = await read_all(stream)
        await writing
        stream.close()
        return answer

    with tlslite_server(server, echo) as port:
        assert asyncio.run(main(port)) == payload


def test_writes_of_two_tasks_do_not_mix(server: Issued) -> None:
    def echo(secured: Any, _: socket.socket) -> None:
        secured.write(secured.read(max=200_000, min=200_000))
        secured.close()

    async def main(port: int) -> bytes:
        stream = await secure(await dial(port), RC4, wall=WALL)
        async with asyncio.TaskGroup() as group:
            for letter in b"abcd":
                group.create_task(stream.write(bytes([letter]) * 50_000))
        return await read_all(stream)

    with tlslite_server(server, echo) as port:
        answer = asyncio.run(main(port))
    assert sorted(answer) == sorted(b"abcd" * 50_000)


def test_close_says_goodbye_and_is_harmless_twice(server: Issued) -> None:
    heard: list[object] = []

    def script(secured: Any, _: socket.socket) -> None:
        try:
            heard.append(secured.read(max=10, min=1))
        except Exception as error:
            heard.append(error)

    async def main(port: int) -> None:
        plain = await dial(port)
        stream = await secure(plain, TlsProfile(), wall=WALL)
        stream.close()
        stream.close()
        with pytest.raises(StreamError, match="closed TLS connection"):
            await stream.read(1)
        with pytest.raises(StreamError, match="closed TLS connection"):
            await stream.write(b"x")
        await plain.let_go.wait()

    with tlslite_server(server, script) as port:
        asyncio.run(main(port))
    # tlslite reads an orderly end as b"" and anything else as an exception.
    assert heard == [b""]


class Stuck(SocketStream):
    """A line that takes nothing more once `stuck` is set."""

    stuck = False

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        if self.stuck:
            await asyncio.get_running_loop().create_future()
        await super().write(data)


def test_close_does_not_wait_for_a_line_that_takes_nothing(gnutls: int) -> None:
    async def main() -> None:
        plain = Stuck(*await asyncio.open_connection("127.0.0.1", gnutls))
        stream = await secure(plain, TlsProfile(), wall=WALL)
        plain.stuck = True
        writing = asyncio.create_task(stream.write(b"never arrives"))
        await asyncio.sleep(0)
        stream.close()
        await asyncio.sleep(0)
        assert plain.closed
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing

    asyncio.run(main())


def test_a_cancelled_handshake_closes_its_connection() -> None:
    async def main() -> None:
        greeted = asyncio.Event()

        async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                greeted.set()

        async with raw_server(silent) as port:
            plain = await dial(port)
            task = asyncio.create_task(secure(plain, TlsProfile(), wall=WALL))
            await greeted.wait()
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert plain.closed

    asyncio.run(main())


class Silence:
    """A server that is there and says nothing."""

    def __init__(self) -> None:
        self.closed = False

    async def read(self, limit: int) -> bytes:
        await asyncio.get_running_loop().create_future()
        raise AssertionError("unreachable")

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def close(self) -> None:
        self.closed = True


def test_the_deadline_runs_on_the_loops_clock() -> None:
    """300 s of waiting take no time on the virtual clock."""

    async def main() -> float:
        line = Silence()
        loop = asyncio.get_running_loop()
        start = loop.time()
        with pytest.raises(TlsHandshakeError) as caught:
            await secure(line, TlsProfile(deadline=300), wall=WALL)
        assert caught.value.failure.kind is Kind.TIMEOUT
        assert line.closed
        return loop.time() - start

    assert run_virtual(main()) == pytest.approx(300)


# Fairness, counted in turns of the event loop: time would depend on the machine


async def count_turns(work: asyncio.Task[Any]) -> int:
    turns = 0
    while not work.done():
        await asyncio.sleep(0)
        turns += 1
    await work
    return turns


def test_other_tasks_run_between_the_steps_of_a_handshake(
    gnutls_mutual: int, ca: Issued, client: Issued
) -> None:
    profile = TlsProfile(
        ca=ca.pem, check_name="localhost", client_cert=client.pem, client_key=client.key_pem
    )
    count = 10

    async def many() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(count):
                group.create_task(fetch(gnutls_mutual, profile))

    async def main() -> int:
        return await count_turns(asyncio.create_task(many()))

    # Hello, key exchange and finish of each are turns of their own.
    assert asyncio.run(main()) > 3 * count


def test_handshakes_that_start_together_take_turns() -> None:
    """A fleet that dials at one moment must not compute for all of it in one go."""
    turn = 0

    class Noting(Silence):
        async def write(self, data: bytes | bytearray | memoryview) -> None:
            written.append(turn)

    written: list[int] = []

    async def main() -> None:
        nonlocal turn
        tasks = [asyncio.create_task(secure(Noting(), TlsProfile(), wall=WALL)) for _ in range(20)]
        while turn < 100:
            turn += 1
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(main())
    assert len(written) == len(set(written)) == 20


class Gushing:
    """The end of a real connection, whose bytes are all there at once and never run dry."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    async def read(self, limit: int) -> bytes:
        part, self._data = self._data[:limit], self._data[limit:]
        return part

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("records", "size", "at_least"),
    [
        pytest.param(200, 1 << 14, 10, id="full records"),
        pytest.param(5000, 1, 30, id="tiny records"),
    ],
)
def test_other_tasks_run_while_data_never_run_dry(
    server: Issued, records: int, size: int, at_least: int
) -> None:
    """A line that never makes its reader wait must not shut out everyone else."""

    def script(secured: Any, _: socket.socket) -> None:
        for _again in range(records):
            secured.write(bytes(size))
        secured.close()

    async def main(port: int) -> int:
        plain = await dial(port)
        stream = await secure(plain, RC4, wall=WALL)
        everything = b""
        while part := await plain.read(1 << 20):
            everything += part
        stream._stream = Gushing(everything)
        reading = asyncio.create_task(read_all(stream))
        turns = await count_turns(reading)
        assert len(reading.result()) == records * size
        return turns

    with tlslite_server(server, script) as port:
        assert asyncio.run(main(port)) >= at_least


def test_a_finished_handshake_lets_go_of_tlslite(gnutls: int) -> None:
    async def main() -> bool:
        plain = await dial(gnutls)
        engine = Engine(TlsProfile(), wall=WALL)
        machinery = weakref.ref(engine._handshake)
        while not engine.step():
            await plain.write(engine.take_output())
            engine.feed(await plain.read(1 << 16))
        plain.close()
        return machinery() is None

    assert asyncio.run(main())


def test_a_failed_handshake_leaves_others_alone(gnutls: int, other_ca: Issued, body: Path) -> None:
    async def main() -> list[bytes]:
        async with asyncio.TaskGroup() as group:
            for _ in range(5):
                group.create_task(refused(gnutls, TlsProfile(ca=other_ca.pem)))
            good = [
                group.create_task(fetch(gnutls, TlsProfile(suites=(suite,)))) for suite in SUITES
            ]
        return [task.result()[1] for task in good]

    assert asyncio.run(main()) == [body.read_bytes()] * len(SUITES)


RC4_WITHOUT_LEGACY_PROVIDER = """
from atwin.net.tls import ciphers, suites_for
suite = suites_for(0x0005)[0]
key = bytes.fromhex("0102030405060708090a0b0c0d0e0f10")
assert ciphers._cipher(suite, key, b"") is None, "this cryptography has RC4 after all"
encrypt = ciphers.encryptor(suite, key, b"")
print((encrypt(bytes(8)) + encrypt(bytes(8))).hex())
"""


def test_rc4_without_openssls_legacy_provider() -> None:
    """First key stream bytes of RFC 6229 for the 128-bit key 0x0102..10."""
    expected = "9ac7cc9a609d1ef7b2932899cde41b97"
    run = subprocess.run(
        [sys.executable, "-c", RC4_WITHOUT_LEGACY_PROVIDER],
        env={**os.environ, "CRYPTOGRAPHY_OPENSSL_NO_LEGACY": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.strip() == expected
