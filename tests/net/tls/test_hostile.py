"""Servers that misbehave: each ends as one clear error, in time and in bounded memory."""

from __future__ import annotations

import asyncio
import os
import socket
import struct
import threading
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from tlslite.constants import AlertLevel
from tlslite.messages import Alert as TlsliteAlert
from tlslite.messages import ApplicationData, Finished, Message
from tlslite.tlsconnection import TLSConnection

from atwin.net.network import StreamError
from atwin.net.tls import TlsProfile, Version, secure
from atwin.net.tls.engine import Engine
from atwin.net.tls.errors import Kind, Stage, TlsBrokenError, TlsFailure, TlsHandshakeError
from atwin.net.tls.incoming import MAX_HANDSHAKE
from support.servers.sockets import dial
from support.servers.tls_pki import END, START
from support.servers.tls_talk import (
    WALL,
    certificate_message,
    message,
    raw_server,
    read_all,
    record,
    refused,
    server_hello,
    tlslite_server,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.net.tls.stream import TlsStream
    from support.servers.tls_pki import Issued

CCS, ALERT, HANDSHAKE, DATA = 20, 21, 22, 23
HELLO_DONE = message(14, b"")


def handshake(*parts: bytes) -> bytes:
    return b"".join(record(HANDSHAKE, part) for part in parts)


def elliptic_leaf() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([])
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
    builder = builder.public_key(key.public_key()).not_valid_before(START).not_valid_after(END)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


# What a server may say before any key is agreed, and what must follow.
SAID = {
    "nothing": (b"", Kind.CLOSED, None, "closed the connection"),
    "http": (b"HTTP/1.1 400 Bad Request\r\n\r\n", Kind.NOT_TLS, 10, "HTTP/1.1 400 Bad"),
    "ssh-in-one-byte": (b"S", Kind.NOT_TLS, 10, "b'S'"),
    "other-major-version": (b"\x16\x02\x00\x00\x05hello", Kind.NOT_TLS, 10, "the server said"),
    "half-a-record": (record(HANDSHAKE, bytes(100))[:40], Kind.CLOSED, None, "closed"),
    "record-too-long": (b"\x16\x03\x03\xff\xff", Kind.LOCAL_ALERT, 22, "65535 bytes"),
    "plain-record-too-long": (
        record(HANDSHAKE, bytes((1 << 14) + 1)),
        Kind.LOCAL_ALERT,
        22,
        "16385 bytes",
    ),
    "empty-record": (record(HANDSHAKE, b""), Kind.LOCAL_ALERT, 10, "empty record"),
    "fatal-alert": (record(ALERT, b"\2\x28"), Kind.REMOTE_ALERT, 40, "the server gave up"),
    "unknown-alert": (record(ALERT, b"\2\xee"), Kind.REMOTE_ALERT, 238, "alert 238"),
    "close-notify": (record(ALERT, b"\1\0"), Kind.REMOTE_ALERT, 0, "warning alert 0"),
    "malformed-alert": (record(ALERT, b"\2"), Kind.LOCAL_ALERT, 50, "malformed alert"),
    "warnings": (record(ALERT, b"\1\x70") * 50, Kind.LOCAL_ALERT, 10, "warns without end"),
    "key-change": (record(CCS, b"\1"), Kind.LOCAL_ALERT, 10, ""),
    "data": (record(DATA, b"hello"), Kind.LOCAL_ALERT, 10, ""),
    "other-message": (handshake(HELLO_DONE), Kind.LOCAL_ALERT, 10, ""),
    "hello-requests": (
        handshake(message(0, b"") * 4000) * 5,
        Kind.LOCAL_ALERT,
        47,
        "longer than 65536",
    ),
    "noise-in-records": (handshake(b"\2" + os.urandom(50)), Kind.CLOSED, None, ""),
    "short-hello": (handshake(message(2, b"\3\3")), Kind.LOCAL_ALERT, 50, "shorter"),
    "hello-in-pieces-cut-by-data": (
        record(HANDSHAKE, server_hello()[:10]) + record(DATA, b"x"),
        Kind.LOCAL_ALERT,
        10,
        "cut short",
    ),
    "foreign-suite": (handshake(server_hello(suite=0xC02F)), Kind.LOCAL_ALERT, 47, "c02f"),
    "scsv-as-suite": (handshake(server_hello(suite=0x00FF)), Kind.LOCAL_ALERT, 47, "00ff"),
    "tls13": (handshake(server_hello(version=0x0304)), Kind.LOCAL_ALERT, 70, "0304"),
    "ssl2": (handshake(server_hello(version=0x0002)), Kind.LOCAL_ALERT, 70, "0002"),
    "unasked-extension": (
        handshake(server_hello(extensions=b"\0\x16\0\0")),
        Kind.LOCAL_ALERT,
        110,
        "extension 22",
    ),
    "no-certificate": (
        handshake(server_hello(), certificate_message(), HELLO_DONE),
        Kind.LOCAL_ALERT,
        47,
        "no certificate",
    ),
    "certificate-of-noise": (
        handshake(server_hello(), certificate_message(bytes(60)), HELLO_DONE),
        Kind.LOCAL_ALERT,
        None,
        "",
    ),
    "certificate-list-too-short": (
        handshake(server_hello(), message(11, b"\0\0\x99abc"), HELLO_DONE),
        Kind.LOCAL_ALERT,
        50,
        "shorter",
    ),
    "elliptic-certificate": (
        handshake(server_hello(), certificate_message(elliptic_leaf()), HELLO_DONE),
        Kind.LOCAL_ALERT,
        43,
        "not RSA",
    ),
    "eleven-certificates": (
        handshake(server_hello(), certificate_message(*[elliptic_leaf()] * 11)),
        Kind.LOCAL_ALERT,
        42,
        "chain of 11",
    ),
}


async def say_and_fail(said: bytes, profile: TlsProfile | None = None) -> TlsFailure:
    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        writer.write(said)
        await writer.drain()

    async with raw_server(script) as port:
        return await refused(port, profile or TlsProfile())


@pytest.mark.parametrize(("said", "kind", "alert", "words"), SAID.values(), ids=SAID)
def test_before_any_key(said: bytes, kind: Kind, alert: int | None, words: str) -> None:
    failure = asyncio.run(say_and_fail(said))
    assert failure.kind is kind
    assert words in str(failure)
    assert "\n" not in str(failure)
    if alert is not None:
        assert failure.alert is not None
        assert failure.alert.number == alert


@pytest.mark.parametrize("name", [name for name in SAID if len(SAID[name][0]) < 1000])
def test_before_any_key_byte_by_byte(name: str) -> None:
    said, kind, alert, _ = SAID[name]
    engine = Engine(TlsProfile(), wall=WALL)

    def drive() -> None:
        engine.step()
        for byte in said:
            engine.feed(bytes([byte]))
            while not engine.step() and not engine.hungry:
                pass
        engine.feed(b"")
        while not engine.step():
            pass

    with pytest.raises(TlsHandshakeError) as caught:
        drive()
    assert caught.value.failure.kind is kind
    if alert is not None:
        assert caught.value.failure.alert is not None
        assert caught.value.failure.alert.number == alert
    with pytest.raises(TlsHandshakeError):
        engine.step()


def test_a_chain_of_a_megabyte_is_not_taken_in() -> None:
    chain = certificate_message(*[bytes(10_000)] * 100)
    pieces = [chain[start : start + 16_000] for start in range(0, len(chain), 16_000)]
    engine = Engine(TlsProfile(), wall=WALL)
    engine.step()
    taken = 0

    def take_in() -> None:
        nonlocal taken
        for piece in (server_hello(), *pieces):
            taken += len(piece)
            engine.feed(record(HANDSHAKE, piece))
            while not engine.step() and not engine.hungry:
                pass

    with pytest.raises(TlsHandshakeError) as caught:
        take_in()
    assert taken < MAX_HANDSHAKE + 2 * 16_000
    assert caught.value.failure.alert is not None
    assert caught.value.failure.alert.number == 47
    assert caught.value.failure.stage is Stage.CERTIFICATE


def test_the_same_over_tcp_leaves_no_half_open_connection() -> None:
    chain = certificate_message(*[bytes(10_000)] * 100)
    pieces = [chain[start : start + 16_000] for start in range(0, len(chain), 16_000)]
    failure = asyncio.run(say_and_fail(handshake(server_hello(), *pieces)))
    assert failure.kind is Kind.LOCAL_ALERT


def test_silence_ends_at_the_deadline() -> None:
    async def main() -> TlsFailure:
        async def script(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            while await reader.read(1000):
                pass

        async with raw_server(script) as port:
            return await refused(port, TlsProfile(deadline=0.2))

    failure = asyncio.run(main())
    assert (failure.kind, failure.stage) == (Kind.TIMEOUT, Stage.HELLO)
    assert "not done in 0.2 s" in failure.reason


def test_a_server_that_never_stops_talking_ends_at_the_deadline() -> None:
    """Just enough of everything to break no limit."""

    async def main() -> TlsFailure:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1000)
            hello = server_hello()
            for byte in hello + certificate_message(bytes(60_000)):
                writer.write(record(HANDSHAKE, bytes([byte])))
                await writer.drain()
                await asyncio.sleep(0.01)

        async with raw_server(script) as port:
            return await refused(port, TlsProfile(deadline=0.3))

    assert asyncio.run(main()).kind is Kind.TIMEOUT


def test_a_reset_is_a_closed_connection() -> None:
    async def main() -> TlsFailure:
        async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1000)
            plain = writer.get_extra_info("socket")
            plain.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

        async with raw_server(script) as port:
            return await refused(port, TlsProfile())

    failure = asyncio.run(main())
    assert failure.kind is Kind.CLOSED
    assert "broke" in failure.reason


