"""Dialogues of modules, spoilt, cut anywhere, or late: no error but ours, no wrong file, an end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, NamedTuple

from atwin.at.answers import LONGEST_LINE, AnswerParser
from atwin.at.dialect.commands import expected_of
from atwin.at.events import BodyData, BodyStart, Final, Information
from atwin.clock import run_virtual
from atwin.host.channel.channel import Channel
from atwin.host.channel.exchange import Timeout
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from fuzz.runner import main
from support.modules.fake_module import FakeServer
from support.modules.odd_module import OddModule

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from atwin.at.events import Event
    from atwin.line.ports.memory import MemoryPort


class Step(NamedTuple):
    """A command, and what a module says to it."""

    sent: str
    answer: bytes
    raw: int = 0

    @property
    def prompt(self) -> str | None:
        return expected_of(self.sent).shape.prompt


OK = b"\r\nOK\r\n"
#: More than a packet that was announced may still want, and the end of a line that was begun.
REST = b" " * 100_000 + b"\r\n"
BINARY = bytes(range(256))
STEPS = (
    Step("AT", b"AT\r" + OK),
    Step("ATI", b"\r\nAirM2M_780E_V1169_LTE_AT\r\n" + OK),
    Step("AT+CPIN?", b"\r\n+CPIN: READY\r\n" + OK),
    Step("AT+CPIN?", b"\r\n+CME ERROR: SIM busy\r\n"),
    Step("AT+CEREG?", b'\r\n+CEREG: 2,1,"1A2B","01A2B3C4",7\r\n' + OK),
    Step("AT+SAPBR=2,1", b'\r\n+SAPBR: 1,1,"10.0.0.7"\r\n' + OK),
    Step("AT+HTTPDATA=?", b"\r\n+HTTPDATA: (0-3356),(1000-120000)\r\n" + OK),
    Step("AT+HTTPACTION=0", OK + b"\r\n+HTTPACTION: 0,206,300\r\n"),
    Step("AT+HTTPREAD", b"\r\n+HTTPREAD: 256\r\n" + BINARY + OK),
    Step("AT+HTTPHEAD", b"\r\n+HTTPHEAD: 6\r\nA: b\r\n\r\n" + OK),
    Step("AT+HTTPEXGET", b"\r\n+HTTPEXGET: 5\r\nhello" + OK),
    Step("AT+HTTPDATA=3,1000", b"\r\nDOWNLOAD\r\n" + OK),
    Step('AT+FSWRITE="a",0,3,9', b"\r\n> " + OK),
    Step('AT+FSREAD="a",1,9,0', b"\r\n\r\n123456789" + OK, raw=9),
    Step("AT+CIPSTATUS", OK + b"\r\nSTATE: IP STATUS\r\n" + b'C: 0,,"","","","INITIAL"\r\n' * 6),
    Step("AT+CIPRXGET=2,5", b"\r\n+CIPRXGET: 2,5,0\r\nhello" + OK),
    Step("AT+CIPSEND=1,5", b"\r\n1, SEND OK\r\n"),
    Step("AT+CIFSR", b"\r\n10.222.163.213\r\n"),
    Step("AT+CSQ", b"\r\n+IPD,5:hello\r\n+RECEIVE,1,3:\r\nabc\r\n+CSQ: 22,0\r\n" + OK),
    Step("AT+CSQ", b"^boot.rom'v\0\1\0\0'!\\n\r\nRDY\r\n\r\n*EXINFO: 1\r\n\r\nERROR: 2\r\n"),
)
#: What may come in between, or stand in place of some bytes.
SPOILS = (
    *(b"", b"\r", b"\n", b"\r\n", b" ", b"\0", b"\xff", b"\x11", b"\x13", b">", b":", b",", b"+"),
    *(
        OK,
        b"\r\nERROR\r\n",
        b"\r\n+CME ERROR: ",
        b"\r\nCall Ready\r\n",
        b"\r\n+CGEV: ME DETACH\r\n",
    ),
    *(b"\r\n+HTTPREAD: ", b"\r\n+IPD,", b"\r\n+RECEIVE,0,99:\r\n", b"\r\nSTATE: ", b"\r\nC: 5,"),
    *(b"\r\n+HTTPACTION: 0,200,", b"-1", b"4294967296", b"9" * 20, b"9" * 5000, b"x" * 9000),
)


def spoilt(dice: Random, data: bytes, times: int) -> bytes:
    """With something lost, doubled, changed or put in between, so many times."""
    for _ in range(times):
        at = dice.randrange(len(data) + 1)
        end = min(len(data), at + dice.choice((0, 0, 1, 2, 3, 20)))
        match dice.randrange(4):
            case 0:
                data = data[:at] + data[end:]
            case 1:
                data = data[:end] + data[at:]
            case 2:
                data = data[:at] + dice.randbytes(end - at) + data[end:]
            case _:
                data = data[:at] + dice.choice(SPOILS) + data[end:]
    return data


def cut(dice: Random, data: bytes) -> list[bytes]:
    """In pieces of any size."""
    longest, pieces = dice.choice((1, 7, 64, 100_000)), []
    while data:
        size = dice.randint(1, longest)
        pieces.append(data[:size])
        data = data[size:]
    return pieces


def parse(dice: Random) -> None:
    """The parser: the same events however the bytes are cut, bounded, and sound afterwards."""
    steps = dice.choices(STEPS, k=dice.randint(1, 6))
    wire = [spoilt(dice, step.answer, dice.choice((0, 1, 1, 2, 5))) for step in steps]
    owed = dice.random() < 0.2
    # A prompt without a line end is known by the silence that follows it.
    whole = not any(step.prompt == ">" for step in steps)
    results = []
    for _ in range(2):
        parser = AnswerParser()
        events: list[Event] = []
        for step, answer in zip(steps, wire, strict=True):
            parser.begin(step.sent, raw=step.raw, owed=owed)
            for piece in cut(dice, answer):
                events += parser.feed(piece)
        for event in events:
            if isinstance(event, BodyData):
                assert len(event.data) > 0
            elif not isinstance(event, BodyStart) and hasattr(event, "text"):
                assert len(event.text) <= LONGEST_LINE
        results.append(joined(events))
        parser.begin("AT+CSQ")
        parser.feed(REST)
        parser.begin("AT+CSQ")
        assert parser.feed(b"\r\n+CSQ: 22,0\r\n" + OK) == [
            Information("+CSQ: 22,0"),
            Final("OK", ok=True),
        ]
    assert results[0] == results[1] or not whole, wire


def joined(events: list[Event]) -> list[object]:
    """With the pieces of counted bodies and of packets put together."""
    out: list[object] = []
    for event in events:
        data = getattr(event, "data", None)
        if data is None:
            out.append(event)
        elif out and isinstance(out[-1], bytes):
            out[-1] += bytes(data)
        else:
            out.append(bytes(data))
    return out


class Reciter:
    """Answers each command with the next of its texts, in pieces, each after some time."""

    def __init__(self, port: MemoryPort, dice: Random, answers: list[bytes]) -> None:
        self._port, self._dice, self._answers = port, dice, answers
        self.clean = False
        self._last = 0.0
        port.start(self)

    def received(self, data: bytes) -> None:
        if self.clean:
            say = b"\r\n+CSQ: 22,0\r\n" + OK if b"CSQ" in data else OK
            self._port.write(say)
            return
        loop = asyncio.get_running_loop()
        for piece in cut(self._dice, self._answers.pop(0)) if self._answers else ():
            self._last = max(loop.time(), self._last) + self._dice.choice((0.0, 0.0, 0.01, 0.3))
            loop.call_at(self._last, self._port.write, piece)

    def lost(self, reason: str | None) -> None:
        pass


def converse(dice: Random) -> None:
    """The channel: an answer or a failure that is ours, in time, and sound afterwards."""

    async def talk() -> None:
        near, far = memory_pair()
        steps = dice.choices(STEPS, k=dice.randint(1, 4))
        answers = [spoilt(dice, step.answer, dice.choice((0, 1, 2))) for step in steps]
        channel, module = Channel(near), Reciter(far, dice, answers)
        loop = asyncio.get_running_loop()
        for step in steps:
            began = loop.time()
            try:
                if step.prompt:
                    await channel.command_with_data(step.sent, b"abc", timeout=2, data_timeout=3)
                else:
                    await channel.command(step.sent, timeout=2, raw=step.raw)
            except (Timeout, HostError):
                pass
            assert loop.time() - began < 2000, step
        module.clean = True
        await asyncio.sleep(1)
        far.write(REST)
        await asyncio.sleep(1)
        for _ in range(12):
            try:
                reply = await channel.command("AT+CSQ", timeout=2)
            except (Timeout, HostError):
                continue
            if reply.value("+CSQ") == "22,0":
                break
        else:
            raise AssertionError(f"it does not recover from {answers}")

    run_virtual(talk())


class Late:
    """Counts the questions, and tells the number of each in its answer, so many seconds late."""

    def __init__(self, port: MemoryPort, seconds: float) -> None:
        self.asked = 0
        self._port, self._seconds, self._line = port, seconds, b""
        port.start(self)

    def received(self, data: bytes) -> None:
        *lines, self._line = (self._line + data).split(b"\r")
        for line in lines:
            self.asked += b"CSQ" in line
            said = b"\r\n+CSQ: %d,0\r\n" % self.asked if b"CSQ" in line else b""
            asyncio.get_running_loop().call_later(self._seconds, self._port.write, said + OK)

    def lost(self, reason: str | None) -> None:
        pass


def late(dice: Random) -> None:
    """A module that is late with all it says: no question takes the answer to another one."""
    seconds, patience = dice.uniform(0, 5), dice.choice((0.5, 1.0, 2.0, 4.0))

    async def talk() -> None:
        near, far = memory_pair()
        channel, module = Channel(near), Late(far, seconds)
        for _ in range(dice.randint(2, 5)):
            try:
                reply = await channel.command("AT+CSQ", timeout=patience)
            except (Timeout, HostError):
                continue
            told = f"{seconds} s late, asked for {patience} s: {reply}"
            assert reply.value("+CSQ") in (f"{module.asked},0", None), told

    run_virtual(talk())


def fetch(dice: Random) -> None:
    """A whole job: the right file, or an error of ours that is not a traceback."""
    spoil: dict[str, Callable[[bytes], bytes]] = {
        "lost": lambda data: spoilt_part(dice, data, b""),
        "in between": lambda data: spoilt_part(dice, data, None),
    }
    chosen, rate = spoil[dice.choice(list(spoil))], dice.choice((0.02, 0.1, 0.3))

    async def work() -> None:
        near, far = memory_pair()
        data = dice.randbytes(dice.choice((1, 300, 5000)))
        module = OddModule(far, FakeServer(data), buffer=4096, limit=3356)
        module.cuts(dice.choice((7, 100_000)))
        module.odd.all = lambda said: chosen(said) if dice.random() < rate else said
        modem = Modem(near)
        try:
            await modem.recover(give_up=60)
            response = await modem.get("http://server/file", timeout=5)
        except HostError:
            pass
        else:
            assert response.status != 200 or response.body == data
        finally:
            await modem.close()

    run_virtual(work())


def spoilt_part(dice: Random, said: bytes, instead: bytes | None) -> bytes:
    """Some bytes in a row lost, or something of another kind in between them."""
    at = dice.randrange(len(said) + 1)
    if instead is None:
        return said[:at] + dice.choice(SPOILS) + said[at:]
    return said[:at] + said[at + dice.choice((1, 2, 3, 30)) :]


def attempt(dice: Random) -> None:
    """One of the four."""
    dice.choices((parse, converse, late, fetch), weights=(6, 3, 1, 1))[0](dice)


if __name__ == "__main__":
    main(attempt)
