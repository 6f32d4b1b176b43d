"""Options that several commands share, each declared once, and the kinds of values they take.

A class of options is a dataclass whose fields are made by `shared`. `takes(Kind)` gives a command
all of them, and hands them over as one `Kind`, the argument `options` or another.
"""

from __future__ import annotations

import functools
import math
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields, replace
from glob import glob
from typing import TYPE_CHECKING, Any, Self, TypeVar

import click

from atwin.text.units import parse_size

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from atwin.host.modem import SimWishes

_Function = TypeVar("_Function", bound=Callable[..., Any])

#: Bytes of a file that says something: a certificate, a key, a plan.
_LONGEST = 4 << 20
#: Bytes of a file of headers or of a password: more is another file, named by mistake.
_LONGEST_TEXT = 65_536

# --- declaring ----------------------------------------------------------------------------------


def option(*names: str, **settings: Any) -> Callable[[_Function], _Function]:
    """As `click.option`; help shows default, range and environment variable."""
    kind = settings.get("type")
    if isinstance(kind, Number):
        settings["help"] = settings["help"].rstrip(".") + f"{kind.limits}."
    return click.option(*names, show_default=True, show_envvar=True, **settings)


def shared(*names: str, default: Any = None, **settings: Any) -> Any:
    """A field of a class of options: one option, its value as the field's type says."""
    declared = option(*names, default=default, **settings)
    return field(default=default, metadata={"option": declared})


def flag(name: str, text: str) -> Any:
    """A field of a class of options: a switch, and its help."""
    return shared(name, is_flag=True, default=False, help=text)


def takes(kind: type[Any], name: str = "options") -> Callable[[_Function], _Function]:
    """Give a command the options of `kind`; it gets them as one argument, `name`."""

    def decorate(function: Callable[..., int]) -> Any:
        @functools.wraps(function)
        def command(**given: Any) -> int:
            own = {entry.name: given.pop(entry.name) for entry in fields(kind)}
            return function(**{name: kind(**own)}, **given)

        for entry in reversed(fields(kind)):
            command = entry.metadata["option"](command)
        return command

    return decorate


# --- kinds of values ----------------------------------------------------------------------------


class Number(click.ParamType[Any]):
    """A number from `least` to `most`, both included, and never NaN."""

    name = "number"

    def __init__(
        self, least: float | None = None, most: float | None = None, *, whole: bool = False
    ) -> None:
        self._least, self._most, self._whole = least, most, whole

    @property
    def limits(self) -> str:
        """The range in words; empty without one."""
        if self._least is None:
            return ""
        if self._most is None:
            return f" ({self._least:,} or more)"
        return f" ({self._least:,} to {self._most:,})"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        try:
            number = int(value) if self._whole else float(value)
        except ValueError:
            number = math.nan
        if math.isnan(number):
            self.fail(f"{value!r}: give a {'whole ' if self._whole else ''}number", param, ctx)
        if self._least is not None and number < self._least:
            self.fail(f"{value}: give {self._least:g} or more", param, ctx)
        if self._most is not None and number > self._most:
            self.fail(f"{value}: give {self._most:g} or less", param, ctx)
        return number


class Size(click.ParamType[Any]):
    """A number of bytes, at most `most`: 5000, 300K, 12M."""

    name = "size"

    def __init__(self, most: int | None = None) -> None:
        self._most = most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            return parse_size(str(value), self._most)
        except ValueError as error:
            self.fail(str(error), param, ctx)


class CompletedWord(click.ParamType[Any]):
    """A word, taken as it is; a shell completes it to one of `words()`, or to a path."""

    def __init__(
        self, name: str, words: Callable[[], Iterable[str]] = tuple, path: str = "file"
    ) -> None:
        self.name, self._words, self._path = name, words, path

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """What a shell proposes after `incomplete`."""
        from click.shell_completion import CompletionItem

        words = () if incomplete.startswith(("/", ".", "~")) else self._words()
        found = [CompletionItem(word) for word in words if word.startswith(incomplete)]
        return found or [CompletionItem(incomplete, type=self._path)]


def _models() -> Iterable[str]:
    from atwin.models import MODELS

    return MODELS


