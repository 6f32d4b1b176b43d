"""Families that are answered only: what lives how long, and what the tables promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.models import MODELS
from atwin.twin.chapters.absent import ABSENT
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


async def restarted(twin: Twin, terminal: Terminal) -> None:
    twin.module.restart()
    await terminal.expect(b"RDY\r\n")
    await terminal.ask(b"ATE0")
    await terminal.quiet(10)


def test_values_are_ram_but_for_what_is_saved() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CLIP=1;+CNMI=2,1;+FTPSERV=a;+FTPPORT=2121;+FTPSCONT;+FTPUN=b")
        await restarted(twin, terminal)
        assert b"+CLIP: 0,1" in await terminal.ask(b"AT+CLIP?")
        assert b"+CNMI: 2,2,0,0,0" in await terminal.ask(b"AT+CNMI?")
        saved = await terminal.ask(b"AT+FTPSCONT?")
        assert b"+FTPSCONT: 0\r\n+FTPSERV: a\r\n+FTPPORT: 2121\r\n+FTPUN: \r\n" in saved

    on_twin(test)


def test_any_byte_of_a_value_is_read_back() -> None:
    """Some of them end lines elsewhere: a name in Chinese has such bytes."""
    value = "中文\x85\x1c\x0b{0}".encode()

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+FTPUN="' + value + b'"')
        answer = await terminal.ask(b"AT+FTPUN?")
        assert answer == b"\r\n+FTPUN: " + value + b"\r\n\r\nOK\r\n"

    on_twin(test)


def test_a_damaged_record_of_ftp_is_not_believed() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        record = {"FTPSERV": 7, "FTPPORT": 0, "FTPTYPE": "Z", "FTPMODE": 0, "X": 1, "FTPUN": "u"}
        twin.module.hardware.nvram.store("ftp", record)
        await restarted(twin, terminal)
        assert b"+FTPSERV: \r\n+FTPPORT: 21\r\n+FTPUN: u\r\n" in await terminal.ask(b"AT+FTPSCONT?")
        assert b"+FTPTYPE: A" in await terminal.ask(b"AT+FTPTYPE?")
        assert b"+FTPMODE: 1" in await terminal.ask(b"AT+FTPMODE?")

    on_twin(test)


def test_the_time_has_a_pulse_where_data_have_one() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        edges: list[bool] = []
        twin.module.hardware.modem_lines.on_ri.append(edges.append)
        await terminal.ask(b"AT+CNTP")
        await terminal.expect(b"+CNTP: 1\r\n")
        assert edges == []
        await terminal.ask(b"AT+CFGRI=1;+CNTP")
        await terminal.expect(b"+CNTP: 1\r\n")
        assert edges == [False]

    on_twin(test)


@pytest.mark.parametrize("reach", [True, False])
def test_mqtt_has_no_stack_until_the_network_is_found_or_half_a_minute_is_over(reach: bool) -> None:
    """OQ-56: seen in two hosts, which send MQTT commands right after a start."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.hardware.cell.grants = 1 if reach else 2
        twin.module.restart()
        await terminal.expect(b"RDY\r\n")
        await terminal.ask(b"ATE0")
        for line in (b"AT+MQTTSTATU", b"AT+MIPCLOSE", b"AT+MQTTMSGSET?", b'AT+MPUB="a",0,0,"b"'):
            assert await terminal.ask(line, b"ERROR: 4\r\n") == b"\r\n+CME ERROR: 4\r\n"
        await terminal.quiet(10 if reach else 31)
        assert b"+MQTTSTATU :0" in await terminal.ask(b"AT+MQTTSTATU")
        twin.radio.deregister()
        await terminal.quiet()
        assert b"+MQTTSTATU :0" in await terminal.ask(b"AT+MQTTSTATU")

    on_twin(test)


def test_the_network_tells_the_time() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.hardware.rtc.lose_power()
        await terminal.ask(b"AT+CNTP=ntp.example,-14;+CNTP")
        await terminal.expect(b"\r\n+CNTP: 1\r\n")
        rtc = twin.module.hardware.rtc
        assert rtc.zone_quarters == -14
        assert abs(rtc.now() - twin.module.hardware.clock.wall()) < 1

    on_twin(test)


@pytest.mark.parametrize("model", MODELS)
def test_a_module_answers_what_is_absent_with_error(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for absent in ABSENT:
            for name in absent.names:
                await terminal.ask(f"AT{name}=1".encode(), b"\r\nERROR\r\n")

    on_twin(test, model)
