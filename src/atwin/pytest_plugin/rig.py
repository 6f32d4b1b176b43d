"""What the fixture `atwin` is: a module that a program under test opens, and a test looks into."""

from __future__ import annotations

import asyncio
import re
import time
import warnings
from collections.abc import Iterator, MutableMapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar

from atwin import __version__
from atwin.clock import LoopClock
from atwin.control.settable import PINS, apply
from atwin.host.errors import UsageError
from atwin.pytest_plugin.heard import Heard
from atwin.session.blocking import connect
from atwin.session.loop_thread import LoopThread
from atwin.session.serving import served, tcp_address
from atwin.session.tracing import tracing
from atwin.text import masked
from atwin.twin.faults.fault import Fault
from atwin.twin.faults.plan import fault_from_table

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from atwin.net.meter.bill import Bill
    from atwin.pytest_plugin.wishes import Wishes
    from atwin.session.blocking import SyncModem
    from atwin.session.loop_thread import Loop
    from atwin.twin.script.answers import Scripted
    from atwin.twin.script.written import Lines
    from atwin.twin.twin import Twin

T = TypeVar("T")

#: Lines of the dialogue in the error of a wait.
_SHOWN = 12
#: Seconds in which the last packets of connections that are closed are counted.
_SETTLES = 0.2


