"""Names that lead where somebody says: the table, and what a twin's commands make of it."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from atwin.clock import LoopClock
from atwin.net.hosts import MOST_RULES, Hosts, parse_rule
from atwin.testing.origin import Fixed, Origin
from atwin.testing.simulated import SimulatedNetwork, SimulatedUdp
from atwin.twin.faults.plan import FaultPlan, fault_from_table
from support.modules.http_twin import action
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("a.example:127.0.0.1", "a.example", "127.0.0.1"),
        ("a.example:80:127.0.0.1", "a.example:80", "127.0.0.1"),
        ("a.example:127.0.0.1:8080", "a.example", "127.0.0.1:8080"),
        ("a.example:80:127.0.0.1:8080", "a.example:80", "127.0.0.1:8080"),
        ("*.example:443:[::1]:8443", "*.example:443", "[::1]:8443"),
        ("*:[::1]", "*", "[::1]"),
        ("203.0.113.9:80:127.0.0.1:8080", "203.0.113.9:80", "127.0.0.1:8080"),
    ],
)
def test_a_rule(text: str, key: str, value: str) -> None:
    assert parse_rule(text) == (key, value)
    assert dict(Hosts(dict([parse_rule(text)]))) == {key: value}


@pytest.mark.parametrize(
    "text",
    [
        "", "a", "a:80", "a:b", "a:80:b", ":127.0.0.1", "a:0:127.0.0.1", "a:127.0.0.1:65536",
        "a:80:::1", "a b:127.0.0.1", "a.*:127.0.0.1", "-a:80:127.0.0.1\n", "a..b:127.0.0.1",
        "é:127.0.0.1", "a:127.0.0.1:80:90:100", "a" * 64 + ":127.0.0.1",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^'.*': give .*") as raised:
        parse_rule(text)
    assert len(str(raised.value).splitlines()) == 1


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_refused(text: str) -> None:
    try:
        rule = parse_rule(text)
    except ValueError as error:
        said = str(error)
    else:
        said = "" if len(Hosts(dict([rule]))) == 1 else "\n"
    assert said.isprintable()


def test_the_longest_name_counts_and_one_with_its_port_first() -> None:
    hosts = Hosts(
        {
            "*": "10.0.0.1",
            "*.example": ("10.0.0.2", 2),
            "*.b.example": "10.0.0.3",
            "a.b.example": "10.0.0.4",
            "a.b.example:443": "10.0.0.5:8443",
        }
    )
    ways = {
        name: hosts.way(name, 443)
        for name in ("a.b.example", "A.B.Example.", "c.b.example", "b.example", "example", "x")
    }
    assert ways == {
        "a.b.example": ("10.0.0.5", 8443),
        "A.B.Example.": ("10.0.0.5", 8443),
        "c.b.example": ("10.0.0.3", 443),
        "b.example": ("10.0.0.2", 2),
        "example": ("10.0.0.1", 443),
        "x": ("10.0.0.1", 443),
    }
    assert hosts.way("a.b.example", 80) == ("10.0.0.4", 80)
    assert hosts.way("8.8.8.8", 80) is None


def test_a_change_is_whole_or_not_there() -> None:
    hosts = Hosts({"a.example": "10.0.0.1"})
    with pytest.raises(ValueError, match="give an address"):
        hosts.change({"a.example": None, "b.example": "10.0.0.2", "c.example": "nowhere"})
    with pytest.raises(ValueError, match=f"^at most {MOST_RULES} names$"):
        hosts.change({f"n{number}": "10.0.0.2" for number in range(MOST_RULES)})
    assert dict(hosts) == {"a.example": "10.0.0.1"}
    hosts.change({"a.example": None, "b.example:80": ("::1", 8080)})
    assert dict(hosts) == {"b.example:80": "[::1]:8080"}
    with pytest.raises(KeyError):
        del hosts["a.example"]


def network() -> SimulatedNetwork:
    """Servers A and B beside each other, and one that has a name of its own."""
    made = SimulatedNetwork(LoopClock(), latency=0.01)
    for port, status in ((8001, 201), (8002, 202)):
        made.serve("10.0.0.1", port, Origin({"/": Fixed(status)}).handle)
    made.serve("real.example", 80, Origin({"/": Fixed(203)}).handle)
    return made


A, B = {"a.example:80": "10.0.0.1:8001"}, {"*.b.example": ("10.0.0.1", 8002)}


async def status(terminal: Terminal, url: str) -> str:
    await terminal.ask(b'AT+HTTPPARA="URL","%s"' % url.encode())
    return (await action(terminal)).decode().split(",")[1]


def test_http_goes_where_the_name_leads_and_offline_nowhere_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1;+HTTPINIT")
        urls = (
            "http://a.example/",
            "http://x.b.example/",
            "http://x.b.example:99/",
            "http://real.example/",
            "http://10.0.0.1:8002/",
        )
        assert [await status(terminal, url) for url in urls] == ["201", "202", "202", "203", "202"]
        twin.hosts.offline = True
        caplog.clear()
        assert [await status(terminal, url) for url in urls] == ["201", "202", "202", "603", "202"]
        assert [await status(terminal, "http://a.example:81/") for _ in "12"] == ["601"] * 2
        assert [await status(terminal, "http://10.0.0.9/")] == ["601"]
        refused = [r.getMessage() for r in caplog.records if r.name == "atwin.net"]
        assert refused == [
            f"offline: {name} is refused, no --resolve names it"
            for name in ("real.example", "a.example:81", "10.0.0.9:80")
        ]
        twin.hosts["real.example"] = "10.0.0.1:8001"
        assert await status(terminal, "http://real.example/") == "201"

    with caplog.at_level(logging.WARNING, "atwin.net"):
        on_twin(test, network=network, hosts={**A, **B})


def test_links_and_look_ups(caplog: pytest.LogCaptureFixture) -> None:
    """CDNSGIP tells the address, and a link to it goes where one to the name goes."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSTT;+CIICR")
        await terminal.ask(b"AT+CIFSR", b"\r\n10.1.1.1\r\n")
        # Names of one's own win over name servers of one's own, and nobody waits for these.
        await terminal.ask(b'AT+CDNSCFG="192.0.2.1"')
        await terminal.ask(b'AT+CDNSGIP="a.example"')
        await terminal.expect(b'+CDNSGIP: 1,"a.example","10.0.0.1"\r\n', 1)
        for peer in (b'"10.0.0.1",80', b'"a.example",80', b'"m.b.example",7'):
            await terminal.ask(b'AT+CIPSTART="TCP",' + peer)
            await terminal.expect(b"CONNECT OK\r\n", 5)
            await terminal.ask(b"AT+CIPCLOSE", b"CLOSE OK")
        await terminal.ask(b'AT+CDNSGIP="real.example"')
        await terminal.expect(b"+CDNSGIP: 0,11\r\n", 5)
        for peer in (b'"a.example",81', b'"10.0.0.2",80'):
            await terminal.ask(b'AT+CIPSTART="TCP",' + peer)
            await terminal.expect(b"CONNECT FAIL\r\n", 100)
        assert "offline: real.example is refused" in caplog.text

    on_twin(test, network=network, hosts={**A, **B}, offline=True)


