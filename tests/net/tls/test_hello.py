"""The ClientHello: exactly these bytes, also on the wire."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import pytest

from atwin.net.tls import SUITES, TlsProfile, Version, secure, suites_for, versions_for
from atwin.net.tls.engine import Engine
from atwin.net.tls.errors import Kind, TlsHandshakeError
from atwin.net.tls.messages import client_hello
from support.servers import tls_servers
from support.servers.sockets import dial
from support.servers.tls_talk import WALL, fetch, raw_server, refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.servers.tls_pki import Issued

RANDOM = bytes(range(32))


def first_flight(profile: TlsProfile, wall: float = WALL) -> bytes:
    engine = Engine(profile, wall=wall)
    assert not engine.step()
    return engine.take_output()


def test_the_hello_of_one_suite_byte_by_byte() -> None:
    profile = TlsProfile(
        suites=suites_for(0x0035), min_version=Version.TLS1_0, client_random=RANDOM, sni="a.test"
    )
    assert (
        first_flight(profile)
        == bytes.fromhex(
            "160301005a"  # handshake record, in the lowest version offered
            "01000056"  # ClientHello
            "0303" + RANDOM.hex() + "00"  # TLS 1.2, random, no session
            "0004003500ff"  # the suite and the renegotiation SCSV
            "0100"  # no compression
            "0029"  # extensions:
            "0000000b0009000006612e74657374"  # server name a.test
            "000d00160014"
            "0603060105030501040304010303030102030201"  # signature algorithms
        )
    )


@pytest.mark.parametrize("sni", [None, "device.test"])
@pytest.mark.parametrize("number", [0xFFFF, 0x0004, 0x003D])
@pytest.mark.parametrize("sslversion", range(5))
def test_engine_and_prober_say_the_same(sslversion: int, number: int, sni: str | None) -> None:
    lowest, highest = versions_for(sslversion)
    suites = suites_for(number)
    profile = TlsProfile(
        suites=suites, min_version=lowest, max_version=highest, sni=sni, client_random=RANDOM
    )
    flight = first_flight(profile)
    assert flight[:3] == b"\x16" + lowest.to_bytes(2, "big")
    numbers = [suite.number for suite in suites]
    assert flight[5:] == client_hello(highest, numbers, sni, RANDOM)


def test_the_order_of_suites_is_the_profiles() -> None:
    backwards = tuple(reversed(SUITES))
    flight = first_flight(TlsProfile(suites=backwards))
    offered = b"".join(suite.number.to_bytes(2, "big") for suite in backwards) + b"\x00\xff"
    assert flight[44:60] == len(offered).to_bytes(2, "big") + offered


def test_ssl3_has_no_extensions() -> None:
    profile = TlsProfile(
        suites=suites_for(0x000A),
        min_version=Version.SSL3_0,
        max_version=Version.SSL3_0,
        sni="device.test",
    )
    assert first_flight(profile).endswith(bytes.fromhex("0004000a00ff0100"))


@pytest.mark.parametrize(
    ("wall", "time"),
    [(WALL, "70dbd880"), (946_684_800.9, "386d4380"), (-1.0, "ffffffff"), (0.0, "00000000")],
)
def test_the_random_begins_with_the_modules_clock(wall: float, time: str) -> None:
    free = first_flight(TlsProfile(), wall)[11:43]
    assert free[:4].hex() == time
    assert free != first_flight(TlsProfile(), wall)[11:43]
    tail = bytes(range(28))
    assert first_flight(TlsProfile(client_random=tail), wall)[11:43].hex() == time + tail.hex()
    assert first_flight(TlsProfile(client_random=RANDOM), wall)[11:43] == RANDOM


def test_the_random_is_seen_on_the_wire_and_the_handshake_completes(gnutls: int) -> None:
    async def main() -> bytes:
        stream = await dial(gnutls)
        await secure(stream, TlsProfile(client_random=RANDOM), wall=WALL)
        return bytes(stream.sent)

    assert asyncio.run(main())[11:43] == RANDOM


def test_a_server_hears_the_name_or_none() -> None:
    async def heard(sni: str | None) -> bytes:
        arrived: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

        async def note(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
            arrived.set_result(await reader.read(1000))

        async with raw_server(note) as port:
            with contextlib.suppress(TlsHandshakeError):
                await secure(await dial(port), TlsProfile(sni=sni), wall=WALL)
            return await arrived

    assert b"device.test" in asyncio.run(heard("device.test"))
    assert b"device.test" not in asyncio.run(heard(None))


@pytest.fixture(scope="module")
def choosy(where: Path, server: Issued, body: Path) -> Iterator[int]:
    """Serves device.test only, and insists on hearing it."""
    demands = ["--sni-hostname=device.test", "--sni-hostname-fatal"]
    with tls_servers.gnutls(where, server, body, extra=demands) as port:
        yield port


def test_a_server_that_insists_on_its_name(choosy: int, body: Path) -> None:
    assert asyncio.run(fetch(choosy, TlsProfile(sni="device.test")))[1] == body.read_bytes()
    failure = asyncio.run(refused(choosy, TlsProfile(sni="other.test")))
    assert failure.kind is Kind.REMOTE_ALERT
    assert str(failure.alert) == "fatal alert 112 unrecognized_name"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"suites": ()}, "at least one cipher suite"),
        ({"min_version": Version.TLS1_2, "max_version": Version.TLS1_0}, "TLS 1.2 is above"),
        ({"client_random": b"short"}, "5 bytes, not 28 or 32"),
        ({"deadline": 0}, "not above 0"),
    ],
)
def test_a_profile_refuses_nonsense(settings: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        TlsProfile(**settings)  # type: ignore[arg-type]


def test_sslcfg_numbers() -> None:
    assert [suite.number for suite in suites_for(0xFFFF)] == [0x35, 0x2F, 5, 4, 0xA, 0x3D]
    assert versions_for(0) == (Version.SSL3_0, Version.SSL3_0)
    assert versions_for(4) == (Version.SSL3_0, Version.TLS1_2)
    for ask, bad in ((suites_for, 0x0036), (versions_for, 5), (versions_for, -1)):
        with pytest.raises(ValueError, match=r"no cipher suite|is not 0\.\.4"):
            ask(bad)
