"""The frame of the panel: connection, modules, language, theme, keys, small screens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.async_api import expect

from atwin.trace.recent import Recent
from support.page.panelled import panelled

if TYPE_CHECKING:
    from playwright.async_api import Locator, Page

    from support.page.panelled import Watched


def texts(page: Page) -> Locator:
    return page.locator(".row .said")


def banner(page: Page) -> Locator:
    return page.locator("#banner")


def say(module: Watched, *numbers: int) -> None:
    for number in numbers:
        module.trace.says("urc", "<", f"+N: {number}")


async def only(page: Page, pattern: str) -> None:
    """Show the rows that match, and no others."""
    await page.locator("input.filter").fill(f"/{pattern}/")


async def test_after_a_loss_it_goes_on_without_a_gap(page: Page, complaints: list[str]) -> None:
    async with panelled(page) as panel:
        await only(page, r"\+N: (\d|4242)$|keeps")
        say(panel.module, 1, 2)
        await expect(texts(page)).to_have_text(["+N: 1", "+N: 2"])
        await panel.stop()
        lost = re.compile(r"Connection lost at \d\d:\d\d:\d\d, \d+ s")
        await expect(banner(page)).to_have_text(lost)
        say(panel.module, 3, 4)
        await panel.start()
        await expect(banner(page)).to_be_hidden()
        await expect(page.get_by_text(re.compile(r"live, caught up: \d"))).to_be_visible()
        say(panel.module, 5)
        numbers = [f"+N: {number}" for number in range(1, 6)]
        await expect(texts(page)).to_have_text(numbers)
        await panel.stop()
        await expect(banner(page)).to_have_text(lost)
        say(panel.module, *range(10_000, 32_000), 4242)
        await panel.start()
        kept = re.compile(r"records that atwin keeps no longer: [\d,]+")
        await expect(texts(page)).to_have_text([*numbers, kept, "+N: 4242"])
        await panel.stop()
        await expect(banner(page)).to_have_text(lost)
        panel.module.subject.recent = Recent(panel.module.trace)  # whose numbers start over
        say(panel.module, 6)
        await panel.start()
        await only(page, r"\+N: \d$|restarted")
        numbers += ["atwin was restarted", "+N: 6"]
        await expect(texts(page)).to_have_text(numbers)
        await panel.stop()
        await expect(banner(page)).to_have_text(lost)
        panel.module.subject.recent = Recent(panel.module.trace)
        say(panel.module, *range(10_000, 10_100), 7)  # more than the page has heard
        await panel.start()
        await expect(texts(page)).to_have_text([*numbers, "atwin was restarted", "+N: 7"])
    complaints.clear()  # of the requests that nobody answered


async def test_a_connection_that_has_stalled_is_noticed(page: Page, complaints: list[str]) -> None:
    async with panelled(page) as panel:
        await page.clock.install()
        await page.goto(panel.url)
        await page.route("**/records?*", lambda route: route.abort())
        await page.clock.run_for(30_000)
        await expect(banner(page)).to_contain_text("Connection lost")
        await page.unroute("**/records?*")
        await page.clock.run_for(10_000)
        await expect(banner(page)).to_be_hidden()
    complaints.clear()


async def test_who_has_no_token_is_told_where_it_is(page: Page, complaints: list[str]) -> None:
    async with panelled(page) as panel:
        await page.context.clear_cookies()
        await page.goto(panel.url.partition("?")[0])
        await expect(banner(page)).to_contain_text("Open the address that it printed")
        await page.context.request.get(panel.url)
        await expect(banner(page)).to_be_hidden()
    complaints.clear()


async def test_each_module_has_its_place_in_the_address(page: Page) -> None:
    async with panelled(page, "air780e-at", "air724ug") as panel:
        first, second = panel.modules
        say(first, 1)
        say(second, 2)
        await expect(texts(page).last).to_have_text("+N: 1")
        await page.get_by_role("combobox", name="Module").select_option(label="2  /tmp/air724ug")
        await expect(texts(page).last).to_have_text("+N: 2")
        assert page.url.endswith("/#2")
        await page.go_back()
        await expect(texts(page).last).to_have_text("+N: 1")
        await expect(page).to_have_title(re.compile("air780e-at"))
        first.subject.recent.end()
        await expect(banner(page)).to_contain_text("The module ended at")
        await expect(page.locator("body.stale")).to_have_count(1)
        await expect(texts(page).last).to_have_text("+N: 1")


async def test_a_typed_command_is_answered_in_the_dialogue(
    page: Page, complaints: list[str]
) -> None:
    async with panelled(page):
        await page.keyboard.press("t")
        await page.keyboard.type("AT+CSQ\n")
        await only(page, "beside")
        csq = re.compile(r"beside: \+CSQ: \d+,\d+")
        await expect(texts(page)).to_have_text(["beside: AT+CSQ", csq, "beside: OK"])
        field = page.get_by_label("AT command beside the host")
        await field.fill("hello")
        await field.press("Enter")
        alert = page.locator(".typing").get_by_role("alert")
        await expect(alert).to_contain_text("a command line begins with AT")
        await field.press("ArrowUp")
        await field.press("ArrowUp")
        await expect(field).to_have_value("AT+CSQ")
        await field.press("Escape")
        await expect(page.locator(".log")).to_be_focused()
        await page.reload()
        await field.press("ArrowUp")
        await expect(field).to_have_value("hello")
    complaints.clear()  # the browser logs each 400


async def test_language_and_theme_are_those_around_until_others_are_chosen(page: Page) -> None:
    def heading(name: str) -> Locator:
        return page.get_by_role("heading", name=name)

    async with panelled(page):
        await page.add_init_script(
            "Object.defineProperty(navigator, 'language', { value: 'zh-CN' })"
        )
        body = page.locator("body")
        await page.emulate_media(color_scheme="dark")
        await page.reload()
        await expect(heading("AT 对话")).to_be_visible()
        await expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
        await expect(body).to_have_css("background-color", "rgb(15, 19, 23)")
        await page.get_by_role("button", name="English").click()
        await expect(heading("AT dialogue")).to_be_visible()
        await page.get_by_role("button", name="system").click()
        await expect(body).to_have_css("background-color", "rgb(238, 240, 242)")
        await page.reload()
        await expect(heading("AT dialogue")).to_be_visible()
        await page.get_by_role("button", name="light").click()
        await page.emulate_media(color_scheme="light")
        await expect(body).to_have_css("background-color", "rgb(15, 19, 23)")


async def test_nothing_is_wider_than_a_small_screen(page: Page) -> None:
    async with panelled(page) as panel:
        await page.set_viewport_size({"width": 360, "height": 640})
        panel.module.trace.says("urc", "<", "+LONG: " + "W" * 400)
        await page.locator(".row").filter(has_text="LONG").click()
        await expect(page.get_by_role("region", name="Bytes of the row")).to_be_visible()
        for other in ("中文", "English"):
            assert await page.evaluate("document.documentElement.scrollWidth") == 360
            await page.get_by_role("button", name=other).click()


_OUT_OF_REACH = """() =>
    [...document.querySelectorAll("button, input, select, [tabindex]")]
        .filter(one => one.checkVisibility() && !one.disabled && one.tabIndex < 0)
        .map(one => one.outerHTML)
