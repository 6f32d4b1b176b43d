"""Answers that come late are never taken for those of a later command."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, cast

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.bring_up import bring_up
from atwin.host.channel.channel import Channel
from atwin.host.channel.doubt import SETTLE
from atwin.host.channel.exchange import Timeout
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import FakeModule

if TYPE_CHECKING:
    from collections.abc import Callable

    from atwin.line.port import Receiver
    from atwin.line.ports.memory import MemoryPort

#: What is asked, and what the answer must say; None where it is OK alone.
QUESTIONS = (
    ("AT+CSQ", "+CSQ: 22,0"),
    ("AT+CGATT?", "+CGATT: 1"),
    ("AT+CMEE=1", None),
    ("AT+CEREG?", "+CEREG: 0,1"),
    ("AT+CPIN?", "+CPIN: READY"),
    ("AT+NOSUCH", None),
    ("AT+CGATT?", "+CGATT: 1"),
)


class LatePort:
    """Delays what the module says; nothing overtakes anything."""

    def __init__(self, port: MemoryPort, delay: Callable[[], float]) -> None:
        self._port, self._delay, self._last = port, delay, 0.0

    def start(self, receiver: Receiver) -> None:
        self._port.start(receiver)

    def write(self, data: bytes) -> None:
        loop = asyncio.get_running_loop()
        self._last = max(self._last + 1e-6, loop.time() + self._delay())
        loop.call_at(self._last, self._port.write, data)


def late(delay: Callable[[], float]) -> tuple[Channel, FakeModule]:
    near, far = memory_pair()
    module = FakeModule(cast("MemoryPort", LatePort(far, delay)), echo=False)
    return Channel(near), module


async def ask_all(channel: Channel) -> None:
    for command, line in QUESTIONS:
        reply = await channel.command(command)
        assert reply.lines == (() if line is None else (line,)), command
        assert reply.ok == (command != "AT+NOSUCH")


@pytest.mark.parametrize("seconds", [0.05, 0.19, 0.3, 0.49, 0.501, 0.8, 1.1, 1.37, 2.03, 2.9])
@pytest.mark.parametrize("gap", [0.3, 0.5, 1.0])
def test_a_module_that_answers_everything_late(seconds: float, gap: float) -> None:
    async def main() -> None:
        channel, _ = late(lambda: seconds)
        await channel.synchronise(40, gap)
        assert LoopClock().now() < 12 * seconds + 3
        await ask_all(channel)

    run_virtual(main())


@pytest.mark.parametrize("seed", range(40))
def test_a_module_that_answers_as_it_likes(seed: int) -> None:
    async def main() -> None:
        rng = random.Random(seed)
        channel, _ = late(lambda: rng.uniform(0, 0.45))
        await channel.synchronise()
        await ask_all(channel)

    run_virtual(main())


def test_bring_up_of_a_module_that_is_0_8_s_late() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.8)
        await bring_up(channel)
        await ask_all(channel)
        assert module.heard.count("AT+CGATT?") == 3, "it was not asked twice for want of an answer"

    run_virtual(main())


@pytest.mark.parametrize("after", [0.01, 0.1, 0.25, 0.5, 0.77, 1.0, 2.0, 5.0, 20.0])
@pytest.mark.parametrize("answer", ["+LATE: 9\r\n\r\nOK", "OK", "ERROR"])
def test_one_answer_that_comes_after_its_time(after: float, answer: str) -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.0)
        await channel.command("AT")
        module.instead["AT+LATE"] = None
        asyncio.get_running_loop().call_later(9 + after, module.say, answer)
        with pytest.raises(Timeout):
            await channel.command("AT+LATE")
        # Which of two bare results is its own cannot be told when the late one overtakes.
        for _ in range(8):
            for question, line in QUESTIONS:
                if line is not None:
                    assert (await channel.command(question)).lines == (line,)
            await asyncio.sleep(0.31)

    run_virtual(main())


@pytest.mark.parametrize("command", [0, 1, 2, 3, 4, 5])
def test_a_late_answer_in_the_middle_of_the_next_command(command: int) -> None:
    """The next one is slow itself, and the late result comes while it runs."""

    async def main() -> None:
        channel, module = late(lambda: 0.0)
        await channel.command("AT")
        loop = asyncio.get_running_loop()
        module.instead["AT+LATE"] = None
        with pytest.raises(Timeout):
            await channel.command("AT+LATE")
        question, line = QUESTIONS[command]
        result = "ERROR" if question == "AT+NOSUCH" else "OK"

        def slow(text: str) -> bytes | None:
            loop.call_later(0.1, module.say, "OK")
            loop.call_later(0.15, module.say, f"{line}\r\n\r\n{result}" if line else result)
            return None

        module.instead[question] = slow
        reply = await channel.command(question)
        assert reply.lines == (() if line is None else (line,))
        assert reply.final.text == result
        module.instead.clear()
        await ask_all(channel)

    run_virtual(main())


def test_a_late_result_is_not_taken_for_that_of_a_body_or_of_data() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.0)
        loop = asyncio.get_running_loop()
        module.instead["AT+LATE"] = None
        for _ in range(2):
            with pytest.raises(Timeout):
                await channel.command("AT+LATE")
        module.buffer = b"Hello LuatOS!!!"

        def read(line: str) -> bytes:
            loop.call_later(0.1, module._body, "+HTTPREAD", module.buffer)
            return b"\r\nOK\r\n"

        def take(line: str) -> bytes:
            loop.call_later(0.1, module._httpdata, line.partition("=")[2])
            return b"\r\nERROR\r\n"

        module.instead |= {"AT+HTTPREAD": read, "AT+HTTPDATA": take}
        reply = await channel.command("AT+HTTPREAD")
        assert reply.body == module.buffer
        reply = await channel.command_with_data("AT+HTTPDATA=3,1000", b"abc")
        assert (reply.ok, reply.prompted, module.buffer) == (True, True, b"abc")

    run_virtual(main())


def test_a_late_line_without_its_result_holds_up_nobody() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.0)
        module.instead["AT+LATE"] = None
        asyncio.get_running_loop().call_later(9.1, module.say, "+LATE: 9")
        with pytest.raises(Timeout):
            await channel.command("AT+LATE")
        for _ in range(3):
            await ask_all(channel)

    run_virtual(main())


def test_a_lost_result_is_not_waited_for_as_long_as_its_command_may_take() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.0)
        module.instead["AT+CPIN?"] = b"\r\n+CPIN: READY\r\n"
        with pytest.raises(Timeout, match="CPIN: READY in 9 s"):
            await channel.command("AT+CPIN?", timeout=180)
        assert LoopClock().now() < 10

    run_virtual(main())


def test_a_packet_that_never_comes_makes_nobody_deaf() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.0)
        await channel.command("AT")
        module.say("+RECEIVE,0,9999:")
        with pytest.raises(Timeout):
            await channel.command("AT+CSQ")
        await ask_all(channel)

    run_virtual(main())


def test_what_is_in_time_costs_no_time() -> None:
    async def main() -> None:
        channel, _ = late(lambda: 0.0)
        await channel.synchronise()
        for _ in range(100):
            await ask_all(channel)
        assert LoopClock().now() < SETTLE

    run_virtual(main())


def test_a_module_that_starts_is_not_waited_for_much_longer() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.001)
        asks = iter(range(100))
        module.instead["AT"] = lambda line: (
            None if line == "AT" and next(asks) < 10 else b"\r\nOK\r\n"
        )
        await channel.synchronise()
        assert LoopClock().now() < 10 * 0.5 + 3 * SETTLE
        module.instead.clear()
        await ask_all(channel)

    run_virtual(main())


def test_a_command_that_a_start_of_the_module_swallowed_is_waited_for_no_more() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.0)
        module.instead["AT+LOST"] = b"\r\nRDY\r\n"
        with pytest.raises(Timeout):
            await channel.command("AT+LOST")
        await channel.synchronise()
        began = LoopClock().now()
        await ask_all(channel)
        assert LoopClock().now() - began < SETTLE

    run_virtual(main())


def test_a_status_of_several_links_is_whole() -> None:
    async def main() -> None:
        channel, module = late(lambda: 0.01)
        clients = [f'C: {number},,"","","","INITIAL"' for number in range(6)]

        def status(line: str) -> None:
            module.say("OK")
            module.say("STATE: IP STATUS")
            for client in clients:
                module.say(client)

        module.instead["AT+CIPSTATUS"] = status
        reply = await channel.command("AT+CIPSTATUS")
        assert reply.lines == ("STATE: IP STATUS", *clients)
        assert reply.ok
        await ask_all(channel)

    run_virtual(main())


# --- commands of a program that was killed, and that the module had not read ---------------------

#: What it left, as the module answers it after its OK to `AT`; and where that is cut in two.
LEFT = b"AT+HTTAT\r\r\nERROR\r\nAT+CSQ\r\r\n+CSQ: 9,0\r\n\r\nOK\r\nATI\r\r\nAnother\r\n\r\nOK\r\n"


@pytest.mark.parametrize("cut", [0, 4, 8, 9, 11, 16, 18, 30, 45, len(LEFT)])
def test_what_a_killed_program_left_is_answered_before_and_taken_for_nothing(cut: int) -> None:
    async def main() -> None:
        near, far = memory_pair()
        channel = Channel(near)
        FakeModule(far)
        said: list[str] = []
        channel.on_urc(lambda text, _: said.append(text))
        await channel.synchronise()
        far.write(LEFT[:cut])
        await asyncio.sleep(0.01)
        answer = asyncio.ensure_future(channel.command("AT+CGATT?"))
        far.write(LEFT[cut:])
        reply = await answer
        assert (reply.lines, reply.ok, reply.echoed) == (("+CGATT: 1",), True, True)
        assert "AT+HTTAT" in said
        assert "Another" in said
        await ask_all(channel)

    run_virtual(main())
