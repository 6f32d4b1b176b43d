"""`atwin.twin`, and a `Twin` with nothing but its model."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest

import atwin
from atwin.faults import FaultPlan, fault_from_table, parse_plan
from atwin.testing import LoopClock, Origin, SimulatedNetwork, run_virtual
from support.servers.file_server import file_server

if TYPE_CHECKING:
    from pathlib import Path


def threads() -> int:
    return sum(thread.name == "atwin-twin" for thread in threading.enumerate())


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ({}, "/dev/"),
        ({"pty": True}, "/dev/"),
        ({"tcp": True}, "socket://127.0.0.1:"),
        ({"rfc2217": "127.0.0.1:0"}, "rfc2217://127.0.0.1:"),
    ],
)
def test_a_served_twin(line: dict[str, Any], begins: str) -> None:
    with (
        file_server(body=b"hello") as files,
        atwin.twin("air780e-at", seed=7, **line) as twin,
    ):
        assert twin.port.startswith(begins)
        with atwin.connect(twin.port) as modem:
            assert modem.command("AT+CGSN").lines == ("864610050000075",)
            assert modem.get(f"{files.base}/body").body == b"hello"
    assert threads() == 0
    twin.close()


def test_a_link_and_a_state(tmp_path: Path) -> None:
    for expected in ("+CFUN: 1", "+CFUN: 1"):
        with (
            atwin.twin(pty=tmp_path / "tty", state=tmp_path / "state") as twin,
            atwin.connect(twin.port) as modem,
        ):
            assert twin.port == str(tmp_path / "tty")
            assert modem.command("AT+CFUN?").lines == (expected,)


@pytest.mark.parametrize("given", ["table", "file", "plan", "later"])
def test_faults(given: str, tmp_path: Path) -> None:
    text = '[[fault]]\nkind = "urc_interleave"\ntext = "RING"\nat_command = "AT+CSQ"\n'
    (tmp_path / "plan.toml").write_text(text)
    table = {"kind": "urc_interleave", "text": "RING", "at_command": "AT+CSQ"}
    faults: Any = {
        "table": {"fault": [table]},
        "file": tmp_path / "plan.toml",
        "plan": parse_plan(text),
        "later": None,
    }[given]
    with atwin.twin(faults=faults) as twin, atwin.connect(twin.port) as modem:
        if given == "later":
            twin.run(lambda twin: twin.faults.add(fault_from_table(table)))
        modem.command("AT+CSQ")
        history = twin.run(lambda twin: [event.what for event in twin.faults.history])
    assert history == ["begins", "ends"]


def test_a_later_fault_meets_a_connection_that_is_open() -> None:
    fault = fault_from_table({"kind": "reset_connection"})
    with (
        file_server(body=b"hello") as files,
        atwin.twin("air780e-at") as twin,
        atwin.connect(twin.port) as modem,
    ):
        host, _, port = files.base.removeprefix("http://").partition(":")
        for line in ("AT+CSTT", "AT+CIICR", "AT+CIFSR", f'AT+CIPSTART="TCP","{host}",{port}'):
            assert modem.command(line).ok
        for _ in range(100):
            if modem.command("AT+CIPSTATUS").value("STATE") == "CONNECT OK":
                break
        twin.run(lambda twin: twin.faults.trigger(fault))
        for _ in range(100):
            if (state := modem.command("AT+CIPSTATUS").value("STATE")) != "CONNECT OK":
                break
        assert state == "TCP CLOSED"


@pytest.mark.parametrize(
    ("options", "kind", "said"),
    [
        ({"model": "sim800"}, atwin.UsageError, "unknown model 'sim800'"),
        ({"model": None}, atwin.UsageError, "unknown model 'None'"),
        ({"model": "a\0.toml"}, atwin.UsageError, "null"),
        ({"baud": 7}, atwin.UsageError, "baud='7'"),
        ({"seed": None}, atwin.UsageError, "seed=None"),
        ({"seed": 1.5}, atwin.UsageError, "seed=1.5"),
        ({"time_scale": -1}, atwin.UsageError, "time_scale=-1"),
        ({"time_scale": float("nan")}, atwin.UsageError, "time_scale=nan"),
        ({"pty": True, "tcp": True}, atwin.UsageError, "pty and tcp: a module has one line"),
        ({"tcp": "nowhere"}, atwin.UsageError, "HOST:PORT"),
        ({"faults": {}}, atwin.UsageError, "faults: no faults"),
        ({"faults": "/nowhere/plan"}, atwin.UsageError, "cannot read it"),
        ({"state": "/dev/null/x"}, atwin.UsageError, "Not a directory"),
        ({"tcp": "192.0.2.1:1"}, atwin.UsageError, "cannot listen"),
    ],
)
def test_what_cannot_be_served_is_one_line(
    options: dict[str, Any], kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind) as caught:
        atwin.twin(**options)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert threads() == 0


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"baud": 7}, "baud=7: give one of 600"),
        ({"seed": "x"}, "seed='x'"),
        ({"time_scale": float("inf")}, "time_scale=inf"),
        ({"time_scale": "x"}, "time_scale='x'"),
    ],
)
def test_what_makes_no_twin_is_told_at_once(options: dict[str, Any], said: str) -> None:
    async def main() -> None:
        atwin.Twin("air780e-at", **options)

    with pytest.raises(ValueError, match=said):
        run_virtual(main())


def test_a_path_is_a_model(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text('like = "air780e-at"\nname = "Mine"\n')

    async def main() -> None:
        async with atwin.Twin(path) as twin, atwin.Modem(twin.port) as modem:
            assert (await modem.identity()).model == "Mine"

    run_virtual(main())
    atwin.twin(path).close()


def test_the_line_of_a_twin_ends_with_its_modem() -> None:
    async def main() -> None:
        async with atwin.Twin("air780e-at") as twin:
            async with atwin.Modem(twin.port) as modem:
                await modem.command("AT")
            async with atwin.Modem(twin.port) as modem:
                with pytest.raises(atwin.LineLostError, match="was closed before"):
                    await modem.command("AT")

    run_virtual(main())


def test_the_thread_of_a_twin_does_not_wait_for_itself() -> None:
    with atwin.twin("air780e-at") as twin:
        with pytest.raises(RuntimeError, match="cannot wait for itself"):
            twin.run(lambda _: twin.run(lambda _: None))
        with pytest.raises(RuntimeError, match="cannot wait for itself"):
            twin.run(lambda _: twin.close())
        assert twin.run(lambda twin: twin.pins.vdd_ext)
    assert threads() == 0


def test_a_closed_one() -> None:
    twin = atwin.twin(tcp=True)
    twin.close_soon()
    with pytest.raises(RuntimeError):
        twin.run(lambda twin: twin.pins.vdd_ext)
    twin.close()


def test_a_twin_in_a_program_with_asyncio() -> None:
    async def main() -> bytes:
        with file_server(body=b"hello") as files:
            async with atwin.Twin("air780e-at") as twin, atwin.Modem(twin.port) as modem:
                await modem.bring_up()
                return (await modem.get(f"{files.base}/body")).body

    assert asyncio.run(main()) == b"hello"


def test_a_twin_on_the_virtual_clock_keeps_its_state(tmp_path: Path) -> None:
    plan = FaultPlan((fault_from_table({"kind": "restart", "at_time": 5}),))

    async def main() -> list[str]:
        urcs: list[str] = []
        network = SimulatedNetwork(LoopClock())
        network.serve("files.example", 80, Origin().handle)
        async with (
            atwin.Twin(network=network, faults=plan, state=tmp_path) as twin,
            atwin.Modem(twin.port) as modem,
        ):
            modem.on_urc(urcs.append)
            await modem.bring_up()
            await asyncio.sleep(60)
        return urcs

    for _ in range(2):  # the directory is free again
        assert "RDY" in run_virtual(main())


def test_the_hosts_end_of_a_line_that_is_somebody_elses() -> None:
    from atwin.line.ports.memory import memory_pair

    async def main() -> None:
        _, far = memory_pair()
        async with atwin.Twin(port=far) as twin:
            with pytest.raises(RuntimeError, match="whoever made the line"):
                _ = twin.port

    asyncio.run(main())
