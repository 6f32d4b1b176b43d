"""Why not to fire HTTP requests on a timer: the FAQ's warning, seen on a twin.

    python examples/blind_timer.py

A module has eight connections in all, and one that was closed still counts for a while (here two
seconds). The vendor says: no timer, the next request when the result of the last one is there.
Three hosts want a page every 200 ms from a server that takes 400 ms:

  timer            fires AT+HTTPACTION=0 whatever became of the last one
  timer, restarts  starts over with HTTPTERM and HTTPINIT each time, "to be safe"
  patient          waits for +HTTPACTION before the next one

Everything is in this process and on a virtual clock, so the minute takes a moment.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from atwin import Modem, Twin, load_profile
from atwin.testing import LoopClock, SimulatedNetwork, run_virtual

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from atwin.testing import Stream

#: Seconds of the experiment, between two firings, and that the server thinks.
MINUTE, PERIOD, THINKING = 60.0, 0.2, 0.4
#: Seconds a closed connection still counts.
LINGER = 2.0

NO_ANSWER = "started, and never heard of again"

_MEANING = {
    "200": "the page",
    "604": "no connection free",
    "+CME ERROR: 3": "refused: the last one is still running",
}


class Host:
    """Counts its requests by how they end."""

    def __init__(self, modem: Modem) -> None:
        self.modem = modem
        self.answered = asyncio.Event()
        self.seen: Counter[str] = Counter()
        self.started = 0
        modem.on_urc(self._heard)

    async def begin(self) -> None:
        """Bearer and session."""
        await self.modem.command("ATE0")
        await self.modem.command("AT+SAPBR=1,1", timeout=90)
        await self.session()

    async def session(self) -> None:
        """HTTPINIT and what a request needs."""
        await self.modem.command("AT+HTTPINIT")
        await self.modem.command('AT+HTTPPARA="URL","http://server.example/"')

    async def fire(self) -> bool:
        """HTTPACTION; whether the module took it."""
        self.answered.clear()
        reply = await self.modem.command("AT+HTTPACTION=0")
        if reply.ok:
            self.started += 1
        else:
            self.seen[reply.final.text] += 1
        return reply.ok

    def result(self) -> Counter[str]:
        """How many requests had which outcome."""
        answered = self.seen["200"] + self.seen["604"]
        self.seen[NO_ANSWER] = self.started - answered
        return +self.seen

    def _heard(self, text: str) -> None:
        name, _, values = text.partition(": ")
        if name == "+HTTPACTION":
            self.seen[values.split(",")[1]] += 1
            self.answered.set()


async def timer(host: Host) -> None:
    """Fires, whatever became of the last one."""
    await host.fire()
    await asyncio.sleep(PERIOD)


async def restarting_timer(host: Host) -> None:
    """The same with a new session each time."""
    await host.modem.command("AT+HTTPTERM")
    await host.session()
    await timer(host)


async def patient(host: Host) -> None:
    """The next one when the result is there."""
    if await host.fire():
        await host.answered.wait()
    await asyncio.sleep(PERIOD)


HOSTS: dict[str, Callable[[Host], Awaitable[None]]] = {
    "timer": timer,
    "timer, restarts": restarting_timer,
    "patient": patient,
}


async def server(stream: Stream) -> None:
    """Thinks, then answers."""
    request = b""
    while b"\r\n\r\n" not in request:
        request += await stream.read(65536)
    await asyncio.sleep(THINKING)
    await stream.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")


async def minute_of(step: Callable[[Host], Awaitable[None]]) -> Counter[str]:
    """One host at work for a minute; what became of its requests."""
    clock = LoopClock()
    network = SimulatedNetwork(clock, latency=0.02)
    network.serve("server.example", 80, server)
    profile = load_profile("air780e-at").with_flags(linger_s=LINGER)
    async with Twin(profile, network=network) as twin, Modem(twin.port) as modem:
        host = Host(modem)
        await host.begin()
        end = clock.now() + MINUTE
        while clock.now() < end:
            await step(host)
        await asyncio.sleep(1)
        return host.result()


def main() -> None:
    for name, step in HOSTS.items():
        print(name)
        for what, count in sorted(run_virtual(minute_of(step)).items()):
            meaning = f"  ({_MEANING[what]})" if what in _MEANING else ""
            print(f"  {count:4d} x {what}{meaning}")


if __name__ == "__main__":
    main()
