"""Who a module is and what it holds, by what modules say of themselves."""

from __future__ import annotations

import pytest

from atwin.at.events import Final
from atwin.clock import run_virtual
from atwin.host.channel.channel import Channel
from atwin.host.channel.exchange import Reply
from atwin.host.identity import (
    SAFE_SIZE,
    ask_identity,
    ask_limits,
    post_range,
    read_range,
    recognised,
)
from atwin.line.ports.memory import memory_pair
from support.modules.fake_module import FakeModule


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("(0-319488),(1000-120000)", 319488),
        ("( 0 - 3356 ), (1000-120000)", 3356),
        ("0-3356,1000-120000", 3356),
        ('(1-3356),(1000-120000),"x"', 3356),
        ("(0-3356)", 3356),
        ("(1000-120000)", None),
        ("(0-0),(1000-120000)", None),
        ("(0--5),(1000-120000)", None),
        ("(0-5),(1000-120000)", None),
        ("(0-99999999999),(1000-120000)", None),
        ("(0-9999999999),(1000-120000)", None),
        (f"(0-{'9' * 5000}),(1000-120000)", None),
        ("(size),(time)", None),
        ("", None),
    ],
)
def test_how_much_it_takes(value: str, size: int | None) -> None:
    ok = Final("OK", ok=True)
    assert post_range(Reply(("Call Ready", f"+HTTPDATA: {value}"), ok)) == size
    assert post_range(Reply((f"+HTTPDATA: {value}",), Final("ERROR", ok=False))) is None
    assert post_range(Reply((), ok)) is None


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("(0-319488),(1-319488)", 319488),
        ("(0 - 4095), (1 - 3356)", 3356),
        ("(0-3356)", 3356),
        ("(0-3356),(1-0)", None),
        ("(0-3356),(1--1)", 3356),
        ("<start>,<size>", None),
    ],
)
def test_how_much_it_gives(value: str, size: int | None) -> None:
    assert read_range(Reply((f"+HTTPREAD: {value}",), Final("OK", ok=True))) == size


@pytest.mark.parametrize(
    ("model", "firmware", "key"),
    [
        ("Air724UG", "AirM2M_Air724UG_V401881_LTE_AT", "air724ug"),
        ("", "AirM2M_Air724UG_V9_LTE_AT", "air724ug"),
        ("Air724UG", "", "air724ug"),
        ("AIR724UG", "something else", "air724ug"),
        ("Air780E", "AirM2M_780E_V1169_LTE_AT", "air780e-at"),
        ("Air780E", "AirM2M_780E_V1001_LTE_LSAT", "air780e-lsat"),
        ("Air780E", "", None),  # two firmware lines with other limits
        ("", "", None),
        ("SIM7600", "SIM7600_V2", None),
    ],
)
def test_the_model_by_what_it_says(model: str, firmware: str, key: str | None) -> None:
    assert recognised(model, firmware) == key


@pytest.mark.parametrize(
    ("firmware", "answer", "post", "read", "guessed"),
    [
        ("AirM2M_Air724UG_V401881_LTE_AT", b"\r\nERROR\r\n", 319488, 319488, False),
        ("AirM2M_780E_V1_LTE_AT", b"\r\nOK\r\n", 3356, 3356, False),
        ("Quectel", b"\r\n+CME ERROR: 50\r\n", SAFE_SIZE, SAFE_SIZE, True),
        ("Quectel", b"\r\n+HTTPDATA: (0-0)\r\n\r\nOK\r\n", SAFE_SIZE, SAFE_SIZE, True),
        ("Quectel", b"\r\n+HTTPDATA: (0-9000)\r\n\r\nOK\r\n", 9000, SAFE_SIZE, True),
    ],
)
def test_limits_that_are_not_told(
    firmware: str, answer: bytes, post: int, read: int, guessed: bool
) -> None:
    async def main() -> None:
        near, far = memory_pair()
        module, channel = FakeModule(far), Channel(near)
        module.instead |= dict.fromkeys(("AT+HTTPDATA=?", "AT+HTTPREAD=?"), answer)
        module.instead["AT+CGMM"] = b'\r\n+CGMM: "Other"\r\n\r\nOK\r\n'
        module.instead["ATI"] = f"\r\n{firmware}\r\n\r\nOK\r\n".encode()
        limits = await ask_limits(channel)
        assert (limits.post_max, limits.read_max, limits.guessed) == (post, read, guessed)
        assert "does not tell its limits" in limits.note
        assert ("--chunk" in limits.note) == guessed

    run_virtual(main())


def test_what_it_says_counts_and_not_its_limits() -> None:
    async def main() -> None:
        near, far = memory_pair()
        module, channel = FakeModule(far, limit=3356, streams=True), Channel(near)
        module.instead["ATI"] = b"\r\nAirM2M_Air724UG_V401881_LTE_AT\r\n\r\nOK\r\n"
        limits = await ask_limits(channel)
        assert limits.note == ""
        assert (await ask_identity(channel)).profile == "air724ug"
        module.instead["AT+CGMM"] = module.instead["ATI"] = b"\r\nERROR\r\n"
        assert (await ask_identity(channel)).profile is None
        module.instead["ATI"] = b"\r\nCall Ready\r\n\r\nAirM2M_780E_V1_LTE_LSAT\r\n\r\nOK\r\n"
        module.instead["AT+CGMM"] = b"\r\nAir780E\r\n\r\nOK\r\n"
        who = await ask_identity(channel)
        assert (who.model, who.firmware) == ("Air780E", "AirM2M_780E_V1_LTE_LSAT")
        assert who.profile == "air780e-lsat"

    run_virtual(main())
