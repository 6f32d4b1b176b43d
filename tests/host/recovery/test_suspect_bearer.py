"""A bearer that is lost unheard: what the host starts on it, and how far it climbs for it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from atwin.at.dialect.urcs import BearerDeact, Registration, urcs_after
from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.models import MODELS
from atwin.session.opening import TwinPins
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.chapters.bearer import Bearers
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.at.dialect.said import Urc
    from atwin.host.download.reports import DownloadResult

CONTENT = Generated(400_000, seed=9)
DIGEST = hashlib.sha256(CONTENT.read(0, CONTENT.size)).hexdigest()


class Scene:
    """One download; `on_closed` counts actions that were started on a closed bearer."""

    def __init__(self, model: str, *faults: dict[str, Any], deaf: bool = True) -> None:
        self.model = model
        self.plan = FaultPlan.from_table({"fault": list(faults)})
        self.deaf = deaf
        self.on_closed = 0

    def run(self, target: Path, give_up: float = 900.0) -> DownloadResult:
        async def main() -> DownloadResult:
            clock = LoopClock()
            network = SimulatedNetwork(clock, latency=0.02)
            network.serve("origin", 80, Origin({"/f": File(CONTENT)}, wall=clock.wall).handle)
            near, far = memory_pair()
            twin = Twin(self.model, far, network=network, faults=self.plan)
            async with twin, Modem(near, pins=TwinPins(twin)) as modem:
                self.listen(twin)
                await modem.recover()
                return await modem.download(
                    "http://origin/f", target, strategy="range", give_up=give_up
                )

        return run_virtual(main())

    def listen(self, twin: Twin) -> None:
        taps = twin.module.hardware.taps
        command, says = taps.command, taps.says
        assert command is not None
        assert says is not None

        def heard(asked: Any) -> None:
            firmware = twin.module.firmware
            if asked.name == "+HTTPACTION" and firmware is not None:
                self.on_closed += not firmware.find(Bearers).ready(1)
            command(asked)

        def said(urc: Urc) -> bool:
            return says(urc) and not (self.deaf and "DEACT" in str(urc))

        taps.command, taps.says = heard, said


@pytest.mark.sampled("model")
@pytest.mark.parametrize("deaf", [True, False])
@pytest.mark.parametrize(
    ("until", "helps"),
    [
        ("new_pdp", "new PDP"),
        ("cipshut", "CIPSHUT"),
        ("cfun", "flight mode"),
        ("reset", "AT+RESET"),
    ],
)
@pytest.mark.parametrize("model", MODELS)
def test_one_action_at_most_is_started_on_it(
    model: str, until: str, helps: str, deaf: bool, tmp_path: Path
) -> None:
    scene = Scene(model, {"kind": "pdp_loss", "at_action": 2, "until": until}, deaf=deaf)
    result = scene.run(tmp_path / "f")
    assert result.sha256 == DIGEST
    assert scene.on_closed <= 1
    if until != "new_pdp":
        assert helps in [rung.rung for rung in result.recovery if rung.helped]


def test_its_urc_in_the_place_of_lost_bytes_is_heard(tmp_path: Path) -> None:
    """The loss of bytes leaves room in the counted body, and the URC is what fills it."""
    lost = {"kind": "lost_bytes", "at_action": 3, "bytes": 87, "after": 188, "count": 1}
    gone = {"kind": "pdp_loss", "at_time": 6.0, "until": "cipshut"}
    scene = Scene("air780e-lsat", {**lost, "every": 123_000}, gone, deaf=False)
    result = scene.run(tmp_path / "f", give_up=60)
    assert result.sha256 == DIGEST
    assert scene.on_closed == 0


def test_where_no_rung_helps_all_are_tried_before_the_end(tmp_path: Path) -> None:
    scene = Scene("air724ug", {"kind": "pdp_refused", "apn": None, "at_action": 2},
                  {"kind": "pdp_loss", "at_action": 2})  # fmt: skip
    with pytest.raises(HostError) as failed:
        scene.run(tmp_path / "f", give_up=600)
    for rung in ("new PDP", "CIPSHUT", "flight mode", "AT+RESET", "RESET pin", "power cycle"):
        assert rung in str(failed.value)
    assert "--pins" not in str(failed.value)


@pytest.mark.parametrize(
    ("body", "heard"),
    [
        (b"xyz\r\nOK\r\n\r\n+SAPBR 1: DEACT\r\n", [BearerDeact(1)]),
        (
            b"xyz\r\nOK\r\n\r\n+CGREG: 1\r\n\r\n+SAPBR 2: DEACT\r\n",
            [Registration("CGREG", "1"), BearerDeact(2)],
        ),
        (b"xyz\r\n+SAPBR 1: DEACT\r\n", []),
        (b"xyz\r\nOK\r\n\r\n+SAPBR 1: DE", []),
        (b"xyz\r\nOK\r\n", []),
        (b"\r\nOK\r\n\xff\x00\r\n", []),
        (b"", []),
    ],
)
def test_whole_urcs_after_the_ok_of_a_body_are_found(body: bytes, heard: list[Any]) -> None:
    assert [urc for _, urc in urcs_after(body)] == heard
