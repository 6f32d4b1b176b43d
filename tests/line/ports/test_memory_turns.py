"""Bytes that are handed over within a turn of the loop: in order, and nobody re-entered."""

from __future__ import annotations

import asyncio
from typing import Any

from atwin.clock import LoopClock, run_virtual
from atwin.line.frame import HostSettings, UartSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.uart.uart import Uart


class End:
    """Answers each piece with `answer`, and knows whether it is in the middle of one."""

    def __init__(self, port: MemoryPort, answer: bytes = b"", *, fails: bool = False) -> None:
        self.port, self.answer, self.fails = port, answer, fails
        self.heard: list[bytes] = []
        self.busy = False

    def received(self, data: bytes) -> None:
        assert not self.busy
        self.busy = True
        self.heard.append(data)
        answer, self.answer = self.answer, b""
        if answer:
            self.port.write(answer)
        self.busy = False
        if self.fails:
            raise RuntimeError("a bug")

    def lost(self, reason: str | None) -> None:
        """Of no interest."""


class ReadyEnd(End):
    at_once = True


def ends(near: type[End], far: type[End], **options: Any) -> tuple[End, End]:
    a, b = memory_pair()
    one, other = near(a, b"again"), far(b, b"answer", **options)
    a.start(one)
    b.start(other)
    return one, other


def test_only_who_is_ready_hears_from_inside_a_write() -> None:
    async def main() -> None:
        for far, at_once in ((End, []), (ReadyEnd, [b"ask"])):
            near, other = ends(End, far)
            near.port.write(b"ask")
            assert other.heard == at_once
            await asyncio.sleep(0.1)
            assert other.heard == [b"ask", b"again"]
            assert near.heard == [b"answer"]

    run_virtual(main())


def test_two_that_are_ready_are_never_called_back_in_the_middle_of_their_own_work() -> None:
    async def main() -> None:
        near, other = ends(ReadyEnd, ReadyEnd)
        near.port.write(b"ask")
        assert (near.heard, other.heard) == ([], [b"ask"])
        await asyncio.sleep(0.1)
        assert (near.heard, other.heard) == ([b"answer"], [b"ask", b"again"])

    run_virtual(main())


def test_who_asks_has_the_answer_when_that_returns_and_writes_on_in_turn() -> None:
    async def main() -> None:
        near, other = ends(End, ReadyEnd)
        await asyncio.sleep(0)
        near.port.ask(b"ask")
        assert (near.heard, other.heard) == ([b"answer"], [b"ask"])
        await asyncio.sleep(0.1)
        assert other.heard == [b"ask", b"again"]

    run_virtual(main())


def test_who_asks_hears_first_what_came_before() -> None:
    async def main() -> None:
        near, other = ends(End, ReadyEnd)
        other.port.write(b"unasked, ")
        near.port.ask(b"ask")
        assert (near.heard, other.heard) == ([], [b"ask"])
        await asyncio.sleep(0.1)
        assert near.heard == [b"unasked, answer"]

    run_virtual(main())


def test_who_asks_while_he_hears_is_not_called_back_in_the_middle_of_it() -> None:
    class Asker(End):
        def received(self, data: bytes) -> None:
            if self.answer:
                self.port.ask(b"asked inside, ")
            super().received(data)

    async def main() -> None:
        near, other = ends(Asker, ReadyEnd)
        await asyncio.sleep(0)
        near.port.ask(b"ask")
        other.answer = b"more"
        await asyncio.sleep(0.1)
        assert near.heard == [b"answer", b"more"]
        assert other.heard == [b"ask", b"asked inside, again"]

    run_virtual(main())


def test_others_have_their_turns_while_one_asks_and_asks() -> None:
    async def main() -> None:
        near, other = ends(End, ReadyEnd)
        await asyncio.sleep(0)
        near.answer = b""
        turns = 0
        while True:
            other.answer = b"answer"
            before = len(near.heard)
            near.port.ask(b"ask")
            if len(near.heard) == before:
                break
            turns += 1
        assert 0 < turns < 1000
        await asyncio.sleep(0)
        assert len(near.heard) == before + 1

    run_virtual(main())


def test_what_waits_is_not_overtaken() -> None:
    async def main() -> None:
        near, other = ends(End, ReadyEnd)
        other.port.pause_reading()
        near.port.write(b"1")
        other.port.resume_reading()
        near.port.write(b"2")
        near.port.write_now(b"3")
        await asyncio.sleep(0.1)
        assert other.heard[0] == b"123"

    run_virtual(main())


def test_a_reader_that_fails_is_told_to_the_loop_and_the_writer_goes_on() -> None:
    async def main() -> None:
        told: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda loop, what: told.append(what))
        near, other = ends(End, ReadyEnd, fails=True)
        near.port.write(b"ask")
        assert [str(what["exception"]) for what in told] == ["a bug"]
        near.port.write(b"more")
        assert other.heard[0] == b"ask"

    run_virtual(main())


def test_what_a_paced_line_brings_is_heard_in_the_turn_in_which_it_comes() -> None:
    async def main() -> None:
        near, far = memory_pair()
        near.set_line(HostSettings(9600))
        uart = Uart(far, LoopClock(), baud=9600)
        uart.boot(UartSettings(), trained=True)
        host = End(near)
        near.start(host)
        uart.write(b"OK")
        seen: list[list[bytes]] = []
        # In the same turn of the loop, right after the timer of the line.
        after = 2 * 10 / 9600 + 1e-10
        asyncio.get_running_loop().call_at(after, lambda: seen.append(list(host.heard)))
        await asyncio.sleep(0.1)
        assert seen == [[b"OK"]]

    run_virtual(main())


def test_the_shortest_answers_let_others_run_as_well() -> None:
    async def main() -> None:
        near, other = ends(End, ReadyEnd)
        await asyncio.sleep(0)
        turns = 0
        for _ in range(257):
            other.answer, before = b"0\r", len(near.heard)
            near.port.ask(b"AT\r")
            if len(near.heard) == before:
                turns += 1
                await asyncio.sleep(0.1)
        assert turns == 1

    run_virtual(main())