def test_ports_without_a_rule_ping_and_datagrams() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CSTT;+CIICR")
        await terminal.ask(b"AT+CIFSR", b"\r\n10.1.1.1\r\n")
        # Something is said of real.example:81 alone, so its port 80 is where it always was.
        for peer, said in (
            (b'"real.example",80', b"CONNECT OK"),
            (b'"a.example",9', b"CONNECT FAIL"),
        ):
            await terminal.ask(b'AT+CIPSTART="TCP",' + peer)
            await terminal.expect(said + b"\r\n", 100)
            await terminal.ask(b"AT+CIPCLOSE", b"\r\n")
        await terminal.ask(b'AT+CIPSTART="UDP","x.b.example",9')
        await terminal.expect(b"CONNECT OK\r\n", 5)
        terminal.type(b"AT+CIPSEND=2\r")
        await terminal.expect(b"> ", 5)
        terminal.type(b"hi")
        await terminal.expect(b"back", 5)
        await terminal.ask(b"AT+CIPCLOSE", b"CLOSE OK")
        assert b'1,"10.0.0.1",20,63' in await terminal.ask(b'AT+CIPPING="x.b.example",1')
        twin.hosts.offline = True
        assert b'1,"198.51.100.1",600,255' in await terminal.ask(b'AT+CIPPING="198.51.100.1",1')

    async def echo(stream: SimulatedUdp) -> None:
        assert await stream.read(100) == b"hi"
        await stream.write(b"back")

    def with_datagrams() -> SimulatedNetwork:
        made = network()
        made.serve_udp("10.0.0.1", 8002, echo)
        return made

    on_twin(test, network=with_datagrams, hosts={**A, **B, "real.example:81": "10.0.0.9"})


def test_a_fault_of_one_name_meets_that_name_alone() -> None:
    """Though both are at one address."""

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+SAPBR=1,1;+HTTPINIT")
        assert await status(terminal, "http://a.example/") == "201"
        assert await status(terminal, "http://x.b.example/") == "202"
        assert await status(terminal, "http://a.example/") == "201"
        twin.faults.add(fault_from_table({"kind": "connect_refused", "host": "x.b.example"}))
        assert await status(terminal, "http://a.example/") == "201"
        assert await status(terminal, "http://x.b.example/") != "202"

    on_twin(test, network=network, hosts={**A, **B}, faults=FaultPlan(()))


def test_a_name_costs_its_question_as_ever() -> None:
    async def test(twin: Twin, terminal: Terminal) -> int:
        await terminal.ask(b"AT+SAPBR=1,1;+HTTPINIT")
        assert await status(terminal, "http://real.example/") == "203"
        return twin.traffic.boot.count.operator.total

    there, here = (
        on_twin(test, network=network),
        on_twin(test, network=network, hosts={"real.example": "198.51.100.1"}),
    )
    assert there == here