def test_the_chain_is_known_although_the_handshake_failed(server: Issued) -> None:
    said = handshake(server_hello(), certificate_message(server.der)) + record(ALERT, b"\2\x28")
    failure = asyncio.run(say_and_fail(said))
    assert failure.chain == (server.der,)
    assert failure.stage is Stage.KEY_EXCHANGE


def test_a_warning_before_the_hello_is_passed_over(server: Issued) -> None:
    def script(secured: Any, _: socket.socket) -> None:
        secured.write(b"here")
        secured.close()

    async def main(port: int) -> bytes:
        return await read_all(await secure(await dial(port), TlsProfile(), wall=WALL))

    warning = record(ALERT, b"\1\x70")
    with tlslite_server(server, script, greeting=warning * 3) as port:
        assert asyncio.run(main(port)) == b"here"


# After the handshake


def send(secured: Any, kind: int, payload: bytes) -> None:
    for _ in secured._sendMsg(Message(kind, bytearray(payload)), update_hashes=False):
        pass


def after(
    server: Issued,
    script: Callable[[Any, socket.socket], None],
    profile: TlsProfile | None = None,
) -> tuple[bytes, TlsBrokenError | None, TlsStream]:
    """What was read until the end or the error of a connection whose server runs `script`."""

    async def main(port: int) -> tuple[bytes, TlsBrokenError | None, TlsStream]:
        stream = await secure(await dial(port), profile or TlsProfile(), wall=WALL)
        got = b""
        try:
            while part := await stream.read(1000):
                got += part
        except TlsBrokenError as error:
            with pytest.raises(TlsBrokenError):
                await stream.read(1)
            with pytest.raises(TlsBrokenError):
                await stream.write(b"x")
            return got, error, stream
        finally:
            stream.close()
        return got, None, stream

    with tlslite_server(server, script) as port:
        return asyncio.run(main(port))


