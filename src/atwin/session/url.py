"""A port's URL taken apart: where it leads, and what the host or a twin of ours is asked for."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from atwin.host.errors import OptionError
from atwin.line.frame import RATES, USUAL_RATE, Flow
from atwin.line.uart.host_receiver import HostFifo
from atwin.models import WORDS, Profile, load_profile
from atwin.net.hosts import Hosts, parse_rule
from atwin.text import decimal, shown
from atwin.twin.board.sim import CARD_VALUES, Card
from atwin.twin.pins import Wire, Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from atwin.net.network import Network
    from atwin.twin.faults.plan import FaultPlan
    from atwin.twin.script.written import Script

#: What `flow` takes, for the host's end of a line; None negotiates it.
FLOWS = {"none": Flow.NONE, "software": Flow.SOFTWARE, "hardware": Flow.HARDWARE, "auto": None}

#: Bytes of a host's FIFO when only its drain is given: the vendor's example has that many.
_USUAL_FIFO = 4096

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_SWITCH = {"true": 1, "on": 1, "yes": 1, "false": 0, "off": 0, "no": 0}

#: Of a port that is not `twin://`.
NO_NAMES = "names can be set in a twin:// port only; any other module asks its own network"

#: How the URL of a twin in this process begins.
SCHEME = "twin://"


@dataclass(frozen=True, slots=True)
class LineModel:
    """Line time in bit/s, the host's receiver, where RTS and DTR lead; see `Twin`."""

    baud: int | None = None
    host_fifo: HostFifo | None = None
    wiring: Wiring = Wiring()  # noqa: RUF009 - frozen


@dataclass(frozen=True, slots=True)
class TwinWishes:
    """What a twin is to be, by its URL or by options; see `Twin`."""

    profile: Profile
    seed: int = 0
    cold: bool = False
    state: str | Path | None = None
    time_scale: float = 1.0
    line: LineModel = LineModel()
    faults: FaultPlan | None = None
    script: Script | None = None
    #: None is the one of this computer.
    network: Network | None = None
    #: The card, as `Twin` takes it; None is the one it had last.
    sim: Mapping[str, str] | None = field(default=None, repr=False)
    #: Names that lead elsewhere, and whether there is nothing else.
    hosts: Mapping[str, str] = field(default_factory=dict)
    offline: bool = False

    def naming(self, rules: Sequence[str], offline: bool = False) -> TwinWishes:
        """The same with more names (see `parse_hosts`). Raises `OptionError`."""
        return replace(
            self,
            hosts={**self.hosts, **parse_hosts("--resolve", rules)},
            offline=self.offline or offline,
        )


@dataclass(frozen=True, slots=True)
class PortUrl:
    """`--port` taken apart: where it leads, and what the host asks of the line.

    `rate` is the one to open with, `speed` the one to negotiate, both in bit/s. `twin` is the
    module to make for it in this process, None where there is one.
    """

    url: str
    rate: int = USUAL_RATE
    speed: int | None = None
    flow: Flow | None = None
    twin: TwinWishes | None = None


def parse_port_url(text: str) -> PortUrl:
    """`PORT?baud=N&speed=N&flow=auto|none|software|hardware`, or the URL of a twin.

    `twin://MODEL` takes more: `baud` is its own (N or `max`), `host_fifo=N&host_drain=N` a slow
    host, `rts=PIN&dtr=PIN` wires, `seed=N&cold=1&state=DIR`; `faults=PLAN` is a plan of faults
    by its name or path, `random:SEED` one at random; `answers=FILE` is a script, `unknown=ok`
    lets unknown commands pass; `time_scale=X` stretches start-up and network times; `pin`,
    `puk`, `apn`, `apn_user`, `apn_password` and `apn_auth` are of its SIM card;
    `resolve=NAME[:PORT]:ADDRESS[:PORT]`, several times, and `offline=1` are names that lead
    elsewhere. Any other parameter is a value of a table of the profile, or a quirk.
    Raises `OptionError` and `UnknownModelError`.
    """
    url, values, rules = _split(text)
    speed = values.pop("speed", None)
    flow = values.pop("flow", "auto")
    if flow not in FLOWS:
        raise OptionError(f"flow={flow!r}: give one of {', '.join(FLOWS)}")
    rate, twin = USUAL_RATE, None
    if url.startswith(SCHEME):
        twin = parse_wishes(url.removeprefix(SCHEME), values, parse_hosts("resolve", rules))
    else:
        if "baud" in values:
            rate = check_rate("baud", values.pop("baud"))
        if rules:
            raise OptionError(f"{text}: {NO_NAMES}")
        if values:
            raise OptionError(f"{text}: {next(iter(values))!r} means nothing for a port")
    return PortUrl(
        url if twin is None else text,
        rate,
        None if speed is None else check_rate("speed", speed),
        FLOWS[flow],
        twin,
    )


def parse_twin_url(url: str) -> TwinWishes:
    """What a URL that begins with `twin://` asks for. Raises as `parse_port_url` does."""
    twin = parse_port_url(url).twin
    if twin is None:
        raise OptionError(f"{url}: give {SCHEME}MODEL")
    return twin


def split_model(text: str) -> tuple[str, dict[str, str], dict[str, str]]:
    """A model, and what `?name=value&…` after it asks for: values, and names that lead elsewhere.

    Raises `OptionError`.
    """
    model, values, rules = _split(text)
    return model, values, parse_hosts("resolve", rules)


