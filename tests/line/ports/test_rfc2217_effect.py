"""What a client of RFC 2217 sets has effect on the line: rate, frame, outputs, suspend, purge."""

from __future__ import annotations

import asyncio
import struct
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from serial import rfc2217

from atwin.line.frame import XOFF, XON, Flow, Frame, HostSettings, ReceiveError, UartSettings
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.line.uart.uart import Uart
from support.line.ears import leaves_nothing

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

IAC, SB, SE = b"\xff", b"\xfa", b"\xf0"


class Client:
    """Speaks Telnet byte by byte, so that what it says and hears is seen."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self._heard = bytearray()

    def say(self, data: bytes) -> None:
        self._writer.write(data)

    def set(self, command: bytes, value: bytes = b"") -> None:
        escaped = value.replace(IAC, IAC + IAC)
        self.say(IAC + SB + rfc2217.COM_PORT_OPTION + command + escaped + IAC + SE)

    async def hears(self, data: bytes) -> bytes:
        """Everything up to `data`, and that too."""
        async with asyncio.timeout(20):
            while data not in self._heard:
                more = await self._reader.read(65536)
                assert more, bytes(self._heard)
                self._heard += more
        end = self._heard.index(data) + len(data)
        heard = bytes(self._heard[:end])
        del self._heard[:end]
        return heard

    async def is_told(self, answer: bytes, value: bytes) -> None:
        await self.hears(SB + rfc2217.COM_PORT_OPTION + answer + value + IAC + SE)

    async def sees_cts(self) -> bool:
        """CTS in the next notification of modem lines."""
        await self.hears(SB + rfc2217.COM_PORT_OPTION + rfc2217.SERVER_NOTIFY_MODEMSTATE)
        return bool((await self.hears(IAC + SE))[0] & 0x10)


class Line:
    """An RFC 2217 port with a UART, and a client of it."""

    def __init__(self, port: Rfc2217ServerPort, uart: Uart, client: Client) -> None:
        self.port, self.uart, self.client = port, uart, client
        self.came = asyncio.Event()
        uart.listen(self.came.set)

    async def module_has(self, count: int) -> bytes:
        async with asyncio.timeout(20):
            while len(self.uart.rx) < count:
                self.came.clear()
                await self.came.wait()
        return bytes(self.uart.rx)

    async def rate(self, rate: int) -> None:
        self.client.set(rfc2217.SET_BAUDRATE, struct.pack("!I", rate))
        await self.client.is_told(rfc2217.SERVER_SET_BAUDRATE, struct.pack("!I", rate))

    async def control(self, value: bytes) -> None:
        self.client.set(rfc2217.SET_CONTROL, value)
        await self.client.is_told(rfc2217.SERVER_SET_CONTROL, value)


@asynccontextmanager
async def line(baud: int | None = None, mode: UartSettings | None = None) -> AsyncIterator[Line]:
    port = Rfc2217ServerPort("127.0.0.1", 0, baud)
    uart = Uart(port, baud=baud)
    uart.boot(mode or UartSettings(baud or 0), trained=True)
    host, _, number = port.address.rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(number))
    try:
        yield Line(port, uart, Client(reader, writer))
    finally:
        writer.close()
        await writer.wait_closed()
        await port.close()


def test_a_wrong_rate_is_noise_both_ways_and_told_as_framing_errors() -> None:
    async def main() -> None:
        async with line(115200) as it:
            it.client.set(rfc2217.SET_LINESTATE_MASK, b"\x0a")
            await it.client.is_told(rfc2217.SERVER_SET_LINESTATE_MASK, b"\x0a")
            await it.rate(9600)
            it.client.say(b"AT\r")
            assert all(value == 0 or value >= 0x80 for value in await it.module_has(3))
            it.uart.write(b"OK\r\n")
            heard = await it.client.hears(
                SB
                + rfc2217.COM_PORT_OPTION
                + rfc2217.SERVER_NOTIFY_LINESTATE
                + bytes((ReceiveError.FRAMING,))
            )
            assert b"OK" not in heard
            it.uart.rx.clear()
            await it.rate(115200)
            it.client.say(b"AT\r")
            assert await it.module_has(3) == b"AT\r"

    leaves_nothing(main())


def test_another_frame_is_noise_but_stop_bits_do_not_matter() -> None:
    async def main() -> None:
        async with line(115200) as it:
            it.client.set(rfc2217.SET_STOPSIZE, b"\x02")
            await it.client.is_told(rfc2217.SERVER_SET_STOPSIZE, b"\x02")
            assert it.port.host_settings.frame == Frame(8, "N", 2)
            it.client.say(b"AT\r")
            assert await it.module_has(3) == b"AT\r"
            it.uart.rx.clear()
            it.client.set(rfc2217.SET_PARITY, b"\x03")
            await it.client.is_told(rfc2217.SERVER_SET_PARITY, b"\x03")
            it.client.say(b"AT\r")
            assert b"A" not in await it.module_has(3)
            it.uart.rx.clear()
            it.uart.configure(UartSettings(115200, Frame.of_icf(2, 1)))
            it.client.say(b"AT\r")
            assert await it.module_has(3) == b"AT\r"

    leaves_nothing(main())


def test_settings_in_the_middle_of_data_hold_for_what_follows() -> None:
    async def main() -> None:
        async with line() as it:
            seen: list[tuple[HostSettings, bytes]] = []
            it.port.on_host_settings = lambda now: seen.append((now, bytes(it.uart.rx)))
            it.client.say(
                b"before\xff\xff"
                + IAC + SB + rfc2217.COM_PORT_OPTION + rfc2217.SET_BAUDRATE
                + struct.pack("!I", 9600) + IAC + SE
                + b"after"
            )  # fmt: skip
            assert await it.module_has(12) == b"before\xffafter"
            assert [(now.rate, had) for now, had in seen] == [(9600, b"before\xff")]

    leaves_nothing(main())


def test_rts_stops_a_module_with_hardware_flow_control() -> None:
    async def main() -> None:
        async with line(mode=UartSettings(0, Frame(), Flow.HARDWARE, Flow.HARDWARE)) as it:
            await it.control(rfc2217.SET_CONTROL_RTS_OFF)
            it.uart.write(b"\r\nOK\r\n")
            await it.control(rfc2217.SET_CONTROL_DTR_OFF)  # so much later
            assert it.uart.sent_bytes == 0
            await it.control(rfc2217.SET_CONTROL_RTS_ON)
            await it.client.hears(b"\r\nOK\r\n")

    leaves_nothing(main())


def test_the_client_is_told_of_the_modules_cts() -> None:
    async def main() -> None:
        async with line(mode=UartSettings(0, Frame(), Flow.HARDWARE, Flow.HARDWARE)) as it:
            it.client.say(IAC + b"\xfb" + rfc2217.COM_PORT_OPTION)  # WILL
            await it.control(rfc2217.SET_CONTROL_USE_HW_FLOW_CONTROL)
            it.client.say(b"x" * 4000)
            while await it.client.sees_cts():
                pass
            assert not it.uart.cts
            it.uart.rx.clear()
            it.uart.taken()
            assert await it.client.sees_cts()

    leaves_nothing(main())


@pytest.mark.parametrize(
    ("flow", "control"),
    [
        (Flow.HARDWARE, rfc2217.SET_CONTROL_USE_HW_FLOW_CONTROL),
        (Flow.SOFTWARE, rfc2217.SET_CONTROL_USE_SW_FLOW_CONTROL),
    ],
)
def test_a_suspended_client_stops_the_module_by_rts_or_xoff(flow: Flow, control: bytes) -> None:
    async def main() -> None:
        async with line(mode=UartSettings(0, Frame(), flow, flow)) as it:
            await it.control(control)
            it.client.set(rfc2217.FLOWCONTROL_SUSPEND)
            await it.control(rfc2217.SET_CONTROL_DTR_ON)
            it.uart.write(b"x" * 10000)
            for dtr in (rfc2217.SET_CONTROL_DTR_OFF, rfc2217.SET_CONTROL_DTR_ON):
                await it.control(dtr)  # turns in which the output would leave
            assert it.uart.sent_bytes == 0
            it.client.set(rfc2217.FLOWCONTROL_RESUME)
            await it.client.hears(b"x" * 10000)
            assert it.port.dropped == 0
            assert not {XON, XOFF} & {bytes((value,)) for value in it.uart.rx}

    leaves_nothing(main())


def test_a_suspended_client_without_flow_control_loses_bytes_and_is_told() -> None:
    async def main() -> None:
        async with line() as it:
            it.client.set(rfc2217.FLOWCONTROL_SUSPEND)
            await it.control(rfc2217.SET_CONTROL_DTR_ON)
            it.uart.write(b"x" * 10000)
            it.client.set(rfc2217.FLOWCONTROL_RESUME)
            it.client.set(rfc2217.NOTIFY_LINESTATE)
            heard = await it.client.hears(
                SB
                + rfc2217.COM_PORT_OPTION
                + rfc2217.SERVER_NOTIFY_LINESTATE
                + bytes((ReceiveError.OVERRUN,))
            )
            assert heard.count(b"x") == 4096
            assert it.port.dropped == 10000 - 4096

    leaves_nothing(main())


def test_purge_takes_back_what_has_not_left_yet() -> None:
    async def main() -> None:
        async with line(600) as it:
            it.client.say(b"x" * 600)  # ten seconds of line time
            it.client.set(rfc2217.PURGE_DATA, rfc2217.PURGE_TRANSMIT_BUFFER)
            await it.client.is_told(rfc2217.SERVER_PURGE_DATA, rfc2217.PURGE_TRANSMIT_BUFFER)
            assert it.uart.input_pending == 0
            it.client.set(rfc2217.FLOWCONTROL_SUSPEND)
            await it.rate(600)
            it.port.write(b"y" * 100)
            it.client.set(rfc2217.PURGE_DATA, rfc2217.PURGE_RECEIVE_BUFFER)
            it.client.set(rfc2217.FLOWCONTROL_RESUME)
            await it.rate(9600)
            it.port.write(b"after")
            assert b"y" not in await it.client.hears(b"after")

    leaves_nothing(main())


def test_each_client_finds_the_line_as_it_was_set_up() -> None:
    async def main() -> None:
        async with line(115200) as it:
            await it.rate(9600)
            await it.control(rfc2217.SET_CONTROL_USE_SW_FLOW_CONTROL)
            it.client.set(rfc2217.FLOWCONTROL_SUSPEND)
            await it.control(rfc2217.SET_CONTROL_RTS_OFF)
            it.client._writer.close()
            host, _, number = it.port.address.rpartition(":")
            async with asyncio.timeout(20):
                while True:  # until the server has noticed that the first one left
                    reader, writer = await asyncio.open_connection(host, int(number))
                    if (await reader.read(1)) == IAC:
                        break
                    writer.close()
            client = Client(reader, writer)
            assert it.port.host_settings == HostSettings(115200)
            while it.uart.input_pending:  # an XON, still at the first one's rate
                it.came.clear()
                await it.came.wait()
            it.uart.write(b"hello")
            await client.hears(b"hello")
            writer.close()
            await writer.wait_closed()

    leaves_nothing(main())


def test_a_client_that_left_lets_go_of_rts_and_dtr() -> None:
    async def main() -> None:
        async with line(115200) as it:
            await it.control(rfc2217.SET_CONTROL_RTS_OFF)
            await it.control(rfc2217.SET_CONTROL_DTR_ON)
            assert (it.port.host_settings.rts, it.port.host_settings.dtr) == (False, True)
            left = asyncio.Event()
            it.port.on_host_settings = lambda now: left.set()
            it.client._writer.close()
            async with asyncio.timeout(20):
                await left.wait()
            assert it.port.host_settings == HostSettings(115200)

    leaves_nothing(main())
