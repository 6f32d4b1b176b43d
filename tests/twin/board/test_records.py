"""Saved records that something has damaged: what may be trusted is taken, the rest is factory's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.disk.state import StateDirectory
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.twin.board.nvram import Record

#: Of the wrong type, out of range, or of a shape no setting has.
ODD: list[Any] = ["\r\nRDY", None, "x", -1, 10**20, 1.5, True, [], [1], [[1], 0], [9, 9], {"a": 1}]

FACTORY = {
    "settings": (
        [b"AT+CMEE?", b"AT+IPR?", b"AT+ICF?", b"AT+IFC?", b"AT+CREG?", b"AT+CEREG?", b"AT+CSCLK?"],
        ["cmee", "ipr", "icf", "ifc", "creg", "cgreg", "cereg", "csclk"],
    ),
    "sockets": (
        [b"AT+CIPSCONT?"],
        [
            "mux",
            "mode",
            "ssl",
            "apn",
            "quick_send",
            "prompt",
            "auto_send",
            "auto_send_time",
            "head",
            "show_source",
            "bare_packets",
            "keep_alive",
            "keep_idle",
            "keep_interval",
            "keep_count",
            "show_protocol",
        ],
    ),
    "http": (
        [b"AT+HTTPINIT;+HTTPPARA?", b"AT+HTTPTERM"],
        ["CID", "URL", "UA", "PROIP", "PROPORT", "REDIR", "BREAK", "BREAKEND", "USERDATA"],
    ),
    "battery": ([b"AT+CBC?"], ["on", "off"]),
    "usb": (
        [b"AT+RNDISCALL?", b"AT+ROUTEIP?", b"AT+SETUSB?"],
        ["rndis", "net", "mode", "vid", "pid"],
    ),
    "notes": ([b"AT+WISN?", b'AT+SYSNV=0,"ureboot"'], ["ureboot", "text"]),
    "upgrade": (
        [b'AT+UPGRADE="%b"' % name for name in (b"AUTO", b"PERIOD", b"KEY", b"URL")],
        ["auto", "period", "key", "url"],
    ),
    "firmware": ([b"ATI", b"AT+UPGRADE?"], ["name", "waiting", "untold"]),
    "datainfo": ([b"AT^DATAINFO?;^DATAINFO"], ["interval", "up", "down"]),
}
#: Without it nothing of the record is shown.
ALWAYS: dict[str, Record] = {"datainfo": {"on": True}}

#: Fields that take any text, and those that take a text without a line end.
LONG_TEXTS = ("apn", "URL", "UA", "USERDATA")
TEXTS = (*LONG_TEXTS, "text", "key", "url", "name", "waiting")


class Kept(StateDirectory):
    """One that touches no disk, and whose NVRAM holds one record."""

    def __init__(self, name: str, record: Record) -> None:
        self.records = {name: record}

    def load_records(self) -> dict[str, Record]:
        return self.records

    def keep_records(self, records: dict[str, Record]) -> None:
        self.records = records

    def load_card(self) -> dict[str, Any]:
        return {}

    def load_files(self) -> dict[str, bytes]:
        return {}

    def load_directories(self) -> list[str]:
        return []

    def put_file(self, path: str, data: bytes) -> None: ...
    def remove_file(self, path: str) -> None: ...
    def make_directory(self, path: str) -> None: ...
    def remove_directory(self, path: str) -> None: ...


def on_kept(
    name: str, record: Record, test: Callable[[Terminal], Awaitable[bytes]], model: str = "air724ug"
) -> bytes:
    async def main() -> bytes:
        clock = LoopClock()
        network = SimulatedNetwork(clock)
        origin = Origin({"/f": File(Generated(500, 1))}, wall=clock.wall)
        network.serve("files.example", 80, origin.handle)
        host, module = memory_pair()
        terminal = Terminal(host)
        async with Twin(model, module, network=network, state=Kept(name, record)):
            await terminal.ask(b"ATE0;&F;E0" if name != "settings" else b"ATE0")
            return await test(terminal)

    return run_virtual(main())


def shown(name: str, record: Record) -> bytes:
    """Everything of the record that the module shows."""

    async def asked(terminal: Terminal) -> bytes:
        return b"".join([await terminal.ask(question) for question in FACTORY[name][0]])

    return on_kept(name, ALWAYS.get(name, {}) | record, asked)


@pytest.mark.parametrize("name", FACTORY)
def test_a_value_of_the_wrong_kind_is_the_factorys(name: str) -> None:
    factory = shown(name, {})
    for odd in ODD:
        record = {
            field: odd
            for field in FACTORY[name][1]
            # These take any text, and that switch is a switch.
            if not (odd == "x" and field in TEXTS)
            and not (odd == ODD[0] and field in LONG_TEXTS)
            and not (odd is True and field in ("on", "auto", "untold"))
        }
        assert shown(name, record | {"unknown": odd, "__doc__": odd}) == factory, odd


@pytest.mark.parametrize(
    ("name", "record", "line"),
    [
        ("settings", {"cmee": 2, "ipr": "x"}, b"+CMEE: 2"),
        ("sockets", {"quick_send": 2, "prompt": "x"}, b"+CIPQSEND: 2"),
        ("http", {"CID": 2, "URL": 5}, b"CID: 2"),
        ("notes", {"ureboot": 1, "text": "\r\nRDY"}, b'"ureboot",1'),
        ("firmware", {"name": "V2", "waiting": "\r\nRDY"}, b"V2"),
        ("datainfo", {"interval": 99, "up": "x"}, b"^DATAINFO: 1,99"),
    ],
)
def test_what_is_sound_beside_it_is_kept(name: str, record: Record, line: bytes) -> None:
    assert line in shown(name, record)


@pytest.mark.parametrize("odd", [odd for odd in ODD if odd is not True])
def test_a_damaged_switch_is_off(odd: Any) -> None:
    def asked(terminal: Terminal) -> Awaitable[bytes]:
        return terminal.ask(b"AT^DATAINFO?", b"\r\n+CME ERROR: 3\r\n")

    assert on_kept("datainfo", {"on": odd}, asked)


@pytest.mark.parametrize("record", [{"CID": "x", "URL": 5}, {"CID": 7}, {"PROIP": "1.2.3"}])
def test_a_request_with_a_damaged_record(record: Record) -> None:
    async def test(terminal: Terminal) -> bytes:
        await terminal.ask(b'AT+SAPBR=1,1;+HTTPINIT;+HTTPPARA="URL","http://files.example/f"')
        await terminal.ask(b"AT+HTTPACTION=0")
        return await terminal.expect(b"+HTTPACTION: 0,200,500\r\n")

    assert on_kept("http", record, test)
