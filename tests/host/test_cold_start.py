"""A host that speaks while a module starts, or faster than auto-baud (docs/spec/uart.md §5)."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import run_virtual
from atwin.line.uart.host_receiver import HostFifo
from atwin.testing.origin import Generated
from host.test_over_a_line import Rig, digest, rig

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

#: Seconds in which a cold module is found: it takes 1.3 s until it hears anything.
FOUND = 4.0
#: Before, while and after the module starts to listen.
BOOTING = (0.0, 0.5, 1.0, 1.3, 3.0)
CONTENT = Generated(100_000, seed=7)


def told_at(baud: int) -> list[str]:
    """What a person hears whose port is opened with `baud` bit/s."""
    if baud <= 230_400:
        return []
    return [
        f"the module speaks at 115200 bit/s, not at {baud}",
        f"auto-baud finds no rate above 230400: speed={baud} asks for it",
    ]


def seconds_of(job: Callable[[Rig], Awaitable[object]], after: float, **module: object) -> float:
    """How long `job` takes on a module, `after` seconds from its start; without the pauses."""

    async def main() -> float:
        async with rig(CONTENT, model="air780e-at", **module) as r:  # type: ignore[arg-type]
            await asyncio.sleep(after)
            began = r.modem.clock.now()
            await job(r)
            seconds = r.modem.clock.now() - began
            assert not any("slept" in note for note in r.notes), r.notes
            return seconds

    return run_virtual(main())


@pytest.mark.parametrize("strategy", ["range", "auto"])
def test_a_download_is_as_fast_as_from_a_module_that_was_on(tmp_path: Path, strategy: str) -> None:
    def took(name: str, **module: object) -> float:
        async def job(r: Rig) -> None:
            path = tmp_path / name
            result = await r.modem.download("http://origin/f", path, strategy=strategy)  # type: ignore[arg-type]
            assert result.sha256 == digest(CONTENT)

        return seconds_of(job, **module)  # type: ignore[arg-type]

    usual = took("warm", after=1.0)
    for after in BOOTING:
        # It attaches 4.5 s after its start.
        assert took(f"cold{after}", after=after, warm=False) < usual + FOUND + 4.5 - after


@pytest.mark.parametrize("after", BOOTING)
@pytest.mark.parametrize("baud", [115_200, 460_800, 921_600])
def test_the_first_command_is_answered_soon(after: float, baud: int) -> None:
    async def job(r: Rig) -> None:
        assert (await r.modem.command("AT+CGSN")).ok
        assert r.notes == told_at(baud)

    assert seconds_of(job, after, baud=baud, warm=False) < FOUND


@pytest.mark.parametrize("after", BOOTING)
@pytest.mark.parametrize("baud", [115_200, 460_800, 921_600])
def test_bring_up_finds_it_soon(after: float, baud: int) -> None:
    async def job(r: Rig) -> None:
        await r.modem.line.find(20, 0.5)
        assert (await r.modem.command("AT+CGSN")).ok
        assert r.notes == told_at(baud)

    assert seconds_of(job, after, baud=baud, warm=False) < FOUND


@pytest.mark.parametrize("drain", [25.0, 50.0])
def test_a_slow_line_is_heard_out_where_words_come(drain: float) -> None:
    """What a module says as it starts comes late, and its answers after that."""

    async def job(r: Rig) -> None:
        assert await r.modem.line.is_slower()
        assert r.port.rate == 115_200
        assert (await r.modem.command("AT+CGSN")).ok
        assert r.notes == told_at(921_600)

    slow = HostFifo(4096, drain)
    seconds_of(job, 10.0, baud=921_600, warm=False, host_fifo=slow)


def test_a_module_that_stays_silent_is_left_at_the_rate_of_the_host() -> None:
    """And one that has a fast rate saved is found there, once it has started."""

    async def job(r: Rig) -> None:
        assert (await r.modem.command("AT+IPR=460800;&W")).ok
        r.twin.module.restart()
        await r.modem.line.find(20, 0.5)
        assert r.port.rate == 460_800
        assert r.notes == []

    seconds_of(job, 1.0, baud=460_800)
