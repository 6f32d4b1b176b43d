"""The state at every moment: it says what is, it never raises, and reading it changes nothing."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from atwin.clock import LoopClock
from atwin.control.actions import BY_NAME, perform
from atwin.control.shapes import STATE_SCHEMA
from atwin.control.state import state
from atwin.models import load_profile
from atwin.testing.simulated import SimulatedNetwork
from support.modules.http_twin import SIZE, action, on_http
from support.modules.on_twin import on_twin
from support.servers.peers import Peer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

    Moment = Callable[[Twin, Terminal], Awaitable[object]]


STATE = jsonschema.Draft202012Validator(STATE_SCHEMA)


def served() -> SimulatedNetwork:
    network = SimulatedNetwork(LoopClock(), latency=0.05)
    network.serve("server.test", 7000, Peer("server").serve)
    return network


async def ask(twin: Twin, name: str, value: Any) -> None:
    await perform(BY_NAME[name], twin, value)


def typed(*lines: bytes) -> Moment:
    async def moment(_: Twin, terminal: Terminal) -> None:
        for line in lines:
            terminal.type(line)
            await terminal.quiet(0.01)

    return moment


def asked(name: str, value: Any) -> Moment:
    return lambda twin, _: ask(twin, name, value)


MOMENTS: dict[str, Moment] = {
    "idle": typed(),
    "off": asked("set", {"supply": 0}),
    "RESET held": asked("set", {"reset": 0}),
    "hung": asked("fault", {"kind": "hang"}),
    "download mode": asked("set", {"supply": 0, "usb_boot": 1, "power_key": 0}),
    "restarting": typed(b"AT+RESET\r"),
    "nearly off": typed(b"AT+CPOWD=1\r"),
    "a command is typed": typed(b"AT+CS"),
    "a command waits": typed(b"AT+SAPBR=1,1\r"),
    "a prompt": typed(b"AT+SAPBR=1,1\r", b"AT+HTTPINIT\r", b"AT+HTTPDATA=5,9000\r", b"ab"),
    "connecting": typed(b'AT+CIPSTART="TCP","server.test",7000\r'),
    "transparent": typed(b"AT+CIPMODE=1\r", b'AT+CIPSTART="TCP","server.test",7000\r'),
    "no card": asked("sim", {"in": False}),
    "no slot": asked("fault", {"kind": "pool_full"}),
    "no network": asked("set", {"cell": {"grants": 2, "rssi": 99}}),
    "called": asked("set", {"ring": "10086"}),
    "stopped": typed(b"AT+IFC=1,1\r", b"\x13AT\r"),
    "offline": asked("resolve", {"*.example": "127.0.0.1", "a.example:80": "[::1]:8080"}),
}  # fmt: skip


@pytest.mark.parametrize("warm", [True, False], ids=["warm", "cold"])
@pytest.mark.parametrize("name", MOMENTS)
def test_it_never_raises_and_changes_nothing(name: str, warm: bool) -> None:
    """In the moment itself, and as long as its effects may come."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        await MOMENTS[name](twin, terminal)
        for seconds in (0, 0.05, 0.3, 1.2, 6, 30):
            await terminal.quiet(seconds)
            services = services_of(twin)
            seen = state(twin)
            validate(seen)
            assert services_of(twin) == services
            assert state(twin) == seen

    on_twin(test, network=served, warm=warm, echo=True)


def validate(seen: dict[str, Any]) -> None:
    """As whoever asks for it sees it."""
    STATE.validate(json.loads(json.dumps(seen, allow_nan=False)))


def services_of(twin: Twin) -> set[type]:
    firmware = twin.module.firmware
    return set() if firmware is None else set(firmware._services)


def test_an_idle_module() -> None:
    async def test(twin: Twin, _: Terminal) -> dict[str, Any]:
        return state(twin)

    seen = on_twin(test)
    assert seen["radio"] == {
        "registration": 1, "attached": True, "function": 1, "operator": "CHINA MOBILE",
    }  # fmt: skip
    assert (seen["pdp"]["up"], seen["pdp"]["address"][:3]) == (True, "10.")
    assert [each["status"] for each in seen["pdp"]["bearers"]] == ["closed"] * 3
    assert seen["connections"] == [None] * 8
    assert (seen["boots"], seen["time"]) == (1, None)
    assert 0 < seen["boot_seconds"] < 60


