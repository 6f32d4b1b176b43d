"""A module that sleeps by itself is woken before each command (docs/spec/general.md §1.2)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.pins.outputs import OutputPins
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.models import MODELS, load_profile
from atwin.testing.origin import File, Generated, Origin, Sink
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONTENT = Generated(3000, 4)
#: Seconds in which a module that may sleep falls asleep.
NAP = 2.5


class Job:
    """A modem on a module, and what it said to a person and to the module."""

    def __init__(self, modem: Modem, twin: Twin, port: MemoryPort) -> None:
        self.modem, self.twin, self.port = modem, twin, port
        self.notes: list[str] = []
        self.sent: list[str] = []
        modem.line.note = self.notes.append
        modem.on_log(lambda entry: self.sent.append(entry.text) if entry.direction == ">" else None)

    async def mode(self) -> int:
        firmware = self.twin.module.firmware
        assert firmware is not None
        return firmware.settings.csclk


def asleep(
    test: Callable[[Job], Awaitable[None]],
    typed: bytes = b"AT+CSCLK=2",
    *,
    model: str = "air780e-at",
    wait: float = NAP,
    wired: bool = False,
    baud: int | None = 115_200,
    **flags: float,
) -> MemoryPort:
    """Run `test` with a module that another program has told `typed`, `wait` seconds ago.

    `wired`: DTR is on PWRKEY. Gives the host's end of the line.
    """
    profile = load_profile(model).with_flags(**flags)
    near, far = memory_pair()

    async def main() -> None:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.02, bandwidth=1e6)
        origin = Origin({"/f": File(CONTENT), "/up": Sink()}, wall=clock.wall)
        network.serve("origin", 80, origin.handle)
        near.set_line(HostSettings(baud))
        async with Twin(profile, far, network=network, baud=baud) as twin:
            terminal = Terminal(near)
            terminal.type(b"AT\r")
            await terminal.quiet(0.2)
            terminal.type(typed + b"\r")
            await asyncio.sleep(wait)
            assert twin.asleep is (wait >= NAP)
            pins = OutputPins(near, {"dtr": ("power_key", False)}) if wired else None
            async with Modem(near, pins=pins) as modem:
                await test(Job(modem, twin, near))

    run_virtual(main())
    return near


@pytest.mark.parametrize("lines", [0, 1, 2, 3, 5])
@pytest.mark.parametrize("model", MODELS)
def test_a_job_on_a_module_that_sleeps(model: str, lines: int) -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        for _ in range(3):
            response = await job.modem.get("http://origin/f")
            assert response.body == CONTENT.read(0, CONTENT.size)
            await asyncio.sleep(NAP)
            assert job.twin.asleep
        assert await job.mode() == 2
        assert job.twin.module.hardware.traffic.session is not None
        told = [note for note in job.notes if note.startswith("the module slept: ")]
        assert bool(told) is (lines > 0)

    asleep(test, model=model, wake_lines=lines)


@pytest.mark.parametrize("lines", [1, 2])
def test_the_first_command_of_a_program_that_brings_nothing_up(lines: int) -> None:
    async def test(job: Job) -> None:
        assert (await job.modem.command("AT+CGSN")).ok
        assert job.sent.count("AT+CGSN") == 1
        assert any(note.startswith("the module slept: ") for note in job.notes)

    asleep(test, wake_lines=lines)


@pytest.mark.parametrize("model", MODELS)
def test_no_request_is_sent_twice(model: str) -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        for _ in range(3):
            await asyncio.sleep(NAP)
            assert (await job.modem.post("http://origin/up", b"x" * 100)).status in (200, 201)
        assert (
            sum(text.startswith(("AT+HTTPACTION=1", "AT+HTTPEXACTION=1")) for text in job.sent) == 3
        )

    asleep(test, model=model, wake_lines=2)


@pytest.mark.parametrize("baud", [None, 600, 9600, 921_600])
def test_at_any_rate(baud: int | None) -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        await asyncio.sleep(NAP)
        assert (await job.modem.command("AT+CGSN")).ok
        assert any("slept" in note for note in job.notes) is (baud is None or baud > 9600)

    asleep(test, baud=baud, typed=b"AT+IPR=921600;+CSCLK=2" if baud == 921_600 else b"AT+CSCLK=2")


def test_a_mode_nobody_has_told_of_is_asked_for_after_the_first_long_pause_once() -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        job.sent.clear()
        for _ in range(3):
            await asyncio.sleep(60)
            assert (await job.modem.command("AT+CGSN")).ok
        assert job.sent == ["AT+CSCLK?", "AT+CGSN", "AT+CGSN", "AT+CGSN"]
        assert job.notes == []

    asleep(test, b"AT", wait=0.2)


def test_a_module_that_was_awake_at_first() -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        for _ in range(3):
            await asyncio.sleep(60)
            assert (await job.modem.command("AT+CGSN")).ok
        (note,) = (note for note in job.notes if "slept" in note)
        assert "(AT+CSCLK=2)" in note

    asleep(test, wait=0.2)


def test_a_program_that_sets_csclk_itself() -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        assert (await job.modem.command("AT+WAKETIM=0;+CSCLK=2")).ok
        await asyncio.sleep(NAP)
        assert job.twin.asleep
        assert (await job.modem.command("AT+CGSN")).ok
        assert (await job.modem.command("AT+CSCLK=0")).ok
        job.sent.clear()
        await asyncio.sleep(60)
        assert (await job.modem.command("AT+CGSN")).ok
        assert job.sent == ["AT+CGSN"]

    asleep(test, b"AT", wait=0.2)


def test_a_restart_ends_what_is_known() -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        await job.modem.command("AT+CSCLK=0")
        job.twin.module.restart()  # CSCLK=2 is saved
        await asyncio.sleep(20)
        assert job.twin.asleep
        await job.modem.bring_up()
        await asyncio.sleep(20)
        assert (await job.modem.command("AT+CGSN")).ok

    asleep(test, b"AT+CSCLK=2;&W", baud=None)


def test_a_mode_that_a_restart_ended_is_asked_for_again_once() -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        await asyncio.sleep(NAP)
        assert (await job.modem.command("AT+CGSN")).ok
        job.twin.module.restart()  # CSCLK=2 is not saved
        await asyncio.sleep(5)
        await job.modem.bring_up()
        sent = []
        for _ in range(2):
            await asyncio.sleep(20)
            job.sent.clear()
            assert (await job.modem.command("AT+CGSN")).ok
            sent.append(list(job.sent))
        assert sent == [["AT", "AT+CSCLK?", "AT+CGSN"], ["AT+CGSN"]]

    asleep(test, baud=None)


@pytest.mark.parametrize("model", MODELS)
def test_a_module_that_only_dtr_wakes(model: str) -> None:
    """DTR is held low until the end, and let go then."""

    async def test(job: Job) -> None:
        await job.modem.bring_up()
        assert not job.twin.pins.dtr
        for _ in range(2):
            await asyncio.sleep(60)
            assert (await job.modem.get("http://origin/f")).status == 200
            assert not job.twin.asleep
        assert sum("slept" in note and "DTR" in note for note in job.notes) == 1
        assert await job.mode() == 1
        await job.modem.close()
        assert job.twin.pins.dtr
        await asyncio.sleep(NAP)
        assert job.twin.asleep

    asleep(test, b"AT+CSCLK=1", model=model, wake_by_rx=False)


def test_one_that_bytes_wake_too_is_held_awake_by_dtr() -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        await asyncio.sleep(60)
        assert not job.twin.asleep
        (note,) = (note for note in job.notes if "slept" in note)
        assert "DTR, held low" in note

    asleep(test, b"AT+CSCLK=1", wake_lines=2)


def test_dtr_that_is_wired_to_another_pin_is_left_alone() -> None:
    async def test(job: Job) -> None:
        await job.modem.bring_up()
        await asyncio.sleep(NAP)
        assert job.twin.asleep
        assert (await job.modem.command("AT+CGSN")).ok
        assert job.twin.pins.dtr

    asleep(test, b"AT+CSCLK=1", wired=True)


def test_a_module_nobody_can_wake_is_told() -> None:
    async def test(job: Job) -> None:
        with pytest.raises(HostError, match=r"no answer to AT.* may need DTR low"):
            await job.modem.bring_up()

    asleep(test, b"AT+CSCLK=1", wired=True, wake_by_rx=False)
