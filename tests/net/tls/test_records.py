"""Framing: how data are cut into records, and what their headers say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.net.tls import SUITES, Version
from atwin.net.tls.errors import Alert
from atwin.net.tls.protection import Keys, Opener, Sealer
from atwin.net.tls.records import HEADER, Records

if TYPE_CHECKING:
    from atwin.net.tls.suites import Suite

DATA = 23


def cut(output: bytes) -> list[tuple[int, int, int]]:
    """Type, version and length of each record."""
    found = []
    while output:
        header = HEADER.unpack_from(output)
        found.append(header)
        output = output[HEADER.size + header[2] :]
    return found


def secured(suite: Suite, version: Version) -> Records:
    """Hears what it says."""
    keys = Keys(bytes(suite.mac_size), bytes(range(suite.key_size)), bytes(suite.block_size))
    records = Records(version)
    records.sealer, records.opener = Sealer(suite, version, keys), Opener(suite, version, keys)
    return records


def hear(records: Records, output: bytes, step: int) -> list[bytes]:
    """The contents of the records in `output`, fed `step` bytes at a time."""
    heard = []
    for start in range(0, len(output), step):
        records.feed(output[start : start + step])
        while record := records.receive():
            assert record[0] == DATA
            heard.append(bytes(record[1]))
    return heard


def test_long_data_are_cut_into_full_records() -> None:
    records = Records(Version.TLS1_2)
    records.send(DATA, bytes(40_000))
    assert cut(records.take_output()) == [
        (DATA, Version.TLS1_2, 16_384),
        (DATA, Version.TLS1_2, 16_384),
        (DATA, Version.TLS1_2, 7_232),
    ]
    assert records.take_output() == b""


@pytest.mark.parametrize("version", Version, ids=lambda version: version.name)
@pytest.mark.parametrize("suite", SUITES, ids=lambda suite: suite.openssl)
@pytest.mark.parametrize("step", [1, 37, 1 << 20])
def test_what_was_said_is_heard(suite: Suite, version: Version, step: int) -> None:
    records = secured(suite, version)
    payload = bytes(range(256)) * 2
    records.send(DATA, payload)
    records.send(DATA, b"!")
    heard = hear(records, records.take_output(), step)
    assert b"".join(heard) == payload + b"!"
    # Where the next IV can be seen beforehand, one byte goes ahead alone.
    ahead = bool(suite.block_size) and version <= Version.TLS1_0
    assert [len(part) for part in heard] == ([1, 511, 1] if ahead else [512, 1])


def test_alerts_and_handshake_messages_are_not_split() -> None:
    records = secured(SUITES[0], Version.TLS1_0)
    records.send_alert(Alert(1, 0))
    records.send(22, bytes(100))
    assert [kind for kind, _, _ in cut(records.take_output())] == [21, 22]


def test_ready_means_a_whole_record() -> None:
    records = Records(Version.TLS1_2)
    records.send(DATA, b"abc")
    output = records.take_output()
    for byte in output[:-1]:
        records.feed(bytes([byte]))
        assert not records.ready
        assert records.receive() is None
    records.feed(output[-1:])
    assert records.ready
