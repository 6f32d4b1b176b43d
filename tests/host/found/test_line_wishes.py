"""What the host wants of the line, on ports that can do less, and on a serial device."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import UsageError
from atwin.host.line import LineWishes
from atwin.host.modem import Modem
from atwin.line.frame import Flow, HostSettings
from atwin.line.opener import open_port
from atwin.line.ports.memory import memory_pair
from atwin.line.ports.pty import PtyPort
from atwin.line.ports.tcp import TcpServerPort
from atwin.net.real import RealNetwork
from atwin.twin.twin import Twin
from support.line.ears import leaves_nothing
from support.servers.file_server import file_server
from support.servers.no_network import NoNetwork

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from atwin.clock.base import Timer
    from atwin.host.download.reports import Progress

NOT_CONNECTED = "RTS and CTS are not connected: going on without flow control"


class Haste(LoopClock):
    """A host whose patience is a quarter of what it should be."""

    def now(self) -> float:
        return 4 * super().now()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / 4)

    def call_later(self, seconds: float, call: Callable[[], None]) -> Timer:
        return super().call_later(seconds / 4, call)


# --- a line over TCP ----------------------------------------------------------------------------


@pytest.mark.parametrize("flow", [Flow.NONE, Flow.SOFTWARE, Flow.HARDWARE, None])
def test_an_explicit_flow_control_is_told_to_a_module_behind_any_port(flow: Flow | None) -> None:
    async def main() -> None:
        server = TcpServerPort("127.0.0.1", 0)
        async with Twin("air724ug", server, network=RealNetwork(), time_scale=0) as twin:
            port = await open_port(f"socket://{server.address}")
            said: list[str] = []
            async with Modem(port, line=LineWishes(flow=flow)) as modem:
                modem.channel.on_log(lambda entry: said.append(entry.text))
                await modem.bring_up()
            mode = twin.module.hardware.uart.mode
            assert (mode.to_host, mode.to_module) == (flow or Flow.NONE,) * 2
            assert any("AT+IFC" in text for text in said) == (flow is not None)
        await server.close()

    leaves_nothing(main())


def test_a_rate_that_nothing_at_this_end_could_follow_is_refused() -> None:
    async def main() -> None:
        server = TcpServerPort("127.0.0.1", 0)
        async with Twin("air724ug", server, network=NoNetwork()):
            port = await open_port(f"socket://{server.address}")
            with pytest.raises(UsageError) as refused:
                Modem(port, line=LineWishes(speed=921600))
            text = str(refused.value)
            assert "\n" not in text
            assert text.startswith(f"socket://{server.address}: speed 921600 cannot be negotiated")
            await port.close()
        await server.close()

    asyncio.run(main())


# --- three wires --------------------------------------------------------------------------------


@pytest.mark.parametrize("sees_cts", [True, False])
def test_a_port_whose_cts_is_off_is_never_stopped_by_it(sees_cts: bool) -> None:
    """Not even a drain would end there: the kernel waits for CTS, and nobody asserts it."""

    async def main() -> None:
        near, far = memory_pair()
        near.set_line(HostSettings(115200, rts=False))

        async def stuck(flow: Flow) -> None:
            near.set_line(HostSettings(115200, rts=False, obeys_cts=flow is Flow.HARDWARE))
            flows.append(flow)

        async def clear_to_send() -> bool:
            return False

        flows: list[Flow] = []
        near.set_flow = stuck  # type: ignore[method-assign]
        if sees_cts:
            near.clear_to_send = clear_to_send  # type: ignore[method-assign]
        async with Twin("air724ug", far, network=NoNetwork(), baud=115200) as twin:
            async with Modem(near) as modem:
                notes: list[str] = []
                modem.line.note = notes.append
                await modem.line.find(3, 1.0)
                await modem.line.set_up()
                assert notes == [NOT_CONNECTED]
                assert flows == ([] if sees_cts else [Flow.HARDWARE, Flow.NONE])
                assert (await modem.command("AT+CGMM")).ok
            assert twin.module.hardware.uart.mode.to_host is Flow.NONE

    run_virtual(main())


def test_cts_that_comes_a_little_late_is_waited_for() -> None:
    async def main() -> None:
        near, far = memory_pair()
        near.set_line(HostSettings(115200))
        looks: list[bool] = []

        async def clear_to_send() -> bool:
            looks.append(len(looks) >= 2)
            return looks[-1]

        near.clear_to_send = clear_to_send  # type: ignore[method-assign]
        async with Twin("air724ug", far, network=NoNetwork(), baud=115200) as twin:
            async with Modem(near) as modem:
                await modem.line.find(3, 1.0)
                await modem.line.set_up()
            assert looks == [False, False, True]
            assert twin.module.hardware.uart.mode.to_host is Flow.HARDWARE

    run_virtual(main())


def test_a_device_without_a_wire_at_cts_goes_on_without_flow_control() -> None:
    """A PTY has no CTS to look at; here the twin's own input is what is not connected."""

    async def main() -> None:
        terminal = PtyPort()
        async with Twin("air724ug", terminal, network=RealNetwork(), time_scale=0) as twin:
            twin.module.hardware.uart.drive("rts", False)
            port = await open_port(terminal.slave_path)
            async with Modem(port, Haste()) as modem:
                notes: list[str] = []
                modem.line.note = notes.append
                await modem.bring_up()
                assert notes == [NOT_CONNECTED]
                assert not terminal.host_settings.obeys_cts
        await terminal.close()

    leaves_nothing(main())


# --- a device, and a module that restarts ----------------------------------------------------


@pytest.mark.parametrize("speed", [921600, None])
@pytest.mark.slow
@pytest.mark.waits
def test_after_a_restart_a_device_has_its_rate_and_flow_control_again(
    speed: int | None, tmp_path: Path
) -> None:
    body = bytes(range(256)) * 300
    found = 230400
    # What a module says at another rate is noise: it has to be looked for.
    wanted = speed or found
    expected = ["finding the module on the line"] if speed else []

    async def main(url: str) -> None:
        terminal = PtyPort(rate=found)
        async with Twin(
            "air780e-lsat", terminal, network=RealNetwork(), time_scale=0, baud=found
        ) as twin:
            port = await open_port(terminal.slave_path, baud=found)
            uart = twin.module.hardware.uart
            restarts = 0

            def restart(now: Progress) -> None:
                nonlocal restarts
                if now.kept >= 20_000 and not restarts:
                    restarts += 1
                    # What is said to a module that starts is lost, so only before is none.
                    assert uart.lost_bytes == 0
                    assert terminal.host_settings == HostSettings(wanted, obeys_cts=True)
                    twin.module.restart()

            def as_wished() -> bool:
                mode = uart.mode
                flows = (mode.to_host, mode.to_module)
                return uart.rate == wanted and flows == (Flow.HARDWARE, Flow.HARDWARE)

            async with Modem(port, Haste(), line=LineWishes(speed=speed)) as modem:
                await modem.bring_up()
                assert as_wished()
                result = await modem.download(url, tmp_path / "f", chunk=10_000, progress=restart)
                assert restarts == 1
                helped = [rung.rung for rung in result.recovery if rung.helped]
                assert helped == expected
                assert as_wished()
                assert terminal.host_settings == HostSettings(wanted, obeys_cts=True)
                assert (tmp_path / "f").read_bytes() == body
                assert terminal.dropped == 0
            assert (terminal.host_settings.rate, uart.rate) == (found, found)
        await terminal.close()

    with file_server(f=body) as files:
        leaves_nothing(main(f"{files.base}/f"))