def test_close_notify_is_the_orderly_end(server: Issued) -> None:
    def script(secured: Any, _: socket.socket) -> None:
        secured.write(b"all of it")
        secured.close()

    got, error, stream = after(server, script)
    assert (got, error, stream.truncated) == (b"all of it", None, False)


def test_tcp_end_without_close_notify_is_told_apart(server: Issued) -> None:
    got, error, stream = after(server, lambda secured, _: secured.write(b"some of it"))
    assert (got, error, stream.truncated) == (b"some of it", None, True)


def test_tcp_end_inside_a_record_is_told_apart(server: Issued) -> None:
    def script(secured: Any, plain: socket.socket) -> None:
        secured.write(b"some of it")
        plain.sendall(b"\x17\x03\x03\x00\x40half")

    got, error, stream = after(server, script)
    assert (got, error, stream.truncated) == (b"some of it", None, True)


def alerts(level: int, number: int, count: int) -> Callable[[Any, socket.socket], None]:
    def script(secured: Any, _: socket.socket) -> None:
        secured.write(b"before")
        for _again in range(count):
            alert = TlsliteAlert().create(number, level)
            send(secured, ALERT, bytes(alert.write()))
        secured.write(b"after")
        secured.close()

    return script


def test_a_fatal_alert_breaks_the_stream(server: Issued) -> None:
    got, error, _ = after(server, alerts(AlertLevel.fatal, 80, 1))
    assert got == b"before"
    assert error is not None
    assert (error.failure.kind, error.failure.stage) == (Kind.REMOTE_ALERT, Stage.DATA)
    assert str(error.failure.alert) == "fatal alert 80 internal_error"


