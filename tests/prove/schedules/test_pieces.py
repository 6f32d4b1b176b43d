"""The line that brings its bytes in pieces: all of them, in order, and the end after them."""

from __future__ import annotations

from typing import get_args

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from prove.schedules.pieces import PiecesPort
from prove.schedules.schedule import Cut, Schedule, Way
from support.line.ears import Ear

SAID = b"\r\nOK\r\n\r\n+HTTPACTION: 0,200,12\r\n" + bytes(range(256))


class Pieces(Ear):
    """And how many there were."""

    count = 0

    def received(self, data: bytes) -> None:
        super().received(data)
        self.count += 1


@pytest.mark.parametrize("cut", get_args(Cut))
def test_every_byte_comes_in_order(cut: Cut) -> None:
    host, module = Pieces(), Pieces()

    async def main() -> None:
        clock = LoopClock()
        near, far = memory_pair()
        way = Way(cut, delay=0.1, pause=0.5)
        port = PiecesPort(near, clock, way, way, 1)
        port.start(host)
        far.start(module)
        far.write(SAID)
        port.write(SAID)
        await port.drain()
        port.pause_reading()
        await clock.sleep(1000)
        port.resume_reading()
        far.write(SAID)
        await far.close()
        await host.end()

    run_virtual(main())
    assert bytes(host.heard) == SAID * 2
    assert bytes(module.heard) == SAID
    assert (module.count > 3) == (cut in ("bytes", "random", "nasty"))


def test_a_seed_stands_for_one_schedule() -> None:
    drawn = [Schedule.of(seed) for seed in range(40)]
    assert drawn == [Schedule.of(seed) for seed in range(40)]
    assert len({str(each) for each in drawn}) == 40
