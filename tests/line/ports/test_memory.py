"""The line without a kernel: what is particular to it."""

from __future__ import annotations

import asyncio

from atwin.clock import run_virtual
from atwin.line.ports.memory import memory_pair
from support.line.ears import Ear, leaves_nothing, settled


def test_nobody_is_called_back_in_the_middle_of_his_own_work() -> None:
    async def main() -> None:
        host, module = memory_pair("here")
        assert (host.name, module.name) == ("here", "here")
        ear = Ear()
        module.start(ear)
        host.write(b"AT")
        host.write(b"\r")
        assert ear.heard == b""
        await host.drain()
        assert ear.heard == b"AT\r"
        await host.close()
        await module.close()

    leaves_nothing(main())


def test_drain_does_not_wait_for_an_end_nobody_listens_at() -> None:
    async def main() -> None:
        host, module = memory_pair()
        host.write(b"kept")
        await host.drain()
        ear = Ear()
        module.start(ear)
        assert await ear.bytes(4) == b"kept"

    run_virtual(main())


def test_drain_is_let_go_when_the_far_end_closes() -> None:
    async def main() -> None:
        host, module = memory_pair()
        host.start(Ear())
        module.start(Ear())
        host.write(b"AT\r")
        waiting = asyncio.create_task(host.drain())
        await module.close()
        await waiting

    run_virtual(main())


def test_nobody_waits_for_an_end_that_was_closed_with_something_unread() -> None:
    async def main() -> None:
        host, module = memory_pair()
        host.start(Ear())
        module.start(Ear())
        host.pause_reading()
        module.write(b"late")
        await host.close()
        await module.close()

    run_virtual(main())


def test_both_ends_closed_at_once() -> None:
    async def main() -> None:
        ends, ears = memory_pair(), (Ear(), Ear())
        for end, ear in zip(ends, ears, strict=True):
            end.start(ear)
            end.write(b"last words")
        await asyncio.gather(*(end.close() for end in ends), ends[0].close())
        await settled()
        for ear in ears:
            assert ear.heard == b"last words"
            assert len(ear.reasons) == 1

    run_virtual(main())
