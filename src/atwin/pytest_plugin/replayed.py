"""The fixture `atwin` with `replay=`: the module of a recording, and what differs from that."""

from __future__ import annotations

import re
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn, Self

from atwin.clock import LoopClock
from atwin.host.errors import OptionError, UsageError
from atwin.line.ports.wrapper import PortWrapper
from atwin.pytest_plugin.rig import Rig, heard_by
from atwin.replay.compare import compare
from atwin.replay.diff import hunks
from atwin.replay.ignoring import Ignoring
from atwin.replay.module import ReplayedModule
from atwin.replay.recording import RecordingError, exchanges_of
from atwin.session.captures import read_line
from atwin.session.loop_thread import LoopThread
from atwin.session.served_line import open_served_line
from atwin.text import shown
from atwin.trace.dialogue import Dialogue

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping

    from atwin.line.port import Port
    from atwin.pytest_plugin.heard import Heard
    from atwin.trace.exchanges import Exchanges

#: What a recording can be asked for; the model is that of the recording.
KEYWORDS = {"replay", "ignore", "line", "time_scale", "model"}


class ReplayRig(Rig):
    """The module of a recording on a line of its own. There is no twin to look into."""

    _ignoring: Ignoring
    _recorded: Exchanges

    @classmethod
    def replaying(
        cls,
        asked: Mapping[str, Any],
        line: Mapping[str, str],
        test: str,
        sink: Callable[[str], None],
    ) -> Self:
        """What the keywords ask for. Raises `UsageError`, `DiskError` and `ValueError`."""
        if unknown := asked.keys() - KEYWORDS:
            raise OptionError(f"{', '.join(sorted(unknown))}: a recording cannot be so")
        path, ignore = str(asked["replay"]), asked.get("ignore", ())
        if not isinstance(ignore, list | tuple) or not all(isinstance(one, str) for one in ignore):
            raise OptionError(f"ignore={shown(repr(ignore), limit=80)}: give a list of patterns")
        try:
            ignoring = Ignoring(ignore)
            recorded = exchanges_of(read_line(path))
        except re.error as error:
            raise OptionError(f"ignore: {error} in {error.pattern!r}") from None
        except RecordingError as error:
            raise OptionError(f"{path}: {error}") from None
        fast = not asked.get("time_scale", 0)
        running = _running(recorded, line, test, sink, fast=fast)
        rig = cls(f"atwin: {path}", LoopThread("atwin-replay", running))
        rig._recorded, rig._ignoring = recorded, ignoring
        return rig

    @property
    def differences(self) -> str:
        """Where the host said something else than the recorded one; empty where it did not."""
        module: ReplayedModule = self._loop.thing[4]

        async def lines() -> list[str]:
            compared = compare(self._recorded.all, module.heard.all, self._ignoring, polls=True)
            return list(hunks(compared))

        return "\n".join(self._call(lines()))

    def run(self, call: Callable[[Any], Any]) -> NoReturn:
        """Raises `UsageError`."""
        raise UsageError("only a twin can be looked into, and this is a recording")

    @property
    def traffic(self) -> NoReturn:
        self.run(lambda twin: None)

    def assert_no_loss(self) -> NoReturn:
        self.run(lambda twin: None)

    def _never_happened(self) -> list[str]:
        return []

    def _counters(self) -> list[str]:
        return []


class _HeardPort(PortWrapper["Port"]):
    """The module's end; all that passes is told to a trace."""

    def __init__(self, port: Port, heard: Heard) -> None:
        super().__init__(port.name, port)
        self._heard = heard
        self._dialogue = Dialogue(heard, lossless=True)

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self._heard.hears(self._dialogue.to_host, bytes(data))
        super().write(data)

    def received(self, data: bytes) -> None:
        self._heard.hears(self._dialogue.to_module, data)
        super().received(data)


@asynccontextmanager
async def _running(
    recorded: Exchanges,
    line: Mapping[str, str],
    test: str,
    sink: Callable[[str], None],
    *,
    fast: bool,
) -> AsyncIterator[tuple[None, Heard, str, None, ReplayedModule]]:
    with heard_by(test, sink) as heard:
        port, url, _ = await open_served_line(None, **line)
        try:
            replayed = ReplayedModule(_HeardPort(port, heard), recorded, LoopClock(), fast=fast)
            async with replayed as module:
                yield None, heard, url, None, module
        finally:
            await port.close()
