"""The fixture `atwin` with --atwin-port: a module that is there, and who talks to it is heard."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Self

import pytest

from atwin.line.frame import Flow
from atwin.line.opener import open_port
from atwin.line.port import SettablePort
from atwin.line.ports.pty import PtyPort
from atwin.line.traced import traced_port
from atwin.pytest_plugin.rig import Rig, heard_by
from atwin.session.loop_thread import LoopThread

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from atwin.line.frame import HostSettings
    from atwin.line.port import Port
    from atwin.pytest_plugin.heard import Heard


class RealRig(Rig):
    """A module at a port, and a PTY that leads there: a test that asks for more is skipped."""

    @classmethod
    def at(cls, port: str, rate: int, test: str, sink: Callable[[str], None]) -> Self:
        """The module at `port`, at `rate` bit/s until a program says otherwise."""
        return cls(f"atwin: {port}", LoopThread("atwin-port", _bridged(port, rate, test, sink)))

    def run(self, call: Callable[[Any], Any]) -> NoReturn:
        """Skips the test."""
        pytest.skip(f"only a twin can be looked into, and this is {self.name[7:]}")

    @property
    def traffic(self) -> NoReturn:
        self.run(lambda twin: None)

    def assert_no_loss(self) -> NoReturn:
        self.run(lambda twin: None)

    @property
    def now(self) -> float:
        async def now() -> float:
            return asyncio.get_running_loop().time()

        return self._call(now())

    def _never_happened(self) -> list[str]:
        return []

    def _counters(self) -> list[str]:
        return []


class _Way:
    """One direction, in order: bytes, and settings between them."""

    def __init__(self, source: Port, sink: Port) -> None:
        self._source, self._sink = source, sink
        self._steps: asyncio.Queue[Awaitable[None]] = asyncio.Queue()

    def received(self, data: bytes) -> None:
        self._source.pause_reading()
        self.then(self._pass(data))

    def lost(self, reason: str | None) -> None:
        """The test ends, or finds a module that says nothing any more."""

    def then(self, step: Awaitable[None]) -> None:
        """Do that after all that has come so far."""
        self._steps.put_nowait(step)

    async def work(self) -> NoReturn:
        while True:
            await (await self._steps.get())

    async def _pass(self, data: bytes) -> None:
        self._sink.write(data)
        await self._sink.drain()
        self._source.resume_reading()


@asynccontextmanager
async def _bridged(
    url: str, rate: int, test: str, sink: Callable[[str], None]
) -> AsyncIterator[tuple[None, Heard, str, int]]:
    with heard_by(test, sink) as heard:
        device = traced_port(await open_port(url, baud=rate), heard)
        terminal = PtyPort(None, rate)
        out, back = _Way(terminal, device), _Way(device, terminal)

        def follow(settings: HostSettings) -> None:
            if isinstance(device, SettablePort):
                out.then(_set(device, settings))

        terminal.on_host_settings = follow
        device.start(back)
        terminal.start(out)
        tasks = [asyncio.create_task(way.work()) for way in (out, back)]
        try:
            yield None, heard, terminal.slave_path, rate
        finally:
            for task in tasks:
                task.cancel()
            await terminal.close()
            await device.close()


async def _set(device: SettablePort, settings: HostSettings) -> None:
    """As a program has set its end."""
    if settings.rate is not None and settings.rate != device.rate:
        await device.set_rate(settings.rate)
    by_xoff = Flow.SOFTWARE if settings.obeys_xoff else Flow.NONE
    await device.set_flow(Flow.HARDWARE if settings.obeys_cts else by_xoff)
