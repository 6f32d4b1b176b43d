"""An RFC 2217 server that says what no server should: the host's line goes on."""

from __future__ import annotations

import asyncio
import logging

import pytest

from atwin.line.ports.device import open_device
from atwin.line.ports.rfc2217 import Rfc2217ServerPort
from atwin.line.telnet import LenientParser
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.servers.no_network import NoNetwork

#: Stop bits without a name, a parity without a value, a purge of nothing known.
MALFORMED = (
    b"\xff\xfa\x2c\x68\x05\xff\xf0",
    b"\xff\xfa\x2c\x67\xff\xf0",
    b"\xff\xfa\x2c\x70\x09\xff\xf0",
)


@pytest.mark.parametrize("option", MALFORMED)
def test_a_malformed_option_is_passed_over(option: bytes) -> None:
    assert LenientParser().feed(b"before" + option + b"after") == [b"before", b"after"]


def test_an_option_without_an_end_takes_no_memory() -> None:
    parser = LenientParser()
    parser.feed(b"\xff\xfa\x2c")
    for _ in range(100):
        parser.feed(b"x" * 10_000)
    assert len(parser._subneg_buffer) == 1024
    assert parser.feed(b"\xff\xf0data") == [b"data"]


def test_the_line_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        port = Rfc2217ServerPort("127.0.0.1", 0)
        async with Twin("air724ug", port, network=NoNetwork()):
            line = await open_device(f"rfc2217://{port.address}", 115200)
            terminal = Terminal(line)
            assert port.inner is not None
            port.inner.write(b"".join(MALFORMED))
            assert await terminal.ask(b"AT") == b"AT\r\r\nOK\r\n"
            await line.close()

    with caplog.at_level(logging.ERROR):
        asyncio.run(main())
    assert not caplog.records