def _ports() -> Iterable[str]:
    twins = [f"twin://{model}" for model in _models()]
    return [*twins, "socket://", "rfc2217://", *sorted(glob("/dev/tty[UA]*"))]


def _plans() -> Iterable[str]:
    from atwin.twin.faults.plans import PLANS

    return PLANS


def _commands() -> Iterable[str]:
    from atwin.cli.reference import command_families

    declared = (one for family in command_families() for one in family.declarations)
    return sorted({f"AT{one.name}{form.value}" for one in declared for form in one.forms})


FILE = CompletedWord("file")
COMMAND = CompletedWord("command", _commands)
FOLDER = CompletedWord("dir", path="dir")
MODEL = CompletedWord("model", _models)
PLAN = CompletedWord("plan", _plans)
PORT = CompletedWord("port", _ports)


def read_file(name: str, path: str, most: int = _LONGEST) -> bytes:
    """What is in the file or pipe `path`. Raises `click.UsageError`, which begins with `name`."""
    from atwin.disk.errors import DiskError
    from atwin.disk.whole import read_input

    try:
        return read_input(os.path.expanduser(path), most)
    except DiskError as error:
        raise click.UsageError(f"{name}: {error}") from None


def read_text(name: str, path: str) -> str:
    """The short UTF-8 text in a file. Raises `click.UsageError`, which shows none of it."""
    try:
        return read_file(name, path, _LONGEST_TEXT).decode()
    except UnicodeDecodeError:
        raise click.UsageError(f"{name}: {path} is not UTF-8") from None


def read_secret(name: str, text: str) -> str:
    """`text`, or the line that the file of `@FILE` holds. Raises as `read_text` does."""
    return read_text(name, text[1:]).strip("\r\n") if text.startswith("@") else text


# --- what several commands take -----------------------------------------------------------------

JSON = option("--json", "as_json", is_flag=True, help="Print one JSON object on stdout.")

TRAFFIC = option(
    "--traffic", is_flag=True, help="Print one line at the end: how much traffic it took."
)

#: Help of `--faults`.
FAULTS = "What goes wrong, and when: a name of `atwin faults`, a TOML file, or random:N."

OUTPUT = option(
    "--output", "-o", type=FILE, default="-", help="Write the answer to FILE; `-` is stdout."
)


@dataclass(frozen=True)
class Watching:
    """Who looks on while a command works."""

    trace: str | None = shared(
        "--trace",
        type=FILE,
        help="Write a record of all that happens to FILE; `atwin trace show FILE` prints it.",
    )

    pcap: str | None = shared(
        "--pcap",
        type=FILE,
        help="Write line and network to FILE as packets for Wireshark (pcapng): payload, keys and"
        " passwords too.",
    )

    def of(self, number: int) -> Self:
        """The same of one of several modules: FILE is FILE.1, FILE.2…"""
        trace, pcap = (path and f"{path}.{number}" for path in (self.trace, self.pcap))
        return replace(self, trace=trace, pcap=pcap)

    @property
    def on(self) -> bool:
        """Whether anybody does."""
        return bool(self.words())

    @property
    def recent(self) -> bool:
        """Whether somebody may come who asks for what was before."""
        return False

    def check(self) -> None:
        """Raises `click.UsageError` where it cannot be, before anything begins."""
        paths = [os.path.realpath(path) for path in (self.trace, self.pcap) if path is not None]
        if len(set(paths)) < len(paths):
            raise click.UsageError(
                f"--trace and --pcap: {self.pcap} cannot be both, name two files"
            )

    def words(self) -> list[str]:
        """The same for another command line."""
        named = {"--trace": self.trace, "--pcap": self.pcap}
        return [word for name, path in named.items() if path is not None for word in (name, path)]


WATCHING = takes(Watching, "watching")


_PORT = (
    "The port of a module: a device path, socket://HOST:PORT, rfc2217://HOST:PORT, or twin://MODEL "
    "for a twin in this process. A twin takes ?baud=max, seed=N, cold=1, state=DIR and each value "
    "of the profile; time_scale=0 removes start-up and network delays; host_fifo=N and "
    "host_drain=N model a slow host; faults=PLAN makes things go wrong: a name of `atwin faults`, "
    "a file, or random:N. Each port takes ?baud=N (115200), speed=N to negotiate another rate, and "
    "flow=auto|none|software|hardware. Join them with &, and put the port between quotes."
)


