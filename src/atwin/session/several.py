"""Modules asked for in up to three places: the command line, a file, a table of that file."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from atwin.host.errors import OptionError
from atwin.models import UnknownModelError
from atwin.net.network import address_and_port
from atwin.session.served_line import Pool, split_address
from atwin.session.serving import Served
from atwin.session.url import parse_wishes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Ways a module can be reached by, in the order in which several are made.
LINES = ("pty", "tcp", "rfc2217", "serial")
#: The field of `TwinWishes` for each of `Wants.tables`.
TABLES = {"faults": "faults", "answers": "script"}
#: Modules of one command.
MOST_MODULES = 10_000

_LAST_PORT = 65_535
_USUAL_MODEL = "air724ug"


@dataclass(frozen=True, slots=True)
class Wants:
    """What one place says of a module."""

    model: str | None = None
    #: As in the URL of a twin, and `control`, the path of a socket.
    values: Mapping[str, str] = field(default_factory=dict, repr=False)
    names: Mapping[str, str] = field(default_factory=dict)
    #: What a file is named for by a value (`faults`), here in full.
    tables: Mapping[str, Any] = field(default_factory=dict)
    #: One of `LINES`, and where.
    line: tuple[str, str] | None = None
    #: As many of them, on lines that follow each other.
    count: int | None = None

    def over(self, base: Wants) -> Wants:
        """This, and what it does not say from `base`."""
        # What is given one way here replaces what the base gives the other way.
        values = {name: one for name, one in base.values.items() if name not in self.tables}
        tables = {name: one for name, one in base.tables.items() if name not in self.values}
        return Wants(
            self.model or base.model,
            {**values, **self.values},
            {**base.names, **self.names},
            {**tables, **self.tables},
            self.line or base.line,
            self.count or base.count,
        )


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What the file `name` says: for all modules, and for each of its [[module]]."""

    name: str
    common: Wants
    modules: Sequence[Wants] = ()


def modules(over: Wants, lines: Sequence[tuple[str, str]], file: ConfigFile | None) -> list[Served]:
    """The modules for each of `lines`, or for each table of `file`; what `over` says counts.

    Where there are several, each has its own number from 1: its seed is that much larger, and what
    they have in common ends with it, the state directory with `/1`, the control socket with `.1`.
    Those that one place asks for by its `count` have lines that follow each other: links with
    `.1`, `.2` …, ports one by one; with RFC 2217 they have one server together.
    Raises `OptionError` and `UnknownModelError`.
    """
    common = Wants() if file is None else file.common
    own: Sequence[Wants] = [Wants(line=line) for line in lines]
    if file is not None and file.modules:
        if lines:
            kind = lines[0][0]
            raise OptionError(f"--{kind}: {file.name} has [[module]] tables, which have the lines")
        own = file.modules
    own = own or [Wants()]
    asked = [over.over(one.over(common)) for one in own]
    total = sum(one.count or 1 for one in asked)
    if total > MOST_MODULES:
        raise OptionError(f"{total:,} modules: at most {MOST_MODULES:,}")
    made: list[Served] = []
    for place, (one, whole) in enumerate(zip(own, asked, strict=True), 1):
        if file is not None:
            where = f"{file.name}, [[module]] {place}" if file.modules else file.name
            with _naming(where):
                _served(one.over(common))
        served, count = _served(whole), whole.count or 1
        # What a table says itself is meant for that one, unless the command line says more.
        named = {*one.values} - {*over.values}
        for index in range(count):
            single = _on_line(served, Pool(place, count), index) if count > 1 else served
            if total > 1:
                single = _numbered(single, len(made) + 1, named, index if count > 1 else None)
            made.append(single)
    _check_apart(made)
    return made


def _served(asked: Wants) -> Served:
    values = dict(asked.values)
    control = values.pop("control", None)
    fresh = values.pop("fresh", "0") == "1"
    wishes = parse_wishes(asked.model or _USUAL_MODEL, values, asked.names)
    for name, table in asked.tables.items():
        # With answers there may be what a value says of unknown commands.
        before = getattr(wishes, TABLES[name])
        wishes = replace(wishes, **{TABLES[name]: table if before is None else before + table})
    kind = None if asked.line is None else asked.line[0]
    if (wishes.line.wiring.rts or wishes.line.wiring.dtr) and kind != "rfc2217" and not control:
        raise OptionError("rts and dtr need rfc2217 or control, which set the wires")
    if kind == "serial" and wishes.line.host_fifo is not None:
        raise OptionError("host_fifo is a model of a host; serial has a real one")
    if fresh and kind not in ("tcp", "rfc2217"):
        raise OptionError("fresh needs tcp or rfc2217, whose clients are seen to leave")
    line: dict[str, Any] = {} if asked.line is None else dict([asked.line])
    return Served(wishes, control=control, fresh=fresh, **line)


def _on_line(served: Served, pool: Pool, index: int) -> Served:
    """`served` on its own of the lines that follow each other, the first with `index` 0."""
    if served.serial is not None:
        raise OptionError(f"serial {served.serial}: a device is one module, count is {pool.seats}")
    if served.pty is not None:
        return replace(served, pty=f"{served.pty}.{index + 1}")
    if served.rfc2217 is not None:
        return replace(served, pool=pool)
    if served.tcp is None:
        return served
    host, first = split_address("--tcp", served.tcp)
    if first and first + pool.seats - 1 > _LAST_PORT:
        raise OptionError(
            f"tcp {served.tcp}: {pool.seats:,} ports from {first} on end above {_LAST_PORT}; begin "
            f"with {_LAST_PORT + 1 - pool.seats} at most, or with 0 for free ones"
        )
    return replace(served, tcp=address_and_port(host, first + index if first else 0))


def _numbered(served: Served, number: int, named: set[str], index: int | None) -> Served:
    """What is in `named` is for those alone that one place asks for, the first with `index` 0."""
    twin, control = served.twin, served.control
    of = {
        name: (None if index is None else index + 1) if name in named else number
        for name in ("seed", "state", "control")
    }
    twin = replace(twin, seed=twin.seed + (of["seed"] or 1) - 1)
    if twin.state is not None and of["state"]:
        twin = replace(twin, state=f"{twin.state}/{of['state']}")
    if control and of["control"]:
        control = f"{control}.{of['control']}"
    return replace(served, twin=twin, control=control)


def _check_apart(made: Sequence[Served]) -> None:
    for what in (*LINES, "control", "state"):
        places = Counter(
            one.twin.state if what == "state" else getattr(one, what)
            for one in made
            if not (what == "rfc2217" and one.pool is not None)
        )
        for place, times in places.items():
            # Port 0 is another one each time.
            is_free = what in ("tcp", "rfc2217") and str(place).endswith(":0")
            if place and times > 1 and not is_free:
                raise OptionError(f"{what} {place}: each module needs one of its own")


@contextmanager
def _naming(where: str) -> Iterator[None]:
    """Errors inside begin with `where`."""
    try:
        yield
    except (OptionError, UnknownModelError) as error:
        raise OptionError(f"{where}: {error}") from None