def test_a_request_is_seen_while_it_runs_and_afterwards() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPACTION=0")
        await terminal.quiet(1.5)
        during = state(twin)
        validate(during)
        (open_one,) = filter(None, during["connections"])
        received, filled = open_one.pop("received"), during["buffer"]["bytes"]
        assert 0 < filled < received < SIZE
        assert open_one.pop("sent") > 50
        assert open_one == {
            "use": "http", "link": None, "peer": "files.example:80", "state": "open", "tls": False,
        }  # fmt: skip
        asked_for = {"method": "GET", "url": "http://files.example/f"}
        assert during["http"] == {"open": True, "busy": True, "status": None, **asked_for}
        await terminal.expect(b"+HTTPACTION: ", 400)
        after = state(twin)
        assert after["http"] == {"open": True, "busy": False, "status": 200, **asked_for}
        assert (after["buffer"]["bytes"], after["buffer"]["dropped"]) == (SIZE, 0)
        assert after["pdp"]["bearers"][0]["status"] == "open"
        assert after["pdp"]["bearers"][0]["address"] == after["pdp"]["address"]
        split = after["traffic"]["boot"]
        assert split["payload"] == SIZE
        assert split["total"] == sum(split.values()) - split["total"]
        assert split == after["traffic"]["whole"]
        await terminal.ask(b"AT+RESET")
        await terminal.quiet(20)
        again = state(twin)
        assert again["boots"] == 2
        assert again["traffic"]["boot"]["total"] == 0 < again["traffic"]["whole"]["total"]
        assert (again["http"]["open"], again["buffer"]["bytes"]) == (False, 0)

    on_http(test)


def test_what_does_not_fit_is_counted() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        capacity = state(twin)["buffer"]["capacity"]
        assert (await action(terminal)).startswith(b"0,602")
        assert state(twin)["buffer"] == {
            "bytes": capacity, "capacity": capacity, "dropped": SIZE - capacity,
        }  # fmt: skip
        await terminal.ask(b"AT+HTTPTERM")
        assert state(twin)["buffer"]["dropped"] == 0

    on_http(test, load_profile("air780e-lsat").with_flags(http_buffer=30_000))


def test_what_streams_through_is_in_the_buffer() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+HTTPEXACTION=0")
        await terminal.expect(b"+HTTPEXGET", 20)
        await terminal.quiet(5)
        buffer = state(twin)["buffer"]
        assert buffer["bytes"] == buffer["capacity"]
        await terminal.ask(b"AT+HTTPTERM")
        assert state(twin)["buffer"]["bytes"] == 0

    on_http(test, load_profile("air780e-at").with_flags(http_buffer=4096))


def test_what_a_pin_does_is_as_the_profile_says() -> None:
    async def test(twin: Twin, _: Terminal) -> Any:
        return state(twin)["holds"]

    assert on_twin(test, "air780ep", time_scale=2.0) == {
        "reset_is_off": False, "reset_off": 0.3, "reset_start": 0.0,
        "key_start": 2.0, "key_stop": 3.0,
    }  # fmt: skip


def test_links_have_their_numbers() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CIPMUX=1")
        await terminal.ask(b'AT+CIPSTART=3,"TCP","server.test",7000', b"CONNECT OK\r\n")
        await terminal.ask(b"AT+CIPSEND=3,4", b">")
        await terminal.ask(b"abcd", b"SEND OK\r\n")
        (link,) = filter(None, state(twin)["connections"])
        assert link == {
            "use": "tcp", "link": 3, "peer": "server.test:7000", "state": "open", "tls": False,
            "sent": 4, "received": 0,
        }  # fmt: skip
        await terminal.ask(b"AT+CIPCLOSE=3", b"CLOSE OK\r\n")
        (closing,) = filter(None, state(twin)["connections"])
        assert closing["state"] == "closing"
        await terminal.quiet(30)
        assert state(twin)["connections"] == [None] * 8

    lingers = load_profile("air780e-at").with_flags(linger_s=5)
    on_twin(test, lingers, network=served)


@pytest.mark.parametrize(("flow", "by"), [(1, "XOFF"), (2, "RTS")])
def test_what_stops_the_module(flow: int, by: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+IFC=%d,%d" % (flow, flow))
        assert state(twin)["line"]["module_stopped"] is None
        if flow == 1:
            terminal.type(b"\x13")
        else:
            await ask(twin, "set", {"rts": 0})
        await terminal.quiet(0.1)
        assert state(twin)["line"]["module_stopped"] == by

    on_twin(test)


def test_the_frame_is_that_of_icf() -> None:
    async def test(twin: Twin, terminal: Terminal) -> Any:
        await terminal.ask(b"AT+ICF=2,1")
        return state(twin)["line"]["frame"]

    assert on_twin(test) == "8E1"


def test_what_stops_the_host() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+IFC=2,2")
        terminal.type(b"AT+COPS=?\r" + b"AT\r" * 1200)
        await terminal.quiet(0.1)
        assert state(twin)["line"]["host_stopped"] == "CTS"
        await terminal.quiet(60)
        assert state(twin)["line"]["host_stopped"] is None

    on_twin(test)
