"""The main job over a serial line that takes its time and may lose bytes, on the virtual clock."""

from __future__ import annotations

import asyncio
import hashlib
import re
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import ModuleSilentError, NoAnswerError
from atwin.host.line import LineWishes
from atwin.host.modem import Modem
from atwin.line.frame import Flow, HostSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.line.uart.host_receiver import HostFifo
from atwin.models import load_profile
from atwin.testing.origin import File, Generated, Origin, Sink
from atwin.testing.origin.content import Stored
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.faults.plan import FaultPlan, fault_from_table
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

#: The file of the vendor's example (docs/spec/flows.md §3).
SEED_SIZE = 11_975_260


@dataclass
class Rig:
    modem: Modem
    twin: Twin
    port: MemoryPort
    notes: list[str]

    @property
    def rate(self) -> int:
        return self.twin.module.hardware.uart.mode.rate


@asynccontextmanager
async def rig(
    content: Generated | Stored | Sink,
    *,
    model: str = "air724ug",
    baud: int = 115200,
    host_rate: int | None = None,
    host_fifo: HostFifo | None = None,
    wishes: LineWishes | None = None,
    warm: bool = True,
    connected: bool = True,
) -> AsyncIterator[Rig]:
    """A twin with a simulated network; `host_rate` is what the host opened its port with."""
    clock = LoopClock()
    network = SimulatedNetwork(clock, latency=0.025, bandwidth=1.2e6)
    page = content if isinstance(content, Sink) else File(content)
    network.serve("origin", 80, Origin({"/f": page}, wall=clock.wall).handle)
    near, far = memory_pair()
    near.set_line(HostSettings(host_rate or baud, rts=connected))
    async with Twin(model, far, network=network, baud=baud, host_fifo=host_fifo, warm=warm) as twin:
        modem = Modem(near, line=wishes)
        notes: list[str] = []
        modem.line.note = notes.append
        yield Rig(modem, twin, near, notes)
        await modem.close()


def digest(content: Generated) -> str:
    return hashlib.sha256(content.read(0, content.size)).hexdigest()


@pytest.mark.timeout(120)
def test_the_vendors_file_takes_the_line_time_of_its_bytes(tmp_path: Path) -> None:
    async def main() -> None:
        content = Generated(SEED_SIZE, seed=1)
        async with rig(content) as r:
            await r.modem.bring_up()
            result = await r.modem.download("http://origin/f", tmp_path / "f", strategy="range")
            assert result.sha256 == digest(content)
            line_time = SEED_SIZE * 10 / 115200
            assert line_time == pytest.approx(1039.5, abs=0.05)
            # Commands, answers and waits for the network come on top: a TCP window a round trip.
            assert line_time < result.seconds < 1.04 * line_time

    run_virtual(main())


SLOW_HOST = HostFifo(4096, 5000)


@pytest.mark.parametrize("model", ["air724ug", "air780e-lsat", "air780e-at"])
def test_a_slow_host_without_flow_control_notices_and_still_gets_the_file(
    tmp_path: Path, model: str
) -> None:
    async def main() -> None:
        content = Generated(60_000, seed=2)
        small = load_profile(model).limit("http_buffer") <= SLOW_HOST.size
        async with rig(
            content, model=model, host_fifo=SLOW_HOST, wishes=LineWishes(flow=Flow.NONE)
        ) as r:
            await r.modem.bring_up()
            notes: list[str] = []
            result = await r.modem.download(
                "http://origin/f",
                tmp_path / "f",
                strategy="range",
                chunk=None if small else 20_000,
                progress=lambda p: notes.append(p.note) if p.note else None,
            )
            assert result.sha256 == digest(content)
            lost = r.twin.module.hardware.uart.host_lost_bytes
            if small:
                assert lost == 0  # its whole buffer fits the host's FIFO
            else:
                assert lost > 0
                told = re.fullmatch(
                    r"bytes lost on the line: (\d+) of 20000; turn on flow control .*", notes[0]
                )
                assert told is not None
                # Whether the lost ones were of the body or of the OK after it cannot be told.
                assert abs(int(told[1]) - lost) <= 6

    run_virtual(main())


@pytest.mark.parametrize("flow", [Flow.HARDWARE, Flow.SOFTWARE])
@pytest.mark.parametrize("model", ["air724ug", "air780e-lsat", "air780e-at"])
def test_a_slow_host_with_flow_control_loses_nothing(
    tmp_path: Path, model: str, flow: Flow
) -> None:
    async def main() -> None:
        content = Stored(b"text without control characters\r\n" * 2000)
        async with rig(
            content, model=model, host_fifo=SLOW_HOST, wishes=LineWishes(flow=flow)
        ) as r:
            await r.modem.bring_up()
            notes: list[str] = []
            result = await r.modem.download(
                "http://origin/f",
                tmp_path / "f",
                progress=lambda p: notes.append(p.note) if p.note else None,
            )
            assert (tmp_path / "f").read_bytes() == content.read(0, content.size)
            assert r.twin.module.hardware.uart.host_lost_bytes == 0
            assert (notes, result.retries) == ([], 0)
            # The host reads 5000 bytes a second, and nothing makes it faster.
            assert result.seconds > content.size / 5000

    run_virtual(main())