def test_some_warnings_are_passed_over_and_many_are_not(server: Issued) -> None:
    got, error, _ = after(server, alerts(AlertLevel.warning, 90, 5))
    assert (got, error) == (b"beforeafter", None)
    got, error, _ = after(server, alerts(AlertLevel.warning, 90, 6))
    assert got == b"before"
    assert error is not None
    assert "warns without end" in error.failure.reason


def renegotiations(count: int) -> Callable[[Any, socket.socket], None]:
    def script(secured: Any, _: socket.socket) -> None:
        for _again in range(count):
            send(secured, HANDSHAKE, bytes(4))
        secured.write(b"go on")
        secured.close()

    return script


def test_warnings_with_data_between_them_do_not_add_up(server: Issued) -> None:
    def script(secured: Any, _: socket.socket) -> None:
        for _again in range(3):
            for _sent in range(4):
                send(secured, ALERT, b"\1\x5a")
            secured.write(b"data")
        secured.close()

    assert after(server, script)[:2] == (b"data" * 3, None)


def test_renegotiation_is_declined_and_the_data_flow_on(server: Issued) -> None:
    got, error, _ = after(server, renegotiations(3))
    assert (got, error) == (b"go on", None)


def test_the_server_hears_no_renegotiation(server: Issued) -> None:
    heard: list[str] = []

    def script(secured: Any, _: socket.socket) -> None:
        send(secured, HANDSHAKE, bytes(4))
        try:
            secured.read(max=10, min=1)
        except Exception as error:
            heard.append(str(error))
            raise

    after(server, script)
    assert heard == ["no_renegotiation"]


def test_endless_wishes_to_renegotiate_are_refused(server: Issued) -> None:
    _, error, _ = after(server, renegotiations(100))
    assert error is not None
    assert "renegotiate" in error.failure.reason


def test_ssl3_cannot_decline_politely(server: Issued) -> None:
    old = TlsProfile(min_version=Version.SSL3_0, max_version=Version.SSL3_0)
    _, error, _ = after(server, renegotiations(1), old)
    assert error is not None
    assert str(error.failure.alert) == "fatal alert 40 handshake_failure"


def empties(count: int) -> Callable[[Any, socket.socket], None]:
    def script(secured: Any, _: socket.socket) -> None:
        for _again in range(count):
            for _sent in secured._sendMsg(ApplicationData().create(bytearray())):
                pass
        secured.write(b"data")
        secured.close()

    return script


def test_some_empty_records_are_passed_over_and_many_are_not(server: Issued) -> None:
    got, error, _ = after(server, empties(32))
    assert (got, error) == (b"data", None)
    got, error, _ = after(server, empties(33))
    assert error is not None
    assert "empty records without end" in error.failure.reason


@pytest.mark.parametrize(("kind", "payload"), [(HANDSHAKE, HELLO_DONE), (CCS, b"\1")])
def test_handshake_messages_have_no_place_among_data(
    server: Issued, kind: int, payload: bytes
) -> None:
    _, error, _ = after(server, lambda secured, _: send(secured, kind, payload))
    assert error is not None
    assert error.failure.alert is not None
    assert error.failure.alert.name == "unexpected_message"


