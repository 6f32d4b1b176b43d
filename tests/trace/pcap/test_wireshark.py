"""What a capture says to Wireshark: everything on the simulated network, read by tshark once."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.line.ports.memory import memory_pair
from atwin.net.network import ConnectError, NameServers
from atwin.session.captures import read_line
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import Trace
from atwin.trace.pcap.capture import Capture
from atwin.twin.faults.plan import fault_from_table
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.running.patience import PATIENCE
from support.running.tshark import Seen, seen
from support.servers.name_server import NameServer

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.net.network import Stream

SIZE = 20_001
CONTENT = Generated(SIZE, 5)
#: The host and the module, as Wireshark numbers them.
DTE, DCE = "2", "1"
FIELDS = (
    "frame.interface_name", "frame.protocols", "frame.time_epoch", "_ws.malformed",
    "exported_pdu.p2p_dir", "at.cmd", "at.role", "ip.src", "ip.dst", "ipv6.src",
    "ipv6.dst", "tcp.flags.str", "tcp.len", "udp.length", "dns.qry.name", "dns.a", "icmp.type",
    "icmp.seq", "http.request.full_uri", "http.response.code", "syslog.msg",
    "data.len",
)  # fmt: skip


async def greeting(stream: Stream) -> None:
    await stream.write(b"hello " + await stream.read(100))


async def play(terminal: Terminal, twin: Twin) -> None:
    """Names, a large file, IPv6, a link that the peer closes, one refused, datagrams, a ping."""
    await terminal.ask(b"ATE0;+SAPBR=1,1;+HTTPINIT")
    for url in (b"http://named.example/f", b"http://[2001:db8::7]/f"):
        await terminal.ask(b'AT+HTTPPARA="URL","%b"' % url)
        await terminal.ask(b"AT+HTTPACTION=0")
        await terminal.expect(b"+HTTPACTION: 0,200,20001\r\n")
    await terminal.ask(b"AT+HTTPREAD")
    network, address = twin.module.hardware.network, "198.51.100.1"
    await network.resolve("named.example", NameServers(("198.51.100.9",)))
    stream = await network.connect(address, 7)
    await stream.write(b"you")
    assert await stream.read(100) == b"hello you"
    assert await stream.read(100) == b""
    stream.close()
    with pytest.raises(ConnectError):
        await network.connect(address, 8)
    datagrams = await network.open_udp("2001:db8::7", 9)
    await datagrams.write(b"abc")
    assert await datagrams.read(100) == b"hello abc"
    await network.ping(address, 33, 64)
    twin.faults.add(fault_from_table({"kind": "lost_bytes", "bytes": 3}))
    twin.pins.reset = False
    await terminal.quiet(1)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pcap") / "f.pcapng"

    async def main() -> None:
        clock = LoopClock()
        trace, network = Trace(clock), SimulatedNetwork(clock)
        origin = Origin({"/f": File(CONTENT)}, wall=lambda: 0.0)
        network.serve("named.example", 80, origin.handle)
        network.serve("2001:db8::7", 80, origin.handle)
        network.serve("named.example", 7, greeting)
        network.serve_udp("2001:db8::7", 9, greeting)
        server = NameServer("dns", zone={"named.example": "198.51.100.1"})
        network.serve_udp("198.51.100.9", 53, server.serve)
        host, module = memory_pair()
        with path.open("wb") as file:
            capture = Capture(file.write, began=trace.began, program="atwin")
            trace.raw.add(capture)
            async with Twin("air724ug", module, network=network, trace=trace) as twin:
                await play(Terminal(host), twin)
            trace.stop()
            capture.end()

    run_virtual(main())
    return path


@pytest.fixture(scope="module")
def found(path: Path) -> Seen:
    return seen(path, *FIELDS)


def on(found: Seen, name: str) -> list[dict[str, str]]:
    """The packets of one interface."""
    return [packet for packet in found.packets if packet["frame.interface_name"] == name]


def test_nothing_is_malformed_and_no_checksum_is_wrong(found: Seen) -> None:
    assert found.having("_ws.malformed") == []
    # That a module's own commands are unknown to the dissector is all there is to say of AT.
    kinds = {(kind, protocol) for kind, protocol, _ in found.experts if protocol != "AT"}
    assert kinds == {("Warns", "TCP"), ("Notes", "TCP"), ("Chats", "TCP"), ("Chats", "HTTP")}
    said = {text for kind, _, text in found.experts if (kind, _) in kinds and kind != "Chats"}
    assert said == {
        "Connection reset (RST)",
        "This frame initiates the connection closing",
        "This frame undergoes the connection closing",
    }
    times = [float(packet["frame.time_epoch"]) for packet in found.packets]
    assert times == sorted(times)


def test_the_at_line_has_a_command_or_an_answer_in_each_packet_and_who_sent_it(found: Seen) -> None:
    line = on(found, "AT line")
    said = [(packet["at.role"], packet["at.cmd"]) for packet in line]
    assert said[0] == (DTE, "E0")
    assert said[2] == (DCE, "OK")  # after the echo
    assert (DTE, "+HTTPACTION") in said
    assert (DCE, "+HTTPACTION") in said
    assert said[-2:] == [("", ""), (DCE, "OK")]
    assert (line[-2]["frame.protocols"], line[-2]["data.len"]) == ("exported_pdu:data", f"{SIZE}")
    assert {(packet["exported_pdu.p2p_dir"], packet["at.role"]) for packet in line} == {
        ("0", DTE), ("1", DCE), ("1", ""),
    }  # fmt: skip


def test_http_by_both_kinds_of_addresses(found: Seen) -> None:
    asked = found.having("http.request.full_uri")
    assert asked == ["http://named.example/f", "http://[2001:db8::7]/f"]
    assert found.having("http.response.code") == ["200", "200"]
    (four, *_), (six, *_) = (
        [packet for packet in found.packets if packet[name]] for name in ("ip.src", "ipv6.src")
    )
    assert (four["ip.src"], four["ip.dst"]) == ("10.1.1.1", "198.51.100.1")
    assert (six["ipv6.src"], six["ipv6.dst"]) == ("fd00::ffff:a01:101", "2001:db8::7")
    assert max(int(packet["tcp.len"] or 0) for packet in found.packets) == 1400


def test_connections_begin_and_end(found: Seen) -> None:
    flags = ["".join(re.findall(r"[A-Z]", text)) for text in found.having("tcp.flags.str")]
    assert flags[:5] == ["S", "AS", "A", "AP", "A"]
    link = flags.index("S", flags.index("S", 1) + 1)
    assert flags[link:] == [
        *("S", "AS", "A"),
        *("AP", "A", "AP", "A"),
        *("AF", "A", "AF", "A"),
        *("S", "AR"),
    ]


def test_names_datagrams_and_pings(found: Seen) -> None:
    assert found.having("dns.qry.name") == ["named.example"] * 2
    assert found.having("dns.a") == ["198.51.100.1"]
    assert found.having("udp.length")[-2:] == ["11", "17"]
    assert found.having("icmp.type") == ["8", "0"]
    assert found.having("icmp.seq") == ["1", "1"]


def test_what_else_happens(found: Seen) -> None:
    events = [packet["syslog.msg"] for packet in on(found, "events")]
    assert "fault: lost_bytes begins" in events
    assert "power: RESET low" in events
    assert "net: PDP is up  address 10.1.1.1" in events


def test_what_wireshark_writes_again_is_read_as_before(path: Path) -> None:
    before = [(piece.direction, piece.data) for piece in read_line(str(path))]
    again = path.with_name("again")
    command = ["editcap", "-F", "pcapng", "-t", "3600", str(path), str(again)]
    subprocess.run(command, check=True, capture_output=True, timeout=PATIENCE)
    assert again.read_bytes() != path.read_bytes()
    assert [(piece.direction, piece.data) for piece in read_line(str(again))] == before
    assert len(before) > 10
