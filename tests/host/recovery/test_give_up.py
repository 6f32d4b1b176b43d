"""`give_up`: so many seconds without progress, whatever is under way."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from atwin.clock import LoopClock, run_virtual
from atwin.host.errors import HostError, RequestFailedError
from atwin.host.modem import Modem
from atwin.host.recovery.recovery import Retry
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.twin.faults.plan import FaultPlan
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from pathlib import Path

    from atwin.host.download.order import Strategy

MODELS = ("air724ug", "air780e-at", "air780e-lsat")
STREAMS = ("air780e-at", "air780e-lsat")
WAYS: list[tuple[str, Strategy]] = [
    *((model, "range") for model in MODELS),
    *((model, "stream") for model in STREAMS),
]


def module(model: str, *faults: dict[str, Any]) -> tuple[Twin, Modem]:
    """On the network, in front of a file of a megabyte."""
    clock = LoopClock()
    network = SimulatedNetwork(clock, latency=0.02)
    network.serve("origin", 80, Origin({"/f": File(Generated(1_000_000, seed=3))}).handle)
    near, far = memory_pair()
    plan = FaultPlan.from_table({"fault": list(faults)}) if faults else None
    return Twin(model, far, network=network, faults=plan), Modem(near)


@pytest.mark.parametrize(("model", "strategy"), WAYS)
def test_a_server_that_stalls_is_given_up_in_time(
    model: str, strategy: Strategy, tmp_path: Path
) -> None:
    async def main() -> None:
        twin, modem = module(model, {"kind": "stall", "at_action": 2, "until": "power"})
        async with twin, modem:
            await modem.bring_up()
            kept_at, kept = modem.clock.now(), 0

            def progress(now: Any) -> None:
                nonlocal kept_at, kept
                if now.kept > kept:
                    kept_at, kept = modem.clock.now(), now.kept

            with pytest.raises(HostError, match="given up, nothing came in 20 s"):
                await modem.download(
                    "http://origin/f",
                    tmp_path / "f",
                    strategy=strategy,
                    give_up=20,
                    progress=progress,
                )
            assert modem.clock.now() - kept_at < 23

    run_virtual(main())


@pytest.mark.parametrize("method", ["get", "head", "post"])
def test_so_is_a_single_request(method: str) -> None:
    async def main() -> None:
        twin, modem = module("air780e-lsat", {"kind": "stall", "until": "power"})
        async with twin, modem:
            await modem.bring_up()
            began = modem.clock.now()
            body = (b"coffee",) if method == "post" else ()
            with pytest.raises(HostError):
                await getattr(modem, method)("http://origin/f", *body, retry=Retry(give_up=20))
            assert modem.clock.now() - began < 23

    run_virtual(main())


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("method", ["get", "head", "post"])
@pytest.mark.parametrize(
    ("timeout", "give_up", "named"),
    [(120, 8, "--give-up"), (9, 8, "--give-up"), (8, 900, "--timeout"), (120, 900, "--timeout")],
)
def test_the_advice_names_what_ran_out(
    model: str, method: str, timeout: int, give_up: float, named: str
) -> None:
    async def main() -> None:
        twin, modem = module(model, {"kind": "stall", "until": "power"})
        async with twin, modem:
            await modem.bring_up()
            body = (b"coffee",) if method == "post" else ()
            retry = Retry(attempts=1, give_up=give_up)
            with pytest.raises(RequestFailedError, match=f"408.*{named}") as caught:
                await getattr(modem, method)("http://origin/f", *body, timeout=timeout, retry=retry)
            assert ("--timeout" in str(caught.value)) == (named == "--timeout")

    run_virtual(main())


def test_a_module_that_says_nothing_of_its_request_is_not_waited_for_longer(
    tmp_path: Path,
) -> None:
    """The URC is lost: TIMEOUT and ten seconds would be 130."""

    async def main() -> None:
        twin, modem = module("air780e-lsat")
        twin.module.hardware.taps.says = lambda urc: "HTTPACTION" not in str(urc)
        async with twin, modem:
            await modem.bring_up()
            began = modem.clock.now()
            with pytest.raises(HostError):
                await modem.download("http://origin/f", tmp_path / "f", give_up=20)
            assert modem.clock.now() - began < 23

    run_virtual(main())


def test_a_stream_that_moves_is_no_stall(tmp_path: Path) -> None:
    """10 kB/s for a megabyte: far longer than give_up, and never so long without a byte."""

    async def main() -> None:
        twin, modem = module("air780e-lsat", {"kind": "drip", "rate": 10_000, "count": 9})
        async with twin, modem:
            await modem.bring_up()
            result = await modem.download(
                "http://origin/f", tmp_path / "f", strategy="stream", give_up=20
            )
            assert result.seconds > 80
            assert result.retries == 0

    run_virtual(main())


def test_a_bring_up_between_attempts_is_bounded_too(tmp_path: Path) -> None:
    """After a restart in the middle the module finds no signal: 30 seconds of polls."""

    async def main() -> None:
        twin, modem = module("air780e-lsat")
        async with twin, modem:
            await modem.bring_up()
            began = modem.clock.now()

            def restart(now: Any) -> None:
                nonlocal began
                if now.kept and began == before:
                    began = modem.clock.now()
                    twin.radio.deregister()
                    twin.module.restart()

            before = began
            with pytest.raises(HostError):
                await modem.download(
                    "http://origin/f", tmp_path / "f", give_up=12, progress=restart
                )
            assert modem.clock.now() - began < 15
            await asyncio.sleep(0)

    run_virtual(main())