@pytest.mark.parametrize("more", [HELLO_DONE, HELLO_DONE[:2]], ids=["a whole one", "half a one"])
def test_a_message_behind_finished_ends_it_and_does_not_spin(
    server: Issued, more: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In one record with Finished, so that it is there before the handshake is over."""
    sending = TLSConnection._sendMsg

    def send_more(self: Any, msg: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(msg, Finished) and not self._client:
            msg = Message(HANDSHAKE, msg.write() + bytearray(more))
        return sending(self, msg, *args, **kwargs)

    monkeypatch.setattr(TLSConnection, "_sendMsg", send_more)

    def script(secured: Any, _: socket.socket) -> None:
        secured.read(max=10, min=1)

    async def main(port: int) -> None:
        await secure(await dial(port), TlsProfile(deadline=5), wall=WALL)

    with (
        tlslite_server(server, script) as port,
        pytest.raises(TlsHandshakeError, match="after the end of the handshake") as caught,
    ):
        asyncio.run(main(port))
    assert caught.value.failure.kind is Kind.LOCAL_ALERT


def forged(payload: bytes) -> Callable[[Any, socket.socket], None]:
    def script(secured: Any, plain: socket.socket) -> None:
        secured.write(b"genuine")
        plain.sendall(record(DATA, payload))
        secured.read(max=10, min=1)

    return script


@pytest.mark.parametrize("size", [0, 1, 16, 48, 64, 1024])
def test_a_forged_record_breaks_the_stream(server: Issued, size: int) -> None:
    got, error, _ = after(server, forged(os.urandom(size)))
    assert got == b"genuine"
    assert error is not None
    assert error.failure.kind is Kind.LOCAL_ALERT
    assert str(error.failure.alert) == "fatal alert 20 bad_record_mac"


def test_the_server_hears_why_before_anyone_closes(server: Issued) -> None:
    heard: list[str] = []
    told = threading.Event()

    def script(secured: Any, plain: socket.socket) -> None:
        try:
            plain.sendall(record(DATA, bytes(64)))
            secured.read(max=10, min=1)
        except Exception as error:
            heard.append(str(error))
        finally:
            told.set()

    async def main(port: int) -> None:
        stream = await secure(await dial(port), TlsProfile(), wall=WALL)
        with pytest.raises(TlsBrokenError):
            await read_all(stream)
        assert await asyncio.to_thread(told.wait, 10)
        stream.close()

    with tlslite_server(server, script) as port:
        asyncio.run(main(port))
    assert heard == ["bad_record_mac"]


def test_a_reset_line_that_still_holds_an_alert_tells_the_alert() -> None:
    """The server refuses and hangs up while we are still writing."""

    class Broken:
        async def read(self, limit: int) -> bytes:
            return record(ALERT, b"\2\x28")

        async def write(self, data: bytes | bytearray | memoryview) -> None:
            raise StreamError("broken pipe")

        def close(self) -> None:
            pass

    with pytest.raises(TlsHandshakeError) as caught:
        asyncio.run(secure(Broken(), TlsProfile(), wall=WALL))
    assert caught.value.failure.kind is Kind.REMOTE_ALERT


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_flight_of_a_real_server_never_escapes_as_a_crash(
    seed: int, gnutls_flight: bytes
) -> None:
    flight = bytearray(gnutls_flight)
    for step in range(1 + seed % 3):
        where = (seed * 7919 + step * 104_729) % len(flight)
        flight[where] ^= 1 << (seed + step) % 8
    engine = Engine(TlsProfile(), wall=WALL)
    engine.step()
    engine.feed(bytes(flight))
    engine.feed(b"")

    def run_out() -> None:
        for _ in range(1000):
            engine.step()

    with pytest.raises(TlsHandshakeError):
        run_out()


@pytest.fixture(scope="module")
def gnutls_flight(gnutls: int) -> bytes:
    """ServerHello, Certificate, ServerHelloDone."""

    async def main() -> bytes:
        engine = Engine(TlsProfile(), wall=WALL)
        engine.step()
        stream = await dial(gnutls)
        await stream.write(engine.take_output())
        flight = b""
        while engine.stage is not Stage.FINISHED:
            part = await stream.read(10_000)
            flight += part
            engine.feed(part)
            engine.step()
        stream.close()
        return flight

    return asyncio.run(main())