def _port(default: str) -> Any:
    return shared("--port", "-p", type=PORT, envvar="ATWIN_PORT", default=default, help=_PORT)


@dataclass(frozen=True)
class PortOptions:
    """The port of a module."""

    port: str = _port("twin://air724ug")


@dataclass(frozen=True)
class SimOptions:
    """The SIM of a module, and the access point that belongs to it."""

    pin: str | None = shared(
        "--pin",
        envvar="ATWIN_PIN",
        metavar="PIN",
        help="The PIN of a SIM that asks for it. It is entered once, and never when only one try "
        "is left. @FILE reads it from a file.",
    )
    pin_last_try: bool = flag(
        "--pin-last-try",
        "Enter the PIN even when only one try is left: a wrong one blocks the SIM.",
    )
    apn: str | None = shared("--apn", metavar="APN", help="Use this access point.")
    apn_user: str | None = shared("--apn-user", metavar="USER", help="User of the APN.")
    apn_password: str | None = shared(
        "--apn-password",
        envvar="ATWIN_APN_PASSWORD",
        metavar="PASSWORD",
        help="Password of the APN. @FILE reads it from a file.",
    )
    apn_auth: str = shared(
        "--apn-auth",
        default="pap",
        type=click.Choice(["pap", "chap"]),
        help="How user and password are sent.",
    )

    def sim(self) -> SimWishes:
        """What `Modem` takes of them. Raises `click.UsageError`, which shows no secret."""
        from atwin.text import hide

        # A password in the environment may be there for other commands.
        given = self.apn_password not in (None, os.environ.get("ATWIN_APN_PASSWORD"))
        if not self.apn and (self.apn_user or given):
            name = "--apn-user" if self.apn_user else "--apn-password"
            raise click.UsageError(f"{name} is of an access point: name it with --apn")
        password = read_secret("--apn-password", self.apn_password or "")
        hide(password)
        return {
            "pin": None if self.pin is None else read_secret("--pin", self.pin),
            "pin_last_try": self.pin_last_try,
            "apn": self.apn or "",
            "user": self.apn_user or "",
            "password": password,
            "auth": self.apn_auth,
        }


@dataclass(frozen=True)
class ModuleOptions(SimOptions, PortOptions):
    """A module that is brought onto the network, and how it is recovered."""

    #: Nobody who names no module wants to wait for one.
    port: str = _port("twin://air724ug?time_scale=0")
    pins: str | None = shared(
        "--pins",
        envvar="ATWIN_PINS",
        metavar="MEANS",
        help="How to reset a module that hangs: control:SOCKET of a twin, "
        "port:rts=reset,dtr=power_key[:inverted], gpiod:CHIP:reset=N,power_key=N,supply=N, or "
        "'command:PROGRAM {pin} {level}'. A twin:// port needs no --pins.",
    )
    #: Seconds; the default is that of `Retry.give_up`.
    give_up: float = shared(
        "--give-up",
        type=Number(0),
        default=900.0,
        metavar="SECONDS",
        help="Fail after this time without progress, and say what was wrong.",
    )


#: Of `--resolve`, wherever it is.
RESOLVED: dict[str, Any] = {
    "multiple": True,
    "metavar": "NAME[:PORT]:ADDRESS[:PORT]",
    "help": "Let a name lead to an address, as with curl: ota.example.com:80:127.0.0.1:8080, "
    "*.example.com:127.0.0.1, *:127.0.0.1:8080. TLS and HTTP keep the name. Repeatable.",
}


@dataclass(frozen=True)
class NameOptions:
    """Names that lead elsewhere for a twin in this process."""

    resolve: tuple[str, ...] = shared("--resolve", default=(), **RESOLVED)
    offline: bool = flag(
        "--offline",
        "Reach nothing but the names of --resolve. Both are for a twin:// port: any other module "
        "asks its own network.",
    )
