"""A hostile server of TLS: it shakes hands for real, and lies in one place or none.

Without a lie the handshake goes through and the data come out, however they are cut. With one the
client refuses, and not a byte that was sealed wrongly or comes after that is ever delivered.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from atwin.net.tls.engine import Engine
from atwin.net.tls.errors import Kind, Stage, TlsBrokenError, TlsFailure, TlsHandshakeError
from atwin.net.tls.profile import TlsProfile
from atwin.net.tls.suites import SUITES, Version
from fuzz.runner import main
from support.servers import tls_by_hand as hand
from support.servers.tls_by_hand import ALERT, CCS, DATA, HANDSHAKE, message, record
from support.servers.tls_flights import RANDOM, certificate, cut, flipped, hello, request, spoilt

if TYPE_CHECKING:
    from random import Random

WALL = 1_893_456_000.0
#: Calls that one connection may take for each byte it hears, and in all beside that.
_STEPS = 1000
#: What may be said at any time of a handshake, and means nothing: a warning, a HelloRequest.
NOISE = (record(ALERT, b"\1\x70"), record(HANDSHAKE, bytes(4)))


@dataclass
class Said:
    """What the server says, and what it has said so far."""

    dice: Random
    version: int
    #: Whether it lies somewhere.
    lies: bool
    wire: list[bytes] = field(default_factory=list)

    def lie(self, share: float = 0.15) -> bool:
        """Whether to lie here."""
        return self.lies and self.dice.random() < share

    def handshake(self, *messages: bytes) -> None:
        """Messages in records that begin and end anywhere."""
        text = b"".join(messages)
        while text:
            size = self.dice.choice((len(text), len(text), 1, 4, 50))
            self.wire.append(record(HANDSHAKE, text[:size], self.version))
            text = text[size:]
            if len(self.wire) < 30 and self.dice.random() < 0.05:
                self.wire.append(NOISE[0])


class Talk:
    """One connection of a client to the server."""

    def __init__(self, dice: Random) -> None:
        self.dice = dice
        leaf, root = hand.fixed_chain()
        low, high = sorted(dice.choices([Version.TLS1_0, Version.TLS1_1, Version.TLS1_2], k=2))
        self.version = dice.choice([one for one in Version if low <= one <= high])
        offered = [one for one in SUITES if one.fits(self.version)]
        self.suite = dice.choice(offered).number
        self.authenticated = dice.random() < 0.5
        self.profile = TlsProfile(
            min_version=low,
            max_version=high,
            sni=dice.choice((None, "odd.example")),
            ca=root if self.authenticated else None,
            authenticate=self.authenticated,
            check_time=WALL if self.authenticated else None,
            check_name="odd.example" if self.authenticated else None,
            client_random=RANDOM,
        )
        self.leaf = leaf
        self.client = Engine(self.profile, wall=WALL)
        self.client.on_secret = self._learn
        self.master = b""
        #: Everything of the handshake in its order, as both sides heard it.
        self.transcript = b""
        self.read, self.wrote = b"", b""
        self.said = Said(dice, self.version, lies=dice.random() < 0.6)
        #: Whether a lie was told that must be noticed, and what was sealed well before it.
        self.must_fail = False
        self.may_fail = False
        self.sent = b""

    def _learn(self, _: bytes, master: bytes) -> None:
        self.master = master

    # The client

    def hear(self, data: bytes) -> bool:
        """Feed it, cut anywhere; whether the handshake is over."""
        over = False
        for piece in cut(self.dice, data):
            self.client.feed(piece)
            over = over or self.step()
        return over

    def step(self) -> bool:
        """As far as the bytes allow."""
        for _ in range(_STEPS):
            if self.client.step():
                return True
            if self.client.hungry:
                return False
        raise AssertionError("it neither ends nor wants bytes")

    def run(self) -> TlsFailure | None:
        """The whole; the failure it ends with."""
        try:
            over = self.step() or self.hear(self.first_flight())
            if not over:
                over = self.hear(self.second_flight())
            if not over:
                self.client.feed(b"")
                over = self.step()
                assert over, "it waits for ever"
        except TlsHandshakeError as error:
            self.ended(error.failure)
            with pytest.raises(TlsHandshakeError):
                self.client.step()
            return error.failure
        assert self.client.result is not None
        assert not self.must_fail, "it takes what is not a handshake"
        if self.authenticated:
            assert self.client.result.chain[0] == self.leaf
        return self.data()

    def ended(self, failure: TlsFailure) -> None:
        """What it says last is the alert that it says it has sent."""
        assert self.must_fail or self.may_fail, failure
        assert str(failure).isprintable(), failure
        if self.client.records.sealer is None:
            told = [one for one in hand.records(self.client.take_output()) if one[0] == ALERT]
            sent = failure.alert is not None and failure.kind is not Kind.REMOTE_ALERT
            assert len(told) == sent, (told, failure)
            if failure.alert is not None and sent:
                assert told[0][1] == bytes((failure.alert.level, failure.alert.number))

    # The server

    def first_flight(self) -> bytes:
        """From ServerHello to ServerHelloDone."""
        self.transcript = b"".join(
            payload
            for kind, payload in hand.records(self.client.take_output())
            if kind == HANDSHAKE
        )
        messages = [
            hello(self.dice, self.profile, self.version, self.suite),
            certificate(self.leaf),
            message(14, b""),
        ]
        self.asked = self.dice.random() < 0.3
        if self.asked:
            messages.insert(2, request(self.version))
        if self.said.lie(0.3):
            self.may_fail = True
            place = self.dice.randrange(len(messages))
            match self.dice.randrange(4):
                case 0:
                    messages[place] = spoilt(self.dice, messages[place])
                case 1:
                    messages.insert(place, self.dice.choice(messages))
                case 2:
                    del messages[place]
                case _:
                    # Its frame is right, its content is not.
                    kind, content = messages[place][0], messages[place][4:] or b"\0"
                    messages[place] = message(kind, spoilt(self.dice, content))
        self.random = next((one[6:38] for one in messages if one[:1] == b"\2"), b"")
        self.transcript += b"".join(messages)
        self.said.handshake(*messages)
        wire = b"".join(self.said.wire)
        if self.said.lie():
            self.may_fail = True
            wire = spoilt(self.dice, wire)
        return wire

    def second_flight(self) -> bytes:
        """ChangeCipherSpec and Finished, when the client has said its part."""
        heard = hand.records(self.client.take_output())
        if not self.master or not any(kind == CCS for kind, _ in heard):
            return b""
        change = next(place for place, (kind, _) in enumerate(heard) if kind == CCS)
        self.transcript += b"".join(
            payload for kind, payload in heard[:change] if kind == HANDSHAKE
        )
        suite = self.client._incoming.hello.suite  # type: ignore[union-attr] # it has come so far
        version = self.client._incoming.hello.version  # type: ignore[union-attr]
        self.theirs, self.ours = hand.directions(version, suite, self.master, RANDOM, self.random)
        try:
            finished = self.theirs.open(*heard[change + 1])
        except AssertionError:
            if self.may_fail:
                return b""  # the client heard another random, or another suite
            raise
        expected = hand.verify_data(version, self.master, b"client", self.transcript)
        if not self.may_fail:
            assert finished == message(20, expected), "the client's Finished is wrong"
        self.transcript += finished
        data = message(20, hand.verify_data(version, self.master, b"server", self.transcript))
        change_record = record(CCS, b"\1", version)
        kind = HANDSHAKE
        if self.said.lie():
            self.must_fail = True
            match self.dice.randrange(5):
                case 0:
                    data = message(20, spoilt(self.dice, data[4:]))
                case 1:
                    change_record = b""
                case 2:
                    change_record = record(CCS, b"\2", version)
                case 3:
                    kind = self.dice.choice((CCS, ALERT, DATA))
                case _:
                    data += message(self.dice.choice((2, 14, 20)), self.dice.randbytes(3))
        sealed = record(kind, self.ours.seal(kind, data), version)
        if self.said.lie():
            self.must_fail = True
            sealed = sealed[:5] + flipped(self.dice, sealed[5:])
        return change_record + sealed

    # Data

    def data(self) -> TlsFailure | None:
        """Records until the server's end; what comes out is what was sealed well, in its order."""
        wire: list[bytes] = []
        empty = 0
        ends = False
        for _ in range(self.dice.randrange(6)):
            text = self.dice.randbytes(self.dice.choice((0, 1, 15, 16, 300, 16_384)))
            empty = 0 if text else empty + 1
            padding = self.dice.choice((0, 0, 0, 1, 255))
            if self.said.lie(0.4):
                self.must_fail = True
                wire.append(self.lied(text, wire))
                continue
            wire.append(record(DATA, self.ours.seal(DATA, text, padding), self.version))
            self.sent += b"" if self.must_fail else text
            if self.dice.random() < 0.1:
                wire.append(record(HANDSHAKE, self.ours.seal(HANDSHAKE, bytes(4)), self.version))
            if self.dice.random() < 0.1:
                wire.append(record(ALERT, self.ours.seal(ALERT, b"\1\x5a"), self.version))
        if ends := self.dice.random() < 0.7:
            wire.append(record(ALERT, self.ours.seal(ALERT, b"\1\0"), self.version))
        written = self.dice.randbytes(self.dice.choice((0, 1, 40, 20_000)))
        self.client.write(written)
        heard, failure = self.heard(b"".join(wire))
        assert heard == self.sent, (len(heard), len(self.sent))
        assert (failure is not None) == self.must_fail, failure
        if failure is None:
            assert self.client.truncated != ends
        self.theirs_is(written, ends, failure)
        return failure

    def lied(self, text: bytes, wire: list[bytes]) -> bytes:
        """A record that must not be taken."""
        dice, ours = self.dice, self.ours
        match dice.randrange(7):
            case 0:
                return record(DATA, flipped(dice, ours.seal(DATA, text)), self.version)
            case 1:
                sealed = ours.seal(DATA, text)
                return record(DATA, sealed[: dice.randrange(len(sealed))], self.version)
            case 2:
                return wire[-1] if wire else record(DATA, b"x" * 48, self.version)
            case 3:
                ours.sequence += dice.choice((1, 2, -1)) if ours.sequence else 1
                return record(DATA, ours.seal(DATA, text), self.version)
            case 4:
                return record(DATA, ours.seal(dice.choice((CCS, HANDSHAKE, 0)), text), self.version)
            case 5 if ours.block:
                return record(DATA, ours.seal(DATA, text, 1, spoil=True), self.version)
            case _:
                return record(DATA, ours.seal(DATA, bytes(16_385)), self.version)

    def heard(self, wire: bytes) -> tuple[bytes, TlsFailure | None]:
        """All that the client reads of it, and how that ends."""
        got = b""
        limit = self.dice.choice((1, 100, 70_000)) if len(wire) < 3000 else 70_000
        try:
            for piece in (*cut(self.dice, wire), b""):
                self.client.feed(piece)
                for _ in range(len(self.sent) + _STEPS):
                    data = self.client.read(limit)
                    got += data or b""
                    assert len(data or b"") <= limit
                    if not data and (data == b"" or self.client.hungry):
                        break
                else:
                    raise AssertionError("it neither ends nor wants bytes")
                if data == b"":
                    break
        except TlsBrokenError as error:
            failure = error.failure
        else:
            return got, None
        assert failure.stage is Stage.DATA
        assert str(failure).isprintable()
        return got, failure

    def theirs_is(self, written: bytes, ends: bool, failure: TlsFailure | None) -> None:
        """What the client wrote comes out at the server as well."""
        opened = [
            (kind, self.theirs.open(kind, payload))
            for kind, payload in hand.records(self.client.take_output())
        ]
        assert b"".join(data for kind, data in opened if kind == DATA) == written
        alerts = [data for kind, data in opened if kind == ALERT and data != b"\1\x64"]
        if failure is not None and failure.alert is not None:
            assert alerts == [bytes((failure.alert.level, failure.alert.number))]


def attempt(dice: Random) -> None:
    """One connection."""
    Talk(dice).run()


if __name__ == "__main__":
    main(attempt)
