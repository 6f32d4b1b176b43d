"""TLS laid over a `Stream`: the asyncio side of the engine."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from atwin.net.network import KeyListener, StreamError, unacknowledged
from atwin.net.tls.engine import Engine, TlsResult
from atwin.net.tls.errors import Kind, TlsBrokenError, TlsHandshakeError

if TYPE_CHECKING:
    from atwin.net.network import Stream
    from atwin.net.tls.profile import TlsProfile

#: Bytes asked of the inner stream at a time, which bounds what one connection buffers.
_CHUNK = 64 * 1024
#: Bytes sealed before they are handed to the inner stream.
_WRITE_CHUNK = 64 * 1024
#: Reads in a row that may be answered from the buffer before other tasks get their turn.
_PAUSE_EVERY = 4
#: Seconds that the last alert may take to get out.
_LAST_WORDS = 2.0


#: One step of a handshake computes for about a millisecond. Where many shake hands at once, they
#: do it one per turn of the loop, so that everyone else gets theirs in between.
_turnstiles: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()


def _turnstile() -> asyncio.Lock:
    return _turnstiles.setdefault(asyncio.get_running_loop(), asyncio.Lock())


async def secure(stream: Stream, profile: TlsProfile, *, wall: float) -> TlsStream:
    """Shake hands over `stream`, which from then on belongs to the `TlsStream`.

    `wall`: UTC seconds since 1970 by the module's clock (it is part of the ClientHello).
    Raises `TlsHandshakeError`; the alert has then been sent, and `stream` is closed.
    `profile.deadline` bounds the whole of it (docs/spec/tls.md §5).
    """
    try:
        engine = Engine(profile, wall=wall)
        if isinstance(stream, KeyListener):
            engine.on_secret = stream.hear_secret
        secured = TlsStream(stream, engine)
        try:
            async with asyncio.timeout(profile.deadline):
                await secured._shake_hands()
        except TimeoutError:
            reason = f"not done in {profile.deadline:g} s"
            raise TlsHandshakeError(engine.failure(Kind.TIMEOUT, reason)) from None
    except BaseException:
        stream.close()
        raise
    return secured


class TlsStream:
    """A secure `Stream`. One task may read while another writes."""

    def __init__(self, stream: Stream, engine: Engine) -> None:
        self._stream = stream
        self._engine = engine
        self._sending = asyncio.Lock()
        self._closed = False
        self._reads = 0
        self._goodbye: asyncio.Task[None] | None = None

    @property
    def result(self) -> TlsResult:
        """What the handshake agreed on."""
        assert self._engine.result is not None
        return self._engine.result

    @property
    def truncated(self) -> bool:
        """The peer closed the TCP connection without close_notify. Meaningful at the end."""
        return self._engine.truncated

    @property
    def unacknowledged(self) -> int:
        """In bytes of TLS records."""
        return unacknowledged(self._stream)

    async def read(self, limit: int) -> bytes:
        """Gives b"" at close_notify and at the end of TCP (see `truncated`).

        Raises `TlsBrokenError` for an alert, a bad record or a protocol error, `StreamError`
        when the connection below breaks.
        """
        if self._closed:
            raise StreamError("read from a closed TLS connection")
        self._reads += 1
        if self._reads % _PAUSE_EVERY == 0:
            await asyncio.sleep(0)
        while True:
            try:
                data = self._engine.read(limit)
            except TlsBrokenError:
                await self._send_last_words()
                raise
            if self._engine.has_output and not self._sending.locked():
                # Whoever is sending takes along what the engine has to say.
                await self._flush()
            if data is not None:
                return data
            await self._feed()

    async def write(self, data: bytes | bytearray | memoryview) -> None:
        """Raises `TlsBrokenError` after a failure, else `StreamError`."""
        with memoryview(data) as view:
            for start in range(0, len(view), _WRITE_CHUNK):
                if self._closed:
                    raise StreamError("write to a closed TLS connection")
                self._engine.write(view[start : start + _WRITE_CHUNK])
                await self._flush()
                await asyncio.sleep(0)

    def close(self) -> None:
        """Says close_notify if the line is free to take it."""
        if self._closed:
            return
        self._closed = True
        self._engine.close()
        self._goodbye = asyncio.get_running_loop().create_task(self._say_goodbye())

    async def _shake_hands(self) -> None:
        while True:
            try:
                async with _turnstile():
                    done = self._engine.step()
                    await asyncio.sleep(0)
            finally:
                # A line that takes no more may still hold the alert that says why: read on.
                with suppress(StreamError):
                    await self._flush()
            if done:
                return
            try:
                await self._feed()
            except StreamError as error:
                failure = self._engine.failure(Kind.CLOSED, f"the connection broke: {error}")
                raise TlsHandshakeError(failure) from error

    async def _feed(self) -> None:
        """More bytes for the engine, or, if it is not done with the last ones, a pause."""
        if self._engine.hungry:
            self._engine.feed(await self._stream.read(_CHUNK))
        else:
            await asyncio.sleep(0)

    async def _flush(self) -> None:
        async with self._sending:
            while data := self._engine.take_output():
                await self._stream.write(data)

    async def _send_last_words(self) -> None:
        """An alert goes out if the line takes it soon; nothing depends on it any more."""
        if not self._sending.locked():
            with suppress(StreamError, TimeoutError):
                async with asyncio.timeout(_LAST_WORDS):
                    await self._flush()

    async def _say_goodbye(self) -> None:
        try:
            await self._send_last_words()
        finally:
            self._stream.close()
