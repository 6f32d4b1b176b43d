"""Modules asked for in up to three places: the command line, a file, a table of that file."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from atwin.host.errors import OptionError
from atwin.models import UnknownModelError
from atwin.session.serving import Served
from atwin.session.url import parse_wishes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Ways a module can be reached by, in the order in which several are made.
LINES = ("pty", "tcp", "rfc2217", "serial")
#: The field of `TwinWishes` for each of `Wants.tables`.
TABLES = {"faults": "faults", "answers": "script"}
#: Modules of one command.
MOST_MODULES = 64

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

    def over(self, base: Wants) -> Wants:
        """This, and what it does not say from `base`."""
        # Who gives one of them in one way does not want the other one.
        values = {name: one for name, one in base.values.items() if name not in self.tables}
        tables = {name: one for name, one in base.tables.items() if name not in self.values}
        return Wants(
            self.model or base.model,
            {**values, **self.values},
            {**base.names, **self.names},
            {**tables, **self.tables},
            self.line or base.line,
        )


@dataclass(frozen=True, slots=True)
class ConfigFile:
    """What the file `name` says: for all modules, and for each of its [[module]]."""

    name: str
    common: Wants
    modules: Sequence[Wants] = ()


def modules(over: Wants, lines: Sequence[tuple[str, str]], file: ConfigFile | None) -> list[Served]:
    """A module for each of `lines`, or for each table of `file`; what `over` says counts.

    Where there are several, each has its own number from 1: its seed is that much larger, and what
    they have in common ends with it, the state directory with `/1`, the control socket with `.1`.
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
    if len(own) > MOST_MODULES:
        raise OptionError(f"{len(own)} modules: at most {MOST_MODULES}")
    made = []
    for number, one in enumerate(own, 1):
        asked = one.over(common)
        if file is not None:
            where = f"{file.name}, [[module]] {number}" if file.modules else file.name
            with _naming(where):
                _served(asked)
        served = _served(over.over(asked))
        if len(own) > 1:
            # What a table says itself is meant for that one, unless the command line says more.
            served = _numbered(served, number, {*one.values} - {*over.values})
        made.append(served)
    _check_apart(made)
    return made


def _served(asked: Wants) -> Served:
    values = dict(asked.values)
    control = values.pop("control", None)
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
    return Served(wishes, control=control, **({} if asked.line is None else dict([asked.line])))


def _numbered(served: Served, number: int, own: set[str]) -> Served:
    twin, control = served.twin, served.control
    if "seed" not in own:
        twin = replace(twin, seed=twin.seed + number - 1)
    if twin.state is not None and "state" not in own:
        twin = replace(twin, state=f"{twin.state}/{number}")
    if control and "control" not in own:
        control = f"{control}.{number}"
    return replace(served, twin=twin, control=control)


def _check_apart(made: Sequence[Served]) -> None:
    for what in (*LINES, "control", "state"):
        places = [one.twin.state if what == "state" else getattr(one, what) for one in made]
        for place in places:
            # Port 0 is another one each time.
            is_free = what in ("tcp", "rfc2217") and str(place).endswith(":0")
            if place and places.count(place) > 1 and not is_free:
                raise OptionError(f"{what} {place}: each module needs one of its own")


@contextmanager
def _naming(where: str) -> Iterator[None]:
    """Errors inside begin with `where`."""
    try:
        yield
    except (OptionError, UnknownModelError) as error:
        raise OptionError(f"{where}: {error}") from None
