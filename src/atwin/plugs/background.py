"""A twin in a thread of its own, for programs that know nothing of event loops."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress


class BackgroundTwin:
    """The module a `twin://` URL asks for, on an RFC 2217 port of this computer.

    That gives the program the whole of a serial port: rate, frame, RTS and DTR. `close` it.
    """

    def __init__(self, url: str) -> None:
        """Raises ValueError for a URL that cannot be, and what the profile or state raise."""
        #: bit/s the URL names with `baud`; None for a line without line time.
        self.rate: int | None = None
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._ready: Future[tuple[str, int]] = Future()
        self._thread = threading.Thread(
            target=self._live, args=(url,), name="atwin-twin", daemon=True
        )
        self._thread.start()
        #: Host and port to connect to.
        self.address = self._ready.result()

    def stop(self) -> None:
        """Let it end soon; does not wait, so it may be called from an event loop."""
        with suppress(RuntimeError):  # it has ended already
            self._loop.call_soon_threadsafe(self._over.set)

    def close(self) -> None:
        """End it; harmless when called twice."""
        self.stop()
        self._thread.join()

    def _live(self, url: str) -> None:
        try:
            self._loop.run_until_complete(self._run(url))
        finally:
            self._loop.close()

    async def _run(self, url: str) -> None:
        try:
            await self._serve(url)
        except Exception as error:
            if self._ready.done():
                raise
            self._ready.set_exception(error)

    async def _serve(self, url: str) -> None:
        # Here, because a program that never opens a twin need not pay for one.
        from atwin.host.errors import OptionError
        from atwin.line.ports.rfc2217 import Rfc2217ServerPort
        from atwin.session.opening import made_twin
        from atwin.session.url import parse_twin_url

        try:
            wanted = parse_twin_url(url)
        except OptionError as error:
            raise ValueError(str(error)) from None
        self.rate = wanted.line.baud
        port = Rfc2217ServerPort("127.0.0.1", 0, wanted.line.baud)
        try:
            async with made_twin(wanted, port):
                host, _, number = port.address.rpartition(":")
                self._ready.set_result((host, int(number)))
                await self._over.wait()
        finally:
            await port.close()
