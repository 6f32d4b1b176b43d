"""The host library for scripts and notebooks that do not speak asyncio."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import wait
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any, Self, TypeVar

from atwin.host.channel.channel import COMMAND_TIMEOUT
from atwin.host.errors import UsageError
from atwin.host.modem import Modem

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path
    from types import TracebackType

    from atwin.host.bring_up import Patience
    from atwin.host.channel.channel import LogEntry
    from atwin.host.channel.exchange import Reply
    from atwin.host.download import DownloadResult
    from atwin.host.http.request import Response
    from atwin.host.identity import Identity, Limits
    from atwin.line.port import Port

T = TypeVar("T")

#: Seconds after which a Ctrl-C is noticed at the latest.
_LOOK_UP = 0.5


class SyncModem:
    """`Modem` with blocking calls; its event loop runs on a thread of its own.

    Calls may come from any thread. Ctrl-C in a call stops what the call was doing, and the next
    call works. Progress and log functions are called on that other thread.
    """

    def __init__(self, open_port: Callable[[], Awaitable[Port]], **settings: Any) -> None:
        """Open the port by awaiting `open_port()`; `settings` as for `Modem`.

        Raises what `open_port` raises, and `UsageError` when it is no function.
        """
        if not callable(open_port):
            raise UsageError(
                f"{open_port!r}: a function that opens a port is wanted here; atwin.connect takes"
                " a device path or URL"
            )
        self._begin(_on_port(open_port, settings))

    @classmethod
    def around(cls, modem: AbstractAsyncContextManager[Modem]) -> Self:
        """What `modem` gives, in the loop of this object until it is closed."""
        made = cls.__new__(cls)
        made._begin(modem)
        return made

    def _begin(self, modem: AbstractAsyncContextManager[Modem]) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run_loop, name="atwin-host", daemon=True)
        self._thread.start()
        self._closed = False
        self._open = AsyncExitStack()
        try:
            self._modem = self._call(self._open.enter_async_context(modem))
        except BaseException:
            self._stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port and end the thread; harmless when called twice."""
        if not self._closed:
            try:
                self._call(self._open.aclose())
            finally:
                self._stop()

    def bring_up(self, patience: Patience | None = None) -> None:
        """See `Modem.bring_up`."""
        self._call(self._modem.bring_up(patience))

    def command(self, text: str, *, timeout: float = COMMAND_TIMEOUT) -> Reply:
        """See `Modem.command`."""
        return self._call(self._modem.command(text, timeout=timeout))

    def limits(self) -> Limits:
        """See `Modem.limits`."""
        return self._call(self._modem.limits())

    def identity(self) -> Identity:
        """See `Modem.identity`."""
        return self._call(self._modem.identity())

    def get(self, url: str, **options: Any) -> Response:
        """See `Modem.get` for the options."""
        return self._call(self._modem.get(url, **options))

    def head(self, url: str, **options: Any) -> Response:
        """See `Modem.head` for the options."""
        return self._call(self._modem.head(url, **options))

    def post(self, url: str, data: bytes, **options: Any) -> Response:
        """See `Modem.post` for the options."""
        return self._call(self._modem.post(url, data, **options))

    def download(self, url: str, target: str | Path, **options: Any) -> DownloadResult:
        """See `Modem.download` for the options."""
        return self._call(self._modem.download(url, target, **options))

    def on_log(self, call: Callable[[LogEntry], None]) -> None:
        """See `Channel.on_log`."""
        self._modem.channel.on_log(call)

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        if self._closed:
            work.close()
            raise RuntimeError("this SyncModem is closed")
        ended = threading.Event()
        task: asyncio.Task[T] | None = None
        given_up = False

        async def run() -> T:
            nonlocal task
            task = asyncio.current_task()
            try:
                if given_up:
                    work.close()
                    raise asyncio.CancelledError
                return await work
            finally:
                ended.set()

        def give_up() -> None:
            nonlocal given_up
            given_up = True
            if task is not None:
                task.cancel()

        try:
            future = asyncio.run_coroutine_threadsafe(run(), self._loop)
            # A signal that comes just before a wait begins does not end it: look up now and then.
            while not wait((future,), timeout=_LOOK_UP).done:
                pass
            return future.result()
        except KeyboardInterrupt:
            # The command in flight must be over before the caller goes on, or its late answer
            # would meet the next one. The signal may have come before `future` had its name, so
            # the loop itself is told.
            self._loop.call_soon_threadsafe(give_up)
            ended.wait(5.0)
            raise

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _stop(self) -> None:
        self._closed = True
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()


def connect(
    open_port: Callable[[], Awaitable[Port]], *, patience: Patience | None = None, **settings: Any
) -> SyncModem:
    """A module that is on the network and has its bearer, ready for requests.

    `open_port` makes the port inside the modem's loop, `settings` are those of `Modem`. Raises
    what `SyncModem` and `Modem.bring_up` raise.
    """
    return ready(SyncModem(open_port, **settings), patience)


def ready(modem: SyncModem, patience: Patience | None = None) -> SyncModem:
    """The same modem once it is on the network; closed, if that fails."""
    try:
        modem.bring_up(patience)
    except BaseException:
        modem.close()
        raise
    return modem


@asynccontextmanager
async def _on_port(
    open_port: Callable[[], Awaitable[Port]], settings: dict[str, Any]
) -> AsyncIterator[Modem]:
    async with Modem(await open_port(), **settings) as modem:
        yield modem
