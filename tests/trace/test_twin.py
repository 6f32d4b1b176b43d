"""What a twin tells a trace: the dialogue at its end of the line, and everything beside it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from atwin.line.frame import HostSettings
from atwin.line.uart.host_receiver import HostFifo
from atwin.models import load_profile
from atwin.testing.origin import File, Generated, Origin
from atwin.twin.faults.plan import fault_from_table
from support.modules.traced import dialogue, event, events, traced

if TYPE_CHECKING:
    from atwin.net.network import Stream
    from atwin.testing.simulated import SimulatedNetwork
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

SIZE = 100_000
CONTENT = Generated(SIZE, 5)


def origin(network: SimulatedNetwork) -> None:
    network.serve("files.example", 80, Origin({"/f": File(CONTENT)}, wall=lambda: 0.0).handle)


async def fetch(terminal: Terminal, status: bytes = b"200") -> None:
    await terminal.ask(b"ATE0;+SAPBR=1,1;+HTTPINIT")
    await terminal.ask(b'AT+HTTPPARA="URL","http://files.example/f"')
    await terminal.ask(b"AT+HTTPACTION=0")
    await terminal.expect(b"+HTTPACTION: 0," + status)
    await terminal.expect(b"\r\n")


def test_a_get() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await fetch(terminal)
        await terminal.ask(b"AT+HTTPREAD")

    records = traced(test, serve=origin)
    assert dialogue(records) == [
        "> ATE0;+SAPBR=1,1;+HTTPINIT",
        "< OK",
        '> AT+HTTPPARA="URL","http://files.example/f"',
        "< OK",
        "> AT+HTTPACTION=0",
        "< OK",
        f"< +HTTPACTION: 0,200,{SIZE}",
        "> AT+HTTPREAD",
        f"< +HTTPREAD: {SIZE}",
        f"< ({SIZE} bytes)",
        "< OK",
    ]
    assert [r["kind"] for r in records if r.get("text", "").startswith("+HTTPACTION")] == ["urc"]
    assert events(records, "net") == [
        "PDP is up",
        "slot taken",
        "resolved",
        "connected",
        "closed",
        "slot free",
        "HTTPACTION GET",
    ]
    assert event(records, "net", "slot taken")["open"] == 1
    assert event(records, "net", "slot free")["open"] == 0
    assert event(records, "net", "closed")["received"] > SIZE
    ended = event(records, "net", "HTTPACTION GET")
    assert (ended["status"], ended["bytes"]) == (200, SIZE)
    fill = [record["bytes"] for record in records if record["kind"] == "buffer"]
    assert fill == sorted(fill)
    assert fill[-1] == SIZE
    module = event(records, "module", "air724ug")
    assert module["buffer"] == load_profile("air724ug").limit("http_buffer")
    times = [record["t"] for record in records]
    assert times == sorted(times)


def test_data_take_their_time_on_a_line_that_does() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await fetch(terminal)
        await terminal.ask(b"AT+HTTPREAD")

    records = traced(test, serve=origin, baud=115200)
    (data,) = (record for record in records if record["kind"] == "data")
    assert data["took"] == pytest.approx(SIZE * 10 / 115200, rel=0.01)


def test_data_to_the_module_are_their_size() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"ATE0;+HTTPINIT")
        await terminal.ask(b"AT+HTTPDATA=11,1000", b"DOWNLOAD\r\n")
        terminal.type(b"AT+SECRET=1")
        await terminal.expect(b"OK\r\n")
        await terminal.ask(b"AT")

    assert dialogue(traced(test))[2:] == [
        "> AT+HTTPDATA=11,1000",
        "< DOWNLOAD",
        "> (11 bytes)",
        "< OK",
        "> AT",
        "< OK",
    ]


def test_data_that_time_out_are_as_many_as_came() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"ATE0;+HTTPINIT")
        await terminal.ask(b"AT+HTTPDATA=11,1000", b"DOWNLOAD\r\n")
        terminal.type(b"AT+CPIN")
        await terminal.quiet(3)
        await terminal.ask(b"AT+CSQ")

    said = dialogue(traced(test))
    assert said[2:5] == ["> AT+HTTPDATA=11,1000", "< DOWNLOAD", "> (7 bytes)"]
    assert said[-3:] == ["> AT+CSQ", "< +CSQ: 22,99", "< OK"]


def test_data_that_were_not_waited_for_are_data_all_the_same() -> None:
    """A host with blind timers types the command, its data and the next command in one go."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"ATE0;+HTTPINIT")
        typed = b"AT+HTTPDATA=11,1000\r\nAT+SECRET=1AT+CSQ\r\nAT+HTTPDATA=3,1000\r\nabcAT\r\n"
        terminal.type(typed)
        await terminal.quiet(5)

    records = traced(test)
    said = dialogue(records)[2:]
    assert [text for text in said if text.startswith(">")] == [
        "> AT+HTTPDATA=11,1000",
        "> (11 bytes)",
        "> AT+CSQ",
        "> AT+HTTPDATA=3,1000",
        "> (3 bytes)",
        "> AT",
    ]
    assert [text for text in said if text.startswith("<")] == [
        "< DOWNLOAD",
        "< OK",
        "< +CSQ: 22,99",
        "< OK",
        "< DOWNLOAD",
        "< OK",
        "< OK",
    ]
    assert {r["kind"] for r in records if r.get("dir") == "<"} == {"answer"}