"""


async def test_everything_is_reached_by_tab_and_seen(page: Page) -> None:
    async with panelled(page):
        await page.keyboard.press("?")
        await expect(page.get_by_role("dialog")).to_contain_text("next hit")
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_be_hidden()
        assert await page.evaluate(_OUT_OF_REACH) == []
        await page.locator("input.filter").focus()
        for _ in range(3):
            await page.keyboard.press("Tab")
            await expect(page.locator(":focus-visible")).to_have_css("outline-style", "solid")


async def test_of_a_flood_most_is_counted(page: Page) -> None:
    async with panelled(page) as panel:
        say(panel.module, *range(18_000))
        panel.module.trace.says("answer", "<", "ERROR")
        say(panel.module, 18_000)
        await expect(texts(page).last).to_have_text("+N: 18000")
        told = re.compile(r"[\d,]+ of [\d,]+ records a second are only counted")
        await expect(page.locator(".thinned")).to_have_text(told)
        await page.locator(".log").press("Home")
        assert await page.locator(".row").count() < 100
        await only(page, r"only counted|ERROR")
        await expect(texts(page).filter(has_text="ERROR")).to_be_visible()
        counted = texts(page).filter(has_text="only counted").last
        first = await counted.text_content()
        await counted.click()
        await expect(counted).not_to_have_text(first or "")
        await only(page, r"\+N: 1[0-7]\d\d\d$")
        await expect(texts(page).last).to_be_visible()