def test_a_stream_that_loses_an_xon_and_an_xoff_goes_on_without_them(tmp_path: Path) -> None:
    """By its count the body is whole then: the CR LF after it was taken for the two bytes."""

    async def main() -> None:
        content = Stored(b"text" * 100 + b"\x13" + b"text" * 10 + b"\x11" + b"text" * 100)
        async with rig(
            content,
            model="air780e-lsat",
            host_fifo=SLOW_HOST,
            wishes=LineWishes(flow=Flow.SOFTWARE),
        ) as r:
            await r.modem.bring_up()
            result = await r.modem.download("http://origin/f", tmp_path / "f", strategy="stream")
            assert (tmp_path / "f").read_bytes() == content.read(0, content.size)
            assert result.retries == 1
            assert r.twin.module.hardware.uart.mode.to_host is Flow.HARDWARE

    run_virtual(main())


@pytest.mark.parametrize("model", ["air724ug", "air780e-at"])
def test_a_body_with_xon_and_xoff_goes_without_them(model: str) -> None:
    """Sent over such a line it would never be whole: a POST that fails after its wait."""

    async def main() -> None:
        sink, wishes = Sink(), LineWishes(flow=Flow.SOFTWARE)
        async with rig(sink, model=model, wishes=wishes) as r:
            await r.modem.bring_up()
            assert (await r.modem.post("http://origin/f", b"text")).status < 300
            flows = [r.twin.module.hardware.uart.mode.to_host]
            body = bytes(range(256)) * 4
            began = asyncio.get_running_loop().time()
            assert (await r.modem.post("http://origin/f", body)).status < 300
            assert asyncio.get_running_loop().time() - began < 10
            flows.append(r.twin.module.hardware.uart.mode.to_host)
            assert (flows, sink.bodies[-1]) == ([Flow.SOFTWARE, Flow.HARDWARE], body)

    run_virtual(main())


def test_rts_and_cts_come_after_xon_and_xoff_also_where_the_module_was_silent_meanwhile() -> None:
    async def main() -> None:
        async with rig(Stored(b""), wishes=LineWishes(flow=Flow.SOFTWARE)) as r:
            await r.modem.bring_up()
            r.twin.faults.add(fault_from_table({"kind": "hang", "seconds": 60}))
            with pytest.raises(NoAnswerError):
                await r.modem.line.give_up_software()
            await asyncio.sleep(60)
            await r.modem.line.set_up()
            assert r.twin.module.hardware.uart.mode.to_host is Flow.HARDWARE

    run_virtual(main())


def test_by_default_the_host_turns_on_rts_and_cts_by_itself(tmp_path: Path) -> None:
    async def main() -> None:
        content = Generated(60_000, seed=3)
        async with rig(content, host_fifo=SLOW_HOST) as r:
            await r.modem.bring_up()
            assert r.twin.module.hardware.uart.mode.to_host is Flow.HARDWARE
            result = await r.modem.download("http://origin/f", tmp_path / "f")
            assert result.sha256 == digest(content)
            assert r.twin.module.hardware.uart.host_lost_bytes == 0

    run_virtual(main())


def test_wires_that_are_not_there_are_noticed(tmp_path: Path) -> None:
    async def main() -> None:
        content = Generated(10_000, seed=3)
        async with rig(content, connected=False) as r:
            await r.modem.bring_up()
            assert r.notes == ["RTS and CTS are not connected: going on without flow control"]
            result = await r.modem.download("http://origin/f", tmp_path / "f")
            assert result.sha256 == digest(content)

    run_virtual(main())


@pytest.mark.parametrize("speed", [460800, 921600])
def test_a_higher_rate_is_negotiated_and_given_back(tmp_path: Path, speed: int) -> None:
    async def main() -> None:
        content = Generated(400_000, seed=4)
        async with rig(content, wishes=LineWishes(speed=speed)) as r:
            await r.modem.bring_up()
            assert (r.port.rate, r.rate) == (speed, speed)
            result = await r.modem.download("http://origin/f", tmp_path / "f")
            assert result.sha256 == digest(content)
            assert result.seconds < 400_000 * 10 / 115200 / 2
            await r.modem.line.restore()
            assert (r.port.rate, r.rate) == (115200, 115200)

    run_virtual(main())