class Rig:
    """A module for one test: the fixture `atwin`, and what `atwin_factory` makes.

    The program under test opens `port`. All methods may be called from any thread.
    """

    def __init__(self, name: str, loop: Loop) -> None:
        #: What the report of a failed test calls it.
        self.name = name
        self._loop = loop
        self._twin: Twin
        self._heard: Heard
        #: The path of a PTY, or the URL of `line="tcp"` and `line="rfc2217"`.
        self._port: str
        self._rate: int | None
        self._twin, self._heard, self._port, self._rate = loop.thing[:4]
        self._told: str | None = None

    @classmethod
    def of(cls, name: str, wishes: Wishes, test: str, sink: Callable[[str], None]) -> Self:
        """The one that `test` wishes for; `sink` gets its trace."""
        return cls(name, LoopThread("atwin-twin", _running(wishes, test, sink)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Switch the module off and take the port away; harmless when called twice."""
        if self._told is None:
            never: list[str] = []
            try:
                self._told = self.told()
                never = self._never_happened()
            finally:
                self._loop.end()
            if never:
                # All in one: where warnings are errors, the first one is the last.
                warnings.warn(f"{self.name}: {'; '.join(never)}", stacklevel=1)

    # --- where it is ----------------------------------------------------------------------------

    @property
    def port(self) -> str:
        """What the program under test opens: the path of a PTY, unless `line=` says otherwise."""
        return self._port

    @property
    def url(self) -> str:
        """The same, for programs that open URLs: `--port` of atwin, pyserial, serialx."""
        return self.port

    @property
    def tcp(self) -> tuple[str, int]:
        """Host and port of a module with `line="tcp"` or `line="rfc2217"`."""
        try:
            return tcp_address(self.port)
        except ValueError:
            raise UsageError(
                f'{self.port} is no TCP port: mark the test with @pytest.mark.atwin(line="tcp")'
            ) from None

    def connect(self, **settings: Any) -> SyncModem:
        """A host on it, as `atwin.connect` gives it: the fixture `atwin_host`, with `settings`."""
        at_rate = f"?baud={self._rate}" if self._rate and "://" not in self.port else ""
        return connect(f"{self.port}{at_rate}", **settings)

    # --- what was said --------------------------------------------------------------------------

    def sent(self, pattern: str = "") -> list[str]:
        """The command lines the module has been sent so far, those in which `pattern` is found."""
        wanted = re.compile(pattern)
        return [text for way, text in self._lines() if way == ">" and wanted.search(text)]

    @property
    def dialogue(self) -> list[str]:
        """All lines so far, with `> ` before what went to the module and `< ` before the rest."""
        return [f"{way} {text}" for way, text in self._lines()]

    def wait_for(self, pattern: str, timeout: float = 5.0) -> re.Match[str]:
        """Wait for a line in which `pattern` is found, a command or an answer; give the match.

        It begins with the first line of the dialogue, and each later call after the line that the
        one before found. Raises `AssertionError` after `timeout` seconds.
        """
        match = self._call(self._heard.wait_for(re.compile(pattern), timeout))
        if match is None:
            # It stands in reports, which others read.
            last = "\n".join(f"  {way} {masked(text)}" for way, text in self._lines()[-_SHOWN:])
            raise AssertionError(
                f"no line with {pattern!r} within {timeout:g} s; the last of all lines:\n"
                f"{last or '  (none)'}"
            )
        return match

    def _lines(self) -> list[tuple[str, str]]:
        async def lines() -> list[tuple[str, str]]:
            self._heard.flush()
            return list(self._heard.lines)

        return self._call(lines())

    # --- what happens to it ---------------------------------------------------------------------

    def fault(self, kind: str | Fault, **fields: Any) -> None:
        """Let something go wrong, now or when its `fields` say: `fault("hang", at_action=1)`.

        docs/reference/faults.md has all kinds and fields.
        """
        fault = kind if isinstance(kind, Fault) else fault_from_table({"kind": kind, **fields})
        self.run(lambda twin: twin.faults.add(fault))

    def answer(self, command: str, lines: Lines = (), **keys: Any) -> Scripted:
        """Answer `command` with `lines` from now on: `answer("AT+CSQ", "+CSQ: 3,99", times=2)`.

        docs/howto/answers.md has all `keys`.
        """
        return self.run(lambda twin: twin.answer(command, lines, **keys))

    def urc(self, text: Lines, **keys: Any) -> Scripted:
        """Say `text` unasked: now, `delay=` seconds from now, or after each `command=`."""
        return self.run(lambda twin: twin.urc(text, **keys))

    @property
    def unmatched(self) -> dict[str, str]:
        """What was scripted and has not happened, and why. The end of a test warns of it."""
        return self.run(lambda twin: twin.unmatched)

    def pin(self, name: str, level: int | bool | None = None) -> int:
        """Set `reset`, `power_key`, `supply` or `usb_boot` to `level`; give its level, or RI's.

        1 is high, and how they rest. `pulse` pulls one low and lets it go.
        """
        names = (*PINS, "ri") if level is None else PINS
        if name not in names:
            raise ValueError(f"{name}: there is {', '.join(names)}")
        if level not in (None, 0, 1):
            raise ValueError(f"{name}={level!r}: give 0 for low or 1 for high")
        if level is not None:
            self.set(**{name: int(level)})
        return self.run(lambda twin: int(getattr(twin.pins, name)))

    def pulse(self, name: str, seconds: float) -> None:
        """Pull a pin low for so long, as the wire of a board does: `pulse("reset", 0.6)`."""
        self.pin(name, 0)
        try:
            self.sleep(seconds)
        finally:
            self.pin(name, 1)

    def set(self, **values: Any) -> None:
        """Change what is around the module, as `{"set": …}` of the control socket does."""
        self.run(lambda twin: apply(values, twin))

    @property
    def hosts(self) -> MutableMapping[str, Any]:
        """Where names lead: `atwin.hosts["ota.example.com"] = httpserver`.

        The value is anything with `host` and `port` or with `server_address`, `"ADDRESS[:PORT]"`,
        or a pair of both.
        """
        return ServerTable(self.run(lambda twin: twin.hosts))

    def sleep(self, seconds: float) -> None:
        """Let so much of the module's time pass; on the virtual clock that takes no time."""
        time.sleep(seconds)

    @property
    def now(self) -> float:
        """Seconds of the module's clock; only differences mean anything."""
        return self.run(lambda twin: twin.module.hardware.clock.now())

    def run(self, call: Callable[[Twin], T]) -> T:
        """What `call(twin)` comes to, on the thread where the twin lives; see `SyncTwin.run`."""

        async def work() -> T:
            return call(self._twin)

        return self._call(work())

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return self._loop.call(work)

    # --- what it came to ------------------------------------------------------------------------

    @property
    def traffic(self) -> Bill:
        """What the operator counts so far: `traffic.total`, `traffic.up.total`, and so on."""

        async def bill() -> Bill:
            traffic = self._twin.traffic
            with suppress(TimeoutError):  # connections are open
                async with asyncio.timeout(_SETTLES):
                    await traffic.wait_settled()
            return traffic.whole.count.operator

        return self._call(bill())

    def assert_no_loss(self) -> None:
        """Raises `AssertionError` when a byte got lost on the line, in either direction."""
        uart = self._twin.module.hardware.uart
        lost = self.run(lambda twin: (uart.lost_bytes, uart.host_lost_bytes))
        if any(lost):
            raise AssertionError(
                f"bytes got lost: {lost[0]} on the way to the module, {lost[1]} to the host"
            )

    def told(self) -> str:
        """The end of the dialogue with all that happened, and the counters of the line."""

        async def tell() -> str:
            self._heard.flush()
            return "\n".join([self._heard.told(), *self._counters()])

        return self._told if self._told is not None else self._call(tell())

    @property
    def differences(self) -> str:
        """With `replay=`: where the dialogue is another one than the recorded; empty if not."""
        return ""

    def _never_happened(self) -> list[str]:
        """What the test asked for and did not get, and why: its result may mean nothing then."""

        def never(twin: Twin) -> list[str]:
            cases = twin.faults.cases if twin.has_faults else ()
            faults = [(case.fault, case.why_never) for case in cases]
            return [f"fault '{fault}' never began: {why}" for fault, why in faults if why] + [
                f"scripted {masked(name)}: {why}" for name, why in twin.unmatched.items()
            ]

        return self.run(never)

    def _counters(self) -> list[str]:
        uart = self._twin.module.hardware.uart
        return [
            f"line: {self._port or 'in memory'}, {uart.rate or 'any'} bit/s; to the module"
            f" {uart.received_bytes} bytes, {uart.lost_bytes} lost; to the host"
            f" {uart.sent_bytes} bytes, {uart.host_lost_bytes} lost"
        ]


class ServerTable(MutableMapping[str, Any]):
    """`Hosts` that takes servers as their libraries have them."""

    def __init__(self, hosts: MutableMapping[str, Any]) -> None:
        self._hosts = hosts

    def __getitem__(self, name: str) -> Any:
        return self._hosts[name]

    def __setitem__(self, name: str, server: Any) -> None:
        self._hosts[name] = address_of(server)

    def __delitem__(self, name: str) -> None:
        del self._hosts[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._hosts)

    def __len__(self) -> int:
        return len(self._hosts)


def address_of(server: Any) -> Any:
    """Address and port of a server that has them; whatever else it is."""
    if hasattr(server, "server_address"):
        return tuple(server.server_address[:2])
    if hasattr(server, "host") and hasattr(server, "port"):
        return ("127.0.0.1" if server.host == "localhost" else server.host, server.port)
    return server


@asynccontextmanager
async def _running(
    wishes: Wishes, test: str, sink: Callable[[str], None]
) -> AsyncIterator[tuple[Twin, Heard, str, int | None]]:
    """A twin on its line, everything it does reported to `sink`; and what it has heard."""
    with heard_by(test, sink) as heard:
        async with AsyncExitStack() as stack:
            with tracing(heard):
                serving = await stack.enter_async_context(served(wishes.served))
            _ = serving.twin.faults  # laid in now: a later one meets what is open by then
            yield serving.twin, heard, serving.url, wishes.twin.line.baud


@contextmanager
def heard_by(test: str, sink: Callable[[str], None]) -> Iterator[Heard]:
    """A trace of `test` until the block is left. Call it inside the loop."""
    heard = Heard(LoopClock(), sink)
    heard.begin(version=__version__, command=f"pytest {test}")
    try:
        yield heard
    finally:
        heard.stop()
