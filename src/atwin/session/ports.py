"""Opens `--port`: a line to a real module, or to a twin made for it in this process."""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from urllib.parse import parse_qsl

import typer

from atwin.disk.state import open_state
from atwin.line.frame import HostSettings
from atwin.line.opener import open_port
from atwin.line.pins import HostPins
from atwin.line.port import Port
from atwin.line.ports.memory import memory_pair
from atwin.line.traced import traced_port
from atwin.models import Profile, load_profile
from atwin.net.real import RealNetwork
from atwin.session.faults import load_plan
from atwin.session.pins import TwinPins
from atwin.session.port_url import SCHEME, LineModel, parse_line_model, parse_port_url
from atwin.session.tracing import current_trace
from atwin.twin import Twin
from atwin.twin.faults import FaultPlan

_SWITCH = {"true": 1, "on": 1, "yes": 1, "false": 0, "off": 0, "no": 0}


@dataclass(frozen=True, slots=True)
class TwinUrl:
    """What a `twin://` URL asks for; see `Twin`."""

    profile: Profile
    seed: int = 0
    cold: bool = False
    state: str | None = None
    time_scale: float = 1.0
    line: LineModel = LineModel()  # noqa: RUF009 - frozen
    faults: FaultPlan | None = None


def parse_twin_url(url: str) -> TwinUrl:
    """`twin://MODEL?baud=N&host_fifo=N&host_drain=N&rts=PIN&dtr=PIN&seed=N&cold=1&state=DIR&…`.

    `faults=FILE` is a plan of faults, `random:SEED` one at random; `time_scale=X` stretches
    start-up and network times. Any other parameter is a limit, feature or quirk of the profile.
    Raises `typer.BadParameter` and `UnknownModelError`.
    """
    model, _, query = url.removeprefix(SCHEME).partition("?")
    values = dict(parse_qsl(query, keep_blank_values=True, errors="surrogateescape"))
    if "/" in model and not model.endswith(".toml"):
        raise typer.BadParameter(f"{url}: nothing may follow the model but ?name=value&…")
    line = parse_line_model(
        values.pop("baud", "max"),
        values.pop("host_fifo", None),
        values.pop("host_drain", None),
        values.pop("rts", None),
        values.pop("dtr", None),
    )
    seed = _number("seed", values.pop("seed", "0"))
    cold = _number("cold", values.pop("cold", "0"))
    time_scale = _number("time_scale", values.pop("time_scale", "1"))
    state = values.pop("state", None)
    faults = values.pop("faults", None)
    flags = {name: _number(name, value) for name, value in values.items()}
    profile = load_profile(model).with_flags(**flags)
    plan = load_plan(faults) if faults else None
    return TwinUrl(profile, int(seed), bool(cold), state or None, time_scale, line, plan)


@dataclass(frozen=True, slots=True)
class OpenLine:
    """The host's end of a line; the module's pins where they come with it, and a twin of ours."""

    port: Port
    pins: HostPins | None = None
    twin: Twin | None = None


@asynccontextmanager
async def open_line(url: str) -> AsyncIterator[OpenLine]:
    """The host's end of the line `url` names, closed at the end; a twin ends with it.

    Raises `PortError`, `StateError`, `typer.BadParameter` and `UnknownModelError`.
    """
    asked = parse_port_url(url)
    if not url.startswith(SCHEME):
        port = await open_port(asked.url, baud=asked.rate)
        if (trace := current_trace()).on:
            port = traced_port(port, trace)
        try:
            yield OpenLine(port)
        finally:
            await port.close()
        return
    wanted = parse_twin_url(asked.url)
    ours, its = memory_pair(url)
    ours.set_line(HostSettings(wanted.line.baud))
    async with run_twin(wanted, its) as twin:
        yield OpenLine(ours, TwinPins(twin), twin)


@asynccontextmanager
async def run_twin(wanted: TwinUrl, port: Port) -> AsyncIterator[Twin]:
    """The twin `wanted` behind `port`, with the real network behind it, and both closed at the end.

    Raises `StateError`.
    """
    with open_state(wanted.state, wanted.profile.key) if wanted.state else nullcontext() as state:
        async with Twin(
            wanted.profile,
            port,
            network=RealNetwork(),
            seed=wanted.seed,
            warm=not wanted.cold,
            time_scale=wanted.time_scale,
            baud=wanted.line.baud,
            host_fifo=wanted.line.host_fifo,
            wiring=wanted.line.wiring,
            state=state,
            faults=wanted.faults,
            trace=current_trace(),
        ) as twin:
            yield twin


def _number(name: str, text: str) -> int | float:
    try:
        value = _SWITCH[text] if text in _SWITCH else float(text)
    except ValueError:
        value = -1
    if not 0 <= value < math.inf:
        raise typer.BadParameter(f"{name}={text!r}: a number from 0 up is wanted")
    return int(value) if value == int(value) else value