def _split(text: str) -> tuple[str, dict[str, str], list[str]]:
    """What stands before the `?`, the values after it, and those of `resolve`."""
    if _CONTROL.search(text):
        raise OptionError(f"port '{shown(text, limit=80)}': it holds a control character")
    url, _, query = text.partition("?")
    # Bytes that are not UTF-8 may be part of the name of a file: they stay what they are.
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    rules = [value for name, value in pairs if name == "resolve"]
    return url, {name: value for name, value in pairs if name != "resolve"}, rules


def parse_wishes(model: str, given: Mapping[str, str], hosts: Mapping[str, str]) -> TwinWishes:
    """What the URL of a twin asks for, taken apart. Raises as `parse_port_url` does."""
    if "/" in model and not model.endswith(".toml"):
        raise OptionError(f"{model}: nothing may follow the model but ?name=value&…")
    values = dict(given)
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
    offline = _number("offline", values.pop("offline", "0"))
    state = values.pop("state", None)
    faults = values.pop("faults", None)
    answers, unknown = values.pop("answers", None), values.pop("unknown", None)
    sim = checked_card({name: values.pop(name) for name in CARD_VALUES if name in values})
    profile = load_profile(model).with_flags(**parse_flags(values))
    return TwinWishes(
        profile,
        int(seed),
        bool(cold),
        state or None,
        time_scale,
        line,
        _plan(faults) if faults else None,
        _script(answers, unknown) if answers or unknown is not None else None,
        sim=sim,
        hosts=hosts,
        offline=bool(offline),
    )


def _plan(where: str) -> FaultPlan:
    from atwin.session.plans import load_plan  # brings all kinds of faults

    return load_plan(where)


def _script(where: str | None, unknown: str | None) -> Script | None:
    from atwin.session.scripts import load_script, with_unknown

    return with_unknown(load_script(where) if where else None, unknown)


def parse_flags(values: Mapping[str, str]) -> dict[str, float | str]:
    """What `Profile.with_flags` takes, of values in a URL. Raises `OptionError`."""
    return {
        name: value if name in WORDS else _number(name, value) for name, value in values.items()
    }


def parse_hosts(option: str, rules: Sequence[str]) -> dict[str, str]:
    """Names and where they lead, by `NAME[:PORT]:ADDRESS[:PORT]` each. Raises `OptionError`."""
    if not rules:
        return {}
    try:
        return dict(Hosts(dict(map(parse_rule, rules))))
    except ValueError as error:
        raise OptionError(f"{option} {error}") from None


def parse_card(text: str) -> Mapping[str, str] | None:
    """`pin=1234&apn=corp` and so on, as in the URL of a twin. Raises `OptionError`."""
    return checked_card(dict(parse_qsl(text, keep_blank_values=True)))


def checked_card(values: Mapping[str, str]) -> Mapping[str, str] | None:
    """`values` of a card, None where there are none. Raises `OptionError`, which shows none."""
    try:
        Card.of(values)
    except ValueError as error:
        raise OptionError(str(error)) from None
    return values or None


def parse_line_model(
    baud: str,
    fifo_size: str | None = None,
    fifo_drain: str | None = None,
    rts: str | None = None,
    dtr: str | None = None,
) -> LineModel:
    """`baud` is a rate or `max`, which is a line without line time.

    A FIFO needs a rate. Without a size it has 4096 bytes, without a drain its program keeps up
    with the line. `rts` and `dtr` are `reset` or `power_key`,
    `:inverted` or not. Raises `OptionError`.
    """
    rate = None if baud == "max" else check_rate("baud", baud, "max, or ")
    fifo = _parse_fifo(rate, fifo_size, fifo_drain)
    wiring = Wiring(_parse_wire("rts", rts), _parse_wire("dtr", dtr))
    if wiring.rts is not None and wiring.dtr is not None and wiring.rts.pin == wiring.dtr.pin:
        raise OptionError(f"rts and dtr both on {wiring.rts.pin}: a pin has one wire")
    return LineModel(rate, fifo, wiring)


def check_rate(name: str, text: str, more: str = "") -> int:
    """One of the module's rates. Raises `OptionError`."""
    rate = decimal(text)
    if rate is None or rate not in RATES:
        known = ", ".join(str(rate) for rate in RATES)
        raise OptionError(f"{name}={shown(text, limit=40)!r}: give {more}one of {known}")
    return rate


def _parse_fifo(rate: int | None, size: str | None, drain: str | None) -> HostFifo | None:
    if size is None and drain is None:
        return None
    if rate is None:
        raise OptionError("a host's FIFO needs a baud rate: without one nothing is too fast")
    return HostFifo(
        _USUAL_FIFO if size is None else _whole("host_fifo", size),
        rate / 10 if drain is None else _whole("host_drain", drain),
    )


def _parse_wire(name: str, text: str | None) -> Wire | None:
    if text is None:
        return None
    match text.partition(":"):
        case (("reset" | "power_key") as pin, colon, ("inverted" | "") as how) if bool(colon) == (
            how == "inverted"
        ):
            return Wire(pin, inverted=how == "inverted")
    raise OptionError(f"{name}={text!r}: give reset or power_key, and :inverted after it if it is")


def _whole(name: str, text: str) -> int:
    number = decimal(text)
    if number is None or not 1 <= number <= 1_000_000_000:
        raise OptionError(f"{name}='{shown(text, limit=40)}': give a whole number, 1 or more")
    return number


def _number(name: str, text: str) -> int | float:
    try:
        value = _SWITCH[text] if text in _SWITCH else float(text)
    except ValueError:
        value = -1
    if not 0 <= value < math.inf:
        raise OptionError(f"{name}={text!r}: give a number, 0 or more")
    return int(value) if value == int(value) else value
