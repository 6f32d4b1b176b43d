"""Several records that come in one piece: each is judged for itself, in its order."""

from __future__ import annotations

import pytest

from atwin.net.tls import SUITES, TlsProfile, Version
from atwin.net.tls.engine import Engine
from atwin.net.tls.errors import FATAL, Alert, AlertNumber, Stage, TlsBrokenError
from atwin.net.tls.protection import Keys, Opener, Sealer
from atwin.net.tls.records import HEADER, Records
from atwin.net.tls.suites import RC4_SHA, Suite
from support.servers.tls_talk import WALL

ALERT, HANDSHAKE, DATA = 21, 22, 23
VERSION = Version.TLS1_2
BAD_MAC = Alert(FATAL, AlertNumber.BAD_RECORD_MAC)


def keys(suite: Suite) -> Keys:
    return Keys(bytes(suite.mac_size), bytes(range(suite.key_size)), bytes(suite.block_size))


class Server:
    """Seals what an engine after its handshake opens."""

    def __init__(self, suite: Suite) -> None:
        self.engine = Engine(TlsProfile(), wall=WALL)
        self.engine.records.version = VERSION
        self.engine.records.opener = Opener(suite, VERSION, keys(suite))
        self.engine._incoming.stage = Stage.DATA
        self._sealer = Sealer(suite, VERSION, keys(suite))

    def record(self, kind: int, data: bytes) -> bytes:
        sealed = self._sealer.seal(kind, data)
        return HEADER.pack(kind, VERSION, len(sealed)) + sealed


def flip(record: bytes, place: int) -> bytes:
    return record[:place] + bytes([record[place] ^ 1]) + record[place + 1 :]


def heard(records: Records) -> tuple[int, bytes] | None:
    record = records.receive()
    return record and (record[0], bytes(record[1]))


@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.openssl)
@pytest.mark.parametrize("place", [HEADER.size, -1], ids=["content", "end"])
def test_what_came_before_a_bad_record_is_delivered(suite: Suite, place: int) -> None:
    server = Server(suite)
    good = [server.record(DATA, text) for text in (b"first ", b"second")]
    bad, late = server.record(DATA, bytes(100)), server.record(DATA, b"late")
    place %= len(bad)
    # Half of the good record after it has come as well.
    server.engine.feed(b"".join(good) + flip(bad, place) + late[:20])
    assert server.engine.read(1000) == b"first second"
    server.engine.feed(late[20:])
    for _ in range(2):
        with pytest.raises(TlsBrokenError) as caught:
            server.engine.read(1000)
        assert caught.value.failure.alert == BAD_MAC
    assert server.engine.take_output()[HEADER.size :] == bytes((BAD_MAC.level, BAD_MAC.number))


def test_a_record_that_is_too_long_is_refused_before_all_of_it_is_there() -> None:
    server = Server(RC4_SHA)
    server.engine.feed(server.record(DATA, b"first") + HEADER.pack(DATA, VERSION, 20_000))
    assert server.engine.read(1000) == b"first"
    with pytest.raises(TlsBrokenError, match="20000 bytes"):
        server.engine.read(1000)


def test_a_truncated_record_delivers_nothing_of_itself() -> None:
    server = Server(RC4_SHA)
    server.engine.feed(server.record(DATA, b"first") + server.record(DATA, b"second")[:-1])
    assert server.engine.read(1000) == b"first"
    assert server.engine.read(1000) is None
    assert server.engine.hungry
    server.engine.feed(b"")
    assert server.engine.read(1000) == b""
    assert server.engine.truncated


def test_kinds_are_mixed_in_one_piece() -> None:
    """A warning, a wish for a new handshake and an empty record between data; then the goodbye."""
    server = Server(RC4_SHA)
    said = [
        (DATA, b"first "),
        (ALERT, b"\1\x5a"),
        (HANDSHAKE, bytes(4)),
        (DATA, b""),
        (DATA, b"second"),
        (ALERT, b"\1\0"),
        (DATA, b"nobody hears this"),
    ]
    server.engine.feed(b"".join(server.record(kind, data) for kind, data in said))
    assert server.engine.read(1000) == b"first second"
    assert server.engine.read(1000) == b""
    assert not server.engine.truncated
    no_renegotiation = bytes([ALERT, 3, 3, 0, 2, 1, AlertNumber.NO_RENEGOTIATION])
    assert server.engine.take_output() == no_renegotiation


def test_keys_change_in_the_middle_of_a_piece() -> None:
    server = Server(RC4_SHA)
    records = Records(VERSION)
    plain = HEADER.pack(HANDSHAKE, VERSION, 5) + b"plain"
    change = HEADER.pack(20, VERSION, 1) + b"\1"
    records.feed(plain + change + server.record(HANDSHAKE, b"sealed") + b"\x17\3")
    assert heard(records) == (HANDSHAKE, b"plain")
    assert heard(records) == (20, b"\1")
    records.opener = server.engine.records.opener
    assert heard(records) == (HANDSHAKE, b"sealed")
    assert heard(records) is None
    records.feed(server.record(DATA, b"more")[2:])
    assert heard(records) == (DATA, b"more")


def test_an_idle_connection_keeps_nothing_of_what_it_received() -> None:
    server = Server(RC4_SHA)
    server.engine.feed(server.record(DATA, bytes(10_000)))
    server.engine.read(20_000)
    assert not server.engine.records._inbox
