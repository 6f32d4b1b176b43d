"""A recording replayed against itself has no difference: its host on its own module."""

from __future__ import annotations

import re

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.replay.compare import compare, differences
from atwin.replay.host import ReplayedHost
from atwin.replay.ignoring import Ignoring
from atwin.replay.module import ReplayedModule
from atwin.replay.recording import RecordingError, exchanges_of
from atwin.trace.exchanges import Exchanges
from support.line.recorded import recorded
from support.running.sampling import some
from transcript import Transcript, every

#: What happens beside the line is in no recording: a line that sleeps, two hosts on it.
BESIDE = {"links"}
TRANSCRIPTS = [one for one in every() if one.path.stem not in BESIDE]
#: How many of them in each run.
SAMPLE = 40

_COMMAND = re.compile(rb"(?i)(^|[\r\n])at")


def replayed(recording: Exchanges, *, fast: bool) -> tuple[ReplayedModule, ReplayedHost, float]:
    """Both ends, and how long it took."""

    async def main() -> tuple[ReplayedModule, ReplayedHost, float]:
        near, far = memory_pair()
        clock = LoopClock()
        module = ReplayedModule(far, recording, clock, fast=fast)
        host = ReplayedHost(near, recording, clock, fast=fast)
        async with module:
            await host.run()
        return module, host, clock.now()

    return run_virtual(main())


@pytest.mark.sampled
@pytest.mark.parametrize("transcript", some(TRANSCRIPTS, SAMPLE, "replay"), ids=str)
def test_a_recording_replayed_against_itself_has_no_difference(transcript: Transcript) -> None:
    pieces = recorded(transcript)
    try:
        recording = exchanges_of(pieces)
    except RecordingError:
        assert not any(_COMMAND.search(one.data) for one in pieces if one.direction == ">")
        return
    module, host, took = replayed(recording, fast=False)
    assert (host.ended_early, module.unknown) == (None, 0)
    for end in (module, host):
        assert differences(compare(recording.all, end.heard.all, Ignoring())) == []
    # No wait ran into its limit. (Data that were typed slowly go out at once.)
    assert took < pieces[-1].t + 2


@pytest.mark.sampled
@pytest.mark.parametrize("transcript", some(TRANSCRIPTS, SAMPLE, "bytes"), ids=str)
def test_no_byte_is_left_out(transcript: Transcript) -> None:
    pieces, heard = recorded(transcript), Exchanges()
    for piece in pieces:
        heard.feed(piece.t, piece.direction, piece.data)
    heard.end()
    for way in "<>":
        sent = b"".join(one.data for one in pieces if one.direction == way)
        assert b"".join(step.raw for step in heard.steps if step.way == way) == sent
