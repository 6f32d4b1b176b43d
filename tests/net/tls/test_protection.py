"""Our record protection against tlslite's own: same verdict and same plain text, always."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tlslite.errors import TLSBadRecordMAC, TLSDecryptionFailed
from tlslite.mathtls import calc_key
from tlslite.messages import ApplicationData
from tlslite.recordlayer import RecordLayer

from atwin.net.tls import SUITES, Version
from atwin.net.tls.errors import FATAL, Alert, AlertNumber, EngineError
from atwin.net.tls.protection import Keys, Opener, Sealer

if TYPE_CHECKING:
    from atwin.net.tls.suites import Suite

PAIRS = [
    pytest.param(suite, version, id=f"{suite.openssl}-{version.name}")
    for suite in SUITES
    for version in Version
    if suite.fits(version)
]
CBC = [suite for suite in SUITES if suite.block_size]
MASTER, CLIENT_RANDOM, SERVER_RANDOM = bytearray(48), bytearray(32), bytearray(b"\1" * 32)
DATA = 23


class Sink:
    def __init__(self) -> None:
        self.data = bytearray()

    def send(self, data: bytes) -> int:
        self.data += data
        return len(data)


def tlslite_layer(suite: Suite, version: Version, *, client: bool) -> Any:
    layer = RecordLayer(Sink())
    layer.client = client
    layer.version = (version >> 8, version & 0xFF)
    layer.calcPendingStates(suite.number, MASTER, CLIENT_RANDOM, SERVER_RANDOM, ["python"])
    layer.changeWriteState()
    layer.changeReadState()
    return layer


def keys(suite: Suite, version: Version) -> tuple[Keys, Keys]:
    """The client's and the server's."""
    sizes = [suite.mac_size] * 2 + [suite.key_size] * 2 + [suite.block_size] * 2
    block = bytes(
        calc_key(
            (version >> 8, version & 0xFF),
            MASTER,
            suite.number,
            b"key expansion",
            client_random=CLIENT_RANDOM,
            server_random=SERVER_RANDOM,
            output_length=sum(sizes),
        )
    )
    parts = []
    for size in sizes:
        parts.append(block[:size])
        block = block[size:]
    return Keys(*parts[0::2]), Keys(*parts[1::2])


def sealed_by_tlslite(
    suite: Suite, version: Version, data: bytes, *, filler: int | None = None, blocks: int = 0
) -> bytes:
    """The payload of one record from the server.

    `filler` fills the padding in front of its length; `blocks` is how much longer it is.
    """
    layer = tlslite_layer(suite, version, client=False)
    if filler is not None:

        def pad(content: bytearray) -> bytearray:
            size = suite.block_size - 1 - len(content) % suite.block_size
            size += blocks * suite.block_size
            return content + bytearray([filler]) * size + bytearray([size])

        layer.addPadding = pad
    for _ in layer.sendRecord(ApplicationData().create(bytearray(data))):
        pass
    return bytes(layer.sock.data[5:])


def tlslite_verdict(suite: Suite, version: Version, payload: bytes) -> bytes | None:
    layer = tlslite_layer(suite, version, client=True)
    check = layer._decryptThenMAC if suite.block_size else layer._decryptStreamThenMAC
    try:
        return bytes(check(DATA, bytearray(payload)))
    except (TLSBadRecordMAC, TLSDecryptionFailed):
        return None


def our_verdict(suite: Suite, version: Version, payload: bytes) -> bytes | None:
    try:
        opened = Opener(suite, version, keys(suite, version)[1]).open(DATA, memoryview(payload))
    except EngineError as error:
        if error.alert != Alert(FATAL, AlertNumber.BAD_RECORD_MAC):
            raise
        return None
    return bytes(opened)


@pytest.mark.parametrize(("suite", "version"), PAIRS)
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 64, 300])
def test_opens_what_tlslite_sealed(suite: Suite, version: Version, size: int) -> None:
    data = os.urandom(size)
    payload = sealed_by_tlslite(suite, version, data)
    assert our_verdict(suite, version, payload) == data
    assert tlslite_verdict(suite, version, payload) == data


@pytest.mark.parametrize(("suite", "version"), PAIRS)
def test_tlslite_opens_what_we_sealed_in_sequence(suite: Suite, version: Version) -> None:
    sealer = Sealer(suite, version, keys(suite, version)[0])
    layer = tlslite_layer(suite, version, client=False)
    check = layer._decryptThenMAC if suite.block_size else layer._decryptStreamThenMAC
    for size in (0, 1, 15, 16, 17, 300):
        data = os.urandom(size)
        assert bytes(check(DATA, bytearray(sealer.seal(DATA, data)))) == data


@pytest.mark.parametrize("suite", [suite for suite in CBC if suite.fits(Version.SSL3_0)])
@pytest.mark.parametrize("size", range(0, 40, 3))
def test_ssl3_padding_may_hold_anything(suite: Suite, size: int) -> None:
    data = os.urandom(size)
    payload = sealed_by_tlslite(suite, Version.SSL3_0, data, filler=0)
    assert our_verdict(suite, Version.SSL3_0, payload) == data
    assert tlslite_verdict(suite, Version.SSL3_0, payload) == data


@pytest.mark.parametrize(("suite", "version"), [pair for pair in PAIRS if pair.values[0] in CBC])
def test_padding_has_a_length_and_from_tls_on_a_content(suite: Suite, version: Version) -> None:
    """The MAC does not cover the padding, so only these checks do."""
    data = b"sixteen bytes ok"
    for blocks in (0, 1, 2):
        for filler in (0, 0xEE):
            payload = sealed_by_tlslite(suite, version, data, filler=filler, blocks=blocks)
            verdict = our_verdict(suite, version, payload)
            assert verdict == tlslite_verdict(suite, version, payload)
            short_enough = version is Version.SSL3_0 and not blocks
            assert verdict == (data if short_enough else None)


@pytest.mark.parametrize(("suite", "version"), PAIRS)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=80), where=st.integers(0), bit=st.integers(0, 7))
def test_tampered_records_are_refused_by_both(
    suite: Suite, version: Version, data: bytes, where: int, bit: int
) -> None:
    payload = bytearray(sealed_by_tlslite(suite, version, data))
    payload[where % len(payload)] ^= 1 << bit
    verdict = our_verdict(suite, version, bytes(payload))
    assert verdict == tlslite_verdict(suite, version, bytes(payload))
    # Only SSL 3.0 leaves bytes (of its padding) that no check covers.
    assert verdict is None or (version is Version.SSL3_0 and verdict == data)


@pytest.mark.parametrize(("suite", "version"), PAIRS)
@settings(max_examples=25, deadline=None)
@given(data=st.binary(max_size=80), keep=st.integers(0, 200), extra=st.binary(max_size=20))
def test_cut_and_lengthened_records_get_one_verdict(
    suite: Suite, version: Version, data: bytes, keep: int, extra: bytes
) -> None:
    payload = sealed_by_tlslite(suite, version, data)[:keep] + extra
    assert our_verdict(suite, version, payload) == tlslite_verdict(suite, version, payload)


@pytest.mark.parametrize(("suite", "version"), PAIRS)
@settings(max_examples=25, deadline=None)
@given(payload=st.binary(max_size=100))
def test_noise_is_refused(suite: Suite, version: Version, payload: bytes) -> None:
    assert our_verdict(suite, version, payload) is None
    assert tlslite_verdict(suite, version, payload) is None


def test_explicit_iv_is_fresh_for_every_record() -> None:
    suite, version = SUITES[0], Version.TLS1_2
    sealer = Sealer(suite, version, keys(suite, version)[0])
    assert len({sealer.seal(DATA, b"same")[:16] for _ in range(20)}) == 20
