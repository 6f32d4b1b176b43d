"""Twins with a panel in the loop of the browser, and a page that shows them."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from atwin.clock import LoopClock
from atwin.control.subject import Subject
from atwin.control.web.panel import bound, panel
from atwin.host.modem import Modem
from atwin.line.ports.memory import memory_pair
from atwin.testing.origin import File, Generated, Origin
from atwin.testing.simulated import SimulatedNetwork
from atwin.trace import Trace
from atwin.trace.recent import Recent
from atwin.twin.twin import Twin

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from playwright.async_api import Page

    from atwin.line.port import Port

TOKEN = "t" * 32


@dataclass
class Watched:
    """A twin, its trace and its subject; `host` is the other end of its line."""

    twin: Twin
    trace: Trace
    subject: Subject
    host: Port

    async def download(self, target: Path, size: int) -> None:
        """A host gets so many bytes through it."""
        async with Modem(self.host) as modem:
            await modem.download(f"http://files.example/{size}", target)


@dataclass
class Panelled:
    """A panel that can go away and come back; `url` opens it."""

    modules: list[Watched]
    url: str = ""
    _panel: AbstractAsyncContextManager[str] | None = field(default=None, repr=False)

    @property
    def module(self) -> Watched:
        """The first one."""
        return self.modules[0]

    async def start(self) -> None:
        """Serve, at the port of before."""
        place = bound("127.0.0.1", urlsplit(self.url).port or 0)
        subjects = [one.subject for one in self.modules]
        self._panel = panel(subjects, place, "127.0.0.1", TOKEN)
        self.url = f"{await self._panel.__aenter__()}?token={TOKEN}"

    async def stop(self) -> None:
        """Serve no more; the modules go on."""
        if self._panel is not None:
            await self._panel.__aexit__(None, None, None)
        self._panel = None


@asynccontextmanager
async def watched(model: str, **options: Any) -> AsyncIterator[Watched]:
    """A twin whose network has `http://files.example/N`, a file of N bytes for some N."""
    clock = LoopClock()
    trace = Trace(clock)
    recent = Recent(trace)
    network = SimulatedNetwork(clock)
    sizes = (20_000, 200_000)
    origin = Origin({f"/{n}": File(Generated(n, 5)) for n in sizes}, wall=clock.wall)
    network.serve("files.example", 80, origin.handle)
    host, module = memory_pair()
    trace.begin(version="1", command="a test")
    async with Twin(model, module, network=network, trace=trace, time_scale=0, **options) as twin:
        yield Watched(twin, trace, Subject(model, f"/tmp/{model}", recent, twin), host)


@asynccontextmanager
async def panelled(page: Page, *models: str, **options: Any) -> AsyncIterator[Panelled]:
    """A panel of fresh twins, one air780e-at unless others are named, and `page` shows it."""
    async with AsyncExitStack() as stack:
        modules = [
            await stack.enter_async_context(watched(model, **options))
            for model in models or ("air780e-at",)
        ]
        shown = Panelled(modules)
        await shown.start()
        stack.push_async_callback(shown.stop)
        await page.goto(shown.url)
        await page.get_by_role("status").get_by_text("live").wait_for()
        # A server waits a moment for those that read: there is none then.
        stack.push_async_callback(page.goto, "about:blank")
        yield shown
