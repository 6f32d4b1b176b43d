"""The interpreter with a family made for it: order of output, busy line, data phases, URCs."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from atwin.at import command
from atwin.at.dialect.results import HttpRead
from atwin.at.dialect.urcs import HttpCause
from atwin.at.kinds import Range
from atwin.at.reply import Block, CmeError, Collect, Reply
from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.line.uart.uart import Uart
from atwin.models import Profile, load_profile
from atwin.twin.board.hardware import Hardware
from atwin.twin.board.rtc import Rtc
from atwin.twin.board.sim import Identity
from atwin.twin.chapters import general
from atwin.twin.engine.contents import Contents
from atwin.twin.engine.run import Chapter, Commands, Run
from atwin.twin.module import Module
from support.line.terminal import Terminal
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

    from atwin.at.command import Family

T = TypeVar("T")

EC = ("air780e-at", "air780e-lsat", "air780eg", "air780ep")


class Sample(Commands):
    """Commands that do one thing each."""

    def __init__(self, run: Run) -> None:
        super().__init__(run)
        self.kept = b""

    @command.execute("+INFO")
    def info(self) -> str:
        """One line."""
        return "+INFO: 1"

    @command.execute("+LINES")
    def lines(self) -> Reply:
        """Two lines in one answer."""
        return Reply(("one", "two"))

    @command.execute("+SLOW")
    async def slow(self) -> str:
        """Answers after five seconds."""
        await asyncio.sleep(5)
        return "+SLOW: done"

    @command.execute("+REFUSE")
    async def refuse(self) -> None:
        """Waits, then refuses."""
        await asyncio.sleep(1)
        raise CmeError(3)

    @command.execute("+BROKEN")
    def broken(self) -> None:
        """A defect of ours."""
        raise RuntimeError("a defect")

    @command.execute("+BARE")
    def bare(self) -> Reply:
        """A line without a result."""
        return Reply(("10.0.0.1",), final=None)

    @command.execute("+SHUT")
    def shut(self) -> Reply:
        """A result of its own."""
        return Reply(final="SHUT OK")

    @command.execute("+BLOCK")
    def block(self) -> Block:
        """Counted bytes."""
        return Block(HttpRead(4), b"\r\n\x00\xff")

    @command.execute("+EVENT")
    def event(self) -> None:
        """A URC raised by the command itself."""
        self.run.urc(HttpCause(9))

    @command.set("+DATA", last=True)
    def data(self, size: Annotated[int, Range(1, 99999)]) -> Collect:
        """Takes bytes for ten seconds."""
        return Collect(b"\r\n> ", size, 10, self._keep)

    @command.execute("+LATE", last=True)
    async def late(self) -> Collect:
        """Takes a byte, after two seconds."""
        await asyncio.sleep(2)
        return self.data(1)

    def _keep(self, data: bytes) -> None:
        self.kept = data


class Manual(Contents):
    """The commands that every module has, and `Sample`."""

    def __init__(self) -> None:
        super().__init__("", {})

    def __iter__(self) -> Iterator[Chapter]:
        return iter((general.CHAPTER, Chapter((Sample,))))

    hearing = __iter__

    def families(self, command: str | None) -> Iterable[type[Family]]:
        return (family for chapter in self for family in chapter.commands)


class Rig:
    """A run with `Sample` on one end of a memory line, a terminal on the other."""

    def __init__(self, profile: Profile) -> None:
        host, module = memory_pair()
        clock = LoopClock()
        self.uart = Uart(module)
        hardware = Hardware(
            profile=profile,
            uart=self.uart,
            network=NoNetwork(),
            clock=clock,
            identity=Identity.from_seed(0),
            rtc=Rtc(clock),
        )
        self.run = Run(hardware, Module(hardware), Manual())
        self.run.line.start()
        self.terminal = Terminal(host)

    @property
    def kept(self) -> bytes:
        sample = self.run.commands(Sample)
        assert isinstance(sample, Sample)
        return sample.kept

    async def answer(self, typed: bytes) -> bytes:
        self.terminal.type(typed)
        return await self.terminal.quiet(0.5)


def with_rig(
    test: Callable[[Rig], Awaitable[T]], model: str = "air724ug", **flags: bool | float | str
) -> T:
    async def main() -> T:
        rig = Rig(load_profile(model).with_flags(**flags))
        try:
            return await test(rig)
        finally:
            rig.run.stop()

    return run_virtual(main())


@pytest.mark.parametrize(
    ("typed", "answer"),
    [
        (b"AT\r", b"AT\r\r\nOK\r\n"),
        (b"AT\r\n", b"AT\r\n\r\nOK\r\n"),
        (b"AT\n", b"AT\r\r\nOK\r\n"),
        (b"\r\n\r", b"\r\n\r"),
        (b"noise\r", b"noise\r"),
        (b"noiseAT+INFO\r", b"noiseAT+INFO\r\r\n+INFO: 1\r\n\r\nOK\r\n"),
        (b"AT+LINES\r", b"AT+LINES\r\r\none\r\ntwo\r\n\r\nOK\r\n"),
        (b"AT+INFO;+INFO\r", b"AT+INFO;+INFO\r\r\n+INFO: 1\r\n\r\n+INFO: 1\r\n\r\nOK\r\n"),
        (b"AT+INFO;+NO;+INFO\r", b"AT+INFO;+NO;+INFO\r\r\n+INFO: 1\r\n\r\nERROR\r\n"),
        (b"AT+BARE\r", b"AT+BARE\r\r\n10.0.0.1\r\n"),
        (b"AT+BARE;E0\r", b"AT+BARE;E0\r\r\n10.0.0.1\r\n\r\nOK\r\n"),
        (b"AT+SHUT\r", b"AT+SHUT\r\r\nSHUT OK\r\n"),
        (b"AT+BLOCK\r", b"AT+BLOCK\r\r\n+HTTPREAD: 4\r\n\r\n\x00\xff\r\nOK\r\n"),
        (
            b"AT+BLOCK;+INFO\r",
            b"AT+BLOCK;+INFO\r\r\n+HTTPREAD: 4\r\n\r\n\x00\xff\r\n+INFO: 1\r\n\r\nOK\r\n",
        ),
        (b"AT+EVENT\r", b"AT+EVENT\r\r\nOK\r\n\r\nERROR: 9\r\n"),
        (b"AT+BROKEN\r", b"AT+BROKEN\r\r\n+CME ERROR: 100\r\n"),
        (b"AT+IX\x08NFO\r", b"AT+IX\x08 \x08NFO\r\r\n+INFO: 1\r\n\r\nOK\r\n"),
        (b"\x08\x08AT\r", b"AT\r\r\nOK\r\n"),
        (b"ATE0\rAT\r", b"ATE0\r\r\nOK\r\n\r\nOK\r\n"),
        (b"ATQ1\rAT+INFO\rAT+NO\r", b"ATQ1\rAT+INFO\r\r\n+INFO: 1\r\nAT+NO\r"),
        (b"ATV0\rAT+INFO\rAT+NO\r", b"ATV0\r0\rAT+INFO\r+INFO: 1\r\n0\rAT+NO\r4\r"),
        (b"AT+INFO\rA/", b"AT+INFO\r\r\n+INFO: 1\r\n\r\nOK\r\nA/\r\n+INFO: 1\r\n\r\nOK\r\n"),
        (b"AT\rA/AT+INFO\r", b"AT\r\r\nOK\r\nA/\r\nOK\r\nAT+INFO\r\r\n+INFO: 1\r\n\r\nOK\r\n"),
        (b"AT+DATA=1;+INFO\r", b"AT+DATA=1;+INFO\r\r\nERROR\r\n"),
        (b"AT!\r", b"AT!\r\r\nERROR\r\n"),
    ],
)
def test_dialogue_whole_and_byte_by_byte(typed: bytes, answer: bytes) -> None:
    async def whole(rig: Rig) -> bytes:
        return await rig.answer(typed)

    async def single(rig: Rig) -> bytes:
        for value in typed:
            rig.terminal.type(bytes((value,)))
            await asyncio.sleep(0.01)
        return await rig.terminal.quiet(0.5)

    assert with_rig(whole) == answer
    assert with_rig(single) == answer


def test_commands_typed_meanwhile_wait_for_the_answer() -> None:
    async def test(rig: Rig) -> None:
        assert await rig.answer(b"AT+SLOW\rAT+INFO\r") == b"AT+SLOW\r"
        heard = await rig.terminal.quiet(10)
        assert heard == b"\r\n+SLOW: done\r\n\r\nOK\r\nAT+INFO\r\r\n+INFO: 1\r\n\r\nOK\r\n"

    with_rig(test)


def test_a_slow_command_in_the_middle_of_a_line() -> None:
    async def test(rig: Rig) -> None:
        rig.terminal.type(b"ATE0\r")
        await rig.terminal.quiet()
        rig.terminal.type(b"AT+INFO;+SLOW;+INFO\r")
        heard = await rig.terminal.quiet(10)
        assert heard == b"\r\n+INFO: 1\r\n\r\n+SLOW: done\r\n\r\n+INFO: 1\r\n\r\nOK\r\n"
        rig.terminal.type(b"AT+REFUSE;+INFO\r")
        assert await rig.terminal.quiet(10) == b"\r\n+CME ERROR: 3\r\n"

    with_rig(test)


def test_what_does_not_fit_the_receive_buffer_is_lost_and_counted() -> None:
    async def test(rig: Rig) -> None:
        rig.terminal.type(b"AT+SLOW\r" + b"x" * 5000)
        await rig.terminal.quiet()
        assert rig.uart.lost_bytes == 5000 - 4096

    with_rig(test)


def test_data_phase_takes_exactly_the_count_and_echoes_nothing() -> None:
    async def test(rig: Rig) -> None:
        await rig.answer(b"ATE0\r")
        assert await rig.answer(b"AT+DATA=5\r") == b"\r\n> "
        assert await rig.answer(b"\x00\x08\r") == b""
        assert await rig.answer(b"\n\xff" + b"AT+INFO\r") == b"\r\nOK\r\n\r\n+INFO: 1\r\n\r\nOK\r\n"
        assert rig.kept == b"\x00\x08\r\n\xff"

    with_rig(test)


@pytest.mark.parametrize("trailer", [b"\r\n", b"\r", b"\n", b"\x1a", b"\x1a\r\n"])
def test_a_trailer_behind_counted_data_is_no_input(trailer: bytes) -> None:
    async def test(rig: Rig) -> None:
        await rig.answer(b"AT+DATA=2\r")
        assert await rig.answer(b"ab" + trailer) == b"\r\nOK\r\n"
        assert await rig.answer(b"AT\r") == b"AT\r\r\nOK\r\n"
        assert rig.kept == b"ab"

    with_rig(test)


def test_the_line_feed_of_crlf_is_no_data_byte() -> None:
    async def test(rig: Rig) -> None:
        await rig.answer(b"AT+DATA=2\r\nab")
        assert rig.kept == b"ab"
        # Without a CR in front it is one like any other: the previous line ended with CR LF.
        await rig.answer(b"AT+DATA=2\r")
        await rig.answer(b"\n\n\n")
        assert rig.kept == b"\n\n"

    with_rig(test)


def test_data_phase_ends_by_time_with_what_came() -> None:
    async def test(rig: Rig) -> None:
        await rig.answer(b"AT+DATA=5\rabc")
        assert await rig.terminal.quiet(20) == b"\r\nOK\r\n"
        assert rig.kept == b"abc"

    with_rig(test)


def test_urcs_wait_for_the_gap_and_keep_their_order() -> None:
    async def test(rig: Rig) -> None:
        urc = rig.run.urc
        await rig.answer(b"AT+SLOW\r")
        urc(HttpCause(1))
        urc(HttpCause(2))
        heard = await rig.terminal.quiet(10)
        assert heard == b"\r\n+SLOW: done\r\n\r\nOK\r\n\r\nERROR: 1\r\n\r\nERROR: 2\r\n"
        await rig.answer(b"AT+DATA=2\r")
        urc(HttpCause(3))
        assert await rig.answer(b"a") == b""
        assert await rig.answer(b"b") == b"\r\nOK\r\n\r\nERROR: 3\r\n"
        assert await rig.answer(b"AT+IN") == b"AT+IN"
        urc(HttpCause(4))
        assert await rig.answer(b"FO\r") == b"FO\r\r\n+INFO: 1\r\n\r\nOK\r\n\r\nERROR: 4\r\n"
        urc(HttpCause(5))
        assert await rig.terminal.quiet() == b"\r\nERROR: 5\r\n"

    with_rig(test)


def test_a_stray_byte_does_not_hold_back_urcs_for_ever() -> None:
    async def test(rig: Rig) -> None:
        assert await rig.answer(b"\x00") == b"\x00"
        rig.run.urc(HttpCause(1))
        rig.run.urc(HttpCause(2))
        assert await rig.terminal.quiet(0.4) == b""
        assert await rig.terminal.quiet(0.2) == b"\r\nERROR: 1\r\n\r\nERROR: 2\r\n"
        assert await rig.answer(b"AT\r") == b"AT\r\r\nOK\r\n"

    with_rig(test)


def test_answers_wait_for_a_host_that_does_not_read() -> None:
    async def test(rig: Rig) -> None:
        taken = asyncio.Event()
        held: list[int] = []
        write = rig.uart.port.write

        def hold(data: bytes | bytearray | memoryview) -> None:
            held.append(len(data))
            write(data)

        async def drain() -> None:
            await taken.wait()

        rig.uart.port.write = hold  # type: ignore[method-assign]
        rig.uart.port.drain = drain  # type: ignore[method-assign]
        for _ in range(200):
            rig.terminal.type(b"AT+LINES\r" * 400)
            await asyncio.sleep(0.01)
        assert 65536 < sum(held) < 70_000
        taken.set()
        await asyncio.sleep(1)
        rig.terminal.heard.clear()
        assert (await rig.answer(b"\rAT+INFO\r")).endswith(b"+INFO: 1\r\n\r\nOK\r\n")

    with_rig(test)


def test_a_urc_comes_before_the_answer_to_the_next_pipelined_command() -> None:
    async def test(rig: Rig) -> None:
        rig.terminal.type(b"ATE0\rAT+EVENT\rAT+INFO\r")
        heard = await rig.terminal.quiet()
        assert heard.endswith(b"\r\nOK\r\n\r\nERROR: 9\r\n\r\n+INFO: 1\r\n\r\nOK\r\n")

    with_rig(test)


@pytest.mark.parametrize(
    ("model", "longest", "refusal"),
    [("air724ug", 1024, b""), *((model, 8704, b"\r\nERROR\r\n") for model in EC)],
)
def test_an_over_long_line_is_forgotten(model: str, longest: int, refusal: bytes) -> None:
    async def test(rig: Rig) -> None:
        await rig.answer(b"ATE0\r")
        just = b"AT+INFO".ljust(longest - 1)
        assert await rig.answer(just + b"\r") == b"\r\n+INFO: 1\r\n\r\nOK\r\n"
        for typed in (just + b" \r", b"AT".ljust(5 * longest, b"x") + b"\r"):
            assert await rig.answer(typed) == refusal
        assert await rig.answer(b"AT+INFO\r") == b"\r\n+INFO: 1\r\n\r\nOK\r\n"

    with_rig(test, model)


def test_a_fault_that_shortens_lines_refuses_them_on_every_model() -> None:
    async def test(rig: Rig) -> None:
        rig.run.hardware.taps.longest_line = 20
        assert (await rig.answer(b"AT+INFO;+INFO;+INFO\r")).endswith(b"1\r\n\r\nOK\r\n")
        assert (await rig.answer(b"AT+INFO;+INFO;+INFO \r")).endswith(b" \r\r\nERROR\r\n")

    with_rig(test)


def test_a_line_feed_that_comes_late_is_echoed_alone_and_is_no_line() -> None:
    async def test(rig: Rig) -> None:
        now = asyncio.get_running_loop().time
        begun = now()
        rig.terminal.type(b"AT\r")
        await asyncio.sleep(0.01)
        assert not rig.run.line.is_idle
        assert await rig.terminal.expect(b"OK\r\n") == b"AT\r\r\nOK\r\n"
        assert rig.run.line.is_idle
        assert now() - begun == pytest.approx(0.02)
        assert await rig.answer(b"\n") == b"\n"
        assert await rig.answer(b"AT+DATA=1\r") == b"AT+DATA=1\r\r\n> "
        assert await rig.answer(b"\nx") == b"\r\nOK\r\n"
        assert rig.kept == b"x"

    with_rig(test)


@pytest.mark.parametrize("typed", [b"AT\r\n", b"AT\r\nAT\r\n", b"AT\rAT\r\n", b"ATE0\r\nAT\r"])
def test_no_line_waits_for_what_is_there_or_not_echoed(typed: bytes) -> None:
    async def test(rig: Rig) -> None:
        begun = asyncio.get_running_loop().time()
        rig.terminal.type(typed)
        for _ in range(typed.count(b"AT")):
            await rig.terminal.expect(b"OK\r\n")
        assert asyncio.get_running_loop().time() == begun

    with_rig(test)


@pytest.mark.parametrize(
    ("flags", "kept"),
    [
        ({}, list(range(8, 40))),
        ({"urc_queue_bytes": 60}, [36, 37, 38, 39]),
        ({"urc_queue_bytes": 1}, [39]),
        ({"urc_queue_count": 0, "urc_queue_bytes": 0}, list(range(40))),
    ],
)
def test_of_urcs_that_wait_the_oldest_are_dropped(flags: dict[str, Any], kept: list[int]) -> None:
    async def test(rig: Rig) -> None:
        await rig.answer(b"ATE0\r")
        rig.terminal.type(b"AT+SLOW\r")
        await asyncio.sleep(1)
        for cause in range(40):
            rig.run.urc(HttpCause(cause))
        heard = await rig.terminal.quiet(10)
        urcs = b"".join(b"\r\nERROR: %d\r\n" % cause for cause in kept)
        assert heard == b"\r\n+SLOW: done\r\n\r\nOK\r\n" + urcs

    with_rig(test, **flags)


@pytest.mark.parametrize(("model", "dropped"), [("air724ug", True), ("air780e-at", False)])
def test_a_data_phase_drops_the_urcs_that_wait(model: str, dropped: bool) -> None:
    async def test(rig: Rig) -> None:
        await rig.answer(b"ATE0\r")
        rig.terminal.type(b"AT+LATE\r")
        await asyncio.sleep(1)
        rig.run.urc(HttpCause(1))
        assert await rig.terminal.quiet(5) == b"\r\n> "
        rig.run.urc(HttpCause(2))
        rest = b"\r\nERROR: 2\r\n"
        if not dropped:
            rest = b"\r\nERROR: 1\r\n" + rest
        assert await rig.answer(b"x") == b"\r\nOK\r\n" + rest

    with_rig(test, model)


def test_each_answer_is_one_write() -> None:
    async def test(rig: Rig) -> None:
        writes: list[bytes] = []
        write = rig.uart.port.write

        def spy(data: bytes | bytearray | memoryview) -> None:
            writes.append(bytes(data))
            write(data)

        rig.uart.port.write = spy  # type: ignore[method-assign]
        await rig.answer(b"ATE0\r")
        writes.clear()
        await rig.answer(b"AT+LINES\rAT+BLOCK\rAT+EVENT\r")
        assert writes == [
            b"\r\none\r\ntwo\r\n\r\nOK\r\n",
            b"\r\n+HTTPREAD: 4\r\n\r\n\x00\xff\r\nOK\r\n",
            b"\r\nOK\r\n",
            b"\r\nERROR: 9\r\n",
        ]

    with_rig(test)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.binary(max_size=60) | st.sampled_from([b"AT+INFO\r", b"AT+DATA=9\r", b"\r"])))
def test_any_bytes_leave_a_module_that_still_answers(pieces: list[bytes]) -> None:
    async def test(rig: Rig) -> None:
        for piece in pieces:
            rig.terminal.type(piece)
            await asyncio.sleep(0)
        await rig.terminal.quiet(30)
        rig.terminal.type(b"\rATQ0V1E0\r")
        await rig.terminal.quiet(30)
        assert (await rig.answer(b"AT+INFO\r")).endswith(b"\r\n+INFO: 1\r\n\r\nOK\r\n")

    with_rig(test)
