"""A module that fails while it is asked what it can hold: that is recovered as any request is."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import ModuleSilentError
from atwin.host.modem import Modem
from atwin.host.recovery.recovery import Retry
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import memory_pair
from atwin.session.opening import TwinPins
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from atwin.host.download.reports import Progress

CONTENT = Generated(3000, seed=3)
BODY = CONTENT.read(0, CONTENT.size)
#: What a download asks before anything else; a single request asks the first three.
QUESTIONS = ("AT+HTTPDATA", "AT+HTTPREAD", "AT+HTTPEXACTION", "AT+CGMI", "ATI")
TROUBLES: dict[str, dict[str, Any]] = {
    "hang": {"kind": "hang"},
    "watchdog": {"kind": "hang", "seconds": 6.0},
    "restart": {"kind": "restart"},
    "dead line": {"kind": "lost_bytes", "bytes": 9000, "times": 2, "every": 9000, "until": "power"},
}


@dataclass
class Heard:
    """What a user of the download is told."""

    rungs: list[str] = field(default_factory=list)

    def __call__(self, now: Progress) -> None:
        if now.rung is not None:
            self.rungs.append(now.rung)


def troubled(
    test: Callable[[Modem], Awaitable[None]], trouble: dict[str, Any], *, pins: bool = True
) -> None:
    async def main() -> None:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.02)
        origin = Origin({"/f": File(CONTENT)}, wall=clock.wall)
        network.serve("origin", 80, origin.handle)
        near, far = memory_pair()
        near.set_line(HostSettings(115_200))
        plan = FaultPlan.from_table({"fault": [trouble]})
        async with (
            Twin("air780e-lsat", far, network=network, baud=115_200, faults=plan) as twin,
            Modem(near, pins=TwinPins(twin) if pins else None) as modem,
        ):
            await modem.recover()
            await test(modem)
            assert [each.fault.KIND for each in twin.faults.history][:1] == [trouble["kind"]]

    run_virtual(main())


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
@pytest.mark.parametrize("question", QUESTIONS)
def test_a_download(question: str, trouble: dict[str, Any], tmp_path: Path) -> None:
    async def test(modem: Modem) -> None:
        heard = Heard()
        result = await modem.download("http://origin/f", tmp_path / "f", progress=heard)
        assert (tmp_path / "f").read_bytes() == BODY
        assert [rung.rung for rung in result.recovery] == heard.rungs

    troubled(test, {**trouble, "at_command": question})


@pytest.mark.parametrize("trouble", TROUBLES.values(), ids=TROUBLES)
@pytest.mark.parametrize("question", QUESTIONS[:3])
@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_a_single_request(method: str, question: str, trouble: dict[str, Any]) -> None:
    async def test(modem: Modem) -> None:
        if method == "get":
            assert (await modem.get("http://origin/f")).body == BODY
        elif method == "head":
            assert (await modem.head("http://origin/f")).status == 200
        else:
            # Nothing was sent when it failed, so a POST goes on too.
            assert (await modem.post("http://origin/f", b"x")).status == 405

    troubled(test, {**trouble, "at_command": question})


def test_what_nothing_cures_ends_after_the_whole_ladder(tmp_path: Path) -> None:
    async def test(modem: Modem) -> None:
        heard = Heard()
        with pytest.raises(ModuleSilentError, match="tried in vain: finding the module") as caught:
            await modem.download("http://origin/f", tmp_path / "f", progress=heard, give_up=100)
        assert "given up, nothing came in 100 s" in str(caught.value)
        assert heard.rungs[0] == "finding the module on the line"
        with pytest.raises(ModuleSilentError, match="tried in vain"):
            await modem.get("http://origin/f", retry=Retry(give_up=100))

    troubled(test, {"kind": "hang", "at_command": "AT+HTTPREAD"}, pins=False)


@pytest.mark.parametrize("model", ["air724ug", "air780e-at", "air780e-lsat"])
def test_a_rate_that_was_not_saved_is_not_waited_for(model: str) -> None:
    """Auto-baud, which a module starts with, finds no rate above 230400."""

    async def main() -> None:
        near, far = memory_pair()
        near.set_line(HostSettings(921_600))
        network = SimulatedNetwork(LoopClock())
        async with (
            Twin(model, far, network=network, baud=921_600) as twin,
            Modem(near, pins=TwinPins(twin)) as modem,
        ):
            await modem.bring_up()
            await asyncio.sleep(1)
            twin.module.hang()
            climbed = await modem.recover()
            assert [(rung.rung, rung.failure) for rung in climbed] == [("RESET pin", None)]

    run_virtual(main())
