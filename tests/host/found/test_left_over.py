"""Whatever another program left a module in: it is ready soon, and the host says what it was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import ModuleSilentError
from atwin.host.modem import Modem
from atwin.line.frame import HostSettings
from atwin.line.ports.memory import MemoryPort, memory_pair
from atwin.models import MODELS
from atwin.testing.origin import File, Generated, Origin, Sink
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.twin import Twin
from support.line.terminal import Terminal
from support.modules.left_over import STATES, LeftOver
from support.servers.peers import Peer

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

CONTENT = Generated(3000, 4)
BAUD = 115_200


def found(
    state: LeftOver,
    model: str,
    test: Callable[[Modem, Twin], Awaitable[None]],
    *,
    told: bool = True,
) -> None:
    """Run `test` on a module another program has left so; `told`: the port knows of rates."""

    async def main() -> None:
        clock = LoopClock()
        network = SimulatedNetwork(clock, latency=0.02, bandwidth=1e6)
        origin = Origin({"/f": File(CONTENT), "/up": Sink()}, wall=clock.wall)
        network.serve("origin", 80, origin.handle)
        network.serve("peer", 7000, Peer("peer").serve)
        near, far = memory_pair()
        near.set_line(HostSettings(BAUD if told else None))
        async with Twin(model, far, network=network, baud=BAUD) as twin:
            await leave(near, clock, state)
            async with Modem(near) as modem:
                await test(modem, twin)

    run_virtual(main())


async def leave(port: MemoryPort, clock: LoopClock, state: LeftOver) -> None:
    """Another program types, reads nothing, and goes."""
    Terminal(port).type(b"AT\rAT\r")
    for piece in state.typed:
        await clock.sleep(0.3)
        if isinstance(piece, bytes):
            port.write(piece)
        else:
            await clock.sleep(piece)
    await clock.sleep(0.3)


@pytest.mark.parametrize(
    ("state", "model"),
    [(state, model) for state in STATES for model in state.models],
    ids=str,
)
def test_ready_soon_and_told(state: LeftOver, model: str) -> None:
    notes: list[str] = []

    async def test(modem: Modem, twin: Twin) -> None:
        modem.line.note = notes.append
        began = modem.clock.now()
        await modem.bring_up()
        took = modem.clock.now() - began
        response = await modem.get("http://origin/f")
        assert response.body == CONTENT.read(0, CONTENT.size)
        assert response.status == 200
        assert took <= state.within
        settings = twin.module.firmware.settings  # type: ignore[union-attr]
        assert (settings.quiet, settings.verbose) == (False, True)

    found(state, model, test)
    assert state.told in "; ".join(notes)
    assert state.typed or not notes


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("typed", "undone"),
    [
        (b"ATQ1\r", ["ATQ1"]),
        (b"ATE0Q1\r", ["ATQ1"]),
        (b"ATV0\r", ["ATV0"]),
        (b"ATE0V0\r", ["ATV0"]),
        (b"ATV0Q1\r", ["ATQ1", "ATV0"]),
        (b"ATE0V0Q1\r", ["ATQ1", "ATV0"]),
        (b"ATE0V0Q1&W\r", ["ATQ1", "ATV0"]),
        (b"ATE0V0Q1\rAT+CS", ["ATQ1", "ATV0"]),
        (b"ATE0\r", []),
    ],
)
def test_results_switched_off_and_numbers_are_told_each(
    typed: bytes, undone: list[str], model: str, told: bool
) -> None:
    notes: list[str] = []

    async def test(modem: Modem, twin: Twin) -> None:
        modem.line.note = notes.append
        await modem.bring_up()
        settings = twin.module.firmware.settings  # type: ignore[union-attr]
        assert (settings.quiet, settings.verbose) == (False, True)

    found(LeftOver("results", (typed,)), model, test, told=told)
    text = "; ".join(notes)
    assert [name for name in ("ATQ1", "ATV0") if name in text] == undone
    assert len(notes) == len(undone) + ("RTS" in text)


#: States that show, or are undone, in another way where the port knows of no rates.
OF_THE_LINE = [state for state in STATES if "rate" not in state.name]


@pytest.mark.parametrize("state", OF_THE_LINE, ids=str)
def test_behind_a_port_that_knows_of_no_rates(state: LeftOver) -> None:
    async def test(modem: Modem, twin: Twin) -> None:
        began = modem.clock.now()
        await modem.recover()
        assert modem.clock.now() - began <= state.within
        assert modem.climbed == []
        assert (await modem.get("http://origin/f")).body == CONTENT.read(0, CONTENT.size)

    found(state, state.models[-1], test, told=False)


@pytest.mark.parametrize("model", MODELS)
def test_a_module_that_is_well_costs_no_more(model: str) -> None:
    """One question a boot for HTTP, and none in bring-up."""

    async def test(modem: Modem, twin: Twin) -> None:
        sent: list[str] = []
        modem.channel.on_log(
            lambda entry: sent.append(entry.text) if entry.direction == ">" else None
        )
        await modem.bring_up()
        assert sent == [
            "AT", "AT+IFC=2,2", "AT", "ATE0", "AT+CMEE=1", "AT+CPIN?", "AT+CSQ", "AT+CGATT?",
            "AT+CEREG?", 'AT+SAPBR=3,1,"CONTYPE","GPRS"', 'AT+SAPBR=3,1,"APN",""', "AT+SAPBR=1,1",
            "AT+SAPBR=2,1",
        ]  # fmt: skip
        for _ in range(3):
            assert (await modem.get("http://origin/f")).status == 200
        assert sent.count("AT+HTTPPARA?") == 1
        assert sent.count('AT+HTTPPARA="UA","AM_MODULE"') == 0

    found(STATES[0], model, test)


def test_a_module_that_hangs_is_not_filled_once_it_was_heard() -> None:
    """Filling is for what another program left; it takes half a minute of the line."""

    async def test(modem: Modem, twin: Twin) -> None:
        await modem.bring_up()
        twin.module.hang()
        began = modem.clock.now()
        with pytest.raises(ModuleSilentError):
            await modem.bring_up()
        assert modem.clock.now() - began < 35

    found(STATES[0], "air724ug", test)