@pytest.mark.parametrize("wrong", [600, 9600, 921600])
@pytest.mark.parametrize("right", [115200, 9600, 460800, 1200])
def test_the_rate_of_a_module_is_found(right: int, wrong: int) -> None:
    if right == wrong:
        pytest.skip("that is not a search")

    async def main() -> None:
        content = Generated(10)
        async with rig(content, baud=right) as r:
            # AT+IPR and &W, long ago.
            assert r.twin.module.firmware is not None
            settings = r.twin.module.firmware.settings
            settings.ipr = right
            r.twin.module.hardware.uart.boot(settings.line_mode(), trained=True)
            await r.port.set_rate(wrong)
            await r.modem.bring_up()
            assert r.port.rate == right
            assert f"the module speaks at {right} bit/s, not at {wrong}" in r.notes

    run_virtual(main())


def test_a_module_that_is_off_is_not_found_at_any_rate() -> None:
    async def main() -> None:
        async with rig(Generated(10)) as r:
            r.twin.module.switch_off()
            with pytest.raises(ModuleSilentError, match="no answer to AT"):
                await r.modem.bring_up()
            assert r.port.rate == 115200

    run_virtual(main())


def test_a_module_that_boots_with_auto_baud_is_trained_and_waited_for(tmp_path: Path) -> None:
    async def main() -> None:
        content = Generated(10_000, seed=5)
        for rate in (9600, 230400):
            async with rig(content, baud=rate, warm=False) as r:
                await r.modem.bring_up()
                result = await r.modem.download("http://origin/f", tmp_path / f"f{rate}")
                assert result.sha256 == digest(content)

    run_virtual(main())


@pytest.mark.parametrize("model", ["air724ug", "air780e-lsat", "air780e-at"])
def test_a_post_goes_up_at_line_rate(model: str) -> None:
    async def main() -> None:
        clock = LoopClock()
        sink = Sink()
        network = SimulatedNetwork(clock, latency=0.025, bandwidth=1.2e6)
        network.serve("origin", 80, Origin({"/f": sink}, wall=clock.wall).handle)
        near, far = memory_pair()
        near.set_line(HostSettings(115200))
        async with Twin(model, far, network=network, baud=115200), Modem(near) as modem:
            await modem.bring_up()
            size = (await modem.limits()).post_max
            began = clock.now()
            response = await modem.post("http://origin/f", bytes(range(256)) * (size // 256))
            assert response.status < 300
            assert clock.now() - began > (size - 256) * 10 / 115200

    run_virtual(main())


def test_an_interrupted_read_leaves_the_line_usable() -> None:
    async def main() -> None:
        content = Generated(100_000, seed=6)
        async with rig(content) as r:
            await r.modem.bring_up()
            task = asyncio.create_task(r.modem.get("http://origin/f"))
            await asyncio.sleep(4)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            response = await r.modem.get("http://origin/f")
            assert response.body == content.read(0, content.size)

    run_virtual(main())


def test_a_line_that_loses_bytes_for_ever_costs_seconds_a_loss(tmp_path: Path) -> None:
    """Lost bytes are waited for nine seconds once; then it is known that they do not come."""

    async def main() -> float:
        async with rig(Generated(60_000, seed=3)) as r:
            lost = {"kind": "lost_bytes", "bytes": 19, "every": 564, "at_action": 1}
            r.twin.faults.follow(FaultPlan.from_table({"fault": [lost | {"seconds": 9000.0}]}))
            began = asyncio.get_running_loop().time()
            notes: list[str] = []
            done = await r.modem.download(
                "http://origin/f",
                tmp_path / "f",
                progress=lambda p: notes.append(p.note) if p.note else None,
            )
            assert done.bytes == 60_000
            losses = sum("bytes lost on the line" in note for note in notes)
            assert losses > 20
            return (asyncio.get_running_loop().time() - began) / losses

    assert run_virtual(main()) < 5


def test_a_urc_that_lost_its_start_takes_the_place_of_no_bytes(tmp_path: Path) -> None:
    """A URC follows every body, and a loss takes the end of the body and the start of the URC."""

    async def main() -> bytes:
        async with rig(Generated(120_000, seed=5)) as r:
            faults = [
                {
                    "kind": "lost_bytes",
                    "bytes": 13,
                    "every": 700,
                    "at_action": 1,
                    "seconds": 9000.0,
                },
                {"kind": "urc_interleave", "at_action": 1, "seconds": 9000.0},
            ]
            r.twin.faults.follow(FaultPlan.from_table({"fault": faults}))
            await r.modem.download("http://origin/f", tmp_path / "f")
            return (tmp_path / "f").read_bytes()

    assert run_virtual(main()) == Generated(120_000, seed=5).read(0, 120_000)