def test_commands_in_one_go_keep_their_answers() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"ATE0\rAT+CSQ\rAT+CPIN?\rAT+NONSENSE\r")
        await terminal.quiet(5)

    records = traced(test)
    assert {r["kind"] for r in records if r.get("dir") == "<"} == {"answer"}


def test_a_refused_prompt_leaves_commands_commands() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"ATE0\rAT+HTTPDATA=11,1000\rAT+CSQ\r")
        await terminal.quiet(5)

    records = traced(test)
    assert [r["text"] for r in records if r["kind"] == "command"] == [
        "ATE0",
        "AT+HTTPDATA=11,1000",
        "AT+CSQ",
    ]
    answers = [r["text"] for r in records if r["kind"] == "answer"]
    assert answers == ["OK", "+CME ERROR: 3", "+CSQ: 22,99", "OK"]
    assert not [r for r in records if r["kind"] in ("data", "urc")]


def test_an_edited_line_is_what_the_module_makes_of_it() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        for byte in b"AT+CSX\x08Q\r":
            terminal.type(bytes((byte,)))
            await asyncio.sleep(0.1)
        await terminal.expect(b"OK\r\n")
        terminal.type(b"A/")
        await terminal.expect(b"OK\r\n")

    said = [text for text in dialogue(traced(test)) if text.startswith(">")]
    assert said == ["> AT+CSQ", "> A/"]


def test_bytes_lost_in_the_hosts_fifo() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await fetch(terminal)
        terminal.type(b"AT+HTTPREAD\r")
        await terminal.quiet(60)
        lost.append(twin.module.hardware.uart.host_lost_bytes)

    lost: list[int] = []
    records = traced(test, serve=origin, baud=115200, host_fifo=HostFifo(256, 4000))
    told = [r["bytes"] for r in records if r.get("event") == "lost to the host"]
    assert sum(told) == lost[0] > SIZE / 2


@pytest.mark.parametrize("baud", [None, 921600])
def test_bytes_lost_to_a_busy_module_and_to_one_that_is_off(baud: int | None) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"AT+SAPBR=1,1\r" + b"AT+CSQ\r" * 2000)
        await terminal.quiet(60)
        twin.pins.supply = False
        terminal.type(b"AT\r")
        await terminal.quiet(1)
        lost.append(twin.module.hardware.uart.lost_bytes)

    lost: list[int] = []
    told = [r["bytes"] for r in traced(test, baud=baud) if r.get("event") == "lost to the module"]
    assert sum(told) == lost[0] > 3
    assert told[-1] == 3


def test_bytes_lost_on_the_line_by_a_fault() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": "lost_bytes", "bytes": 3}))
        await terminal.quiet()
        terminal.type(b"AT\r")
        await terminal.quiet()

    records = traced(test)
    assert event(records, "line", "lost to the host")["bytes"] == 3
    assert events(records, "fault") == ["lost_bytes begins", "lost_bytes ends"]


