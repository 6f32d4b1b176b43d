"""A module by its port's URL, with blocking calls: for programs without asyncio."""

from __future__ import annotations

import logging
from contextlib import ExitStack, asynccontextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Self, TypeVar

from atwin.disk.state import StateError
from atwin.host.errors import UsageError
from atwin.host.modem import Modem, SimWishes
from atwin.line.port import PortSpecError
from atwin.models import UnknownModelError
from atwin.session.loop_thread import LoopThread
from atwin.session.opening import modem_on, pins_for

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from contextlib import AbstractAsyncContextManager

    from atwin.host.bring_up import Patience
    from atwin.host.channel.channel import LogEntry
    from atwin.host.recovery.ladder import Climbed
    from atwin.host.tls import TlsSettings
    from atwin.line.port import Port
    from atwin.session.loop_thread import Loop

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger("atwin.session")


def _blocking(
    method: Callable[Concatenate[Modem, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[SyncModem, P], T]:
    """`method` of a `SyncModem`: it runs in the loop of that, and is waited for."""

    @wraps(method)
    def call(modem: SyncModem, /, *arguments: P.args, **options: P.kwargs) -> T:
        return modem._loop.call(method(modem._modem, *arguments, **options))

    return call


def _own_loop(modem: AbstractAsyncContextManager[Modem]) -> Loop:
    return LoopThread("atwin-host", modem)


class SyncModem:
    """`Modem` with blocking calls; its event loop runs on a thread of its own.

    Calls may come from any thread. Ctrl-C in a call stops what the call was doing, and the next
    call works. Progress and log functions are called on that other thread. After `close` every
    call raises `RuntimeError`.
    """

    def __init__(self, open_port: Callable[[], Awaitable[Port]], **settings: Any) -> None:
        """Open the port by awaiting `open_port()`; `settings` as for `Modem`.

        Raises what `open_port` raises, and `UsageError` when it is not a function.
        """
        if not callable(open_port):
            raise UsageError(
                f"{open_port!r}: give a function that opens a port; atwin.connect takes a device"
                " path or URL"
            )
        self._begin(_own_loop(_on_port(open_port, settings)))

    @classmethod
    def around(
        cls,
        modem: AbstractAsyncContextManager[Modem],
        loop: Callable[[AbstractAsyncContextManager[Modem]], Loop] = _own_loop,
    ) -> Self:
        """What `modem` gives, in the `loop` of this object until it is closed."""
        made = cls.__new__(cls)
        made._begin(loop(modem))
        return made

    def _begin(self, loop: Loop) -> None:
        self._loop = loop
        self._modem: Modem = loop.thing

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port and end the thread; harmless when called twice."""
        self._loop.end()

    bring_up = _blocking(Modem.bring_up)
    recover = _blocking(Modem.recover)
    command = _blocking(Modem.command)
    limits = _blocking(Modem.limits)
    identity = _blocking(Modem.identity)
    get = _blocking(Modem.get)
    head = _blocking(Modem.head)
    post = _blocking(Modem.post)
    download = _blocking(Modem.download)

    @property
    def climbed(self) -> list[Climbed]:
        """The rungs the last `recover` or `download` climbed, also those of one that failed."""
        return self._modem.climbed

    def on_log(self, call: Callable[[LogEntry], None]) -> None:
        """See `Modem.on_log`; `call` is called on the modem's own thread."""
        self._modem.on_log(call)

    def on_urc(self, call: Callable[[str], None]) -> None:
        """See `Modem.on_urc`; `call` is called on the modem's own thread."""
        self._modem.on_urc(call)


def connect(
    port: str | Callable[[], Awaitable[Port]],
    *,
    apn: str = "",
    user: str = "",
    password: str = "",
    auth: str = "pap",
    pin: str | None = None,
    pin_last_try: bool = False,
    tls: TlsSettings | None = None,
    pins: str | None = None,
    patience: Patience | None = None,
    give_up: float | None = None,
) -> SyncModem:
    """A module on the network, with its bearer open, ready for requests; close it.

    `port` is what `--port` of the command line takes: a device path, `socket://HOST:PORT`,
    `rfc2217://HOST:PORT`, or `twin://MODEL` for a virtual module that lives as long as the
    connection. It can also be a coroutine function that opens a port of your own in the modem's
    loop; what that raises is raised here. `pins` is what `--pins` takes. `apn`, `user`, `password`,
    `auth`, `pin`, `pin_last_try` and `tls` are as for `Modem`, `patience` as for `Modem.bring_up`.
    With `give_up`, and then without `patience`, a module that does not come up by itself is brought
    back as `Modem.recover` does it in that many seconds, by its `pins` where nothing else helps.

    Raises `UsageError` for what can be no port, `PortError` for a port that cannot be opened, and
    `ModuleError` for a module that does not get onto the network. The text of each is one line that
    says what to do.
    """
    if not isinstance(port, str) and not callable(port):
        raise UsageError(f"{port!r}: give a device path or URL, such as twin://air724ug")
    sim = SimWishes(
        apn=apn, user=user, password=password, auth=auth, pin=pin, pin_last_try=pin_last_try
    )
    try:
        with ExitStack() as stack:
            modem = SyncModem.around(_opened(port, tls, pins, sim))
            stack.callback(modem.close)
            if give_up is None:
                modem.bring_up(patience)
            else:
                modem.recover(give_up=give_up)
            stack.pop_all()  # it is on the network: whoever called closes it
            return modem
    except (PortSpecError, StateError, UnknownModelError) as error:
        raise UsageError(str(error)) from None


@asynccontextmanager
async def _opened(
    port: str | Callable[[], Awaitable[Port]],
    tls: TlsSettings | None,
    pins: str | None,
    sim: SimWishes,
) -> AsyncIterator[Modem]:
    if not isinstance(port, str):
        opened = await port()
        async with (
            pins_for(pins, opened, None) as means,
            Modem(opened, tls=tls, pins=means, **sim) as modem,
        ):
            yield modem
        return
    # A library does not write on stderr.
    async with modem_on(port, note=log.info, tls=tls, pins=pins, **sim) as (modem, _):
        yield modem


@asynccontextmanager
async def _on_port(
    open_port: Callable[[], Awaitable[Port]], settings: dict[str, Any]
) -> AsyncIterator[Modem]:
    async with Modem(await open_port(), **settings) as modem:
        yield modem
