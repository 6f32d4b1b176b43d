"""An event loop on a thread of its own, for programs without asyncio."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import CancelledError, wait
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from atwin.clock import VirtualLoop

if TYPE_CHECKING:
    from collections.abc import Coroutine

T = TypeVar("T")

#: Seconds after which a Ctrl-C is noticed at the latest.
_LOOK_UP = 0.5
#: Seconds that calls of other threads have to end when the loop does.
_LAST_CALLS = 5.0

_CLOSED = "this is closed"
_HERE = "this thread cannot wait for itself: call from another one"


class Loop(Protocol):
    """An event loop for programs without asyncio, and what lives in it: `thing`, until the end."""

    thing: Any

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` comes to in the loop; raises what it raises."""

    def end(self) -> None:
        """Close `thing`; harmless when called twice."""


class LoopHere:
    """A virtual loop on the caller's thread: it runs, and its time goes on, within calls alone."""

    def __init__(
        self, thing: AbstractAsyncContextManager[Any], beside: LoopHere | None = None
    ) -> None:
        """`thing` lives in the loop of `beside` if there is one, and ends before that."""
        self._beside = beside
        self._loop: VirtualLoop = VirtualLoop() if beside is None else beside._loop
        self._open = AsyncExitStack()
        try:
            self.thing = self.call(self._open.enter_async_context(thing))
        except BaseException:
            self._close()
            raise

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` comes to. Raises what it raises, and `RuntimeError` after the end."""
        if self._loop.is_closed():
            work.close()
            raise RuntimeError(_CLOSED)
        try:
            return self._loop.run_until_complete(work)
        finally:
            work.close()  # within another loop it has not begun

    def end(self) -> None:
        """Close `thing`; harmless when called twice."""
        if not self._loop.is_closed():
            try:
                self.call(self._open.aclose())
            finally:
                self._close()

    def _close(self) -> None:
        if self._beside is None:
            left = asyncio.all_tasks(self._loop)
            for task in left:
                task.cancel()
            if left:
                self._loop.run_until_complete(asyncio.wait(left))
            self._loop.close()


class LoopThread:
    """An event loop on a thread of its own, and what lives in it: `thing`, until the end."""

    def __init__(self, name: str, thing: AbstractAsyncContextManager[Any]) -> None:
        self._ended = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._open = AsyncExitStack()
        try:
            self.thing = self.call(self._open.enter_async_context(thing))
        except BaseException:
            self._stop()
            raise

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """What `work` comes to in the loop. Ctrl-C here stops it there.

        Raises what `work` raises, and `RuntimeError` after the end, or when that comes before
        `work` is over, and on the loop's own thread.
        """
        if self._ended or self._is_here:
            work.close()
            raise RuntimeError(_CLOSED if self._ended else _HERE)
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
                if not self._thread.is_alive():
                    raise RuntimeError(_CLOSED)
            return future.result()
        except CancelledError:
            if self._ended:
                raise RuntimeError(_CLOSED) from None
            raise
        except KeyboardInterrupt:
            # The command in flight must be over before the caller goes on, or its late answer
            # would meet the next one. The signal may have come before `future` had its name, so
            # the loop itself is told.
            self._loop.call_soon_threadsafe(give_up)
            ended.wait(5.0)
            raise

    def end(self) -> None:
        """Close `thing` and end the thread; harmless when called twice.

        Raises `RuntimeError` on the loop's own thread.
        """
        if not self._ended:
            if self._is_here:
                raise RuntimeError(_HERE)
            try:
                self.call(self._open.aclose())
            finally:
                self._stop()

    def end_soon(self) -> None:
        """The same without waiting, so that an event loop may call it."""

        async def end() -> None:
            try:
                await self._open.aclose()
            finally:
                self._loop.stop()

        if not self._ended:
            self._ended = True
            asyncio.run_coroutine_threadsafe(end(), self._loop)

    @property
    def _is_here(self) -> bool:
        """Whether this is the loop's own thread, which cannot wait for itself."""
        return threading.current_thread() is self._thread

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            if left := asyncio.all_tasks(self._loop):
                for task in left:
                    task.cancel()
                self._loop.run_until_complete(asyncio.wait(left, timeout=_LAST_CALLS))
        finally:
            self._loop.close()

    def _stop(self) -> None:
        self._ended = True
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