@pytest.mark.parametrize(("flow", "by"), [(b"2,2", "RTS"), (b"1,1", "XOFF")])
def test_the_module_is_stopped(flow: bytes, by: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await fetch(terminal)
        await terminal.ask(b"AT+IFC=" + flow)
        terminal.type(b"AT+HTTPREAD\r")
        await terminal.quiet(60)
        assert twin.module.hardware.uart.host_lost_bytes == 0

    records = traced(test, serve=origin, baud=115200, host_fifo=HostFifo(1024, 4000))
    flow_events = [r for r in records if r.get("event") in ("module stopped", "module goes on")]
    assert [r["event"] for r in flow_events[:4]] == ["module stopped", "module goes on"] * 2
    assert {r["by"] for r in flow_events} == {by}
    (data,) = (r for r in records if r["kind"] == "data")
    assert data["bytes"] == SIZE


@pytest.mark.parametrize(("flow", "by"), [(b"2,2", "CTS"), (b"1,1", "XOFF")])
def test_the_host_is_stopped(flow: bytes, by: str) -> None:
    """While a command runs the receive buffer fills; its XOFF is not part of an answer."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"ATE0;+IFC=" + flow)
        await terminal.ask(b"AT")
        terminal.type(b"AT+SAPBR=1,1\r" + b"AT+CSQ\r" * 500)
        await terminal.quiet(60)

    records = traced(test, baud=115200)
    stops = [r for r in records if r.get("event") in ("host stopped", "host may go on")]
    assert [r["event"] for r in stops[:2]] == ["host stopped", "host may go on"]
    assert {r["by"] for r in stops} == {by}
    assert stops[0]["waiting"] >= 3072
    assert not [r for r in records if r["kind"] == "data"]


def test_rts_of_the_host() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.module.hardware.uart.drive("rts", False)
        twin.module.hardware.uart.drive("rts", True)
        twin.module.hardware.uart.host_changed(HostSettings(9600, rts=True))

    records = traced(test)
    levels = [r["on"] for r in records if r.get("event") == "host's RTS"]
    assert levels == [False, True]
    assert event(records, "line", "host's rate")["rate"] == 9600


def test_the_pool_is_full() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": "pool_full"}))
        await terminal.quiet()
        await fetch(terminal, b"604")

    records = traced(test, serve=origin)
    assert event(records, "net", "no slot is free")["open"] == 8
    ended = event(records, "net", "HTTPACTION GET")
    assert (ended["status"], ended["cause"]) == (604, "3 BUSY")


def test_a_refused_connection_and_an_unknown_name() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"ATE0;+SAPBR=1,1;+HTTPINIT")
        for host in (b"files.example:81", b"nowhere.example"):
            await terminal.ask(b'AT+HTTPPARA="URL","http://%b/f"' % host)
            await terminal.ask(b"AT+HTTPACTION=0")
            await terminal.expect(b"+HTTPACTION: ")

    records = traced(test, serve=origin)
    assert event(records, "net", "not connected")["port"] == 81
    assert event(records, "net", "not resolved")["host"] == "nowhere.example"


def test_a_reset_and_a_boot() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        terminal.type(b"AT+SAPBR=1,1\r")
        await terminal.quiet(0.1)
        twin.pins.reset = False
        await terminal.quiet(1)
        twin.pins.reset = True
        await terminal.expect(b"RDY")
        await terminal.quiet(30)
        await terminal.ask(b"AT+CSQ")

    records = traced(test)
    assert events(records, "power") == [
        "has been on for a while",
        "RESET low",
        "off (RESET)",
        "RESET high after 1.00 s",
        "boot (RESET)",
    ]
    assert "< RDY" in dialogue(records)
    assert dialogue(records)[-3:] == ["> AT+CSQ", "< +CSQ: 22,99", "< OK"]


def test_a_hang_that_the_supply_ends() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": "hang"}))
        await terminal.quiet()
        twin.pins.supply = False
        twin.pins.supply = True

    records = traced(test)
    assert events(records, "power") == [
        "has been on for a while",
        "hang",
        "supply off",
        "off (supply)",
        "supply on",
    ]
    assert events(records, "fault") == ["hang begins", "hang ends"]


def test_a_lost_pdp() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": "pdp_loss", "at_byte": 50_000}))
        await fetch(terminal, b"601")

    records = traced(test, serve=origin)
    assert events(records, "fault") == ["pdp_loss begins", "pdp_loss ends"]
    assert event(records, "net", "PDP is down")
    assert event(records, "net", "HTTPACTION GET")["cause"] == "11 PDP"
    urcs = [r["text"] for r in records if r["kind"] == "urc"]
    assert "+SAPBR 1: DEACT" in urcs


def test_what_a_link_receives_is_its_size() -> None:
    async def peer(stream: Stream) -> None:
        await stream.write(b"password: hunter2\r\n" * 3)
        await stream.read(1)

    async def test(twin: Twin, terminal: Terminal) -> None:
        for line in (b"ATE0;+CIPHEAD=1;+CSTT;+CIICR", b"AT+CIFSR"):
            await terminal.ask(line, b"\r\n")
            await terminal.quiet(3)
        terminal.type(b'AT+CIPSTART="TCP","peer.example",7\r')
        await terminal.expect(b"hunter2")
        await terminal.quiet()
        terminal.type(b"AT+CIPSEND\r")
        await terminal.expect(b">")
        terminal.type(b"my password\x1a")
        await terminal.expect(b"SEND OK")

    records = traced(test, serve=lambda network: network.serve("peer.example", 7, peer))
    said = dialogue(records)
    assert "< (57 bytes)" in said
    assert "> (11 bytes)" in said
    assert "hunter2" not in str(records)
    assert "my password" not in str(records)


@pytest.mark.parametrize("head", [b"0", b"1"])
def test_transparent_data_are_their_size(head: bytes) -> None:
    async def peer(stream: Stream) -> None:
        assert await stream.read(100) == b"+CPIN: 1234\r\nAT+LOGIN=me\r\n"
        await stream.write(b"\r\n+SECRET: 1234\r\nOK\r\n")
        await stream.read(1)

    async def test(twin: Twin, terminal: Terminal) -> None:
        for line in (b"ATE0;+CIPMODE=1;+CIPHEAD=" + head + b";+CSTT;+CIICR", b"AT+CIFSR"):
            await terminal.ask(line, b"\r\n")
            await terminal.quiet(3)
        terminal.type(b'AT+CIPSTART="TCP","peer.example",7\r')
        await terminal.expect(b"CONNECT\r\n")
        terminal.type(b"+CPIN: 1234\r\nAT+LOGIN=me\r\n")
        await terminal.expect(b"SECRET")
        await terminal.quiet(2)
        terminal.type(b"+++")
        await terminal.expect(b"OK\r\n")
        await terminal.ask(b"AT+CSQ")

    records = traced(test, serve=lambda network: network.serve("peer.example", 7, peer))
    said = dialogue(records)
    assert "> (26 bytes)" in said
    assert "< (21 bytes)" in said
    assert said[-3:] == ["> AT+CSQ", "< +CSQ: 22,99", "< OK"]
    assert "SECRET" not in str(records)
    assert "LOGIN" not in str(records)


def test_a_command_with_letters_of_another_alphabet_is_one() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"ATE0;+HTTPINIT")
        await terminal.ask('AT+HTTPPARA="URL","http://h/文件"'.encode())

    records = traced(test)
    assert dialogue(records)[2:] == ['> AT+HTTPPARA="URL","http://h/文件"', "< OK"]


def test_a_body_that_is_broken_off_is_what_came() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await fetch(terminal)
        terminal.type(b"AT+HTTPREAD\r")
        await terminal.quiet(1)

    records = traced(test, serve=origin, baud=115200)
    (data,) = (r for r in records if r["kind"] == "data")
    assert data["announced"] == SIZE
    assert data["bytes"] == pytest.approx(11_520, rel=0.05)


def test_a_file_of_the_module_is_its_size() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'ATE0;+FSCREATE="key"')
        await terminal.ask(b'AT+FSWRITE="key",0,23,10', b">")
        terminal.type(b"line one\r\n+line two\r\n..")
        await terminal.expect(b"OK\r\n")
        await terminal.ask(b'AT+FSREAD="key",0,100,0')

    records = traced(test)
    assert "line one" not in str(records)
    assert "line two" not in str(records)
    assert [r["kind"] for r in records][-3:] == ["command", "data", "answer"]
