"""More than a page can show, and what is left of it when it is closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from support.page.panelled import panelled
from support.running.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.async_api import Page

_FRAMES = """() => {
    window.frames_drawn = 0;
    const frame = () => { window.frames_drawn += 1; requestAnimationFrame(frame); };
    requestAnimationFrame(frame);
}"""


def requests_under_way() -> set[asyncio.Task[Any]]:
    """Those of a browser that uvicorn works on; a stream of events is one."""
    return {task for task in asyncio.all_tasks() if "run_asgi" in repr(task.get_coro())}


async def test_ten_thousand_events_are_sampled_and_closing_the_tab_frees_all(page: Page) -> None:
    async with panelled(page) as panel:
        await page.evaluate(_FRAMES)
        for number in range(100):
            for port in range(100):
                panel.module.trace.notes("net", "connected", port=port, number=number)
            await asyncio.sleep(0.01)
        panel.module.trace.says("urc", "<", "+LAST: 1")
        await page.locator(".thinned").filter(has_text="only counted").wait_for()
        await page.locator(".row").filter(has_text="+LAST: 1").last.wait_for()
        assert await page.evaluate("frames_drawn") > 10
        assert await page.locator(".row").count() < 300
        (events,) = requests_under_way()
        await page.goto("about:blank")
        await asyncio.wait([events], timeout=PATIENCE)
        assert requests_under_way() == set()
