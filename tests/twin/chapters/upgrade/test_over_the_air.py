"""AT+UPGRADE: whom the module asks, and what it does with the answer (docs/spec/general.md §3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from atwin.clock import LoopClock
from atwin.control.settable import apply
from atwin.models import load_profile
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.faults.plan import fault_from_table
from support.modules.on_twin import on_twin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.testing.simulated import SimulatedStream
    from atwin.twin.twin import Twin
    from support.line.terminal import Terminal

T = TypeVar("T")
NEW = "AirM2M_780E_V1175_LTE_AT"
PACKAGE = NEW.encode() + b"\n" + bytes(20_000)
TENS = "".join(f"\r\n+UPGRADEIND: {percent}\r\n" for percent in range(10, 101, 10)).encode()
OLD = "AirM2M_780E_V1169_LTE_AT"


def with_server(
    test: Callable[[Twin, Terminal], Awaitable[T]],
    body: bytes = PACKAGE,
    status: int = 200,
    *,
    url: bool = True,
    seen: list[bytes] | None = None,
    **options: Any,
) -> T:
    """A module whose URL is a server that answers so; `seen` gets the heads of the requests."""

    def network() -> SimulatedNetwork:
        made = SimulatedNetwork(LoopClock(), latency=0.05)

        async def handle(stream: SimulatedStream) -> None:
            head = await stream.read(4096)
            if seen is not None:
                seen.append(head)
            length = b"Content-Length: %d\r\n\r\n" % len(body)
            await stream.write(b"HTTP/1.1 %d X\r\n" % status + length + body)

        made.serve("fota.test", 80, handle)
        made.serve("iot.openluat.com", 80, handle)
        return made

    async def start(twin: Twin, terminal: Terminal) -> T:
        if url:
            await terminal.ask(b'AT+UPGRADE="URL","http://fota.test/x.bin"')
        return await test(twin, terminal)

    return on_twin(start, network=network, **options)


async def state(terminal: Terminal) -> bytes:
    return (await terminal.ask(b"AT+UPGRADE?")).split(b"\r\n")[1]


# --- an update ----------------------------------------------------------------------------------


def test_a_package_is_loaded_installed_and_told() -> None:
    seen: list[bytes] = []

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+UPGRADE="KEY","Ab 12"')
        assert twin.traffic.boot.count.operator.packets == 0
        await terminal.ask(b"AT+UPGRADE")
        assert await terminal.expect(TENS) == TENS
        assert await state(terminal) == b"+UPGRADE: 1,100"
        (action,) = twin.traffic.actions
        assert (action.name, action.url) == ("UPGRADE", "http://fota.test/x.bin")
        assert twin.traffic.whole.count.operator.total > len(PACKAGE)
        await terminal.expect(b"+UPGRADEDL: 0\r\n")
        await terminal.expect(b"+UPGRADEDL: 100\r\n")
        await terminal.expect(b"RDY")
        assert b"ATI" not in await terminal.expect(f"+UPGRADEVER: {NEW}\r\n".encode())
        await terminal.expect(b"+UPGRADEVER: 1\r\n")
        await terminal.expect(b"+NITZ")
        await terminal.quiet()
        assert NEW.encode() in await terminal.ask(b"ATI")
        assert f'+CGMR: "{NEW}"'.encode() in await terminal.ask(b"AT+CGMR")
        # It stays, and says so only once; AT+RSTSET is for settings.
        await terminal.ask(b"AT+RSTSET")
        boot = await terminal.quiet(30)
        assert b"RDY" in boot
        assert b"UPGRADE" not in boot
        assert NEW.encode() in await terminal.ask(b"ATI")
        twin.module.cut_power()
        twin.module.power_on(warm=True)
        assert NEW.encode() in await terminal.ask(b"ATI")

    with_server(test, seen=seen)
    asked = (
        b"GET /x.bin?project_key=Ab%%2012&imei=%b&firmware_name=%b&version=V1169 HTTP/1.1\r\n"
        % (b"864610050000000", OLD.encode())
    )
    assert seen[0].startswith(asked)


def test_the_one_that_runs_is_no_news() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+UPGRADE")
        assert await terminal.quiet(60) == b""
        assert await state(terminal) == b"+UPGRADE: 2,[0,200,27]"

    with_server(test, OLD.encode() + b"\n" + bytes(9000))


def test_without_a_server_nobody_is_asked() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+UPGRADE")
        assert twin.module.firmware is not None
        assert await terminal.quiet(0.5) == b""
        assert twin.module.firmware.pool.used == 1
        assert b"+CME ERROR: 3" in await terminal.ask(b"AT+UPGRADE", b"3\r\n")
        assert await state(terminal) == b"+UPGRADE: 1,0"
        await terminal.quiet(10)
        assert twin.module.firmware.pool.used == 0
        assert await state(terminal) == b"+UPGRADE: 2,[0,200,27]"
        assert twin.traffic.whole.count.operator.packets == 0

    on_twin(test)


def test_an_offer_is_loaded_by_a_module_that_asks_by_itself() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"update": NEW}, twin)
        assert await terminal.expect(TENS) == TENS
        await terminal.expect(f"+UPGRADEVER: {NEW}\r\n".encode(), 60)
        assert twin.traffic.whole.count.operator.packets == 0

    on_twin(test)


def test_an_offer_is_found_at_the_next_start_too() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+UPGRADE="AUTO",0,1')
        apply({"update": NEW}, twin)
        await terminal.ask(b"AT+RESET")
        assert TENS in await terminal.quiet(20)
        await terminal.expect(b"+UPGRADEVER: 1\r\n", 60)
        # It is no news any more.
        await terminal.ask(b"AT+RESET")
        assert b"UPGRADE" not in await terminal.quiet(30)
        assert await state(terminal) == b"+UPGRADE: 2,[0,200,27]"

    on_twin(test)


def test_what_is_loaded_needs_no_network() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"update": NEW}, twin)
        await terminal.expect(b"+UPGRADEIND: 100\r\n")
        twin.radio.lose_pdp()
        assert b"IND" not in await terminal.expect(b"+UPGRADEDL: 0\r\n")

    on_twin(test)


def test_an_offer_waits_for_the_host_where_auto_is_off() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+UPGRADE="AUTO",0')
        apply({"update": NEW}, twin)
        assert await terminal.quiet(100_000) == b""
        await terminal.ask(b"AT+UPGRADE")
        await terminal.expect(b"+UPGRADEVER: 1\r\n", 60)

    on_twin(test)


@pytest.mark.parametrize("seconds", [5, 9.5, 10.05, 15])
@pytest.mark.parametrize("how", ["supply", "reset"])
def test_a_cut_in_between_leaves_the_old_firmware(seconds: float, how: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        apply({"update": NEW}, twin)
        heard = await terminal.quiet(seconds)
        assert (b"+UPGRADEDL: 0" in heard) == (seconds > 11)
        apply({"update": ""}, twin)
        if how == "supply":
            twin.pins.supply = False
            twin.pins.supply = True
        else:
            twin.pins.reset = False
            await terminal.quiet(1)
            twin.pins.reset = True
        twin.pins.power_key = False
        await terminal.quiet(1.1)
        twin.pins.power_key = True
        boot = await terminal.quiet(60)
        assert b"RDY" in boot
        assert b"UPGRADE" not in boot
        assert OLD.encode() in await terminal.ask(b"ATI")

    on_twin(test)


# --- refusals -----------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [3, 17, 21, 25, 26, 40, 43, 44])
def test_the_number_of_the_server_is_told(code: int) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+UPGRADE")
        assert await terminal.quiet(10) == b""
        assert await state(terminal) == b"+UPGRADE: 2,[-1004,403,%d]" % code

    with_server(test, b'{"code": %d, "msg": "no"}' % code, 403)


@pytest.mark.parametrize(
    ("body", "status", "result", "said"),
    [
        (b'{"code": 27}', 200, b"[0,200,27]", b""),
        (b'{"code": 27}', 404, b"[-1004,404,27]", b""),
        (b'{"code": "27"}', 200, b"[-1004,200,0]", b""),
        (b'{"code": 1e400}', 200, b"[-1004,200,0]", b""),
        (b"{" * 9000, 200, b"[-1004,200,0]", b""),
        (b"", 500, b"[-1004,500,0]", b""),
        (b"", 200, b"[-1003,200,0]", b"\r\n+UPGRADEIND: -1003\r\n"),
        (b"<html>\n", 200, b"[-1003,200,0]", b"\r\n+UPGRADEIND: -1003\r\n"),
        (b"x" * 64, 200, b"[-1003,200,0]", b"\r\n+UPGRADEIND: -1003\r\n"),
        (b"V2", 200, b"[-1003,200,0]", b"\r\n+UPGRADEIND: -1003\r\n"),
    ],
)
def test_what_is_no_package_changes_nothing(
    body: bytes, status: int, result: bytes, said: bytes
) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+UPGRADE")
        assert await terminal.quiet(60) == said
        assert await state(terminal) == b"+UPGRADE: 2," + result

    with_server(test, body, status)


def test_a_package_that_does_not_fit_is_a_bad_file() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+UPGRADE")
        assert (await terminal.quiet(60)).endswith(b"\r\n+UPGRADEIND: -1003\r\n")
        assert await state(terminal) == b"+UPGRADE: 2,[-1003,200,0]"

    with_server(test, b"V2\n" + bytes(480 * 1024))


@pytest.mark.parametrize(
    ("url", "result"),
    [
        (b"ftp://fota.test/x", b"[-1000,0,0]"),
        (b"https://fota.test/x", b"[-1000,0,0]"),
        (b"http://nowhere.test/x", b"[-1001,0,0]"),
        (b"http://fota.test:81/x", b"[-1002,0,0]"),
    ],
)
def test_a_server_that_is_not_there(url: bytes, result: bytes) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+UPGRADE="URL","' + url + b'";+UPGRADE')
        assert await terminal.quiet(10) == b""
        assert await state(terminal) == b"+UPGRADE: 2," + result

    with_server(test)


def test_a_full_pool_and_a_lost_network() -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        assert twin.module.firmware is not None
        slots = [twin.module.firmware.pool.take("test") for _ in range(8)]
        await terminal.ask(b"AT+UPGRADE")
        await terminal.quiet()
        assert await state(terminal) == b"+UPGRADE: 2,[-1006,0,0]"
        for slot in slots:
            assert slot is not None
            slot.release()
        apply({"update": NEW}, twin)
        await terminal.expect(b"+UPGRADEIND: 30\r\n")
        twin.radio.lose_pdp()
        assert b"+UPGRADEIND: -1001\r\n" in await terminal.quiet(5)
        assert await state(terminal) == b"+UPGRADE: 2,[-1001,0,0]"
        assert twin.module.firmware.pool.used == 0
        apply({"update": ""}, twin)
        await terminal.ask(b"AT+UPGRADE")
        await terminal.quiet()
        assert await state(terminal) == b"+UPGRADE: 2,[-1001,0,0]"

    on_twin(test)


# --- every day ----------------------------------------------------------------------------------


def test_a_module_asks_after_its_start_and_then_every_period() -> None:
    seen: list[bytes] = []

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b'AT+UPGRADE="PERIOD",3600')
        await terminal.quiet(3500)
        assert len(seen) == 0
        await terminal.quiet(200)
        assert len(seen) == 1
        await terminal.ask(b"AT+RESET")
        await terminal.quiet(30)
        assert len(seen) == 2
        await terminal.quiet(3600)
        assert len(seen) == 3
        await terminal.ask(b'AT+UPGRADE="AUTO",0')
        await terminal.quiet(20_000)
        assert len(seen) == 3
        await terminal.ask(b"AT+RESET")
        await terminal.quiet(30)
        assert len(seen) == 3

    with_server(test, b'{"code": 27}', seen=seen)


def test_the_question_waits_for_the_network() -> None:
    seen: list[bytes] = []

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.radio.deregister()
        await terminal.ask(b"AT+RESET")
        await terminal.quiet(100)
        assert seen == []
        twin.radio.register()
        await terminal.quiet(5)
        assert len(seen) == 1

    with_server(test, b'{"code": 27}', seen=seen)


@pytest.mark.parametrize("warm", [True, False])
def test_the_flag_asks_the_vendor(warm: bool) -> None:
    seen: list[bytes] = []

    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.quiet(30)
        assert [head.split(b"?")[0] for head in seen] == [b"GET /api/site/firmware_upgrade"]
        assert b"Host: iot.openluat.com\r\n" in seen[0]

    profile = load_profile("air780e-at").with_flags(fota_default=1)
    with_server(test, b'{"code": 27}', url=False, seen=seen, model=profile, warm=warm)


@pytest.mark.parametrize("model", ["air724ug", "air780ep"])
def test_by_default_nobody_is_asked(model: str) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.quiet(200_000)
        assert twin.traffic.whole.count.operator.packets == 0

    on_twin(test, model, warm=False)


# --- as a fault ---------------------------------------------------------------------------------


def test_the_daily_question_as_a_fault() -> None:
    seen: list[bytes] = []

    async def test(twin: Twin, terminal: Terminal) -> None:
        twin.faults.add(fault_from_table({"kind": "fota_query", "at_command": "AT+CSQ"}))
        twin.faults.add(
            fault_from_table({"kind": "fota_query", "at_time": 60, "url": "http://fota.test/"})
        )
        await terminal.ask(b"AT+CSQ")
        assert await state(terminal) == b"+UPGRADE: 1,0"
        await terminal.quiet(90)
        assert len(seen) == 1
        await terminal.ask(b'AT+UPGRADE="AUTO",0')
        twin.faults.add(fault_from_table({"kind": "fota_query", "firmware": NEW}))
        assert await terminal.quiet(90) == b""
        await terminal.ask(b'AT+UPGRADE="AUTO",1')
        twin.faults.add(fault_from_table({"kind": "fota_query", "firmware": NEW}))
        await terminal.expect(f"+UPGRADEVER: {NEW}\r\n".encode(), 60)

    with_server(test, b'{"code": 27}', url=False, seen=seen)


def test_the_log_names_the_update(caplog: pytest.LogCaptureFixture) -> None:
    async def test(twin: Twin, terminal: Terminal) -> None:
        await terminal.ask(b"AT+CMEE=1")
        apply({"update": NEW}, twin)
        await terminal.expect(b"+UPGRADEIND: 10\r\n")
        terminal.type(b"AT+UPGRADE\r")  # it has asked by itself
        await terminal.expect(b"\r\n+CME ERROR: 3\r\n")
        await terminal.expect(b"+UPGRADEVER: 1\r\n")

    caplog.set_level("INFO", "atwin.twin")
    on_twin(test)
    told = [line for line in caplog.messages if NEW in line or line.startswith("restart")]
    assert told == [
        f"the update to {NEW} is offered, and loads",
        f"the update to {NEW} is loaded; a restart installs it",
        "restart (software)",
        f"the update to {NEW} is installed",
        "restart (software)",
    ]
